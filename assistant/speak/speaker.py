"""An answer's samples go in and sound from a loudspeaker."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np

from assistant import log
from assistant.devices import OUTPUT_LATENCIES, find, muted, open_mono, opening
from assistant.errors import DeviceError
from assistant.flow import Samples
from assistant.moving import Place, watch
from assistant.plugged import Want
from assistant.speak.converted import Converted
from assistant.speak.playback import Progress
from assistant.speak.played import Played
from assistant.speak.queue import PlayQueue
from assistant.speak.wav import WavFile

_logger = log.get(__name__)

_GONE_AFTER = 2.0
"""seconds without a callback after which the device counts as gone (facts B: sleep, unplugging, coreaudiod); PulseAudio
was seen to take more than one from the first callback to the second"""
_BEGINS_WITHIN = 2.0
"""seconds from a stream's opening to its first callback, at most: what PulseAudio was seen to need"""
_GIVES_UP_AFTER = 8.0
"""seconds after which what is left of an answer is dropped: nobody waits longer for the rest of a sentence"""
_TRY_EVERY = 0.5
"""seconds between two tries to open a device that is gone"""
_CLOSES_WITHIN = 1.0
"""seconds that closing is waited for where the device is there, and only another one is meant"""
_LATE = 0.05
"""seconds without a callback after which there was a hole, whatever the device says: of six on a busy computer
PortAudio told two at once, two a block late, two never; or it was opened anew. Its times tell how long it was"""
_CALM = 300.0
"""seconds without such a hole after which it is opened anew with the next smaller buffer, twice as many behind each
time that this was too small; at least, since answers only are looked at"""
_HOLES = 3
"""...in what is said, after which it is opened anew with a larger buffer between answers: one or two are an accident,
and opening it takes PulseAudio up to two seconds. While models are loaded there are many, in silence"""


class Speaker:
    """A loudspeaker whose stream is open all the time: it plays silence between answers, so nothing has to start."""

    def __init__(
        self,
        rate: int,
        file: WavFile | None = None,
        name: str = "",
        revive: Callable[[], None] = lambda: None,
        enlarge: Callable[[], bool] = lambda: False,
        lessen: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """*rate* in Hz, *name*: the device's; *revive* is called once when it is gone, and shall open it again.

        *enlarge* is called between two answers when there were holes in the sound, and gives it a larger buffer if it
        says so; *lessen* when there were none for long, and a smaller one.
        """
        self.rate = self.device_rate = rate
        """what it is played to, and what the device has that it is played on now"""
        self.name = name
        self._file = file
        self._queue = PlayQueue(rate)
        self._revive = revive
        self._enlarge = enlarge
        self._lessen = lessen
        self._clock = clock
        self._called_at = clock()
        self._anew = True  # until the first callback of a stream
        self._due_at = self._called_at + _BEGINS_WITHIN
        """when the last callback came, or the first one of a stream that is opened has to come"""
        self._holes = 0  # of the underflows, those that an answer was sounding in, since its buffer was another one
        self._calm_since = self._called_at
        self._calm = _CALM
        self._gone = False
        self.played = Played(rate)
        """what was in the air of late: the echo canceller's reference"""
        self.underflows = 0
        """blocks that came too late for the device, because the computer was busy"""

    def begin(self) -> None:
        """A new answer begins; a pause ends."""
        self._queue.begin()

    def put(self, samples: Samples) -> None:
        """Queue int16 (n,) at `rate`."""
        self._queue.put(samples)

    def flush(self) -> None:
        """Drop what is queued, end a pause; the stream goes on with silence (stopping it may hang a Mac, facts B)."""
        self._queue.flush()
        now = self._clock()
        if self._holes >= _HOLES:
            self._holes, self._calm_since = 0, now
            if self._enlarge():
                self._calm *= 2
                self.opened()
        elif now - self._calm_since > self._calm:
            self._holes, self._calm_since = 0, now
            if self._lessen():
                self.opened()

    def pause(self) -> None:
        """Fall silent within a device block; the stream goes on, and the place is held."""
        self._queue.pause()

    def duck(self) -> None:
        """Play on, 12 dB quieter within a device block, until `resume`; a pause stays one."""
        self._queue.duck()

    def resume(self) -> None:
        """Go on at the same sample, as loud as before."""
        self._queue.resume()

    def chime(self, samples: Samples) -> None:
        """Play int16 (n,) at `rate` at once, over whatever plays."""
        self._queue.chime(samples)

    def progress(self) -> Progress:
        """How far it has come, by the device's own DAC times; it stands still while the device is gone.

        An answer waits for the device to come back, but not for ever: then the rest of it is dropped.
        """
        now = self._clock()
        gone = now - self._due_at > _GONE_AFTER
        if gone and not self._gone:
            _logger.warning("loudspeaker.lost", hint="it is opened again as soon as it is back")
            self._revive()
        self._gone = gone
        if now - self._called_at > _GIVES_UP_AFTER:
            self._queue.flush()
        return self._queue.progress(now)

    def opened(self) -> None:
        """A stream is opened, or about to be: one that then gives no sign of life is gone, like one that stops."""
        self._anew = True
        self._due_at = self._clock() + _BEGINS_WITHIN
        self._gone = False

    @property
    def away(self) -> bool:
        """Whether the device is gone; who looks has it opened again, as who looks at its progress."""
        self.progress()
        return self._gone

    def keep(self, samples: Samples) -> None:
        """Into the file, if there is one."""
        if self._file is not None:
            self._file.add(samples, self.rate)

    def callback(self, outdata: Any, frames: int, stream_time: Any, status: Any) -> None:
        """PortAudio's thread: copies and hands over, nothing else. *outdata* is a buffer of int16, channel by channel.

        It is called 200 times a second, idle or not, and an array made by sounddevice each time took as long as all
        else that is done here (1.4 % of a core).
        """
        now, before = self._clock(), self._called_at
        self._called_at = self._due_at = now
        if status:
            self.underflows += 1
            if self._queue.sounding:
                self._holes += 1
                self._calm_since = now
        after_hole = bool(status) or self._anew or now - before > _LATE
        self._anew = False
        delay = stream_time.outputBufferDacTime - stream_time.currentTime
        # Some Linux back ends leave these times at zero or let them jump: then the buffer sounds "now".
        sounds_at = now + (delay if 0 < delay < 1 else 0.0)
        out = np.frombuffer(outdata, np.int16).reshape(frames, -1)
        self._queue.pull(out[:, 0], sounds_at)
        self.played.add(out[:, 0], sounds_at, after_hole=after_hole)
        if out.shape[1] > 1:
            # Where the device refused one channel.
            out[:, 1:] = out[:, :1]


@contextmanager
def open_speaker(device: str, file: WavFile | None = None) -> Iterator[Speaker]:
    """Open the loudspeaker called *device* ("" is the system's default) at its own rate; *file* keeps the answers.

    Raises DeviceError when there is none, or it will not open; one that is lost later is opened again.
    """
    output = _Output(lambda latency, place, quiet: _opened(device, latency, speaker, place, quiet=quiet))
    with watch.wanted(lambda running: Want(False, device, running=running), output.move) as place:
        default = place.prepare()
        with opening("loudspeaker", device) as sounddevice:
            info = find(sounddevice, "output", device, default)
        rate = int(info["default_samplerate"])
        speaker = Speaker(rate, file, info["name"], output.revive, output.enlarge, output.lessen)
        output.open(place)
        try:
            yield speaker
        finally:
            output.close()


class _Output:
    """A device's stream, and the thread that opens it again when it is gone, or another one is meant."""

    def __init__(self, make: Callable[[Any, Place, bool], None]) -> None:
        """*make* opens a stream with that latency (as in devices.OUTPUT_LATENCIES), or raises DeviceError.

        Its last argument is whether what the libraries print shall not be seen.
        """
        self._make = make
        self._size = 0
        """which of OUTPUT_LATENCIES it has"""
        self._place: Place | None = None
        self._noting = threading.Lock()
        self._reopening = False
        self._moved = False  # since it was last asked which device is meant
        self._closed = threading.Event()

    def open(self, place: Place) -> None:
        """Raises DeviceError."""
        self._place = place  # before: as soon as its stream runs it may be told to move
        self._make(OUTPUT_LATENCIES[self._size], place, False)

    def revive(self) -> None:
        """Open it as soon as that is possible; returns at once."""
        self._begin("loudspeaker.back", closes_within=0.0, wait=_TRY_EVERY)

    def move(self) -> None:
        """Open it again at once, since another device is meant; returns at once."""
        with self._noting:
            self._moved = True
        self._begin("loudspeaker.moved", closes_within=_CLOSES_WITHIN, wait=0.0)

    def enlarge(self) -> bool:
        """Open it again with the next larger buffer, where there is one; returns at once, and whether there is."""
        if self._size + 1 == len(OUTPUT_LATENCIES):
            return False
        self._size += 1
        _logger.info("loudspeaker.holes", hint="the computer is busy", latency_s=OUTPUT_LATENCIES[self._size])
        self.revive()
        return True

    def lessen(self) -> bool:
        """Open it again with the next smaller buffer, where there is one; returns at once, and whether there is."""
        if not self._size:
            return False
        self._size -= 1
        _logger.info("loudspeaker.calm", latency_s=OUTPUT_LATENCIES[self._size])
        self.revive()
        return True

    def close(self) -> None:
        """For good."""
        self._closed.set()
        if self._place is not None:
            self._place.close()

    def _begin(self, event: str, closes_within: float, wait: float) -> None:
        place = self._place
        if place is None:
            return  # it was never open, and who opens it learns what is wrong
        with self._noting:
            if self._reopening:
                return
            arguments = [place, event, closes_within, wait]
            threading.Thread(target=self._reopen, args=arguments, name="loudspeaker", daemon=True).start()
            self._reopening = True

    def _reopen(self, place: Place, event: str, closes_within: float, wait: float) -> None:
        while True:
            # Closing a device that is gone may take ten seconds, or for ever (facts B).
            place.close(closes_within)
            self._open_again(place, event, wait)
            with self._noting:
                # Who has us move meanwhile says so once: the device that was just opened is not the one meant.
                self._reopening = self._moved and not self._closed.is_set()
                if not self._reopening:
                    return
            event, closes_within, wait = "loudspeaker.moved", _CLOSES_WITHIN, 0.0

    def _open_again(self, place: Place, event: str, wait: float) -> None:
        """Try until it is open, or closed for good."""
        while not self._closed.wait(wait):
            wait = _TRY_EVERY
            self._moved = False
            try:
                self._make(OUTPUT_LATENCIES[self._size], place, True)
            except DeviceError:
                continue
            _logger.info(event)
            break
        if self._closed.is_set():
            place.close()


def _opened(device: str, latency: Any, speaker: Speaker, place: Place, *, quiet: bool) -> None:
    """Have a stream run in *place*, with *latency* (seconds, or "low"). Raises DeviceError."""
    default = place.prepare()
    with opening("loudspeaker", device) as sounddevice, muted() if quiet else nullcontext():
        info = find(sounddevice, "output", device, default)
        rate = int(info["default_samplerate"])
        callback = speaker.callback if rate == speaker.rate else Converted(speaker.callback, speaker.rate, rate)
        stream = open_mono(
            sounddevice,
            info["max_output_channels"],
            lambda channels: sounddevice.RawOutputStream(
                samplerate=rate,
                device=info["index"],
                channels=channels,
                dtype="int16",
                latency=latency,
                callback=callback,
            ),
        )
        place.start(stream, info["name"])
        speaker.opened()
        speaker.name, speaker.device_rate = info["name"], rate
