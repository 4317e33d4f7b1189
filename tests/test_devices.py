import ctypes.util
import os
import resource
import subprocess
import sys
from contextlib import suppress
from types import SimpleNamespace

import pytest

from assistant import devices
from assistant.devices import find, missing_portaudio, muted, opening
from assistant.errors import DeviceError


def sounddevice(*devices, default=(0, 1)):
    """PortAudio's list, as sounddevice shows it: (name, inputs, outputs) each."""
    entries = [
        {
            "index": index,
            "name": name,
            "max_input_channels": inputs,
            "max_output_channels": outputs,
            "default_samplerate": 48_000.0,
        }
        for index, (name, inputs, outputs) in enumerate(devices)
    ]
    return SimpleNamespace(query_devices=lambda: entries, default=SimpleNamespace(device=default))


MAC = sounddevice(
    ("MacBook Pro Microphone", 1, 0), ("MacBook Pro Speakers", 0, 2), ("AirPods", 1, 0), ("AirPods", 0, 2)
)


@pytest.mark.parametrize(
    ("direction", "name", "index"),
    [("input", "", 0), ("output", "", 1), ("input", "airpods", 2), ("output", "AirPods", 3), ("output", "1", 1)],
)
def test_a_device_is_found_by_default_name_part_of_it_or_number(direction, name, index):
    """Among those that can do what is wanted."""
    assert find(MAC, direction, name)["index"] == index


def test_of_two_devices_of_one_name_the_default_is_portaudios_own():
    """Two screens of one kind; by the name alone the first one played."""
    two = sounddevice(("Dell", 0, 2), ("Dell", 0, 2), ("MacBook Pro Speakers", 0, 2), default=(-1, 1))
    assert find(two, "output", "", "Dell")["index"] == 1
    assert find(two, "output", "", "MacBook Pro Speakers")["index"] == 2


@pytest.mark.parametrize(
    ("there", "name", "known"),
    [
        ([], "", False),
        ([("HDA Intel PCH: ALC255 Analog (hw:0,0)", 2, 2)], "", False),
        ([("HDA Intel PCH: ALC255 Analog (hw:0,0)", 2, 2)], "hda", True),
        ([("HDA Intel PCH: ALC255 Analog (hw:0,0)", 2, 2)], "pulse", False),
        ([("HDA Intel PCH: ALC255 Analog (hw:0,0)", 2, 2), ("pulse", 32, 32), ("default", 32, 32)], "", True),
    ],
)
def test_a_sound_server_is_known_by_a_default_that_is_no_card_itself(monkeypatch, there, name, known):
    """Somebody may have named the card, and means it."""
    listed = sounddevice(*there, default=(len(there) - 1, len(there) - 1))
    listed.PortAudioError = ArithmeticError
    monkeypatch.setattr(devices, "_sounddevice", lambda: listed)
    assert devices.served("output", name) is known


def test_without_a_default_the_first_that_can_is_taken():
    """PortAudio says -1 then."""
    assert find(sounddevice(("out", 0, 2), ("in", 2, 0), default=(-1, -1)), "input", "")["name"] == "in"


@pytest.mark.parametrize("name", ["kazoo", "1", "99"])
def test_a_device_that_is_not_there_is_named_with_those_that_are(name):
    """A loudspeaker is no microphone either."""
    with pytest.raises(DeviceError, match="MacBook Pro Microphone"):
        find(MAC, "input", name)


def test_a_device_whose_rate_portaudio_could_not_ask_counts_for_none():
    """It gives 0 then, as while a headset switches over; whoever tries again goes on trying."""
    there = sounddevice(("AirPods", 0, 2), ("MacBook Pro Speakers", 0, 2), default=(-1, 0))
    there.query_devices()[0]["default_samplerate"] = 0.0
    assert find(there, "output", "", "AirPods")["name"] == "MacBook Pro Speakers"
    with pytest.raises(DeviceError, match="There is no loudspeaker called 'airpods'"):
        find(there, "output", "airpods")


def test_a_system_that_has_no_file_descriptors_left_is_an_error_like_any_other(monkeypatch):
    """It had ended the thread that opens the loudspeaker again, for good."""
    monkeypatch.setattr(devices, "_sounddevice", lambda: SimpleNamespace(PortAudioError=ArithmeticError))
    with pytest.raises(DeviceError, match="Too many open files"), opening("loudspeaker", ""):
        raise OSError(24, "Too many open files")


def test_a_retry_that_finds_one_file_descriptor_leaves_it():
    """Each had kept the one that became free: a device that was lost stayed so, and all else broke."""
    limits, held = resource.getrlimit(resource.RLIMIT_NOFILE), []
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, limits[1]))
    try:
        with suppress(OSError):
            while True:
                held.append(os.dup(2))
        os.close(held.pop())
        with pytest.raises(OSError, match="Too many open files"), muted():
            pass
        held.append(os.dup(2))
    finally:
        for number in held:
            os.close(number)
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_a_computer_without_devices_is_told_what_works():
    """Sound files do."""
    with pytest.raises(DeviceError, match="`assistant run --input`"):
        find(sounddevice(), "input", "")
    with pytest.raises(DeviceError, match="`assistant say --output`"):
        find(sounddevice(), "output", "")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("USB Mic", "The microphone 'USB Mic' cannot be opened (Invalid PaError): see `assistant devices`."),
        ("", "The microphone cannot be opened (Invalid PaError): see `assistant devices`."),
    ],
)
def test_a_device_that_will_not_open_is_called_as_it_is_called(monkeypatch, name, sentence):
    """Whoever looks for it in a list reads its name with its capitals, and PortAudio's reason as PortAudio says it."""
    monkeypatch.setattr(devices, "_sounddevice", lambda: SimpleNamespace(PortAudioError=OSError))
    with pytest.raises(DeviceError) as told, opening("microphone", name):
        raise OSError("Invalid PaError")
    assert str(told.value) == sentence


def test_a_sound_system_that_says_nothing_has_no_devices(monkeypatch):
    """As behind a list that could not be made anew; it had ended a service."""

    def refuse():
        raise ArithmeticError("PortAudio not initialized")

    mute = SimpleNamespace(PortAudioError=ArithmeticError, query_devices=refuse)
    monkeypatch.setattr(devices, "_sounddevice", lambda: mute)
    assert not devices.has("output")
    with pytest.raises(DeviceError, match=r"The microphone cannot be opened \(PortAudio not initialized\)"):
        devices.require("input")


def test_a_portaudio_that_does_not_begin_is_named_with_its_reason(monkeypatch):
    """Python's sounddevice begins it as it is imported."""

    class Refuses:
        def find_spec(self, name, path=None, target=None):
            if name == "sounddevice":
                raise ArithmeticError("Error initializing PortAudio")

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Refuses()])
    with pytest.raises(DeviceError, match="cannot be used \\(Error initializing PortAudio\\)"):
        devices.require("input")


def test_a_missing_portaudio_is_named_with_the_command_that_brings_it():
    """On Linux it is a package of the system's."""
    assert "apt install libportaudio2" in missing_portaudio("linux")
    assert "apt" not in missing_portaudio("darwin")


def test_what_libraries_print_of_a_device_that_will_not_open_is_not_shown(capfd):
    """Only while it is tried, and whatever becomes of that."""

    def fail():
        with muted():
            os.write(2, b"Expression 'ret' failed")
            raise DeviceError

    with pytest.raises(DeviceError):
        fail()
    os.write(2, b"after")
    assert capfd.readouterr().err == "after"


_COMPLAINS = """
import ctypes
from assistant import devices
with devices.opening("loudspeaker", ""):
    assert ctypes.CDLL("libasound.so.2").snd_pcm_open(ctypes.byref(ctypes.c_void_p()), b"nosuch", 0, 0) < 0
"""


@pytest.mark.skipif(
    not ctypes.util.find_library("asound") or not ctypes.util.find_library("portaudio"),
    reason="no sound libraries here",
)
def test_alsa_prints_nothing_into_the_line_that_is_being_drawn():
    """As it does for a device that is not there, or of each underrun."""
    done = subprocess.run([sys.executable, "-c", _COMPLAINS], capture_output=True, text=True, check=True)
    assert done.stderr == ""
