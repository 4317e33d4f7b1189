"""What was played, heard and left by the canceller goes in; whether that is our own voice, and by a new way, comes out.

Pure but for its memory of half a second. Generalised cross-correlation with phase transform (Knapp & Carter 1976):
however little is left of an echo, it stands at one delay behind what was played, and a person's voice at none.
"""

from typing import NamedTuple

import numpy as np

from assistant.audio import level_db
from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE, Samples

_HEARD = SAMPLE_RATE // 2
"""samples that are looked at: of a leak that has begun, 0.1 s in them is found"""
_LAGS = 3 * SAMPLE_RATE // 10
"""samples by which an echo may be late: a loudspeaker without wires takes 0.2 s more than it says"""
_FFT = 1 << 14
"""...so that both fit into it, and what wraps around is no lag we look at; it takes a millisecond"""
_EVERY = 10
"""frames (0.2 s) from one look to the next"""
_CLEAR = 8.0
"""times the root mean square of all lags that the best one must reach. Measured in the room at -10 dB: an echo that was
cancelled, and people who spoke over it, 3 to 7; what the canceller left for seconds after a shift of 20 ms, 8 to 50"""
_CLEAR_WAY = 12.0
"""...in the microphone itself, for the way the echo takes (20 to 80, and with a person as loud 9 to 60), and in what is
left at any other place than that: a person whose pitch is ours reached 8"""
_CANCELLER = 8 * SAMPLE_RATE // 1000
"""samples by which what AEC3 gives is later than what it was given"""
_OURS = 0.1
"""least correlation with what was played at that lag: people over a trace of an echo had 0.00 to 0.03, leaks 0.1 to
0.8"""
_LOUD = -62.0
"""dBFS below which what is left wakes nobody"""
_AROUND = 8
"""samples on both sides of it that count as the same lag: half a millisecond"""
_SHIFT = 6 * SAMPLE_RATE // 1000
"""samples by which the way has changed for good: AEC3 follows 5 ms within 0.3 s, 9 ms and 20 ms took it 3 s, and begun
anew it needed 0.5 s"""

_CANCELLED = 5
"""looks (1 s) without our own voice in what is left after which it is cancelled on its new way"""
_SETTLES = 5
"""looks (1 s) between two shifts: what has just begun anew is given time, and a reflection as strong as the straight
way does no harm"""


class Peak(NamedTuple):
    """Where one sound lies in another."""

    lag: int
    """samples by which it is later"""
    clear: float
    """how far it stands out of all other lags"""
    share: float
    """normalised correlation at that lag, 0-1"""


class Leak:
    """Feed it every frame of playback, in order."""

    def __init__(self) -> None:
        self.found = False
        """whether in the last look our own voice was in what the canceller left"""
        self.shifted = False
        """whether, besides, the way of the echo is another one than when it was last cancelled"""
        self._lag: int | None = None
        self._frames = 0
        self._since = _SETTLES
        self._elsewhere = 0
        self._far: Samples = np.zeros(_LAGS + _HEARD, np.int16)
        self._near: Samples = np.zeros(_HEARD, np.int16)
        self._clean: Samples = np.zeros(_HEARD, np.int16)

    def push(self, far: Samples, near: Samples, clean: Samples) -> bool:
        """Three int16 (320,) of the same time: played, heard, left. Whether it has looked: `found` is new then."""
        for kept, frame in ((self._far, far), (self._near, near), (self._clean, clean)):
            kept[:-FRAME_SAMPLES] = kept[FRAME_SAMPLES:]
            kept[-FRAME_SAMPLES:] = frame
        self._frames += 1
        if self._frames % _EVERY:
            return False
        self._look()
        return True

    def _look(self) -> None:
        self._since += 1
        way = correlated(self._far, self._near)
        left = correlated(self._far, self._clean) if level_db(self._clean) >= _LOUD else Peak(0, 0.0, 0.0)
        there = abs(left.lag - way.lag - _CANCELLER) <= _AROUND
        self.found = left.clear >= (_CLEAR if there else _CLEAR_WAY) and left.share >= _OURS
        self.shifted = False
        if way.clear < _CLEAR_WAY:
            return
        if self._lag is None or abs(way.lag - self._lag) <= _SHIFT:
            self._lag, self._elsewhere = way.lag, 0
            return
        self._elsewhere += not self.found
        self.shifted = self.found and self._since >= _SETTLES
        if self.shifted or self._elsewhere >= _CANCELLED:
            self._lag, self._elsewhere = way.lag, 0
            self._since = 0


def correlated(far: Samples, heard: Samples) -> Peak:
    """Where in *far*, int16 (12800,), that which is *heard*, int16 (8000,), was played; both end at the same moment."""
    spectrum = np.fft.rfft(heard, _FFT) * np.conj(np.fft.rfft(far, _FFT))
    size = np.abs(spectrum)
    if not size.any():
        return Peak(0, 0.0, 0.0)
    places = (np.arange(_LAGS) - _LAGS) % _FFT
    phases = np.abs(np.fft.irfft(spectrum / (size + 1e-3 * size.mean()), _FFT)[places])
    lag = int(np.argmax(phases))
    played = far[_LAGS - lag : _LAGS - lag + _HEARD].astype(float)
    energy = np.square(played).sum() * np.square(heard.astype(float)).sum()
    around = np.abs(np.fft.irfft(spectrum, _FFT)[places[max(0, lag - _AROUND) : lag + _AROUND + 1]])
    return Peak(
        lag,
        float(phases[lag] / np.sqrt(np.square(phases).mean())),
        float(around.max() / np.sqrt(energy)) if energy else 0.0,
    )
