"""A sweep to be played goes out; what was recorded meanwhile goes in, where the sweep is in it and how sure comes out.

Pulse compression, as radar and room acoustics do it: correlated with itself a sweep of 100 ms becomes a peak of a
fraction of a millisecond, far above any noise that is not the same sweep.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

import numpy as np

from assistant.audio import to_int16
from assistant.flow import SAMPLE_RATE, Samples

SECONDS = 0.1
_LOWEST, _HIGHEST = 500.0, 6000.0
"""Hz: what the smallest loudspeaker plays, and what the listening side, at 16 kHz, hears undamped"""
_PEAK = 0.25
"""of full scale, -12 dBFS: as loud as a voice's peaks; nobody shall reach for the volume"""
_BEFORE = 0.005
_BEHIND = 0.05
"""seconds around the peak that do not speak against it: its own skirt, and a room's first reflections behind it"""
CLEAR_DB = 8.0
"""dB by which the peak must stand above all else. In noise alone the highest place stands at most 3 dB above the
second one, in 2,000 tries of tests/latency/test_chirp.py's kind"""
NEEDED = 5
"""echoes that must agree: fewer have no spread to speak of"""
_AGREE = 0.05
"""seconds around their median within which echoes agree: buffers wander by a few ms, a false one is off by hundreds"""


class Echo(NamedTuple):
    """Where a chirp was found in a recording."""

    at: float
    """samples from the recording's first one to the chirp's first one"""
    clear_db: float
    """dB by which it stands above everything else in there"""


class Trip(NamedTuple):
    """One chirp that came back, in seconds."""

    whole: float
    """from handing it over to having it from the microphone, without the wait for a frame to fill"""
    unstated: float
    """from when the loudspeaker says it sounded to when the microphone says it was in the air"""
    clear_db: float


class Spread(NamedTuple):
    """Several measurements of one thing."""

    median: float
    lowest: float
    highest: float


@dataclass(frozen=True, slots=True)
class Loopback:
    """What the way out of the loudspeaker and into the microphone takes, in seconds."""

    played: int
    heard: int
    """chirps that came back, at about the same delay"""
    clear_db: float
    """dB by which they stood out, the median"""
    whole: Spread
    """the whole way through buffers, drivers, converters and air: so much of a gap is the devices'"""
    unstated: Spread
    """what of it their own times leave out (3 ms of it for each metre of air): so much a gap is longer than measured"""


def chirp(rate: int) -> Samples:
    """SECONDS of a rising sweep that swells and dies away, int16 (n,) at *rate* Hz."""
    times = np.arange(round(SECONDS * rate)) / rate
    phase = 2 * np.pi * (_LOWEST * times + (_HIGHEST - _LOWEST) / (2 * SECONDS) * np.square(times))
    swell = 0.5 - 0.5 * np.cos(2 * np.pi * times / SECONDS)
    return to_int16(_PEAK * swell * np.sin(phase))


def find(recorded: Samples) -> Echo | None:
    """The clearest chirp in int16 (n,) at 16 kHz; None where none stands out by CLEAR_DB."""
    known = chirp(SAMPLE_RATE)
    if recorded.size < known.size:
        return None
    likeness = _likeness(recorded, known)
    peak = int(np.argmax(likeness))
    around = slice(max(0, peak - round(_BEFORE * SAMPLE_RATE)), peak + round(_BEHIND * SAMPLE_RATE))
    others = np.delete(likeness, np.arange(likeness.size)[around])
    second = float(others.max(initial=0.0))
    if not second < likeness[peak]:
        return None
    # Of a recording without any noise, which only a virtual device gives, rounding is what is left.
    clear_db = 20 * float(np.log10(likeness[peak] / max(second, 1e-9)))
    return Echo(peak + _between(likeness, peak), clear_db) if clear_db >= CLEAR_DB else None


def agreed(trips: Sequence[Trip], played: int) -> Loopback | None:
    """What *trips* say of the way, *played* chirps having been sent; None where fewer than NEEDED agree."""
    if not trips:
        return None
    middle = median(trip.unstated for trip in trips)
    alike = [trip for trip in trips if abs(trip.unstated - middle) <= _AGREE]
    if len(alike) < NEEDED:
        return None
    whole, unstated, clear_db = zip(*alike, strict=True)
    return Loopback(played, len(alike), median(clear_db), _spread(whole), _spread(unstated))


def _likeness(recorded: Samples, known: Samples) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """How like *known* the recording is at each place where all of it would fit, whatever its phase there."""
    size = 1 << (recorded.size + known.size).bit_length()
    spectrum = np.fft.fft(recorded, size) * np.conj(np.fft.fft(known, size))
    # Without its negative frequencies a signal's magnitude is its envelope: a peak without the ripples of the phase.
    spectrum[size // 2 :] = 0
    envelope: np.ndarray[tuple[int], np.dtype[np.float64]] = np.abs(np.fft.ifft(spectrum))
    return envelope[: recorded.size - known.size + 1]


def _between(likeness: np.ndarray[tuple[int], np.dtype[np.float64]], peak: int) -> float:
    """How far between two samples the peak really is: the top of the parabola through it and its neighbours."""
    if not 0 < peak < likeness.size - 1:
        return 0.0
    left, top, right = likeness[peak - 1 : peak + 2]
    curve = left - 2 * top + right
    return float(0.5 * (left - right) / curve) if curve else 0.0


def _spread(values: Sequence[float]) -> Spread:
    return Spread(median(values), min(values), max(values))
