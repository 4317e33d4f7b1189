import numpy as np
import pytest

from assistant.devices import Device
from assistant.errors import DeviceError, DeviceMovedError
from assistant.flow import FRAME_SAMPLES, Frame
from assistant.service.permission import Hearing, Permission, hear
from assistant.setup import live, sound
from assistant.setup.person import UnfinishedError

BUILT_IN = Device(0, "Built-in", 1, 2, 48_000, "microphone and loudspeaker")
HEADSET = Device(1, "Headset", 1, 2, 48_000, "")
TWIN = Device(2, "headset", 1, 2, 48_000, "")
HEARD = Hearing(Permission.NOT_NEEDED, 900)
ZEROS = Hearing(Permission.NOT_NEEDED, 0)


@pytest.fixture
def room(monkeypatch):
    """Two devices; by name of the microphone that is opened: what comes of it, and the voice that is heard."""

    class Room:
        devices = (BUILT_IN, HEADSET)
        hearing = HEARD
        voices = (30.0,)
        permission = Permission.NOT_NEEDED
        opened = ()
        spoken = ()
        broken = None

    async def hear(open_microphone, patience=90.0):
        Room.opened += (open_microphone(),)
        return Room.hearing

    async def voice(source, activity, show):
        show(-20.0)
        now, *Room.voices = Room.voices
        if isinstance(now, Exception):
            raise now
        return now

    async def speak(config, text, output, screen):
        Room.spoken += (config.speak.loudspeaker,)
        if Room.broken:
            error, Room.broken = Room.broken, None
            raise error

    monkeypatch.setattr(sound, "present", lambda: Room.devices)
    monkeypatch.setattr(sound, "Microphone", lambda setting, headset: setting)
    monkeypatch.setattr(sound, "hear", hear)
    monkeypatch.setattr(sound, "asked", lambda: Room.permission)
    monkeypatch.setattr(live, "voice", voice)
    monkeypatch.setattr(sound.sessions, "speak", speak)
    monkeypatch.setattr(sound.sys, "platform", "linux")
    return Room


def test_the_systems_default_is_the_first_choice_and_follows_the_system(guided, room):
    one = guided("", "")
    assert sound.microphone(one) == "the system's default, your voice 30 dB above the room's noise"
    assert one.progress.pending == {"listen.microphone": ""}
    assert one.person.levels == [-20.0]


def test_a_device_is_chosen_by_its_number_and_kept_by_its_name(guided, room):
    one = guided("2", "yes")
    sound.microphone(one)
    assert one.progress.pending == {"listen.microphone": "Headset"}
    assert room.opened == ("Headset",)
    assert "  2  Headset" in one.person.saw


def test_what_is_set_already_is_offered_first(guided, room):
    sound.microphone(guided("", "", ASSISTANT_LISTEN_MICROPHONE="Headset"))
    assert room.opened == ("Headset",)


@pytest.mark.parametrize(("setting", "shown"), [("head", "head"), ("1", "Headset"), ("gone", "gone")])
def test_what_is_set_by_a_part_of_a_name_or_a_number_or_is_away_is_kept_as_it_is(guided, room, setting, shown):
    """Whoever only types Enter changes nothing."""
    one = guided("", "", ASSISTANT_LISTEN_MICROPHONE=setting)
    sound.microphone(one)
    assert f"  3  {shown} (as it is set)" in one.person.saw
    assert one.progress.pending == {"listen.microphone": setting}


@pytest.mark.parametrize(
    ("step", "setting"), [(sound.microphone, "listen.microphone"), (sound.loudspeaker, "speak.loudspeaker")]
)
def test_what_was_set_can_be_kept_behind_a_try_of_another_one(guided, room, step, setting):
    room.voices = (5.0, 30.0)
    variable = f"ASSISTANT_{setting.upper().replace('.', '_')}"
    one = guided("1", "no", "3", "", **{variable: "head"})
    step(one)
    assert one.progress.pending == {setting: "head"}


def test_who_does_not_like_one_chooses_another(guided, room):
    room.voices = (5.0, 30.0)
    one = guided("2", "no", "1", "")
    sound.microphone(one)
    assert one.progress.pending == {"listen.microphone": "Built-in"}


def test_where_no_voice_is_heard_another_one_is_asked_for(guided, room):
    room.voices = (None, DeviceError("The microphone gives no sound: is it plugged in?"), 30.0)
    one = guided("1", "1", "2", "")
    sound.microphone(one)
    assert "I heard no voice" in one.person.saw
    assert "is it plugged in?" in one.person.saw
    assert one.progress.pending == {"listen.microphone": "Headset"}


def test_nothing_but_zeros_is_told_and_no_voice_is_waited_for(guided, room):
    room.hearing, room.voices = ZEROS, ()
    one = guided("1", "skip")
    with pytest.raises(UnfinishedError, match="left out"):
        sound.microphone(one)
    assert "gives nothing but zeros: is it muted" in one.person.saw


def test_on_a_mac_zeros_mean_that_the_terminal_may_not_hear():
    denied = Hearing(Permission.DENIED, 0)
    assert "for the terminal you start it from" in sound.foreground(denied, "darwin")
    assert sound.foreground(Hearing(Permission.GRANTED, 12), "darwin") is None
    assert sound.foreground(Hearing(Permission.NOT_NEEDED, 0, "It is gone."), "linux") == "It is gone."


class Moves:
    """A microphone whose default changes as soon as it is open, once; then it gives loud frames."""

    def __init__(self, setting, headset):
        self.moved = False

    async def frames(self):
        if not self.moved:
            self.moved = True
            raise DeviceMovedError("The microphone is another one now.")
        while True:
            yield Frame(np.ones(FRAME_SAMPLES, np.int16), 0, 0.0)


def test_headphones_that_are_plugged_in_meanwhile_are_no_trouble(guided, room, monkeypatch):
    """It is the default microphone that moves, and is found to work where it went."""
    monkeypatch.setattr(sound, "Microphone", Moves)
    monkeypatch.setattr(sound, "hear", hear)
    one = guided("", "")
    assert "30 dB above" in sound.microphone(one)
    assert "another one" not in one.person.saw


def test_with_nobody_there_the_one_that_is_set_is_checked_for_zeros(guided, room):
    assert sound.microphone(guided(present=False)) == "the system's default: gives sound"
    room.hearing = ZEROS
    with pytest.raises(UnfinishedError, match="zeros"):
        sound.microphone(guided(present=False))


def test_with_nobody_there_to_answer_macos_no_microphone_is_opened(guided, room):
    room.permission = Permission.NOT_ASKED
    with pytest.raises(UnfinishedError, match="somebody has to answer"):
        sound.microphone(guided(present=False))
    assert room.opened == ()


def test_without_devices_both_steps_say_so(guided, room):
    room.devices = ()
    with pytest.raises(UnfinishedError, match="no microphone"):
        sound.microphone(guided())
    with pytest.raises(UnfinishedError, match="no loudspeaker"):
        sound.loudspeaker(guided())


def test_a_loudspeaker_is_chosen_by_being_heard(guided, room):
    one = guided("1", "no", "2", "yes")
    assert sound.loudspeaker(one) == "Headset"
    assert room.spoken == ("Built-in", "Headset")
    assert one.progress.pending == {"speak.loudspeaker": "Headset"}


def test_one_that_cannot_be_opened_is_told_and_asked_for_again(guided, room):
    room.broken = DeviceError("The loudspeaker 'Built-in' cannot be opened.")
    one = guided("1", "2", "")
    assert sound.loudspeaker(one) == "Headset"
    assert "cannot be opened" in one.person.saw


def test_nothing_is_spoken_where_nobody_is(guided, room):
    with pytest.raises(UnfinishedError, match="only a person"):
        sound.loudspeaker(guided(present=False))
    assert room.spoken == ()


def test_two_devices_of_one_name_are_told_apart_by_their_numbers():
    three = (BUILT_IN, HEADSET, TWIN)
    assert [sound.named(one, three) for one in three] == ["Built-in", "1", "2"]
    assert sound.label(three, "2") == "headset"
    assert sound.label(three, "gone") == "gone"
