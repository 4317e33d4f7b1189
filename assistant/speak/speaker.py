"""An answer's samples go in and sound from a loudspeaker."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from assistant.devices import LATENCY, find, open_mono, opening
from assistant.flow import Samples
from assistant.speak.playback import Progress
from assistant.speak.played import Played
from assistant.speak.queue import PlayQueue
from assistant.speak.wav import WavFile


class Speaker:
    """A loudspeaker whose stream is open all the time: it plays silence between answers, so nothing has to start."""

    def __init__(self, rate: int, file: WavFile | None = None, name: str = "") -> None:
        """*rate* in Hz, *name*: the device's."""
        self.rate = rate
        self.name = name
        self._file = file
        self._queue = PlayQueue(rate)
        self.played = Played(rate)
        """what was in the air of late: the echo canceller's reference"""
        self.underflows = 0
        """blocks that came too late for the device, because the computer was busy: each was a hole in the sound"""

    def begin(self) -> None:
        """A new answer begins; a pause ends."""
        self._queue.begin()

    def put(self, samples: Samples) -> None:
        """Queue int16 (n,) at `rate`."""
        self._queue.put(samples)

    def flush(self) -> None:
        """Drop what is queued, end a pause; the stream goes on with silence (stopping it may hang a Mac, facts B)."""
        self._queue.flush()

    def pause(self) -> None:
        """Fall silent within a device block; the stream goes on, and the place is held."""
        self._queue.pause()

    def resume(self) -> None:
        """Go on at the same sample."""
        self._queue.resume()

    def chime(self, samples: Samples) -> None:
        """Play int16 (n,) at `rate` at once, over whatever plays."""
        self._queue.chime(samples)

    def progress(self) -> Progress:
        """How far it has come, by the device's own DAC times."""
        return self._queue.progress(time.monotonic())

    def keep(self, samples: Samples) -> None:
        """Into the file, if there is one."""
        if self._file is not None:
            self._file.add(samples)

    def callback(self, outdata: Any, _frames: int, stream_time: Any, status: Any) -> None:
        """PortAudio's thread: copies and hands over, nothing else."""
        if status:
            self.underflows += 1
        now = time.monotonic()
        delay = stream_time.outputBufferDacTime - stream_time.currentTime
        # Some Linux back ends leave these times at zero or let them jump: then the buffer sounds "now".
        sounds_at = now + (delay if 0 < delay < 1 else 0.0)
        self._queue.pull(outdata[:, 0], sounds_at)
        self.played.add(outdata[:, 0], sounds_at)
        # Where the device refused one channel.
        outdata[:, 1:] = outdata[:, :1]


@contextmanager
def open_speaker(device: str, make_file: Callable[[int], WavFile | None] = lambda _rate: None) -> Iterator[Speaker]:
    """Open the loudspeaker called *device* ("" is the system's default) at its own rate.

    *make_file* is called with that rate and gives the WavFile to keep the answers in, or None.
    Raises DeviceError when there is none, or it will not open.
    """
    with opening("loudspeaker", device) as sounddevice:
        info = find(sounddevice, "output", device)
        rate = int(info["default_samplerate"])
        speaker = Speaker(rate, make_file(rate), info["name"])
        stream = open_mono(
            sounddevice,
            info["max_output_channels"],
            lambda channels: sounddevice.OutputStream(
                samplerate=rate,
                device=info["index"],
                channels=channels,
                dtype="int16",
                latency=LATENCY,
                callback=speaker.callback,
            ),
        )
        stream.start()
    try:
        yield speaker
    finally:
        stream.close()
