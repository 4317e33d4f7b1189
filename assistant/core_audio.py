"""CoreAudio's library goes in; its devices, how each is connected, and the defaults come out. Only a Mac has it.

Read through ctypes, so that nothing has to be installed for three numbers. It has not been run on a Mac: the calls are
held by the tests against a library that takes and gives the same. Selectors are from AudioHardware.h and
AudioHardwareBase.h; each is four letters, read as a big-endian number.
"""

import ctypes
from functools import cache
from typing import Any, NamedTuple

from assistant.plugged import Plug, Plugged

CORE_AUDIO = "/System/Library/Frameworks/CoreAudio.framework/CoreAudio"
CORE_FOUNDATION = "/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation"

SYSTEM_OBJECT = 1
"""kAudioObjectSystemObject"""
GLOBAL, INPUT, OUTPUT = "glob", "inpt", "outp"
"""kAudioObjectPropertyScope..."""
DEVICES, DEFAULT_INPUT, DEFAULT_OUTPUT = "dev#", "dIn ", "dOut"
"""kAudioHardwareProperty..."""
NAME, TRANSPORT, STREAMS = "lnam", "tran", "stm#"
"""kAudioObjectPropertyName (a CFString), kAudioDevicePropertyTransportType, kAudioDevicePropertyStreams"""

_UTF8 = 0x08000100
"""kCFStringEncodingUTF8"""
_LONGEST_NAME = 512
"""bytes: longer ones are read as none"""


class Address(ctypes.Structure):
    """AudioObjectPropertyAddress."""

    _fields_ = (("selector", ctypes.c_uint32), ("scope", ctypes.c_uint32), ("element", ctypes.c_uint32))


class Libraries(NamedTuple):
    """The two that are asked."""

    audio: Any
    foundation: Any


@cache
def load() -> Libraries | None:
    """Load them, with the types of what is called; None where they are not there. Once: it is asked every second."""
    try:
        libraries = Libraries(ctypes.CDLL(CORE_AUDIO), ctypes.CDLL(CORE_FOUNDATION))
    except OSError:
        return None
    audio, foundation = libraries
    address, size = ctypes.POINTER(Address), ctypes.POINTER(ctypes.c_uint32)
    audio.AudioObjectGetPropertyDataSize.argtypes = [ctypes.c_uint32, address, ctypes.c_uint32, ctypes.c_void_p, size]
    audio.AudioObjectGetPropertyData.argtypes = [
        *audio.AudioObjectGetPropertyDataSize.argtypes,
        ctypes.c_void_p,
    ]
    foundation.CFStringGetCString.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_long, ctypes.c_uint32]
    foundation.CFStringGetCString.restype = ctypes.c_bool
    foundation.CFRelease.argtypes = [ctypes.c_void_p]
    foundation.CFRelease.restype = None
    return libraries


def plugged(libraries: Libraries | None) -> Plugged | None:
    """All devices and the defaults; None where CoreAudio does not answer (it is being restarted)."""
    if libraries is None:
        return None
    listed = _property(libraries, SYSTEM_OBJECT, DEVICES)
    if listed is None:
        return None
    return Plugged(
        tuple(_plug(libraries, device) for device in _numbers(listed)),
        input=_number(libraries, SYSTEM_OBJECT, DEFAULT_INPUT),
        output=_number(libraries, SYSTEM_OBJECT, DEFAULT_OUTPUT),
    )


def code(letters: str) -> int:
    """The number that CoreAudio means by four *letters*."""
    return int.from_bytes(letters.encode("ascii"), "big")


def letters(number: int) -> str:
    """The four letters that *number* stands for; "" for 0, which is kAudioDeviceTransportTypeUnknown."""
    return number.to_bytes(4, "big").decode("latin-1") if number else ""


def _plug(libraries: Libraries, device: int) -> Plug:
    return Plug(
        id=device,
        name=_name(libraries, device),
        inputs=bool(_property(libraries, device, STREAMS, INPUT)),
        outputs=bool(_property(libraries, device, STREAMS, OUTPUT)),
        transport=letters(_number(libraries, device, TRANSPORT)),
    )


def _number(libraries: Libraries, thing: int, selector: str) -> int:
    """0 where it has no such property."""
    found = _numbers(_property(libraries, thing, selector) or b"")
    return found[0] if found else 0


def _numbers(data: bytes) -> tuple[int, ...]:
    return tuple(memoryview(data[: len(data) // 4 * 4]).cast("I"))


def _name(libraries: Libraries, device: int) -> str:
    data = _property(libraries, device, NAME)
    if data is None or len(data) != ctypes.sizeof(ctypes.c_void_p):
        return ""
    string = ctypes.c_void_p.from_buffer_copy(data)
    if not string:
        return ""
    text = ctypes.create_string_buffer(_LONGEST_NAME)
    try:
        held = libraries.foundation.CFStringGetCString(string, text, _LONGEST_NAME, _UTF8)
    finally:
        # Whoever asks for a name owns it.
        libraries.foundation.CFRelease(string)
    return text.value.decode("utf-8", "replace") if held else ""


def _property(libraries: Libraries, thing: int, selector: str, scope: str = GLOBAL) -> bytes | None:
    """A property's bytes; None where *thing* has none, or has just gone."""
    address, size = Address(code(selector), code(scope), 0), ctypes.c_uint32()
    if libraries.audio.AudioObjectGetPropertyDataSize(thing, ctypes.byref(address), 0, None, ctypes.byref(size)):
        return None
    data = ctypes.create_string_buffer(max(1, size.value))
    arguments = (ctypes.byref(address), 0, None, ctypes.byref(size), data)
    if libraries.audio.AudioObjectGetPropertyData(thing, *arguments):
        return None
    return data.raw[: size.value]
