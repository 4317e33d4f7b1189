"""Text -> espeak-ng's audio with the time of every word and phoneme (ctypes; about 10 ms a sentence).

The times are what makes the starter models learn in minutes: they label every frame of audio for free.
"""

import ctypes
from dataclasses import dataclass

import numpy as np
from scipy.signal import resample_poly

RATE = 16_000  # Hz, what the recognizer hears and the voice speaks
ENGINE_RATE = 22_050  # Hz, espeak-ng's own

_SYNCHRONOUS, _PHONEME_EVENTS_AS_IPA = 2, 1 | 2
_WORD, _PHONEME, _END_OF_LIST = 1, 7, 0
_SPEED, _PITCH, _PITCH_RANGE = 1, 3, 4


class _Event(ctypes.Structure):
    """espeak_EVENT of speak_lib.h; its last field is a union of which only the short string is used here."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("string", ctypes.c_char * 8),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(frozen=True)
class Spoken:
    """One utterance: `audio` float32 mono in [-1, 1]; times in seconds from its first sample."""

    audio: np.ndarray
    word_starts: list[float]
    phonemes: list[tuple[float, str]]  # start, IPA ("" is a pause)


class _Engine:
    """The one espeak-ng of this process (the library keeps its state in globals)."""

    def __init__(self) -> None:
        self.library = ctypes.CDLL("libespeak-ng.so.1")
        self.library.espeak_Synth.argtypes = [
            ctypes.c_char_p,
            ctypes.c_size_t,
            ctypes.c_uint,
            ctypes.c_int,
            ctypes.c_uint,
            ctypes.c_uint,
            ctypes.c_void_p,
            ctypes.c_void_p,
        ]
        rate = self.library.espeak_Initialize(_SYNCHRONOUS, 0, None, _PHONEME_EVENTS_AS_IPA)
        if rate != ENGINE_RATE:
            message = f"espeak-ng opened at {rate} Hz, not {ENGINE_RATE}"
            raise RuntimeError(message)
        self.audio: list[np.ndarray] = []
        self.events: list[tuple[int, int, str]] = []
        self.callback = _Callback(self._collect)  # kept: ctypes frees a callback nobody holds
        self.library.espeak_SetSynthCallback(self.callback)

    def _collect(self, wav, count, events) -> int:  # noqa: ANN001 - ctypes pointers
        if wav and count:
            self.audio.append(np.ctypeslib.as_array(wav, (count,)).copy())
        index = 0
        while events[index].type != _END_OF_LIST:
            event = events[index]
            if event.type in (_WORD, _PHONEME):
                name = bytes(event.string).split(b"\0")[0].decode("utf8", "replace") if event.type == _PHONEME else ""
                self.events.append((event.type, event.sample, name))
            index += 1
        return 0


_engine: _Engine | None = None


def speak(text: str, voice: str = "en-us", *, rate: int = 150, pitch: int = 50, pitch_range: int = 50) -> Spoken:
    """Speak `text` at 22 050 Hz; `rate` in words a minute, `pitch` and `pitch_range` 0-100 as espeak-ng counts them."""
    global _engine  # noqa: PLW0603 - the library is global itself
    _engine = _engine or _Engine()
    _engine.audio.clear()
    _engine.events.clear()
    if _engine.library.espeak_SetVoiceByName(voice.encode()) != 0:
        message = f"espeak-ng has no voice {voice!r}"
        raise ValueError(message)
    for parameter, value in ((_SPEED, rate), (_PITCH, pitch), (_PITCH_RANGE, pitch_range)):
        _engine.library.espeak_SetParameter(parameter, value, 0)
    data = text.encode()
    _engine.library.espeak_Synth(data, len(data) + 1, 0, 1, 0, 1, None, None)
    events = list(_engine.events)
    return Spoken(
        audio=np.concatenate(_engine.audio).astype(np.float32) / 32768,
        word_starts=[sample / ENGINE_RATE for kind, sample, _ in events if kind == _WORD],
        phonemes=[(sample / ENGINE_RATE, name) for kind, sample, name in events if kind == _PHONEME],
    )


def at_16k(audio: np.ndarray) -> np.ndarray:
    """espeak-ng's 22 050 Hz to 16 kHz."""
    return resample_poly(audio, 320, 441).astype(np.float32)
