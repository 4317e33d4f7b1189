"""Frames and a script go in; the same frames come out, and the script's questions are said while they are heard."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import numpy as np

from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE, Frame, Samples
from assistant.glance import Glance, State
from assistant.latency.script import Asked, Script
from assistant.listen.ear import Source


class Air:
    """A Source without a device: silence in real time, and what is said into it."""

    def __init__(self) -> None:
        self._said: Samples = np.zeros(0, np.int16)

    def say(self, samples: Samples) -> None:
        """Let int16 (n,) at 16 kHz sound from the next frame on."""
        self._said = samples

    async def frames(self) -> AsyncGenerator[Frame, None]:
        """Each frame comes when its last sample would have been in the air; they never end."""
        clock = asyncio.get_running_loop().time
        started_at = clock()
        position = 0
        while True:
            captured_at = started_at + (position + FRAME_SAMPLES) / SAMPLE_RATE
            await asyncio.sleep(captured_at - clock())
            samples = np.zeros(FRAME_SAMPLES, np.int16)
            piece, self._said = self._said[:FRAME_SAMPLES], self._said[FRAME_SAMPLES:]
            samples[: piece.size] = piece
            yield Frame(samples, position, captured_at)
            position += FRAME_SAMPLES


class Prompter:
    """A Source that passes another one on, and has the script's questions said while it is listened to."""

    def __init__(
        self,
        source: Source,
        script: Script,
        say: Callable[[Samples], None],
        done: Callable[[int, Asked], None],
    ) -> None:
        self._source = source
        self._script = script
        self._say = say
        self._done = done
        self._look: Callable[[], Glance] | None = None

    async def watch(self, look: Callable[[], Glance]) -> AsyncGenerator[None, None]:
        """Keep *look*, which tells whether all is quiet; nothing comes out."""
        self._look = look
        nothing: tuple[None, ...] = ()
        for never in nothing:
            yield never

    async def frames(self) -> AsyncGenerator[Frame, None]:
        """As the other source; they end with the script."""
        async with aclosing(self._source.frames()) as frames:
            async for frame in frames:
                self._prompt(frame.captured_at)
                if self._script.over:
                    return
                yield frame

    def _prompt(self, now: float) -> None:
        last = self._script.last
        question = self._script.next(now, self._look is not None and self._look().state is State.LISTENING)
        if last is not None and last.done:
            self._done(self._script.number - (question is not None), last)
        if question is not None:
            self._say(question.samples)
