"""Sound servers that begin later than PortAudio's list, as assistant/moving.py sees them."""

from assistant.plugged import Plugged
from tests.test_moving import Raw, System

BEGUN = Plugged(servers=frozenset({("native", 1)}))
"""a computer without a card, whose sound server has begun"""


def test_a_sound_server_that_begins_after_portaudios_list_has_it_made_anew():
    """There was no device for ever, since the kernel knows of none."""
    system = System(Plugged())
    system.served = False
    with system.wanted(False) as loudspeaker, system.wanted(True) as microphone:
        system.look()
        assert system.told == []
        microphone.start(Raw(), "a card itself")
        system.look(BEGUN)
        assert system.told == ["microphone", "relisted"]
        microphone.close()
        system.served = True
        microphone.start(Raw(), "default")
        loudspeaker.start(Raw(), "default")
        system.look()
        assert system.told == ["microphone", "relisted"]


def test_a_sound_server_that_portaudio_knows_may_begin_anew_without_a_new_list():
    """The list could be made before it has its devices, and would be without them."""
    system = System(BEGUN)
    with system.wanted(False) as loudspeaker:
        loudspeaker.start(Raw(), "default")
        system.look(Plugged())
        loudspeaker.close()
        system.look(Plugged(servers=frozenset({("native", 2)})))
        loudspeaker.start(Raw(), "default")
        system.served = False
        system.look()
        assert system.told == []


def test_where_a_sound_server_gives_no_device_yet_the_list_is_made_again_ever_more_seldom():
    """It answers before it has found its devices, or begins anew behind a socket of systemd's."""
    system = System(BEGUN)
    system.served = False
    with system.wanted(False):
        at = []
        for second in range(300):
            system.look()
            if system.told:
                at.append(second)
                system.told.clear()
    assert at == [0, 1, 3, 7, 15, 31, 63, 123, 183, 243]


def test_the_second_time_that_a_sound_server_is_away_is_looked_at_as_soon_as_the_first():
    system = System(BEGUN)
    system.served = False
    with system.wanted(True) as microphone:
        for _ in range(100):
            system.look()
        system.served = True
        microphone.start(Raw(), "default")
        system.look()
        microphone.close()
        system.served = False
        system.told.clear()
        system.look()
    assert system.told == ["relisted"]


def test_a_device_that_never_lets_go_is_told_of_too_where_only_a_sound_server_wants_a_new_list():
    """That list is tried ever more seldom, but how long it has been refused is seen at each look."""
    system = System(BEGUN)
    system.served, stuck = False, Raw(stuck=True)
    with system.wanted(False) as loudspeaker:
        loudspeaker.start(stuck, "a card itself")
        loudspeaker.close(0.0)
        for _ in range(32):
            system.look()
        assert system.watch.stuck
        stuck.lets_go.set()


def test_while_a_stream_is_open_no_list_is_made_for_a_sound_server_that_was_there_before():
    """Each time is a hole in what is heard."""
    system = System(BEGUN)
    system.served = False
    with system.wanted(False), system.wanted(True) as microphone:
        microphone.start(Raw(), "a card itself")
        for _ in range(100):
            system.look()
    assert system.told == []
