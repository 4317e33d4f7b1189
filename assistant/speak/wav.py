"""An answer's samples go in, a WAV file comes out; paced as a loudspeaker would be, or as fast as can be."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from assistant.audio import append_wav, check_writable, resample, write_wav
from assistant.flow import Samples
from assistant.speak.playback import AUDIBLE, Progress

_BETWEEN = 0.3
"""seconds of silence between two answers in one file"""
PACED_RATE = 22_050
"""Hz of an answer that no device plays: what most Piper voices have"""


class WavFile:
    """Collects what has sounded of every answer; the file is complete after each, and as it was until the first."""

    def __init__(self, path: Path) -> None:
        """Raises SoundFileError at once when the place cannot be written, not after minutes of talk."""
        check_writable(path)
        self._path = path
        self._rate: int | None = None

    def begin(self) -> None:
        """There is no answer yet, and what was there is of no use any more. Raises SoundFileError."""
        write_wav(self._path, np.zeros(0, np.int16), PACED_RATE)

    def add(self, samples: Samples, rate: int) -> None:
        """One more answer, int16 (n,) at *rate*, behind those that are there. Raises SoundFileError."""
        if not samples.size:
            return
        if self._rate is None:
            self._rate = rate
            write_wav(self._path, samples, rate)
        else:
            # Another loudspeaker may have another rate.
            pause = np.zeros(int(_BETWEEN * self._rate), np.int16)
            append_wav(self._path, np.concatenate([pause, resample(samples, rate, self._rate)]), self._rate)


class PacedSink:
    """A loudspeaker that isn't there: takes the time a real one would (or none), and can keep what sounded."""

    def __init__(
        self,
        rate: int,
        clock: Callable[[], float],
        *,
        file: WavFile | None = None,
        real_time: bool = True,
    ) -> None:
        self.rate = rate
        self._clock = clock
        self._file = file
        self._real_time = real_time
        self.begin()

    def begin(self) -> None:
        """Count from zero; a pause is over."""
        self._queued = 0
        self._ends_at = self._clock()
        self._first_sound_at: float | None = None
        self._paused_at: float | None = None

    def put(self, samples: Samples) -> None:
        """Behind what is queued; with nothing queued it sounds now (or as soon as a pause is over)."""
        starts_at = max(self._now(), self._ends_at)
        audible = np.flatnonzero(np.abs(samples.astype(np.int32)) >= AUDIBLE)
        if self._first_sound_at is None and audible.size:
            self._first_sound_at = starts_at + float(audible[0]) / self.rate * self._real_time
        self._queued += samples.size
        self._ends_at = starts_at + samples.size / self.rate * self._real_time

    def flush(self) -> None:
        """Drop what has not sounded yet; a pause is over."""
        progress = self.progress()
        self._queued = progress.sounded
        self._first_sound_at = progress.first_sound_at
        self._paused_at = None
        self._ends_at = self._clock()

    def pause(self) -> None:
        """Time stands still for what is queued. Without pace nothing is ever waiting, so nothing is held."""
        if self._paused_at is None:
            self._paused_at = self._clock()

    def duck(self) -> None:
        """Nobody is here to hear it, and the file holds what was said, not how loud."""

    def resume(self) -> None:
        """What had not sounded when the pause began is that much later."""
        if self._paused_at is None:
            return
        began, self._paused_at = self._paused_at, None
        self._ends_at += self._clock() - began
        if self._first_sound_at is not None and self._first_sound_at >= began:
            self._first_sound_at += self._clock() - began

    def chime(self, samples: Samples) -> None:
        """Nobody is here to hear it: the file holds answers only."""

    def progress(self) -> Progress:
        """How far it would have come by now."""
        now = self._now()
        left = max(0.0, self._ends_at - now)
        first = self._first_sound_at
        # A sample due at the very moment a pause began is held, as in `resume`.
        due = first is not None and (first < now if self._paused_at is not None else first <= now)
        return Progress(
            queued=self._queued,
            sounded=max(0, self._queued - round(left * self.rate)),
            first_sound_at=first if due else None,
        )

    def keep(self, samples: Samples) -> None:
        """Into the file, if there is one."""
        if self._file is not None:
            self._file.add(samples, self.rate)

    def _now(self) -> float:
        return self._clock() if self._paused_at is None else self._paused_at
