"""A sampling rate goes in, a short quiet sign that the assistant wakes or goes to sleep comes out. Pure."""

import numpy as np
from numpy.typing import NDArray

from assistant.audio import to_int16
from assistant.flow import Samples

PEAK_DBFS = -24.0
"""about 20 dB under a voice at full scale: heard in a quiet room, and no obstacle to who goes on speaking"""

_LOW_HZ, _HIGH_HZ = 587.33, 880.0
"""D5 and A5, a fifth apart: consonant, above most of the energy of speech, and within what small speakers can do"""
_TONE_SECONDS = 0.09
_STEP_SECONDS = 0.05
"""from one tone's start to the next one's: they overlap by 40 ms, so the whole lasts 140 ms"""


def waking(rate: int) -> Samples:
    """Two soft tones, the second higher: int16 (0.14 * rate,) mono at *rate* Hz, from zero and back to zero."""
    return _pair(_LOW_HZ, _HIGH_HZ, rate)


def sleeping(rate: int) -> Samples:
    """The same two tones, the second lower."""
    return _pair(_HIGH_HZ, _LOW_HZ, rate)


def _pair(first: float, second: float, rate: int) -> Samples:
    step = round(_STEP_SECONDS * rate)
    tones = np.zeros(step + round(_TONE_SECONDS * rate))
    for begin, frequency in ((0, first), (step, second)):
        tone = _tone(frequency, rate)
        tones[begin : begin + tone.size] += tone
    return to_int16(tones / np.abs(tones).max() * 10 ** (PEAK_DBFS / 20))


def _tone(frequency: float, rate: int) -> NDArray[np.float64]:
    """A sine under a raised cosine: no edge anywhere, so no click."""
    count = round(_TONE_SECONDS * rate)
    envelope = (1 - np.cos(2 * np.pi * np.arange(count) / (count - 1))) / 2
    wave: NDArray[np.float64] = envelope * np.sin(2 * np.pi * frequency * np.arange(count) / rate)
    return wave
