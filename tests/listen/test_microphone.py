import asyncio
import math
import threading
from contextlib import aclosing

import numpy as np
import pytest

from assistant import devices
from assistant.errors import DeviceError, DeviceLostError, DeviceMovedError
from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE, Utterance
from assistant.listen import microphone
from assistant.listen.activity import Activity
from assistant.listen.ear import Ear
from assistant.listen.echo import EchoCanceller
from assistant.listen.endpoint import Patience
from assistant.listen.loudness import Loudness
from assistant.listen.microphone import Microphone, following, only_zeros, steadfast
from assistant.moving import Watch
from assistant.plugged import Plug, Plugged
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


def test_a_microphone_that_stops_is_opened_again_and_its_positions_go_on_as_the_clock_did(hears):
    """Silent from 1 s to 4 s: lost at 1.7 s, then tried again for ever; back at most 3 s after it works."""
    found, sound = hears(first(150), gives=lambda at: not 1.0 < at < 4.0)
    back_at, back = next(item for item in found if item[0] > 1.1)
    assert 4.0 < back_at < 4.0 + 3.0
    assert back.position == pytest.approx(SAMPLE_RATE * (back.captured_at - FRAME_SECONDS), abs=2 * FRAME_SAMPLES)
    positions = [frame.position for _, frame in found]
    assert sum(step != FRAME_SAMPLES for step in np.diff(positions)) == 1
    assert [frame.captured_at for _, frame in found] == sorted(frame.captured_at for _, frame in found)
    assert len(sound.opened) < 5


def test_a_microphone_that_is_unplugged_for_a_minute_works_again_within_3_s(hears, capsys):
    """Two lines in the log, one at each end."""
    found, sound = hears(first(100), works=lambda at: not 1.0 < at < 61.0)
    back_at = next(at for at, _ in found if at > 1.1)
    assert 61 < back_at < 64
    assert len(sound.opened) == 2
    lines = "".join(capsys.readouterr()).splitlines()
    assert [next(word for word in line.split() if "microphone." in word) for line in lines] == [
        "microphone.lost",
        "microphone.back",
    ]


def test_a_microphone_that_opens_and_does_not_start_is_closed_each_time(hears):
    """As behind a sound server that is slow: a connection of each that was left, and nobody got another."""
    _, sound = hears(first(100), works=lambda at: not 1.0 < at < 2.0, starts=lambda at: not 1.0 < at < 3.0)
    for thread in threading.enumerate():
        if thread.name == "microphone-close":
            thread.join(5)
    assert len(sound.opened) > 3
    assert all(stream.closed for stream in sound.opened)


def test_when_the_default_is_another_one_it_is_heard_at_once_and_who_listens_is_told(hears, monkeypatch):
    """Nothing is lost, and nothing waited for: the old one is closed, then the new one is opened."""
    plugs = tuple(Plug(number, "fake", inputs=True, outputs=False) for number in (1, 2))
    there = [Plugged(plugs, input=1)]
    watch = Watch(lambda: there[0], lambda: None)
    monkeypatch.setattr(microphone, "watch", watch)

    async def listen(source):
        async with aclosing(source.frames()) as frames:
            for _ in range(20):
                await anext(frames)
            there[0] = Plugged(plugs, input=2)
            watch.look()
            with pytest.raises(DeviceMovedError):
                await anext(frames)
        async with aclosing(source.frames()) as frames:
            return await anext(frames)

    frame, sound = hears(listen)
    assert frame.captured_at < 0.5
    assert frame.position == pytest.approx(SAMPLE_RATE * (frame.captured_at - FRAME_SECONDS), abs=2 * FRAME_SAMPLES)
    assert [stream.closed for stream in sound.opened] == [True, True]


def test_positions_go_on_as_the_clock_did_where_it_was_closed_and_opened_again(hears, capsys):
    """As by `mute` and `unmute`: echo control and wake words know by them that what comes does not follow on."""

    async def listen(source):
        async with aclosing(source.frames()) as frames:
            before = await anext(frames)
        await asyncio.sleep(5.0)
        async with aclosing(source.frames()) as frames:
            return before, await anext(frames)

    (before, behind), _ = hears(listen)
    passed = (behind.captured_at - before.captured_at) * SAMPLE_RATE
    assert behind.position - before.position == pytest.approx(passed, abs=2 * FRAME_SAMPLES)
    assert "microphone.back" not in "".join(capsys.readouterr())


def test_who_waits_for_a_microphone_that_moved_and_never_opens_is_told_so(hears, monkeypatch):
    """Within ten seconds: a person sits there."""
    plugs = tuple(Plug(number, "fake", inputs=True, outputs=False) for number in (1, 2))
    there, gone = [Plugged(plugs, input=1)], []
    watch = Watch(lambda: there[0], lambda: None)
    monkeypatch.setattr(microphone, "watch", watch)

    async def listen(source):
        async with aclosing(following(source.frames)) as frames:
            for _ in range(20):
                await anext(frames)
            there[0] = Plugged(plugs, input=2)
            gone.append(True)
            watch.look()
            with pytest.raises(DeviceError, match="another one now, and that gives no sound"):
                await anext(frames)
        return asyncio.get_running_loop().time()

    assert hears(listen, works=lambda at: not gone)[0] == pytest.approx(10.4, abs=0.3)


def test_who_listens_only_once_is_told_that_it_stopped(hears):
    """0.7 s after the last block."""

    async def listen(source):
        async with aclosing(source.frames()) as frames:
            with pytest.raises(DeviceLostError, match="stopped giving sound"):
                async for _ in frames:
                    pass
        return asyncio.get_running_loop().time()

    assert hears(listen, gives=lambda at: at < 1.005)[0] == pytest.approx(1.7)


class AlwaysSpeech:
    def push(self, frame):
        return True


def test_the_turn_of_somebody_whose_microphone_dies_is_closed_within_a_second_and_the_next_one_is_whole(hears):
    """Speech from the start, dead from 1 s to 2 s: two turns, neither with anything of the other (scenario 14)."""

    async def listen(source):
        ear, turns = Ear(AlwaysSpeech(), Patience(longest=2 * SAMPLE_RATE)), []
        async with aclosing(steadfast(lambda: ear.hear(source.frames()))) as hearing:
            async for noticed in hearing:
                if isinstance(noticed, Utterance):
                    turns.append((asyncio.get_running_loop().time(), noticed))
                if len(turns) == 2:
                    break
        return turns

    ((closed_at, turn), (_, another)), _ = hears(listen, gives=lambda at: not 1.005 < at < 2.0)
    assert closed_at == pytest.approx(1.7)
    assert turn.seconds == pytest.approx(1.0, abs=0.03)
    # It may last 2 s, and what came before its first frame (0.3 s are kept) was missed.
    assert another.seconds == pytest.approx(1.7, abs=0.03)
    assert another.position == pytest.approx(2 * SAMPLE_RATE, abs=2 * FRAME_SAMPLES)
    assert another.speech_ended_at == pytest.approx(another.position / SAMPLE_RATE + 1.7, abs=0.05)


def test_a_loop_that_was_late_does_not_take_the_device_for_dead(hears):
    """Busy for 0.9 s: the blocks are there."""

    async def listen(source):
        loop, positions = asyncio.get_running_loop(), []
        async with aclosing(source.frames()) as frames:
            async for frame in frames:
                positions.append(frame.position)
                if len(positions) == 10:
                    loop._now += 0.9  # what a blocking call does to a loop's clock
                if len(positions) == 50:
                    break
        return positions

    assert hears(listen)[0] == [index * FRAME_SAMPLES for index in range(50)]


def test_a_device_that_never_gives_sound_is_an_error(hears):
    """It may take 5 s at the start: headsets change their profile."""
    with pytest.raises(DeviceError, match="gives no sound"):
        hears(first(1), gives=lambda at: False)
    assert len(hears(first(1), gives=lambda at: at > 4.5)[0]) == 1


def test_a_device_that_is_not_there_at_the_start_is_an_error(hears):
    """Nobody wants to wait for what is misspelt."""
    with pytest.raises(DeviceError, match="There is no microphone"):
        hears(first(1), works=lambda at: False)


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
