"""Eight seconds of sound go in, the picture that Whisper's encoder was taught to read comes out. Pure.

Number for number what transformers' WhisperFeatureExtractor(chunk_length=8) makes of it with do_normalize=True, which
smart-turn was trained on; written anew in numpy, because transformers takes seconds to import and wants torch.
"""

from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from assistant.flow import SAMPLE_RATE

SECONDS = 8
BANDS = 80
STEPS = SECONDS * 100
"""one every 10 ms"""

_WINDOW = 400
"""samples of one spectrum: 25 ms"""
_HOP = SAMPLE_RATE // 100
_FLOOR = 1e-10
_RANGE = 8.0
"""What is more than 80 dB below the loudest is as good as silence."""
_LINEAR_HZ = 1000.0
"""Slaney's mel scale: straight up to 1 kHz, logarithmic beyond (librosa's default, which Whisper took over)."""
_LINEAR_MELS = 15.0
_OCTAVE = np.log(6.4) / 27.0


def log_mel(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """(128000,) at 16 kHz, any loudness, to (80 bands, 800 steps of 10 ms), about -1 to 1."""
    level = (sound - sound.mean()) / np.sqrt(sound.var() + np.float32(1e-7))
    # One step more than needed comes out, and its reference drops it as well.
    padded = np.pad(level.astype(np.float64), _WINDOW // 2, mode="reflect")
    pieces = sliding_window_view(padded, _WINDOW)[::_HOP][:STEPS]
    power = np.abs(np.fft.rfft(pieces * np.hanning(_WINDOW + 1)[:-1])) ** 2
    logs = np.log10(np.maximum(_FLOOR, _filters() @ power.T))
    picture: NDArray[np.float32] = ((np.maximum(logs, logs.max() - _RANGE) + 4) / 4).astype(np.float32)
    return picture


@lru_cache(maxsize=1)
def _filters() -> NDArray[np.float64]:
    """(80, 201): overlapping triangles of equal area, equally spaced in mels from 0 to 8 kHz."""
    corners = _hertz(np.linspace(0.0, _mels(SAMPLE_RATE / 2), BANDS + 2))[:, np.newaxis]
    bins = np.linspace(0, SAMPLE_RATE / 2, _WINDOW // 2 + 1)
    low, middle, high = corners[:-2], corners[1:-1], corners[2:]
    triangles = np.minimum((bins - low) / (middle - low), (high - bins) / (high - middle))
    filters: NDArray[np.float64] = np.maximum(0, triangles) * 2 / (high - low)
    return filters


def _mels(hertz: float) -> float:
    """Of a frequency of at least 1 kHz."""
    return float(_LINEAR_MELS + np.log(hertz / _LINEAR_HZ) / _OCTAVE)


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    beyond = _LINEAR_HZ * np.exp(_OCTAVE * (mels - _LINEAR_MELS))
    return np.where(mels < _LINEAR_MELS, mels * _LINEAR_HZ / _LINEAR_MELS, beyond)
