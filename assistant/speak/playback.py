"""One answer's sound goes in, in pieces; it reaches a sink without holes, and what was heard of it comes out."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from assistant.audio import resample
from assistant.flow import Audio, Heard, Samples
from assistant.latency.marks import Marks
from assistant.speak.word_times import shared_out

AHEAD = 0.5
"""seconds of sound handed over before it sounds: outlasts a busy event loop, and is soon dropped on interruption"""
AUDIBLE = 100
"""int16 amplitude (-50 dBFS) from which a sample counts as sound: a voice's own noise floor lies below"""
_NEARLY = 0.04
"""seconds that may be missing of a word that was heard: its last sound dies away, and is understood from the others"""
_PAUSED = 0.02
"""seconds between two looks at a sink that does not move: nobody hears that an answer's end is noticed so late"""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sink has come with the answer it is playing."""

    queued: int
    """samples handed over since the answer began"""
    sounded: int
    """of these, the samples that have been in the air by now"""
    first_sound_at: float | None
    """seconds, loop's clock: when the first audible sample was in the air; None before"""


class Sink(Protocol):
    """Where sound goes: a loudspeaker or a sound file."""

    rate: int
    """Hz of the samples it wants"""

    def begin(self) -> None:
        """A new answer begins: count from zero; a pause is over."""
        ...

    def put(self, samples: Samples) -> None:
        """Play int16 (n,) at `rate` behind all that is queued; returns at once."""
        ...

    def flush(self) -> None:
        """Drop what has not sounded yet; a pause is over."""
        ...

    def pause(self) -> None:
        """Fall silent within a device block (10 ms, faded) and hold the place: nothing more counts as sounded."""
        ...

    def duck(self) -> None:
        """Play on, but much softer, until it is resumed or an answer begins; where it is paused it stays so."""
        ...

    def resume(self) -> None:
        """Go on at the sample behind the last one that sounded, faded in, as loud as ever; twice is harmless."""
        ...

    def chime(self, samples: Samples) -> None:
        """Play a short signal, int16 (n,) at `rate`, at once and over whatever plays; it is no part of an answer."""
        ...

    def progress(self) -> Progress:
        """How far it has come by now."""
        ...

    def keep(self, samples: Samples) -> None:
        """What has sounded of the answer that just ended: a place to write it to a file."""
        ...


class Playback:
    """One answer on its way to a sink."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._pieces: list[tuple[Audio, Samples]] = []

    async def room(self) -> None:
        """Wait until less than AHEAD seconds are left to sound."""
        await self._wait(AHEAD)

    def play(self, audio: Audio) -> None:
        """Hand over one piece; call `room` before, so that little is ever waiting."""
        samples = resample(audio.samples, audio.rate, self._sink.rate)
        self._pieces.append((audio, samples))
        self._sink.put(samples)

    async def finish(self) -> None:
        """Wait until everything has sounded."""
        await self._wait(0.0)

    def heard(self) -> Heard:
        """What of the answer has been in the air by now, to the word."""
        left = self._sink.progress().sounded
        texts: list[str] = []
        for audio, samples in self._pieces:
            words = audio.clause.text.split()
            if left < samples.size:
                nearly = left + _NEARLY * self._sink.rate
                said = sum(end <= nearly for end in _word_ends(audio, samples)) if left else 0
                return Heard(" ".join(texts + words[:said]), complete=False)
            texts += words
            left -= samples.size
        return Heard(" ".join(texts), complete=True)

    def sounded(self) -> Samples:
        """The samples, int16 (n,) at the sink's rate, that have been in the air by now."""
        if not self._pieces:
            return np.zeros(0, np.int16)
        return np.concatenate([samples for _, samples in self._pieces])[: self._sink.progress().sounded]

    async def _wait(self, seconds: float) -> None:
        sounded = -1
        while True:
            progress = self._sink.progress()
            left = (progress.queued - progress.sounded) / self._sink.rate - seconds
            if left <= 0:
                return
            # What is left takes at least that long, paused or not. At least a millisecond, for a device whose clock
            # runs a little behind ours; and more while nothing moves, for a pause may last.
            await asyncio.sleep(max(left, 0.001 if progress.sounded > sounded else _PAUSED))
            sounded = progress.sounded


def _word_ends(audio: Audio, samples: Samples) -> Sequence[float]:
    """Where each word of the clause has been said, in *samples*, which are the audio's at the sink's rate."""
    if audio.word_ends:
        return [end * samples.size / audio.samples.size for end in audio.word_ends]
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) >= AUDIBLE)
    return shared_out(audio.clause, int(loud[0]), int(loud[-1]) + 1) if loud.size else ()


@asynccontextmanager
async def playing(sink: Sink, marks: Marks) -> AsyncIterator[Playback]:
    """An answer's playback; however it ends, what has not sounded is dropped and the marks are set."""
    sink.begin()
    playback = Playback(sink)
    try:
        yield playback
    finally:
        progress = sink.progress()
        sink.keep(playback.sounded())
        sink.flush()
        if progress.first_sound_at is not None:
            marks.stamp("first_sound", progress.first_sound_at)
            marks.stamp("heard")
