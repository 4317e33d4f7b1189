"""What the facts say of microphones under launchd, of headsets and of espeak-ng, held against what is told."""

from pathlib import Path

import pytest

from assistant.devices import Device
from assistant.doctor import sound
from assistant.doctor.finding import State
from assistant.doctor.sound import Ears, Echo, Sound, Voice
from assistant.service.permission import Hearing, Permission

BUILT_IN = Device(0, "MacBook Pro Microphone", 1, 0, 48_000, "microphone")
SPEAKERS = Device(1, "MacBook Pro Speakers", 0, 2, 48_000, "loudspeaker")
DATA = Path("/opt/venv/lib/python3.12/site-packages/piper/espeak-ng-data")


def inside(permission=Permission.GRANTED, *, heard=0.02, muted=False, lost=False, system="Darwin", told=None):
    return sound.permission(Ears(system, True, muted, permission, heard, lost, told))


def outside(told=None, *, here=Permission.GRANTED, system="Darwin"):
    return sound.permission(Ears(system, running=False, muted=False, told=told, here=here))


def test_an_assistant_that_hears_may_hear():
    """Its last frame says so."""
    assert inside().state is State.RIGHT
    assert inside(Permission.NOT_NEEDED, system="Linux").state is State.RIGHT


@pytest.mark.parametrize("permission", [Permission.NOT_ASKED, Permission.RESTRICTED, Permission.DENIED])
def test_what_macos_says_to_the_assistant_itself_counts_more_than_frames(permission):
    """A refused microphone gives frames of zeros, without any error (facts A)."""
    found = inside(permission)
    assert found.state is State.WRONG
    assert found.remedy


def test_who_was_asked_while_it_ran_and_then_heard_something_may_hear():
    """A process may be told for ever what it was told at first; a refusal stays one, and silence proves nothing."""
    assert inside(Permission.NOT_ASKED, told=Hearing(Permission.NOT_ASKED, 900)).state is State.RIGHT
    assert inside(Permission.NOT_ASKED, told=Hearing(Permission.NOT_ASKED, 0)).state is State.WRONG
    assert inside(Permission.DENIED, told=Hearing(Permission.NOT_ASKED, 900)).state is State.WRONG


def test_who_began_without_a_microphone_and_hears_one_now_may_hear():
    """Nobody writes down what comes later; that it gives only zeros is known from inside."""
    none = Hearing(Permission.NOT_ASKED, 0, "There is no microphone.")
    assert inside(Permission.NOT_ASKED, told=none).state is State.RIGHT
    assert inside(Permission.NOT_ASKED, told=none, heard=3.5).state is State.WRONG
    assert inside(Permission.NOT_ASKED, told=none, heard=None).state is State.WRONG
    assert inside(Permission.NOT_ASKED, told=none, lost=True).state is State.WRONG
    assert inside(Permission.DENIED, told=none).state is State.WRONG


def test_an_assistant_that_gets_no_frames_is_wrong_unless_it_is_muted():
    """Unplugged, asleep, or taken by another program."""
    assert inside(heard=None, lost=True).state is State.WRONG
    assert inside(heard=None).state is State.UNKNOWN
    assert inside(heard=3.5).state is State.WRONG
    assert inside(heard=None, muted=True).state is State.RIGHT


def test_without_a_running_one_what_the_service_wrote_down_is_told_as_that():
    """It may be old, and says so."""
    refused = outside(Hearing(Permission.DENIED, 0))
    assert refused.state is State.WRONG
    assert "when it was last asked" in refused.meaning
    assert outside(Hearing(Permission.GRANTED, 900)).state is State.RIGHT


def test_what_macos_says_to_a_terminal_is_nothing_about_a_service():
    """A terminal has a permission of its own (facts A)."""
    found = outside()
    assert found.state is State.UNKNOWN
    assert "nothing about the service" in found.meaning
    assert outside(here=Permission.DENIED).state is State.WRONG


def test_linux_asks_nobody():
    """So there is nothing to be refused."""
    assert outside(here=Permission.NOT_NEEDED, system="Linux").state is State.RIGHT


def test_a_microphone_that_gives_only_zeros_is_wrong():
    """The sign of a refused one on a Mac (facts A), and of a muted one anywhere."""
    found = sound.capture(Hearing(Permission.GRANTED, 0), muted=False)
    assert found.state is State.WRONG
    assert "zeros" in found.meaning
    refused = sound.capture(Hearing(Permission.DENIED, 0), muted=False)
    assert "macOS says denied to this terminal" in refused.meaning


def test_a_microphone_that_gives_sound_is_right_and_one_that_fails_says_why():
    """The sentence of the error is told as it is."""
    assert sound.capture(Hearing(Permission.UNKNOWN, 3), muted=False).state is State.RIGHT
    failed = sound.capture(Hearing(Permission.UNKNOWN, 0, "It cannot be opened."), muted=False)
    assert (failed.state, failed.detail) == (State.WRONG, "It cannot be opened.")


def test_a_muted_or_a_missing_microphone_is_not_judged():
    """Nobody opens what was muted."""
    assert sound.capture(None, muted=True).state is State.UNKNOWN
    assert sound.capture(None, muted=False).state is State.UNKNOWN


def test_both_devices_are_told_with_their_rates():
    """In Hz, as the device likes it."""
    found = sound.devices(Sound(BUILT_IN, SPEAKERS))
    assert found.state is State.RIGHT
    assert "The microphone has 48000 Hz" in found.meaning
    assert "MacBook Pro Microphone" in found.detail


def test_a_missing_device_is_wrong():
    """In the sentence that says what there is instead."""
    found = sound.devices(Sound(None, SPEAKERS, "There is no microphone."))
    assert (found.state, found.detail) == (State.WRONG, "There is no microphone.")


def test_airpods_in_telephone_quality_are_told_of_with_what_helps():
    """Their own microphone makes them play at 24 kHz (facts B)."""
    airpods = Device(2, "AirPods Pro", 1, 2, 24_000, "microphone and loudspeaker")
    found = sound.devices(Sound(airpods, airpods))
    assert "telephone" in found.meaning
    assert "listen.microphone" in found.remedy
    assert "telephone" not in sound.devices(Sound(BUILT_IN, airpods)).meaning


def test_the_devices_are_found_by_their_numbers():
    """None where a setting means none."""
    assert sound.chosen([BUILT_IN, SPEAKERS], 0, None, "why") == Sound(BUILT_IN, None, "why")


def test_echo_is_judged_by_what_the_running_one_measured():
    """Not measured, none to measure, enough, too little."""
    states = [
        sound.echo(Echo(running=False)),
        sound.echo(Echo(running=True, used=True)),
        sound.echo(Echo(running=True)),
        sound.echo(Echo(True, True, True, 38.2, -75.0)),
        sound.echo(Echo(True, True, False, 6.0, -40.0)),
    ]
    assert [found.state.name for found in states] == ["UNKNOWN", "UNKNOWN", "RIGHT", "RIGHT", "WRONG"]
    assert "38 dB" in states[3].meaning


def voice(platform="darwin", data=DATA, seconds=2.0, trouble="", present=True):
    return sound.voice(Voice(platform, data, present, seconds, trouble))


def test_a_voice_that_spoke_is_right():
    """How long, is told."""
    assert voice().state is State.RIGHT
    assert "2.0 s" in voice().meaning


@pytest.mark.parametrize("how", [{"data": None, "present": False}, {"present": False}])
def test_missing_data_of_espeak_is_wrong(how):
    """Half an installation."""
    assert voice(**how).state is State.WRONG


def test_a_voice_without_sound_is_wrong():
    """Whether or not an error was raised."""
    assert voice(seconds=0.0).state is State.WRONG
    assert voice(seconds=0.0, trouble="It does not speak.").state is State.WRONG


def deep(length):
    return Path("/" + "x" * (length - 1))


def test_a_path_that_espeak_would_cut_is_blamed_where_it_fails_and_told_where_a_link_helps():
    """160 bytes on a Mac, 159 are fine, and Linux has room (facts E)."""
    assert "longer than it can use" in voice(data=deep(160), seconds=0.0, trouble="It fails.").meaning
    assert "longer than it can use" not in voice(data=deep(159), seconds=0.0, trouble="It fails.").meaning
    assert "longer than it can use" not in voice("linux", deep(160), 0.0, "It fails.").meaning
    assert "link" in voice(data=deep(160)).meaning
    assert "link" not in voice(data=deep(159)).meaning
