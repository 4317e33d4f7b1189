"""A fake of the sounddevice module: a microphone whose blocks come in virtual time, as a script says."""

from types import SimpleNamespace

import numpy as np


class PortAudioError(Exception):
    """As sounddevice's."""


class FakeSound:
    """One microphone, 10 ms of a tone a block.

    *refuses* says of a number of channels whether opening fails, *works* of a time (s) whether there is a device
    then, *starts* whether what is opened then does, *gives* whether it gives blocks (where not, it says so with the
    next one), *times* makes a block's (ADC time, now) from the time at its first sample. *level* is how loud it is, or
    what it is at a time.
    """

    PortAudioError = PortAudioError

    def __init__(self, loop, *, rate=48_000, channels=1, refuses=(), level=8000, **when):
        self.loop = loop
        self.rate = rate
        self.channels = channels
        self.refuses = refuses
        self.level = level
        self.works, self.starts, self.gives = (when.pop(name, lambda at: True) for name in ("works", "starts", "gives"))
        self.times = when.pop("times", lambda began, now: (began, now))
        assert not when
        self.opened = []
        self.default = SimpleNamespace(device=(0, -1))

    def query_devices(self):
        here = {"index": 0, "name": "fake", "max_input_channels": self.channels, "default_samplerate": float(self.rate)}
        return [here] if self.works(self.loop.time()) else []

    def InputStream(self, **wanted):  # noqa: N802 - sounddevice's name
        if wanted["channels"] in self.refuses:
            raise PortAudioError(f"Invalid number of channels: {wanted['channels']}")
        stream = FakeStream(self, wanted)
        self.opened.append(stream)
        return stream


class FakeStream:
    def __init__(self, sound, wanted):
        self.sound = sound
        self.wanted = wanted
        self.opened_at = sound.loop.time()
        self.closed = False
        self._at = 0
        self._lost = None

    def start(self):
        if not self.sound.starts(self.opened_at):
            raise PortAudioError("Wait timed out")
        self.sound.loop.call_soon_threadsafe(self._later)

    def close(self):
        self.closed = True

    def _later(self):
        seconds = (self._at + self.wanted["blocksize"]) / self.sound.rate
        self.sound.loop.call_at(self.opened_at + seconds, self._block)

    def _block(self):
        if self.closed:
            return
        count, now = self.wanted["blocksize"], self.sound.loop.time()
        if self.sound.works(now) and self.sound.gives(now):
            places = (np.arange(count) + self._at) / self.sound.rate
            level = self.sound.level(now) if callable(self.sound.level) else self.sound.level
            tone = np.clip(level * np.sin(2 * np.pi * 440 * places), -32768, 32767)
            block = np.repeat(tone.astype(np.int16)[:, np.newaxis], self.wanted["channels"], axis=1)
            adc, current = self.sound.times(now - count / self.sound.rate, now)
            times = SimpleNamespace(inputBufferAdcTime=adc, currentTime=current)
            self.wanted["callback"](block, count, times, self._lost)
            self._lost = None
        else:
            self._lost = "input overflow"
        self._at += count
        self._later()
