"""Samples go in from the event loop, blocks for a device come out in its callback; there is no lock between them."""

from collections import deque
from typing import NamedTuple

import numpy as np

from assistant.flow import Samples
from assistant.speak.playback import AUDIBLE, Progress

FADE = 0.005
"""seconds from full sound to silence and back: a cut would click; this is over within one device block"""
_DUCKED = 0.25
"""share of full sound (-12 dB) that a duck leaves: less is in the way of who begins to speak, and few notice a dip of a
tenth of a second in a voice that goes on"""
_CHIMES = 4
"""earcons that may wait for each other: more than one at a time is an accident, and then the oldest is dropped"""
_EMPTY: Samples = np.zeros(0, np.int16)


class _Pulled(NamedTuple):
    """How far the callback has come; replaced as a whole, so that the loop never reads half of it."""

    generation: int = 0
    total: int = 0
    """samples pulled in this generation"""
    run: int = 0
    """samples pulled since the last block with silence in it: what of the device's buffer can be ours"""
    until: float = 0.0
    """seconds, loop's clock: when the last of them has sounded"""
    first_sound_at: float | None = None
    """seconds, loop's clock: when the first audible one of this generation sounds"""


class PlayQueue:
    """What a device plays: one answer, silence around it, a chime over it.

    Two threads, no lock: each attribute has one writer, and what the other one reads is replaced in one assignment.
    The loop writes `_order` (which generation of samples is wanted, and how loud) and its own counters;
    the callback reads `_order` once a block and writes all the rest. Between them lie two deques: the loop appends
    (generation, samples), the callback alone takes out. So `flush` clears nothing, it asks for the next generation,
    and the callback drops older samples when it meets them. A block that is being pulled meanwhile still sounds.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._fade = max(1, round(FADE * rate))
        self._chunks: deque[tuple[int, Samples]] = deque()  # bounded by Playback: half a second, or one clause
        self._chimes: deque[Samples] = deque(maxlen=_CHIMES)
        # the loop's
        self._order = (0, self._fade)
        self._put = 0
        self._before = 0
        self._first_before: float | None = None
        # the callback's
        self._head = self._chime = _EMPTY
        self._level = self._fade
        self._gap = True
        self._pulled = _Pulled()

    def begin(self) -> None:
        """A new answer: drop what is left of the last one, end a pause, count from zero."""
        self.flush()
        self._before = 0
        self._first_before = None

    def put(self, samples: Samples) -> None:
        """Queue int16 (n,)."""
        self._put += samples.size
        self._chunks.append((self._order[0], samples))

    def flush(self) -> None:
        """Drop what is queued, end a pause and a duck."""
        pulled = self._pulled
        self._before += self._count(pulled)
        self._first_before = self._first(pulled)
        self._put = 0
        self._order = (self._order[0] + 1, self._fade)

    def pause(self) -> None:
        """Fade to silence in the next block pulled, and hold the place."""
        self._order = (self._order[0], 0)

    def duck(self) -> None:
        """Fade to a quarter in the next block pulled, and go on; a pause stays one."""
        generation, wanted = self._order
        self._order = (generation, min(wanted, round(_DUCKED * self._fade)))

    def resume(self) -> None:
        """Fade to full sound from the next block pulled on, at the sample behind the last one pulled."""
        self._order = (self._order[0], self._fade)

    def chime(self, samples: Samples) -> None:
        """Mix int16 (n,) over all that is pulled from now on, paused or not; a second one waits for the first."""
        self._chimes.append(samples)

    @property
    def sounding(self) -> bool:
        """Whether the last block pulled was full of an answer."""
        return not self._gap

    def progress(self, now: float) -> Progress:
        """How far it has come: what was pulled but lies in the device's buffer has not sounded yet."""
        pulled = self._pulled
        waiting = min(pulled.run, round(max(0.0, pulled.until - now) * self._rate))
        first = self._first(pulled)
        return Progress(
            queued=self._before + self._put,
            sounded=max(0, self._before + self._count(pulled) - waiting),
            first_sound_at=first if first is not None and first <= now else None,
        )

    def pull(self, out: Samples, sounds_at: float) -> None:
        """Fill *out* (n,), whose first sample will be in the air at *sounds_at* (seconds). The callback's only call."""
        generation, wanted = self._order
        if generation != self._pulled.generation:
            self._pulled = _Pulled(generation, run=self._pulled.run, until=self._pulled.until)
            self._head = _EMPTY
            self._level = self._fade
        if not (self._chunks or self._head.size or self._chimes or self._chime.size):
            # Most of the day, 200 times a second: what follows costs 1 % of a core.
            self._gap = True
            self._level = min(self._level, wanted)
            out[:] = 0
            return
        # On its way to silence it takes no more than that way is long.
        filled = self._take(out if wanted else out[: self._level])
        self._fade_to(wanted, out[:filled])
        if filled < out.size:
            # An empty queue is silent already: then there is nothing to fade down any more.
            self._level = min(self._level, wanted)
        out[filled:] = 0
        if filled:
            self._note(out[:filled], sounds_at)
        self._gap = filled < out.size
        self._mix_chimes(out)

    def _fade_to(self, wanted: int, out: Samples) -> None:
        """Make *out* (n,) as loud as it is to be, a step a sample nearer to *wanted*; all of `_fade` is full sound."""
        if self._level == wanted == self._fade:
            return
        way = np.arange(1, out.size + 1)
        steps = np.minimum(self._level + way, wanted) if wanted > self._level else np.maximum(self._level - way, wanted)
        out[:] = out * (steps / self._fade)
        if out.size:
            self._level = int(steps[-1])

    def _take(self, out: Samples) -> int:
        filled = 0
        while filled < out.size:
            if not self._head.size and not self._next():
                break
            piece = self._head[: out.size - filled]
            self._head = self._head[piece.size :]
            out[filled : filled + piece.size] = piece
            filled += piece.size
        return filled

    def _next(self) -> bool:
        """Go on with the next chunk of this generation; an older one is dropped, a newer one waits its turn."""
        while self._chunks and self._chunks[0][0] <= self._pulled.generation:
            generation, samples = self._chunks.popleft()
            if generation == self._pulled.generation and samples.size:
                self._head = samples
                return True
        return False

    def _note(self, sound: Samples, sounds_at: float) -> None:
        first = self._pulled.first_sound_at
        if first is None:
            audible = np.flatnonzero(np.abs(sound.astype(np.int32)) >= AUDIBLE)
            first = sounds_at + float(audible[0]) / self._rate if audible.size else None
        self._pulled = _Pulled(
            generation=self._pulled.generation,
            total=self._pulled.total + sound.size,
            run=sound.size if self._gap else self._pulled.run + sound.size,
            until=sounds_at + sound.size / self._rate,
            first_sound_at=first,
        )

    def _mix_chimes(self, out: Samples) -> None:
        filled = 0
        while filled < out.size and (self._chime.size or self._chimes):
            if not self._chime.size:
                self._chime = self._chimes.popleft()
            piece = self._chime[: out.size - filled]
            self._chime = self._chime[piece.size :]
            over = out[filled : filled + piece.size]
            over[:] = np.clip(over.astype(np.int32) + piece, -32768, 32767)
            filled += piece.size

    def _count(self, pulled: _Pulled) -> int:
        return pulled.total if pulled.generation == self._order[0] else 0

    def _first(self, pulled: _Pulled) -> float | None:
        if self._first_before is None and pulled.generation == self._order[0]:
            return pulled.first_sound_at
        return self._first_before
