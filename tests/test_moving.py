import threading

import pytest

from assistant import devices, moving
from assistant.errors import DeviceError
from assistant.moving import Watch
from assistant.plugged import Plug, Plugged, Want

PATIENT = 5
"""seconds after which what has not come will not come"""
MICROPHONE = Plug(40, "built-in microphone", inputs=True, outputs=False)
SPEAKERS = Plug(41, "built-in speakers", inputs=False, outputs=True)
SCREEN = Plug(50, "screen", inputs=False, outputs=True)
ALONE = Plugged((MICROPHONE, SPEAKERS), 40, 41)
SCREEN_THERE = Plugged((MICROPHONE, SPEAKERS, SCREEN), 40, 41)
ON_SCREEN = Plugged((MICROPHONE, SPEAKERS, SCREEN), 40, 50)


class Raw:
    """A stream of sounddevice's; with its device gone, closing it lasts until *lets_go* is set."""

    def __init__(self, *, stuck=False):
        self.lets_go = threading.Event()
        self.closed = 0
        if not stuck:
            self.lets_go.set()

    def start(self):
        pass

    def close(self):
        self.lets_go.wait(PATIENT)
        self.closed += 1


class System:
    """What is plugged in, a clock, and who is told what; its Watch looks when it is told to, not by itself."""

    def __init__(self, plugged):
        self.plugged = plugged
        self.now = 0.0
        self.told = []
        self.fails = False
        self.served = True
        """whether PortAudio's list has the sound server's devices"""
        self.watch = Watch(lambda: self.plugged, self._relist, lambda: self.now, lambda *_: self.served)
        self.watch.look()

    def look(self, plugged=None):
        self.plugged = self.plugged if plugged is None else plugged
        self.now += 1.0
        self.watch.look()

    def wanted(self, want_input, name=""):
        what = "microphone" if want_input else "loudspeaker"
        return self.watch.wanted(
            lambda running: Want(want_input, name, running=running), lambda: self.told.append(what)
        )

    def _relist(self):
        if self.fails:
            raise DeviceError("no sound system")
        self.told.append("relisted")


@pytest.fixture
def system():
    return System(ALONE)


def test_who_looks_looks_on_where_there_is_no_thread_left_to_move_in(monkeypatch):
    """Else no device that comes later would be found."""
    monkeypatch.setattr(moving, "_LOOK_EVERY", 0.0)
    ended, looks = threading.Event(), []

    def look():
        looks.append(1)
        if len(looks) == 1:
            raise RuntimeError("can't start new thread")
        ended.set()

    watch = Watch(look, print)
    watch._watch(ended)
    assert len(looks) == 2


def test_who_is_on_the_default_is_told_when_it_is_another_one(system):
    """PortAudio knows it: the others play on."""
    system = System(SCREEN_THERE)
    with system.wanted(True) as microphone, system.wanted(False) as loudspeaker:
        heard = Raw()
        microphone.start(heard, MICROPHONE.name)
        loudspeaker.start(Raw(), SPEAKERS.name)
        system.look()
        assert system.told == []
        system.look(ON_SCREEN)
        assert system.told == ["loudspeaker"]
        assert loudspeaker.prepare() == "screen"
        assert not heard.closed
        system.look()
        assert system.told == ["loudspeaker"]


def test_for_a_device_that_portaudio_does_not_know_all_let_go_before_it_lists_anew(system):
    with system.wanted(True) as microphone, system.wanted(False) as loudspeaker:
        raws = Raw(), Raw()
        microphone.start(raws[0], MICROPHONE.name)
        loudspeaker.start(raws[1], SPEAKERS.name)
        system.look(ON_SCREEN)
        assert system.told == ["microphone", "loudspeaker", "relisted"]
        assert [raw.closed for raw in raws] == [1, 1]
        # They have closed already, and say so; what they open then is theirs.
        microphone.close()
        microphone.start(Raw(), MICROPHONE.name)
        system.look()
        assert system.told == ["microphone", "loudspeaker", "relisted"]


def test_nobody_opens_a_stream_while_the_list_is_made(system, monkeypatch):
    """Who is told to move waits for that."""
    held = []

    def relist():
        def tries():
            with devices.alone():
                held.append("opened")

        other = threading.Thread(target=tries)
        other.start()
        other.join(0.05)
        held.append("listed")
        system.told.append(other)

    watch = Watch(lambda: system.plugged, relist, lambda: 0.0)
    watch.look()
    with watch.wanted(lambda running: Want(input=False, name="", running=running), lambda: None) as place:
        place.start(Raw(), SPEAKERS.name)
        system.plugged = ON_SCREEN
        watch.look()
    system.told[0].join(PATIENT)
    assert held == ["listed", "opened"]


def test_who_is_told_to_move_while_the_list_is_made_opens_what_is_meant_now(system):
    """A headset is plugged in, and is the default at once: who has closed asks for it before the list has it."""
    movers, opens = [], []

    def move():
        movers.append(threading.Thread(target=lambda: opens.append(place.prepare())))
        movers[0].start()

    def relist():
        movers[0].join(0.05)

    watch = Watch(lambda: system.plugged, relist, lambda: 0.0)
    watch.look()
    with watch.wanted(lambda running: Want(input=False, name="", running=running), move) as place:
        place.start(Raw(), SPEAKERS.name)
        system.plugged = ON_SCREEN
        watch.look()
        movers[0].join(PATIENT)
        assert opens == ["screen"]


def test_a_device_that_never_lets_go_is_told_of_once_as_long_as_another_one_is_wanted(system, capsys):
    """Only a new start helps, and nobody but a person can tell when that disturbs least."""
    with system.wanted(True) as microphone, system.wanted(False) as loudspeaker:
        stuck = Raw(stuck=True)
        microphone.start(Raw(), MICROPHONE.name)
        loudspeaker.start(stuck, SPEAKERS.name)
        loudspeaker.close(0.0)
        told = []
        for _ in range(60):
            system.look(ON_SCREEN)
            told.append(system.watch.stuck)
        assert told == [False] * 30 + [True] * 30
        assert "".join(capsys.readouterr()).count("devices.stuck") == 1
        stuck.lets_go.set()
        next(thread for thread in threading.enumerate() if thread.name == "loudspeaker-close").join(PATIENT)
        system.look()
        assert not system.watch.stuck
        assert system.told == ["microphone", "relisted"]


def test_who_wants_a_device_in_the_moment_in_which_the_last_one_leaves_is_watched(system):
    """A conversation ends as another begins, each in a thread of its own; what was plugged in was found no more."""
    last = system.wanted(False)
    leaving = threading.Thread(target=last.__exit__, args=[None, None, None])

    class Places(list):
        def __len__(self):
            found = super().__len__()
            if threading.current_thread() is threading.main_thread() and leaving.ident is None:
                leaving.start()
                leaving.join(0.05)
            return found

    last.__enter__()
    system.watch._places = Places(system.watch._places)
    with system.wanted(True):
        leaving.join(PATIENT)
        assert not system.watch._ended.is_set()
    assert system.watch._ended.is_set()


def test_while_a_device_does_not_let_go_the_list_stays_and_nobody_is_bothered(system):
    """PortAudio may not be ended while a stream is being closed; it is when that is over (facts B)."""
    with system.wanted(True, "built-in") as microphone, system.wanted(False) as loudspeaker:
        stuck = Raw(stuck=True)
        microphone.start(Raw(), MICROPHONE.name)
        loudspeaker.start(stuck, SPEAKERS.name)
        loudspeaker.close(0.0)
        system.look(ON_SCREEN)
        system.look()
        assert system.told == []
        stuck.lets_go.set()
        next(thread for thread in threading.enumerate() if thread.name == "loudspeaker-close").join(PATIENT)
        system.look()
        assert system.told == ["microphone", "relisted"]


def test_a_list_that_cannot_be_made_is_tried_again(system):
    """The system's sound is being restarted."""
    with system.wanted(False) as loudspeaker:
        loudspeaker.start(Raw(), SPEAKERS.name)
        system.fails = True
        system.look(ON_SCREEN)
        loudspeaker.close()
        assert system.told == ["loudspeaker"]
        system.fails = False
        system.look()
        assert system.told == ["loudspeaker", "relisted"]


def test_who_opens_a_device_has_the_list_made_anew_before(system):
    """What was plugged in while nobody wanted anything is found; where it is known, a look a moment ago is enough."""
    with system.wanted(False, "screen") as loudspeaker, system.wanted(False) as another:
        assert loudspeaker.prepare() is None
        system.plugged = ON_SCREEN
        assert another.prepare() == "built-in speakers"
        assert loudspeaker.prepare() == "screen"
        assert system.told == ["relisted"]
        system.plugged = SCREEN_THERE
        assert another.prepare() == "screen"
        system.now += 1.0
        assert another.prepare() == "built-in speakers"


def test_a_default_that_changes_while_a_stream_is_being_opened_is_followed_as_soon_as_it_runs():
    """A headset that switches over takes a second to open, and is what changes the default."""
    system = System(SCREEN_THERE)
    with system.wanted(False) as loudspeaker:
        assert loudspeaker.prepare() == "built-in speakers"
        system.look(ON_SCREEN)
        loudspeaker.start(Raw(), SPEAKERS.name)
        system.look()
        system.look()
        assert system.told == ["loudspeaker"]


def test_what_was_there_at_our_first_look_and_is_not_in_portaudios_list_is_used_within_a_second():
    """It came while the models were being loaded: PortAudio had made its list before, so another one is opened."""
    system = System(ON_SCREEN)
    with system.wanted(True) as microphone, system.wanted(False) as loudspeaker:
        microphone.start(Raw(), MICROPHONE.name)
        assert loudspeaker.prepare() == "screen"
        loudspeaker.start(Raw(), SPEAKERS.name)
        system.look()
        assert system.told == ["microphone", "loudspeaker", "relisted"]
        loudspeaker.close()
        assert loudspeaker.prepare() == "screen"
        loudspeaker.start(Raw(), SCREEN.name)
        system.look()
        assert len(system.told) == 3


def test_for_a_default_that_portaudio_never_lists_the_list_is_made_anew_once():
    """Each time is a hole in what is heard."""
    system = System(ON_SCREEN)
    with system.wanted(False) as loudspeaker:
        for _ in range(3):
            loudspeaker.prepare()
            loudspeaker.start(Raw(), SPEAKERS.name)
            system.look()
            loudspeaker.close()
        assert system.told.count("relisted") == 1


def test_a_system_that_tells_nothing_moves_nobody(system):
    with system.wanted(False) as loudspeaker:
        loudspeaker.start(Raw(), SPEAKERS.name)
        system.plugged = None
        system.watch.look()
        assert system.told == []
        system.look(ALONE)
        assert system.told == []
