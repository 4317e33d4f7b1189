import asyncio
from contextlib import aclosing

import numpy as np
import pytest

from assistant.errors import DeviceError, DeviceMovedError
from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE, Frame
from assistant.latency.chirp import chirp
from assistant.latency.loopback import CHIRPS, loop_back
from assistant.speak.playback import Progress
from tests.virtual_time import run


class Room:
    """Sink and source at once: what is put sounds *out* s later, arrives *out* + *back* s later, with noise.

    The stamps leave *hidden* s of that out. Left out: a device's jitter, resampling, more than one sound at a time.
    """

    rate = SAMPLE_RATE

    def __init__(self, out=0.05, back=0.07, hidden=0.0, loudness=0.3, seconds=1000.0):
        self.out, self.back, self.hidden, self.loudness, self.seconds = out, back, hidden, loudness, seconds
        self.sounds = []
        self.random = np.random.default_rng(1)

    def begin(self):
        self.first_sound_at = None

    def put(self, samples):
        now = asyncio.get_running_loop().time()
        self.sounds.append((now, samples))
        audible = int(np.flatnonzero(np.abs(samples.astype(int)) >= 100)[0])
        self.first_sound_at = now + self.out + audible / self.rate

    def progress(self):
        return Progress(0, 0, self.first_sound_at)

    async def frames(self):
        loop = asyncio.get_running_loop()
        begun = loop.time()
        for index in range(round(self.seconds * SAMPLE_RATE / FRAME_SAMPLES)):
            end = begun + (index + 1) * FRAME_SAMPLES / SAMPLE_RATE
            await asyncio.sleep(end + self.back - loop.time())
            yield Frame(self._in_air(end), index * FRAME_SAMPLES, end + self.hidden)

    def _in_air(self, end):
        samples = self.random.standard_normal(FRAME_SAMPLES) * 30
        for put_at, sound in self.sounds:
            first = round((put_at + self.out - end) * SAMPLE_RATE) + FRAME_SAMPLES
            for place in range(max(0, first), min(FRAME_SAMPLES, first + sound.size)):
                samples[place] += self.loudness * sound[place - first]
        return samples.astype(np.int16)


def measured(room):
    return run(loop_back(room, room))


@pytest.mark.parametrize("out", [0.041, 0.05, 0.058])
def test_the_whole_way_is_from_handing_over_to_having_back(out):
    """Wherever in a frame it falls: that a frame has to fill is no part of it."""
    found = measured(Room(out=out, back=0.07))
    assert found.whole.median == pytest.approx(out + 0.07, abs=0.0005)
    assert (found.played, found.heard) == (CHIRPS, CHIRPS)


def test_stamps_that_tell_all_leave_nothing_unstated():
    assert measured(Room()).unstated == pytest.approx((0, 0, 0), abs=0.0005)


def test_what_the_stamps_leave_out_is_found():
    assert measured(Room(hidden=0.03)).unstated.median == pytest.approx(0.03, abs=0.0005)


@pytest.mark.parametrize("loudness", [0.0, 0.0002])
def test_a_microphone_that_does_not_hear_it_is_told_with_what_to_do(loudness):
    with pytest.raises(DeviceError, match="turn the loudspeaker up, take headphones off"):
        measured(Room(loudness=loudness))


def test_a_microphone_that_ends_is_an_error():
    with pytest.raises(DeviceError, match="ended"):
        measured(Room(seconds=3))


class Plugged(Room):
    """A microphone that moves to one in another place, after so many seconds."""

    def __init__(self, moves_at, **where):
        super().__init__(**where)
        self.moves_at = moves_at

    async def frames(self):
        async with aclosing(super().frames()) as frames:
            async for frame in frames:
                if self.moves_at is not None and frame.captured_at > self.moves_at:
                    self.moves_at, self.back = None, 0.12
                    raise DeviceMovedError("The microphone is another one now.")
                yield frame


def test_where_headphones_are_put_on_amidst_it_all_chirps_are_heard_by_the_other_microphone():
    """So it is that one's way which is told."""
    room = Plugged(6.05, back=0.07)
    assert measured(room).whole.median == pytest.approx(0.05 + 0.12, abs=0.0005)
    assert len(room.sounds) > CHIRPS


def test_the_chirps_do_not_overlap():
    room = Room()
    measured(room)
    starts = [put_at for put_at, _ in room.sounds]
    assert len(starts) == CHIRPS
    assert min(np.diff(starts)) > chirp(SAMPLE_RATE).size / SAMPLE_RATE + 1
