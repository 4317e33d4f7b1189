"""The calls to CoreAudio, held against a library that takes and gives what Apple's headers say. No Mac has run them."""

import ctypes

import pytest

from assistant import core_audio
from assistant.core_audio import Libraries, code, letters, load, plugged
from assistant.plugged import Plug, Plugged

NO_SUCH_PROPERTY = code("who?")
MICROPHONE, PODS = 40, 60


class FakeCoreAudio:
    """Properties by (object, selector, scope), each as bytes; what it has handed out of strings is in *owned*."""

    def __init__(self):
        self.owned = []
        self.strings = {7000: "Mikrofon (eingebaut)", 7001: "Ann’s AirPods"}
        self.properties = {
            (1, "dev#", "glob"): numbers(MICROPHONE, PODS),
            (1, "dIn ", "glob"): numbers(MICROPHONE),
            (1, "dOut", "glob"): numbers(PODS),
            (MICROPHONE, "lnam", "glob"): 7000,
            (MICROPHONE, "tran", "glob"): numbers(code("bltn")),
            (MICROPHONE, "stm#", "inpt"): numbers(1),
            (MICROPHONE, "stm#", "outp"): b"",
            (PODS, "lnam", "glob"): 7001,
            (PODS, "tran", "glob"): numbers(code("blue")),
            (PODS, "stm#", "inpt"): b"",
            (PODS, "stm#", "outp"): numbers(1, 2),
        }

    def AudioObjectGetPropertyDataSize(self, thing, address, qualifiers, qualifier, size):  # noqa: N802 - Apple's name
        held = self._held(thing, address, qualifiers, qualifier)
        if held is None:
            return NO_SUCH_PROPERTY
        size._obj.value = len(held)
        return 0

    def AudioObjectGetPropertyData(self, thing, address, qualifiers, qualifier, size, data):  # noqa: N802
        held = self._held(thing, address, qualifiers, qualifier)
        if held is None:
            return NO_SUCH_PROPERTY
        if address._obj.selector == code("lnam"):
            self.owned.append(int.from_bytes(held, "little"))
        assert size._obj.value >= len(held)
        size._obj.value = len(held)
        ctypes.memmove(data, held, len(held))
        return 0

    def CFStringGetCString(self, string, buffer, size, encoding):  # noqa: N802
        assert encoding == 0x08000100
        text = self.strings[string.value].encode() + b"\0"
        if len(text) > size:
            return False
        ctypes.memmove(buffer, text, len(text))
        return True

    def CFRelease(self, string):  # noqa: N802
        self.owned.remove(string.value)

    def _held(self, thing, address, qualifiers, qualifier):
        assert (qualifiers, qualifier, address._obj.element) == (0, None, 0)
        held = self.properties.get((thing, letters(address._obj.selector), letters(address._obj.scope)))
        return held.to_bytes(8, "little") if isinstance(held, int) else held


def numbers(*values):
    return b"".join(value.to_bytes(4, "little") for value in values)


@pytest.fixture(autouse=True)
def _loaded_anew():
    load.cache_clear()
    yield
    load.cache_clear()


@pytest.fixture
def fake():
    return FakeCoreAudio()


def asked(fake):
    return plugged(Libraries(fake, fake))


def test_devices_are_told_with_their_names_directions_connections_and_defaults(fake):
    """And each string that was handed out is given back."""
    assert asked(fake) == Plugged(
        (
            Plug(MICROPHONE, "Mikrofon (eingebaut)", inputs=True, outputs=False, transport="bltn"),
            Plug(PODS, "Ann’s AirPods", inputs=False, outputs=True, transport="blue"),
        ),
        input=MICROPHONE,
        output=PODS,
    )
    assert fake.owned == []


def test_a_device_that_goes_while_it_is_asked_about_has_no_name_and_no_directions(fake):
    """Its number was in the list a moment ago."""
    fake.properties = {key: held for key, held in fake.properties.items() if key[0] != PODS}
    assert asked(fake).devices[1] == Plug(PODS, "", inputs=False, outputs=False)


def test_a_name_that_is_longer_than_any_is_none(fake):
    fake.strings[7000] = "x" * 600
    assert asked(fake).devices[0].name == ""
    assert fake.owned == []


def test_coreaudio_that_does_not_answer_tells_nothing(fake):
    """Not that there are no devices: all would be moved."""
    fake.properties = {}
    assert asked(fake) is None


def test_where_there_is_no_coreaudio_nothing_is_told(monkeypatch):
    monkeypatch.setattr(core_audio, "CORE_AUDIO", "/nowhere/CoreAudio")
    assert load() is None
    assert plugged(None) is None


def test_types_are_declared_for_all_that_is_called(monkeypatch):
    """A pointer that is passed as an int loses half of itself."""

    class Function:
        argtypes = restype = None

    class Library:
        def __init__(self, _):
            self.AudioObjectGetPropertyDataSize, self.AudioObjectGetPropertyData = Function(), Function()
            self.CFStringGetCString, self.CFRelease = Function(), Function()

    monkeypatch.setattr(core_audio.ctypes, "CDLL", Library)
    audio, foundation = load()
    assert load() is load()  # a look every second shall not load them as often
    assert len(audio.AudioObjectGetPropertyDataSize.argtypes) == 5
    assert len(audio.AudioObjectGetPropertyData.argtypes) == 6
    assert foundation.CFStringGetCString.argtypes[0] is foundation.CFRelease.argtypes[0] is ctypes.c_void_p
