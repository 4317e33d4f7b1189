"""Sound devices by name: what there is, which one is meant, and their errors as sentences.

The only importer of sounddevice. On Linux its wheel carries no PortAudio, so the import itself can fail.
"""

import atexit
import ctypes
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from assistant.errors import DeviceError

Direction = Literal["input", "output"]

INPUT_LATENCY: Any = "low" if sys.platform == "darwin" else 0.04
"""seconds of buffer asked of PortAudio for a microphone: the device's own lowest on a Mac (not measured there). Behind
PulseAudio sound came through no sooner with 10 or 20 ms than with 40, and 10 to 20 ms later with 100 or 200"""
OUTPUT_LATENCIES: tuple[Any, ...] = ("low", 0.03, 0.06) if sys.platform == "darwin" else (0.03, 0.06)
"""...and for a loudspeaker: the first, and the next one where holes are heard. Behind PulseAudio, from a sample's block
to a microphone that hears it at once, the median was 15 ms with 10 asked, 26 with 15, 30 with 20 (blocks of 5 ms), 45
with 30, 60 to 65 with 40. Alone 20 held for 8 s with two busy programs a core, and 10 broke up with one; with our
models in the same process and others beside it 20 broke up hundreds of times in 30 s, 25 nine times, 30 and 40 up to
four times (scripts/bench_devices.py). PortAudio chooses the blocks: given 10 ms for them, 20 broke up sooner, and the
sound came 10 ms later"""

_STDERR = 2
_CARD = "(hw:"
"""what PortAudio writes behind the name of a sound card of ALSA's"""


_one_at_a_time = threading.RLock()
"""PortAudio may be called by one thread at a time, and standard error muted by one; both devices may be gone at once"""


@dataclass(frozen=True, slots=True)
class Device:
    """A microphone or loudspeaker (or both in one) as PortAudio names it."""

    index: int
    name: str
    inputs: int
    """channels it can record"""
    outputs: int
    """channels it can play"""
    rate: int
    """Hz it likes best"""
    default: str
    """"microphone", "loudspeaker", both with " and " between, or "" """


@contextmanager
def opening(what: str, device: str) -> Iterator[Any]:
    """Give the sounddevice module; turn whatever it raises while something is opened into a DeviceError.

    The system's refusals too (no file descriptors left): whoever opens a device again for ever goes on then.
    """
    sounddevice = _sounddevice()
    try:
        with _one_at_a_time:
            yield sounddevice
    except (sounddevice.PortAudioError, ValueError, OSError) as error:
        named = f"The {what} {device!r}" if device else f"The {what}"
        raise DeviceError(f"{named} cannot be opened ({error}): see `assistant devices`.") from error


@contextmanager
def muted() -> Iterator[None]:
    """Nothing reaches standard error meanwhile: PortAudio and ALSA print eight lines for a device that will not open.

    It is for retries, which nearly always fail within milliseconds; what others print in them is lost, too, but not for
    the log's file.
    """
    with _one_at_a_time:
        sys.stderr.flush()
        with Path(os.devnull).open("wb") as nowhere:
            kept = os.dup(_STDERR)
            try:
                os.dup2(nowhere.fileno(), _STDERR)
                yield
            finally:
                os.dup2(kept, _STDERR)
                os.close(kept)


def alone() -> AbstractContextManager[object]:
    """Meanwhile no other thread opens a stream, or looks for one."""
    return _one_at_a_time


def relist() -> None:
    """Have PortAudio list the devices anew; it does so only when it begins (facts B). No stream may be open.

    sounddevice has no public name for it. Raises DeviceError where the system's sound is not there; again, then, later.
    """
    with opening("sound system", "") as sounddevice:
        if sounddevice._initialized:  # noqa: SLF001 - else an attempt that failed half-way could not be repeated
            sounddevice._terminate()  # noqa: SLF001 - as said above
        sounddevice._initialize()  # noqa: SLF001 - as said above


def leave_to_system() -> None:
    """Have the program end without ending PortAudio: a device that does not let go would hold it for ever."""
    atexit.unregister(_sounddevice()._exit_handler)  # noqa: SLF001 - there is no other way to it


def find(sounddevice: Any, direction: Direction, name: str, default: str | None = None) -> Mapping[str, Any]:
    """The device that *name* means: "" the system's default, a number its index, else a part of its name.

    *default*: what the system calls its default now, where that is known; PortAudio knows the one there was.
    Raises DeviceError where there is none, or none of that name.
    """
    what = "microphone" if direction == "input" else "loudspeaker"
    # One that gave PortAudio no rate, as while a headset switches over, cannot be opened.
    able = [d for d in sounddevice.query_devices() if d[f"max_{direction}_channels"] > 0 and d["default_samplerate"]]
    if not able:
        files = "run --input" if direction == "input" else "say --output"
        raise DeviceError(f"There is no {what} on this computer; sound files work without one (`assistant {files}`).")
    if not name:
        index = sounddevice.default.device[0 if direction == "input" else 1]
        # Two screens of one kind have one name: then PortAudio's own default is the one, behind a new list.
        called = [d for d in able if d["name"] == default] or able
        chosen = [d for d in called if d["index"] == index] or called[:1]
    elif name.isdigit():
        chosen = [d for d in able if d["index"] == int(name)]
    else:
        chosen = [d for d in able if d["name"].lower() == name.lower()]
        chosen = chosen or [d for d in able if name.lower() in d["name"].lower()]
    if not chosen:
        known = ", ".join(repr(d["name"]) for d in able)
        raise DeviceError(f"There is no {what} called {name!r}; there is {known}.")
    info: Mapping[str, Any] = chosen[0]
    return info


def open_mono(sounddevice: Any, most: int, make: Callable[[int], Any]) -> Any:
    """The stream that *make* opens with one channel, or with two or *most* where the device refuses fewer.

    Some drivers only know their own number of channels; PulseAudio and CoreAudio convert. Raises PortAudioError, the
    first that *make* raised.
    """
    refused: Exception | None = None
    for channels in sorted({1, min(2, most), most}):
        try:
            return make(channels)
        except sounddevice.PortAudioError as error:
            refused = refused or error
    assert refused is not None
    raise refused


def present() -> list[Device]:
    """All sound devices, in PortAudio's order; none is not an error."""
    with opening("sound system", "") as sounddevice:
        defaults = tuple(sounddevice.default.device)
        return [_device(d, defaults) for d in sounddevice.query_devices()]


def has(direction: Direction, name: str = "") -> bool:
    """Whether there is something to record from or play on (and PortAudio to do it with)."""
    try:
        require(direction, name)
    except DeviceError:
        return False
    return True


def require(direction: Direction, name: str = "") -> None:
    """Raise DeviceError where `has` says no, with the sentence that says what there is instead."""
    with opening("microphone" if direction == "input" else "loudspeaker", name) as sounddevice:
        find(sounddevice, direction, name)


def served(direction: Direction, name: str = "") -> bool:
    """Whether PortAudio's list has what *name* means, and as the default not a card itself, past every sound server."""
    try:
        with opening("sound system", "") as sounddevice:
            found = find(sounddevice, direction, name)
    except DeviceError:
        return False
    return bool(name) or _CARD not in found["name"]


def _device(info: Mapping[str, Any], defaults: tuple[int, ...]) -> Device:
    roles = [
        role for role, index in zip(("microphone", "loudspeaker"), defaults, strict=False) if index == info["index"]
    ]
    return Device(
        index=info["index"],
        name=info["name"],
        inputs=info["max_input_channels"],
        outputs=info["max_output_channels"],
        rate=int(info["default_samplerate"]),
        default=" and ".join(roles),
    )


def _sounddevice() -> Any:
    try:
        import sounddevice
    except OSError as error:
        raise DeviceError(missing_portaudio(sys.platform)) from error
    except Exception as error:  # of its own kind, which cannot be named before it is imported: PortAudio begins in that
        raise DeviceError(f"The system's sound cannot be used ({error}).") from error
    if sys.platform == "linux":
        _hush_alsa()
    return sounddevice


@cache
def _hush_alsa() -> None:
    """Have ALSA keep to itself what it would print on standard error, into whatever line is being drawn there.

    A busy computer makes it complain of each underrun, and PortAudio tells us of the same ones. Its handler is called
    in the thread of the sound, where nothing of Python's has a place: so it is C's labs(), which does nothing with it.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libasound.so.2").snd_lib_error_set_handler(ctypes.cast(ctypes.CDLL(None).labs, ctypes.c_void_p))


def missing_portaudio(platform: str) -> str:
    """What to type where the PortAudio library is not installed; *platform* as in sys.platform."""
    if platform == "linux":
        mend = "on Debian and Ubuntu, `sudo apt install libportaudio2` brings it"
    else:
        mend = "install the program again, which brings it"
    return f"The sound library PortAudio is missing: {mend}. Sound files work without it."
