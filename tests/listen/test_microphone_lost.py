"""A microphone that stops, moves, hangs, or is not there."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, contextmanager

import numpy as np
import pytest

from assistant import devices
from assistant.errors import DeviceError, DeviceLostError, DeviceMovedError
from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE, Utterance
from assistant.listen import microphone
from assistant.listen.ear import Ear
from assistant.listen.endpoint import Patience
from assistant.listen.microphone import Microphone, following, steadfast
from assistant.moving import Watch
from assistant.plugged import Plug, Plugged
from tests.listen.fake_sound import FakeSound
from tests.listen.test_microphone import FRAME_SECONDS, first, hears
from tests.virtual_time import run

__all__ = ["hears"]


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


def test_one_that_hangs_in_being_opened_keeps_nobody_who_wants_it_no_more_and_closes_itself_behind_that(monkeypatch):
    """In real time, since a thread hangs: `mute`, a reload and the end had waited for it. It takes one thread alone."""
    monkeypatch.setattr(microphone, "_LEFT_AFTER", 0.01)
    monkeypatch.setattr(microphone, "_AGAIN_AFTER", 0.01)
    hangs, lets_go = threading.Event(), threading.Event()

    async def main():
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2))
        sound, source = FakeSound(asyncio.get_running_loop()), Microphone()
        opens = sound.InputStream

        def slowly(**wanted):
            hangs.set()
            lets_go.wait(10)
            return opens(**wanted)

        sound.InputStream = slowly
        monkeypatch.setattr(devices, "_sounddevice", lambda: sound)
        for _ in range(2):
            given_up = asyncio.create_task(anext(source.frames()))
            await asyncio.to_thread(hangs.wait, 10)
            given_up.cancel()
            await asyncio.wait([given_up], timeout=5)
            assert given_up.cancelled()
        again = asyncio.create_task(first(1)(source))
        await asyncio.wait_for(asyncio.to_thread(int), 5)
        lets_go.set()
        await again
        return sound.opened

    opened = asyncio.run(main())
    for thread in threading.enumerate():
        if thread.name == "microphone-close":
            thread.join(5)
    assert [stream.closed for stream in opened] == [True, True]


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


def test_one_that_is_tried_in_vain_again_and_again_is_quiet_from_the_second_time_on(monkeypatch):
    """PortAudio prints eight lines each time, and a service tries it twice a second until it is plugged in."""
    hushed = []

    @contextmanager
    def muted():
        hushed.append(True)
        yield

    async def main():
        loop, source = asyncio.get_running_loop(), Microphone()
        monkeypatch.setattr(devices, "_sounddevice", lambda: FakeSound(loop, works=lambda _: False))
        for _ in range(3):
            with pytest.raises(DeviceError):
                await anext(source.frames())

    monkeypatch.setattr(microphone, "muted", muted)
    run(main())
    assert len(hushed) == 2
