"""A callback at one rate goes in; one for a device that runs at another rate comes out."""

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from assistant.audio import Resampler
from assistant.flow import Samples


class Converted:
    """For a loudspeaker that we were moved to in the middle of an answer: what waits to be played has the old rate.

    2 ms later than without, and 0.1 ms of work for each block of 10 ms. PortAudio's thread calls it, and nobody else.
    """

    def __init__(self, callback: Callable[[Any, int, Any, Any], None], rate: int, device_rate: int) -> None:
        """*callback* gives samples at *rate* Hz, as `Speaker.callback`; the device wants them at *device_rate*."""
        self._callback = callback
        self._rate = rate
        self._device_rate = device_rate
        self._resampler = Resampler(rate, device_rate)
        self._rest: Samples = np.zeros(0, np.int16)
        self._primed = 0
        while not self._rest.size:
            # It holds some samples back: they are silence, so that each block is pulled at once.
            self._rest = self._resampler.push(np.zeros(1, np.int16))
            self._primed += 1
        self._pulled = self._primed
        self._made = self._rest.size

    def __call__(self, outdata: Any, frames: int, stream_time: Any, status: Any) -> None:
        """Fill *outdata*, a buffer of int16 with *frames* samples, channel by channel."""
        out = np.frombuffer(outdata, np.int16).reshape(frames, -1)
        while self._rest.size < frames:
            self._pull(frames - self._rest.size, stream_time, status)
        out[:] = self._rest[:frames, np.newaxis]
        self._rest = self._rest[frames:]

    def _pull(self, wanted: int, stream_time: Any, status: Any) -> None:
        needed = math.ceil((self._made + wanted) * self._rate / self._device_rate) + self._primed
        count = max(1, needed - self._pulled)
        block = np.zeros((count, 1), np.int16)
        # What the resampler holds back, and what is left of the last block, sounds before it.
        behind = self._pulled / self._rate - (self._made - self._rest.size) / self._device_rate
        later = SimpleNamespace(
            currentTime=stream_time.currentTime, outputBufferDacTime=stream_time.outputBufferDacTime + behind
        )
        self._callback(block, count, later, status)
        self._pulled += count
        made = self._resampler.push(block[:, 0])
        self._made += made.size
        self._rest = np.concatenate([self._rest, made])
