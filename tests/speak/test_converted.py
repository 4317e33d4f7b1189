from types import SimpleNamespace

import numpy as np
import pytest

from assistant.speak.converted import Converted


def played(rate, device_rate, blocks, sound, channels=1, size=480):
    """*blocks* of what the device is given, and when each pulled sample of *sound* is said to be in the air."""
    times, place, out = [], 0, []

    def callback(outdata, frames, stream_time, status):
        nonlocal place
        assert status == "hole"
        times.append((place, stream_time.outputBufferDacTime))
        block = np.frombuffer(outdata, np.int16)
        block[:] = sound[place : place + frames]
        place += frames

    converted = Converted(callback, rate, device_rate)
    for index in range(blocks):
        block = np.zeros((size, channels), np.int16)
        now = SimpleNamespace(currentTime=0.0, outputBufferDacTime=index * size / device_rate)
        converted(block, size, now, "hole")
        out.append(block)
    return np.concatenate(out), times


@pytest.mark.parametrize(("rate", "device_rate"), [(48_000, 44_100), (44_100, 48_000), (48_000, 24_000)])
@pytest.mark.parametrize("size", [64, 480, 1000])
def test_a_tone_stays_one_at_any_rate_and_block(rate, device_rate, size):
    """As high, as loud, without holes."""
    sound = (8000 * np.sin(2 * np.pi * 441 * np.arange(2 * rate) / rate)).astype(np.int16)
    blocks = device_rate // size
    heard, _ = played(rate, device_rate, blocks, sound, size=size)
    settled = heard[1000:, 0].astype(float)
    wanted = 2 * np.pi * 441 * np.arange(settled.size) / device_rate
    waves = np.stack([np.sin(wanted), np.cos(wanted)], axis=1)
    fit = np.linalg.lstsq(waves, settled, rcond=None)[0]
    assert np.hypot(*fit) == pytest.approx(8000, rel=0.01)
    assert np.abs(settled - waves @ fit).max() < 40


def test_times_are_those_of_the_samples_and_all_channels_sound_alike():
    """A click is in the air when it was said to be, to 0.1 ms: echo control goes by that."""
    sound = np.zeros(48_000, np.int16)
    sound[10_000] = 20_000
    heard, times = played(48_000, 44_100, 60, sound, channels=2)
    place, began = max(one for one in times if one[0] <= 10_000)
    said = began + (10_000 - place) / 48_000
    assert np.argmax(np.abs(heard[:, 0].astype(int))) / 44_100 == pytest.approx(said, abs=1e-4)
    assert (heard[:, 0] == heard[:, 1]).all()


def test_nothing_is_pulled_that_is_not_needed():
    """What lies in between sounds late; and once for each block, since it takes its time."""
    sound = np.zeros(200_000, np.int16)
    _, times = played(48_000, 44_100, 100, sound)
    assert len(times) == 100
    assert times[-1][0] / 48_000 < 100 * 480 / 44_100 + 0.003
