"""A microphone's callback goes in, an unbroken stream of 20 ms frames at 16 kHz comes out."""

import asyncio
import sys
import time
from collections.abc import AsyncGenerator
from typing import Any

import numpy as np

from assistant import log
from assistant.audio import Resampler
from assistant.devices import LATENCY, find, opening
from assistant.errors import DeviceError
from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE, Frame, Samples

_logger = log.get(__name__)

_BLOCK_SECONDS = 0.01
"""half a frame: a block is only handed over when it is full, and that wait counts"""
_QUEUE_BLOCKS = 200
"""2 s of sound: the loop is never that late; beyond it the newest block is dropped and counted, never waited for"""
_DEAD_AFTER = 2.0
"""seconds without a block after which the device counts as gone (facts B: sleep, unplugging, coreaudiod)"""
_ZEROS_AFTER = 3.0
"""seconds of nothing but exact zeros at the start that mean something is wrong: a real room always has some noise"""

Block = tuple[Samples, float]
"""samples (n,) at the device's rate, and when the last of them was in the air (seconds, loop's clock)"""


class Microphone:
    """A microphone as a Source."""

    def __init__(self, device: str = "") -> None:
        """*device*: "" the system's default, else an index or part of a name."""
        self._device = device
        self.overflows = 0
        self._zeros: int | None = 0

    async def frames(self) -> AsyncGenerator[Frame, None]:
        """Frames for as long as the device gives them.

        Raises DeviceError when it cannot be opened, stops giving sound, or (on a Mac) gives only zeros, which is
        what a program without the microphone permission is given.
        """
        blocks: asyncio.Queue[Block] = asyncio.Queue(_QUEUE_BLOCKS)
        loop = asyncio.get_running_loop()
        with opening("microphone", self._device) as sounddevice:
            info = find(sounddevice, "input", self._device)
            rate = int(info["default_samplerate"])
            stream = sounddevice.InputStream(
                samplerate=rate,
                blocksize=int(rate * _BLOCK_SECONDS),
                device=info["index"],
                channels=1,
                dtype="int16",
                latency=LATENCY,
                callback=lambda *block: self._callback(loop, blocks, rate, *block),
            )
            stream.start()
        try:
            async for frame in self._framed(blocks, rate):
                yield frame
        finally:
            stream.close()

    async def _framed(self, blocks: asyncio.Queue[Block], rate: int) -> AsyncGenerator[Frame, None]:
        resampler = Resampler(rate, SAMPLE_RATE)
        rest: Samples = np.zeros(0, np.int16)
        position = 0
        while True:
            try:
                # Not wait_for: until Python 3.12 it loses a cancellation that comes together with a block.
                async with asyncio.timeout(_DEAD_AFTER):
                    samples, captured_at = await blocks.get()
            except TimeoutError:
                raise DeviceError("The microphone stopped giving sound: is it still plugged in?") from None
            self._watch_for_zeros(samples, rate)
            rest = np.concatenate([rest, resampler.push(samples)])
            while rest.size >= FRAME_SAMPLES:
                frame, rest = rest[:FRAME_SAMPLES], rest[FRAME_SAMPLES:]
                yield Frame(frame, position, captured_at - rest.size / SAMPLE_RATE)
                position += FRAME_SAMPLES

    def _callback(self, loop: asyncio.AbstractEventLoop, blocks: asyncio.Queue[Block], rate: int, *block: Any) -> None:
        """PortAudio's thread: copies and hands over, nothing else."""
        indata, frames, stream_time, _status = block
        age = stream_time.currentTime - stream_time.inputBufferAdcTime
        # Some Linux back ends leave these times at zero or let them jump: then the block is as old as it is long.
        first_at = time.monotonic() - (age if 0 < age < 1 else frames / rate)
        loop.call_soon_threadsafe(self._hand_over, blocks, (indata[:, 0].copy(), first_at + frames / rate))

    def _hand_over(self, blocks: asyncio.Queue[Block], block: Block) -> None:
        try:
            blocks.put_nowait(block)
        except asyncio.QueueFull:
            self.overflows += 1

    def _watch_for_zeros(self, samples: Samples, rate: int) -> None:
        if self._zeros is None:
            return
        self._zeros = None if samples.any() else self._zeros + samples.size
        if self._zeros is not None and self._zeros >= _ZEROS_AFTER * rate:
            self._zeros = None
            if (sentence := only_zeros(sys.platform)) is not None:
                raise DeviceError(sentence)
            _logger.warning("microphone.silent", hint="nothing but zeros: is it muted?")


def only_zeros(platform: str) -> str | None:
    """What it means that a microphone gives nothing but zeros; None where it is harmless (a virtual device)."""
    if platform != "darwin":
        return None
    return (
        "The microphone gives nothing but silence: this program has no permission to use it. Allow it in System "
        "Settings > Privacy & Security > Microphone, for the terminal you start it from, and start it again."
    )
