"""Frames go in; whether one stands out of the room's noise, and how long ago a word ended, come out. Pure."""

import math
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from assistant.audio import to_float
from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE, Samples

_SILENCE = -100.0
"""dBFS, instead of -inf for zeros: quieter than the last bit of int16"""
_SILENT_POWER = 10 ** (_SILENCE / 10)
_NOTHING = -80.0
"""dBFS of a frame's differences below which it is not speech: speech loses about 15 dB in them, and its softest at a
distant microphone has -60 dBFS"""
_ABOVE_NOISE = 8.0
"""dB over the noise floor that make a frame worth a look: steady noise strays by up to 2.3 dB (brown, pink and white,
a minute each), and the loudest frames of a voice that stands out less are not understood either"""
_RISE = 3.0 * FRAME_SAMPLES / SAMPLE_RATE
"""dB a frame by which the noise floor follows what has become louder (3 dB a second): speech has a hole at every stop
consonant, so that the floor never climbs to it; a fan that goes on is noise half a minute later at the latest"""
_KEPT = 35
"""frames (0.7 s) in which the end of a word is looked for"""
_UNTOUCHED = 10
"""the first of them (0.2 s) only tell how loud the word was: its own stop consonants are there"""
_PAUSE = 4
"""frames (80 ms) make a pause: the closure of a stop consonant is mostly shorter"""
_PAUSE_DEPTH = 30.0
"""dB under the loudest frame. At 25, speech without a pause lost 100 ms twice as often; at 30 all pauses were found,
even with noise 35 dB under the voice (synthetic "hey jarvis", 121 times, 11 voices)."""
_NEAR_NOISE = 6.0
"""dB over the noise floor that a pause has in a noisier room, where nothing lies so deep..."""
_NOISY_PAUSE = 6
"""...if it lasts as many frames (120 ms): weak consonants drown in noise 25 dB under the voice, and pass for one"""
_LEAST_DEPTH = 15.0
"""dB that it lies under the loudest frame, at least"""
_INTO_PAUSE = 2
"""frames (40 ms) into the pause is where the word ends: the voice dies away in them"""


class Loudness:
    """How loud the last frames were, and the room's noise beneath them."""

    def __init__(self) -> None:
        self.levels: deque[float] = deque(maxlen=_KEPT)
        """dBFS of the last frames, the newest last"""
        self.noise = 0.0
        """dBFS; the quietest frames set it"""
        self._fine_noise = 0.0

    def push(self, samples: Samples) -> bool:
        """One frame more: whether it stands out, so that somebody may be speaking."""
        sound = to_float(samples)
        level = level_of(sound)
        self.levels.append(level)
        self.noise = _follow(self.noise, level)
        # Differences of neighbours weigh low frequencies little, in which the noise of rooms comes and goes.
        fine = level_of(np.diff(sound))
        self._fine_noise = _follow(self._fine_noise, fine)
        return fine > max(self._fine_noise + _ABOVE_NOISE, _NOTHING)


def level_of(sound: NDArray[np.float32]) -> float:
    """The root mean square of floats (n,) in [-1, 1), in dBFS; -100 for silence."""
    power = float(np.dot(sound, sound)) / sound.size
    return 10 * math.log10(max(power, _SILENT_POWER))


def frames_since_word(levels: Sequence[float], noise: float, usual: int, longer: int = 0) -> int | None:
    """How many frames ago, of those with *levels* in dBFS (newest last), the pause behind a word began.

    Where there are several pauses it is the one nearest to *usual* frames ago; None where the speech goes on. A pause
    lies deep under the loudest frame, or for longer near the room's *noise* (dBFS); *longer* asks for so many frames
    more of it.
    """
    loudest = max(levels, default=_SILENCE)
    pauses = [*_pauses(levels, loudest - _PAUSE_DEPTH, _PAUSE + longer)] or [
        *_pauses(levels, min(noise + _NEAR_NOISE, loudest - _LEAST_DEPTH), _NOISY_PAUSE + longer)
    ]
    if not pauses:
        return None
    return min(pauses, key=lambda since: abs(since - usual)) - _INTO_PAUSE


def _pauses(levels: Sequence[float], below: float, shortest: int) -> Iterator[int]:
    """How many frames ago each pause began: *shortest* frames or more *below* so many dBFS, behind something louder."""
    at = 0
    for quiet, group in groupby(levels, key=lambda level: level < below):
        length = len(list(group))
        if quiet and at >= _UNTOUCHED and length >= shortest:
            yield len(levels) - at
        at += length


def _follow(noise: float, level: float) -> float:
    """The noise floor after one frame more; zeros are a file's or a device's silence, not the room's."""
    return min(level, noise + _RISE) if level > _SILENCE else noise
