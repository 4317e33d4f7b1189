import asyncio
import gc
import threading
from contextlib import AsyncExitStack, aclosing, contextmanager, suppress

import pytest

from assistant import loudspeaker
from assistant.errors import DeviceError
from assistant.glance import Glance, State
from assistant.moving import Watch
from assistant.speak.speaker import Speaker
from assistant.speak.wav import PacedSink
from tests.virtual_time import run


class Device:
    """A loudspeaker that opens as soon as it may."""

    def __init__(self, error=None):
        self.may_open = threading.Event()
        self.log = []
        self._error = error

    @contextmanager
    def made(self):
        self.may_open.wait(10)  # seconds, real ones: or a failure would hang
        if self._error is not None:
            raise self._error
        self.log.append("opened")
        yield self
        self.log.append("closed")


async def opened(device, stack, late):
    return await loudspeaker.Opener(late, lambda: False).open(device.made(), stack)


def test_a_loudspeaker_that_takes_long_to_open_holds_up_nobody_else():
    """Commands are answered meanwhile, and the microphone can be muted."""

    async def main():
        device, told = Device(), []
        async with AsyncExitStack() as stack:
            opening = asyncio.create_task(opened(device, stack, told.append))
            for _ in range(3):
                await asyncio.sleep(0)
            assert not opening.done()
            device.may_open.set()
            assert await opening is device
            assert device.log == ["opened"]
        assert device.log == ["opened", "closed"]
        assert told == []

    run(main())


def test_one_that_hangs_is_told_of_and_waited_for(monkeypatch):
    monkeypatch.setattr(loudspeaker, "_OPENS_WITHIN", 0.0)

    async def main():
        device, told = Device(), []
        async with AsyncExitStack() as stack:

            def tell(why):
                told.append(why)
                device.may_open.set()

            assert await opened(device, stack, tell) is device
        assert set(told) == {"The loudspeaker does not open."}  # again and again, until the thread is back

    run(main())


def test_one_that_hangs_is_left_behind_where_it_is_unwanted_and_closed_before_the_next_one_opens(monkeypatch):
    """A reload waited as long as it hung; and each would have had a thread of its own, which there are few of."""
    monkeypatch.setattr(loudspeaker, "_OPENS_WITHIN", 0.0)

    async def main():
        first, second, unwanted, told = Device(), Device(), [True], []
        second.log = first.log
        second.may_open.set()
        opener = loudspeaker.Opener(told.append, lambda: bool(unwanted))
        async with AsyncExitStack() as stack:
            assert await opener.open(first.made(), stack) is None
            assert opener.hangs
            assert await opener.open(second.made(), stack) is None
            assert (first.log, set(told)) == ([], {"The loudspeaker does not open."})
            unwanted.clear()
            first.may_open.set()
            assert await opener.open(second.made(), stack) is second
            assert not opener.hangs
            assert first.log == ["opened", "closed", "opened"]

    run(main())


def test_one_that_was_left_behind_and_fails_keeps_no_other_from_opening(monkeypatch):
    monkeypatch.setattr(loudspeaker, "_OPENS_WITHIN", 0.0)

    async def main():
        first, second = Device(DeviceError("It is away.")), Device()
        second.may_open.set()
        unwanted = [True]
        opener = loudspeaker.Opener(lambda _: None, lambda: bool(unwanted))
        async with AsyncExitStack() as stack:
            assert await opener.open(first.made(), stack) is None
            unwanted.clear()
            first.may_open.set()
            assert await opener.open(second.made(), stack) is second

    run(main())


def test_one_that_will_not_open_raises():
    async def main():
        device = Device(DeviceError("It is away."))
        device.may_open.set()
        async with AsyncExitStack() as stack:
            await opened(device, stack, print)

    with pytest.raises(DeviceError, match="away"):
        run(main())


def test_one_that_will_not_open_behind_the_end_is_nobodys_concern():
    """Nobody had asked for its error, which asyncio wrote to the log."""

    async def main():
        loop, told = asyncio.get_running_loop(), []
        loop.set_exception_handler(lambda _, context: told.append(context["message"]))
        device = Device(DeviceError("It is away."))
        async with AsyncExitStack() as stack:
            opening = asyncio.create_task(opened(device, stack, print))
            await asyncio.sleep(0)
            opening.cancel()
            await asyncio.wait([opening])
            device.may_open.set()
            await loop.shutdown_default_executor()
            await asyncio.sleep(0)
        del opening, device
        gc.collect()
        return told

    assert run(main()) == []


def begun_anew(sink, *, echo_control=True, changes=(), busy=()):
    """When a conversation with *sink* begins anew, in s; *changes*: (when, what is done), *busy*: (from, until)."""

    async def main():
        loop, times = asyncio.get_running_loop(), []

        def look():
            speaking = any(start <= loop.time() < end for start, end in busy)
            return Glance(-40.0, -60.0, 0.0, State.SPEAKING if speaking else State.LISTENING, None)

        for at, does in changes:
            loop.call_at(at, does)
        for watcher in loudspeaker.following(sink, echo_control, lambda _: None, lambda: times.append(loop.time())):
            async with aclosing(watcher(look)) as looking:
                with suppress(TimeoutError):
                    async with asyncio.timeout(30.0):
                        await anext(looking)
        return times

    return run(main())


def telephone():
    """A headset that was in a call as the conversation began."""
    return Speaker(8000, name="Headset")


def test_who_began_on_a_telephones_sound_begins_anew_on_a_better_one_when_nobody_speaks():
    """Else all would be as dull until a reload."""
    sink = telephone()
    better = [(3.2, lambda: setattr(sink, "device_rate", 48_000))]
    assert begun_anew(sink, echo_control=False, changes=better) == [4.0]
    sink = telephone()
    better = [(3.2, lambda: setattr(sink, "device_rate", 48_000))]
    assert begun_anew(sink, echo_control=False, changes=better, busy=[(2.0, 6.2)]) == [7.0]


def test_a_loudspeaker_that_was_lent_with_a_dull_sound_begins_nothing_anew():
    """As by `run --input`: the next conversation has the same one, and would begin anew a second later, for ever."""
    sink = telephone()
    sink.device_rate = 48_000
    assert begun_anew(sink) == []


def test_a_little_more_than_a_clear_sound_begins_nothing_anew():
    sink = Speaker(44_100, name="Built-in Output")
    assert begun_anew(sink, changes=[(3.2, lambda: setattr(sink, "device_rate", 96_000))]) == []


def test_a_loudspeaker_is_taken_when_it_comes_where_there_was_none(monkeypatch):
    """Plugged in later than the service started."""
    there = []
    monkeypatch.setattr(loudspeaker, "has", lambda _: bool(there))
    monkeypatch.setattr(loudspeaker, "watch", Watch(look=lambda: None))
    sink = PacedSink(16_000, lambda: 0.0)
    assert begun_anew(sink, changes=[(3.2, lambda: there.append(1))], busy=[(2.0, 6.2)]) == [7.0]
