"""A sound file goes in, frames come out: in real time, as a microphone would give them, or as fast as can be."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from pathlib import Path

import numpy as np

from assistant.audio import read_blocks
from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE, Frame, Samples
from assistant.streams import in_thread


class Recording:
    """A sound file of any common format as a Source; behind its end there is silence for a while."""

    def __init__(self, path: Path, *, real_time: bool = True, silence_after: float = 2.0) -> None:
        """*silence_after*, in seconds, must outlast the patience, or the end of the file ends the turn."""
        self._path = path
        self._real_time = real_time
        self._silence_after = silence_after

    async def frames(self) -> AsyncGenerator[Frame, None]:
        """The file's frames. Raises SoundFileError when it cannot be read.

        In real time a frame comes when its last sample would have been in the air. Otherwise the frames carry the
        times they would have had, so nothing measured from them means anything.
        """
        started_at = asyncio.get_running_loop().time()
        position = 0
        async with aclosing(in_thread(self._pieces())) as pieces:
            async for samples in pieces:
                captured_at = started_at + (position + FRAME_SAMPLES) / SAMPLE_RATE
                if self._real_time:
                    await asyncio.sleep(captured_at - asyncio.get_running_loop().time())
                yield Frame(samples, position, captured_at)
                position += FRAME_SAMPLES

    def _pieces(self) -> Iterator[Samples]:
        rest: Samples = np.zeros(0, np.int16)
        for block in read_blocks(self._path):
            rest = np.concatenate([rest, block])
            whole = rest.size // FRAME_SAMPLES * FRAME_SAMPLES
            yield from rest[:whole].reshape(-1, FRAME_SAMPLES)
            rest = rest[whole:]
        quiet = np.zeros(int(self._silence_after * SAMPLE_RATE), np.int16)
        rest = np.concatenate([rest, quiet])
        whole = rest.size // FRAME_SAMPLES * FRAME_SAMPLES
        yield from rest[:whole].reshape(-1, FRAME_SAMPLES)
