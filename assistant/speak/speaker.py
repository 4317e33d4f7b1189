"""An answer's samples go in and sound from a loudspeaker."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from assistant.devices import LATENCY, find, opening
from assistant.flow import Samples
from assistant.speak.playback import AUDIBLE, Progress
from assistant.speak.wav import WavFile

_EMPTY: Samples = np.zeros(0, np.int16)


class PlayQueue:
    """Samples in from the event loop, blocks out to the device's callback. No lock: each side owns its counters.

    `put` and `flush` belong to the loop, `pull` to the callback thread; they share a deque, whose append and popleft
    are atomic, and a number that says which answer is meant.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._chunks: deque[Samples] = deque()
        self._head: Samples = _EMPTY
        self.queued = 0
        self.pulled = 0
        self.first_sound_at: float | None = None
        self.sounds_until = 0.0

    def begin(self) -> None:
        """Count from zero; nothing may be queued any more."""
        self.queued = self.pulled = 0
        self.first_sound_at = None

    def put(self, samples: Samples) -> None:
        """Queue int16 (n,)."""
        self.queued += samples.size
        self._chunks.append(samples)

    def flush(self) -> None:
        """Drop what is queued; a block that is just being pulled may still sound."""
        self._chunks.clear()
        self._head = _EMPTY
        self.queued = self.pulled

    def pull(self, out: Samples, sounds_at: float) -> None:
        """Fill *out* (n,), whose first sample will be in the air at *sounds_at* (seconds); else silence."""
        filled = 0
        while filled < out.size:
            if not self._head.size:
                try:
                    self._head = self._chunks.popleft()
                except IndexError:
                    break
            piece = self._head[: out.size - filled]
            self._head = self._head[piece.size :]
            out[filled : filled + piece.size] = piece
            filled += piece.size
        out[filled:] = 0
        self.pulled += filled
        if filled:
            self.sounds_until = sounds_at + filled / self._rate
            if self.first_sound_at is None:
                audible = np.flatnonzero(np.abs(out[:filled].astype(np.int32)) >= AUDIBLE)
                if audible.size:
                    self.first_sound_at = sounds_at + float(audible[0]) / self._rate

    def progress(self, now: float) -> Progress:
        """How far it has come: what was pulled but lies in the device's buffer has not sounded yet."""
        waiting = max(0.0, self.sounds_until - now) if self.pulled else 0.0
        first = self.first_sound_at
        return Progress(
            queued=self.queued,
            sounded=max(0, self.pulled - round(waiting * self._rate)),
            first_sound_at=first if first is not None and first <= now else None,
        )


class Speaker:
    """A loudspeaker whose stream is open all the time: it plays silence between answers, so nothing has to start."""

    def __init__(self, rate: int, file: WavFile | None = None) -> None:
        self.rate = rate
        self._file = file
        self._queue = PlayQueue(rate)

    def begin(self) -> None:
        """A new answer begins."""
        self._queue.begin()

    def put(self, samples: Samples) -> None:
        """Queue int16 (n,) at `rate`."""
        self._queue.put(samples)

    def flush(self) -> None:
        """Drop what is queued; the stream goes on with silence (stopping it can hang on macOS, facts B)."""
        self._queue.flush()

    def progress(self) -> Progress:
        """How far it has come, by the device's own DAC times."""
        return self._queue.progress(time.monotonic())

    def keep(self, samples: Samples) -> None:
        """Into the file, if there is one."""
        if self._file is not None:
            self._file.add(samples)

    def callback(self, outdata: Any, _frames: int, stream_time: Any, _status: Any) -> None:
        """PortAudio's thread: copies and hands over, nothing else."""
        now = time.monotonic()
        delay = stream_time.outputBufferDacTime - stream_time.currentTime
        # Some Linux back ends leave these times at zero or let them jump: then the buffer sounds "now".
        self._queue.pull(outdata[:, 0], now + (delay if 0 < delay < 1 else 0.0))


@contextmanager
def open_speaker(device: str, make_file: Callable[[int], WavFile | None] = lambda _rate: None) -> Iterator[Speaker]:
    """Open the loudspeaker called *device* ("" is the system's default) at its own rate.

    *make_file* is called with that rate and gives the WavFile to keep the answers in, or None.
    Raises DeviceError when there is none, or it will not open.
    """
    with opening("loudspeaker", device) as sounddevice:
        info = find(sounddevice, "output", device)
        rate = int(info["default_samplerate"])
        speaker = Speaker(rate, make_file(rate))
        stream = sounddevice.OutputStream(
            samplerate=rate,
            device=info["index"],
            channels=1,
            dtype="int16",
            latency=LATENCY,
            callback=speaker.callback,
        )
        stream.start()
    try:
        yield speaker
    finally:
        stream.close()
