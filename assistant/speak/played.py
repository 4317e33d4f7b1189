"""What a device was given to play goes in, block by block with its time; what was in the air at a time comes out."""

import math
from collections import deque

import numpy as np

from assistant.audio import Resampler, SteadyClock
from assistant.flow import SAMPLE_RATE, Samples
from assistant.speak.playback import AUDIBLE

_BLOCKS = 1024
"""blocks that wait for the loop: 2.7 s of the shortest (128 samples at 48 kHz); beyond it the oldest are lost"""
_KEPT = 3 * SAMPLE_RATE
"""samples that can be asked for: the microphone's queue holds 2 s, so nobody asks for older ones"""
_REST_AFTER = 1.0
"""seconds without anything audible after which a room has long fallen silent, and there is nothing to cancel"""
_TOLERANCE = 0.02
"""seconds by which the device's times may be off before they are believed at once: as the microphone's in `echo.py`"""
_USUAL = 9
"""blocks whose times tell how far the device's are off as a rule: they jitter by a millisecond or two"""
_EMPTY: Samples = np.zeros(0, np.int16)


class Played:
    """What was in the air of late, 16 kHz mono: the reference an echo canceller needs.

    `add` belongs to the device's callback, `between` to the event loop; they share a deque whose append and popleft
    are atomic. Silence costs nothing: it is counted, not resampled.
    """

    def __init__(self, rate: int) -> None:
        """*rate* in Hz: the device's."""
        self._rate = rate
        self._blocks: deque[tuple[Samples, float, bool]] = deque(maxlen=_BLOCKS)
        self._off: deque[float] = deque(maxlen=_USUAL)
        self._clock = SteadyClock(rate, _TOLERANCE)
        self._count = 0
        self.hole_ended_at = float("-inf")
        """seconds, loop's clock: when what follows on the last hole was in the air"""
        self._audible_until = float("-inf")
        self._resampler: Resampler | None = None
        self._air = _EMPTY
        self._air_end = 0  # the place behind the last sample of _air, in samples at 16 kHz since the device began
        self._next = 0

    def add(self, samples: Samples, sounds_at: float, *, after_hole: bool = False) -> None:
        """int16 (n,) at the device's rate, the first of which is in the air at *sounds_at* (seconds).

        *after_hole*: the device had nothing to play for a while. Its times tell at once how long (3 of 3 holes of 80 ms
        behind PulseAudio: right to 1 ms), so that the canceller's two streams stay where they were: else it had echo of
        30 dB more until it had learnt their new distance, and then the old one again.
        """
        self._blocks.append((samples.copy(), sounds_at, after_hole))

    def between(self, start: float, count: int) -> Samples | None:
        """The int16 (*count*,) at 16 kHz that were in the air from *start* (seconds, loop's clock) on.

        Zeros where nothing was played; None when nothing audible was within the second before. It is shorter than
        *count* where the device has not been given what will then be in the air.
        """
        while self._blocks:
            self._take(*self._blocks.popleft())
        if start > self._audible_until + _REST_AFTER:
            return None
        place = round((start - self._clock.zero) * SAMPLE_RATE)
        if abs(place - self._next) <= 1:
            place = self._next  # the clock's rounding must not make a sample come twice, or never
        self._next = place + count
        return self._cut(place, place + count)

    def _take(self, samples: Samples, sounds_at: float, after_hole: bool) -> None:
        off = sounds_at - self._clock.zero - self._count / self._rate
        if after_hole and self._off:
            self.hole_ended_at = sounds_at
            hole = round((off - sorted(self._off)[len(self._off) // 2]) * self._rate)
            if 0 < hole < _KEPT * self._rate // SAMPLE_RATE:
                samples = np.concatenate([np.zeros(hole, np.int16), samples])
                sounds_at -= hole / self._rate
        elif self._count:
            self._off.append(off)
        started_at = self._clock.at(self._count, sounds_at)
        loud = np.flatnonzero(np.abs(samples.astype(np.int32)) >= AUDIBLE)
        if loud.size:
            self._audible_until = started_at + float(loud[-1]) / self._rate
        if started_at > self._audible_until + _REST_AFTER:
            self._resampler = None
        elif self._resampler is None:
            samples = self._start(samples)
        self._count += samples.size
        if self._resampler is not None:
            made = self._resampler.push(samples)
            self._air = np.concatenate([self._air, made])[-_KEPT:]
            self._air_end += made.size

    def _start(self, samples: Samples) -> Samples:
        """Resample from here on, with a little silence in front: so it begins at a whole sample of both rates."""
        self._resampler = Resampler(self._rate, SAMPLE_RATE)
        back = self._count % (self._rate // math.gcd(self._rate, SAMPLE_RATE))
        self._air = _EMPTY
        self._air_end = (self._count - back) * SAMPLE_RATE // self._rate
        self._count -= back
        return np.concatenate([np.zeros(back, np.int16), samples])

    def _cut(self, start: int, end: int) -> Samples:
        """The samples from place *start* to *end*; silence before the first one kept, and while it rests."""
        known = end if self._resampler is None else min(end, self._air_end)
        cut: Samples = np.zeros(max(0, known - start), np.int16)
        first = self._air_end - self._air.size
        begin, stop = max(start, first), min(known, self._air_end)
        if begin < stop:
            cut[begin - start : stop - start] = self._air[begin - first : stop - first]
        return cut
