import asyncio
import math
from contextlib import aclosing

import numpy as np
import pytest

from assistant import devices
from assistant.errors import DeviceError
from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE
from assistant.listen import microphone
from assistant.listen.activity import Activity
from assistant.listen.echo import EchoCanceller
from assistant.listen.loudness import Loudness
from assistant.listen.microphone import Microphone, only_zeros, steadfast
from tests.listen.fake_sound import FakeSound
from tests.virtual_time import run

FRAME_SECONDS = FRAME_SAMPLES / SAMPLE_RATE


@pytest.fixture
def hears(monkeypatch):
    """Run *listen* with a microphone on a fake device of these properties; give its result and the device."""

    def hears(listen, **properties):
        async def main():
            sound = FakeSound(asyncio.get_running_loop(), **properties)
            monkeypatch.setattr(devices, "_sounddevice", lambda: sound)
            return await listen(Microphone()), sound

        return run(main())

    return hears


def first(count):
    """The first *count* frames, each with the time at which it came."""

    async def listen(source):
        found = []
        async with aclosing(steadfast(source.frames)) as frames:
            async for frame in frames:
                found.append((asyncio.get_running_loop().time(), frame))
                if len(found) == count:
                    break
        return found

    return listen


def test_it_has_the_name_of_the_device_that_is_open(hears):
    async def listen(source):
        before = source.name
        await first(1)(source)
        return before, source.name

    assert hears(listen)[0] == ("", "fake")


def test_blocks_become_frames_without_holes_at_16_khz(hears):
    """Positions follow each other, and each frame's time is that of its last sample, 1.7 ms of resampling later."""
    found, sound = hears(first(40))
    frames = [frame for _, frame in found]
    assert [frame.position for frame in frames] == [index * FRAME_SAMPLES for index in range(40)]
    assert {frame.samples.shape for frame in frames} == {(FRAME_SAMPLES,)}
    gaps = np.diff([frame.captured_at for frame in frames[2:]])
    assert gaps == pytest.approx(FRAME_SECONDS, abs=0.011)
    assert np.abs(np.concatenate([frame.samples for frame in frames[2:]])).max() == pytest.approx(8000, rel=0.05)
    assert [stream.closed for stream in sound.opened] == [True]


@pytest.mark.parametrize("rate", [8000, 16_000, 44_100, 48_000])
def test_each_block_gives_its_frame_at_once_though_the_resampler_holds_something_back(hears, rate):
    """Block by block: none waits for the next one."""
    found, _ = hears(first(20), rate=rate)
    assert [at for at, _ in found] == pytest.approx([FRAME_SECONDS * (1 + index) for index in range(20)])


@pytest.mark.parametrize("rate", [8000, 11_025, 16_000, 22_050, 44_100, 96_000])
def test_a_device_may_run_at_any_rate(hears, rate):
    """A tone of 440 Hz is one, as long and as loud as it was."""
    found, _ = hears(first(60), rate=rate)
    sound = np.concatenate([frame.samples for _, frame in found[10:]]).astype(float)
    assert np.argmax(np.abs(np.fft.rfft(sound))) * SAMPLE_RATE / sound.size == pytest.approx(440, abs=2)
    assert np.abs(sound).max() == pytest.approx(8000, rel=0.02)
    assert found[-1][0] == pytest.approx(60 * FRAME_SECONDS, abs=0.03)


@pytest.mark.parametrize(("channels", "refuses", "opened"), [(2, (1,), 2), (6, (1, 2), 6), (6, (1,), 2)])
def test_a_device_that_refuses_one_channel_is_opened_with_more_and_mixed_down(hears, channels, refuses, opened):
    """With two, or all it has."""
    found, sound = hears(first(10), channels=channels, refuses=refuses)
    assert [stream.wanted["channels"] for stream in sound.opened] == [opened]
    assert np.abs(found[-1][1].samples).max() == pytest.approx(8000, rel=0.05)


def test_a_device_that_refuses_everything_is_an_error_at_the_start(hears):
    """The first reason counts."""
    with pytest.raises(DeviceError, match="number of channels: 1"):
        hears(first(1), channels=2, refuses=(1, 2))


class Loudspeaker:
    """Says that just what the microphone hears was played."""

    hole_ended_at = float("-inf")

    def between(self, start, count):
        return np.where(np.arange(count) % 36 < 18, 32767, -32768).astype(np.int16)


def test_a_microphone_louder_than_full_scale_breaks_nothing(hears):
    """A clipped tone of both extremes goes through all that hears frames; none of it overflows."""
    found, _ = hears(first(100), level=10**6)
    activity, canceller, loudness = Activity(), EchoCanceller(Loudspeaker()), Loudness()
    for _, frame in found:
        assert np.abs(frame.samples.astype(int)).max() <= 32768
        activity.push(frame)
        loudness.push(frame.samples)
        canceller.push(frame)
    assert max(np.abs(frame.samples.astype(int)).max() for _, frame in found) > 32000
    assert math.isfinite(canceller.erle_db)


def wild(began, now):
    """Times of a device that lies, differently each tenth of a second."""
    lies = [(0.0, 0.0), (began, now), (now, began), (began - 7200, now), (began + 7200, now), (math.nan, now)]
    return lies[int(now * 10) % len(lies)]


@pytest.mark.parametrize(
    "times", [lambda *_: (0.0, 0.0), lambda began, now: (began + 7200, now), lambda began, now: (now, began), wild]
)
def test_times_that_jump_never_lead_back_nor_away(hears, times):
    """Zeros, hours ahead, backwards: within a block of the loop's clock all the same."""
    found, _ = hears(first(100), times=times)
    captured = [frame.captured_at for _, frame in found]
    assert captured == sorted(captured)
    assert [now - frame.captured_at for now, frame in found] == pytest.approx([0.0] * 100, abs=FRAME_SECONDS + 0.001)


@pytest.mark.parametrize("channels", [1, 2])
def test_what_a_busy_computer_lost_is_silence_and_all_behind_it_is_where_it_was(hears, channels):
    """60 ms: positions follow each other, and go with the times."""
    refuses = (1,) if channels == 2 else ()
    found, sound = hears(first(100), gives=lambda at: not 1.001 < at < 1.061, channels=channels, refuses=refuses)
    frames = [frame for _, frame in found]
    assert [frame.position for frame in frames] == [index * FRAME_SAMPLES for index in range(100)]
    late = [frame.captured_at - (frame.position + FRAME_SAMPLES) / SAMPLE_RATE for frame in frames]
    assert late == pytest.approx([0.0] * 100, abs=0.003)
    assert sum(np.abs(frame.samples).max() < 100 for frame in frames) == 2
    assert len(sound.opened) == 1


def test_only_zeros_on_a_mac_mean_no_permission(hears, monkeypatch):
    """Said in one sentence with the place to allow it; on Linux a virtual device may be that quiet."""
    monkeypatch.setattr(microphone.sys, "platform", "darwin")
    with pytest.raises(DeviceError, match="Privacy & Security > Microphone"):
        hears(first(190), level=0)
    monkeypatch.setattr(microphone.sys, "platform", "linux")
    assert len(hears(first(190), level=0)[0]) == 190
    assert only_zeros("linux") is None


def test_whoever_closed_the_lid_is_told_of_the_headset_s_own_microphone():
    """We had taken the built-in one so that the headset plays well, and it is off then (not seen on a Mac)."""
    assert "`listen.headset_microphone = true`" in only_zeros("darwin")


def test_a_microphone_on_a_mac_that_turns_to_zeros_is_opened_again_and_again_but_ever_more_seldom(hears, monkeypatch):
    """Behind sleep they do, also when it was opened again too soon (facts B). Muted they do, too: nobody's fault."""
    monkeypatch.setattr(microphone.sys, "platform", "darwin")
    _, sound = hears(first(1000), level=lambda at: 0 if at > 1 else 8000)
    assert [stream.opened_at for stream in sound.opened] == pytest.approx([0.0, 3.25, 7.5, 15.75], abs=0.1)
    monkeypatch.setattr(microphone.sys, "platform", "linux")
    _, sound = hears(first(400), level=lambda at: 0 if at > 1 else 8000)
    assert len(sound.opened) == 1


def test_a_microphone_that_was_heard_again_is_opened_again_as_soon_as_at_first(hears, monkeypatch):
    monkeypatch.setattr(microphone.sys, "platform", "darwin")
    _, sound = hears(first(800), level=lambda at: 0 if 1 < at < 8 or at > 10 else 8000)
    assert [stream.opened_at for stream in sound.opened] == pytest.approx([0.0, 3.25, 7.5, 12.25, 16.5], abs=0.1)


def test_a_loop_that_is_late_loses_sound_and_counts_it():
    """The callback's side never waits."""

    async def main():
        ear, queue = Microphone(), asyncio.Queue(2)
        for _ in range(5):
            ear._hand_over(queue, (np.zeros((480, 1), np.int16), 0.0, False))
        return ear.overflows

    assert run(main()) == 3
