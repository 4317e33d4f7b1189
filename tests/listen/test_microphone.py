import asyncio

import numpy as np
import pytest

from assistant.errors import DeviceError
from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE
from assistant.listen import microphone
from assistant.listen.microphone import Microphone, only_zeros
from tests.virtual_time import run

RATE = 48_000


async def frames(blocks, count):
    """The first *count* frames a microphone makes of *blocks*, 10 ms each at 48 kHz, the first ending at 10.01 s."""
    queue = asyncio.Queue()
    for index, block in enumerate(blocks):
        queue.put_nowait((block, 10.01 + index * 0.01))
    found = []
    stream = Microphone()._framed(queue, RATE)
    async for frame in stream:
        found.append(frame)
        if len(found) == count:
            break
    await stream.aclose()
    return found


def tone(milliseconds):
    return (8000 * np.sin(np.arange(RATE * milliseconds // 1000) * 2 * np.pi * 440 / RATE)).astype(np.int16)


def test_blocks_become_frames_without_holes_at_16_khz():
    """Positions follow each other, and each frame's time is that of its last sample."""
    found = run(frames(tone(1000).reshape(-1, 480), 40))
    assert [frame.position for frame in found] == [index * FRAME_SAMPLES for index in range(40)]
    assert {frame.samples.shape for frame in found} == {(FRAME_SAMPLES,)}
    gaps = np.diff([frame.captured_at for frame in found[2:]])
    assert gaps == pytest.approx(FRAME_SAMPLES / SAMPLE_RATE, abs=0.011)
    assert np.abs(np.concatenate([frame.samples for frame in found[2:]])).max() == pytest.approx(8000, rel=0.05)


def test_a_microphone_that_stops_is_noticed():
    """Two seconds without a block."""
    with pytest.raises(DeviceError, match="stopped giving sound"):
        run(frames(tone(100).reshape(-1, 480), 99))


def test_only_zeros_on_a_mac_mean_no_permission(monkeypatch):
    """Said in one sentence with the place to allow it; on Linux a virtual device may be that quiet."""
    silence = np.zeros((400, 480), np.int16)
    monkeypatch.setattr(microphone.sys, "platform", "darwin")
    with pytest.raises(DeviceError, match="Privacy & Security > Microphone"):
        run(frames(silence, 190))
    monkeypatch.setattr(microphone.sys, "platform", "linux")
    assert len(run(frames(silence, 190))) == 190
    assert only_zeros("linux") is None


def test_a_loop_that_is_late_loses_sound_and_counts_it():
    """The callback's side never waits."""

    async def main():
        ear, queue = Microphone(), asyncio.Queue(2)
        for _ in range(5):
            ear._hand_over(queue, (tone(10), 0.0))
        return ear.overflows

    assert run(main()) == 3
