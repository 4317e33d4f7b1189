import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, suppress

import pytest

from assistant.errors import StalledError
from assistant.streams import in_thread
from tests.virtual_time import run


class Blocking:
    """A generator whose second item takes until *release* is set; tells what happened to it."""

    def __init__(self):
        self.started, self.release = threading.Event(), threading.Event()
        self.log = []

    def __call__(self):
        try:
            yield "first"
            self.started.set()
            self.release.wait(5)
            self.log.append("stepped")
            yield "second"
        finally:
            self.log.append("closed")


async def until(event):
    while not event.is_set():  # noqa: ASYNC110 - a thread sets it
        await asyncio.sleep(0)


def test_items_of_a_blocking_iterator_come_in_order():
    async def main():
        return [item async for item in in_thread(iter(range(50)))]

    assert run(main()) == list(range(50))


def test_it_runs_in_the_thread_it_is_given():
    def where():
        yield threading.current_thread().name

    async def main():
        with ThreadPoolExecutor(1, "model") as executor:
            return [name async for name in in_thread(where(), executor)]

    assert run(main()) == ["model_0"]


def test_an_error_in_the_thread_is_raised_at_the_reader():
    def breaks():
        yield 1
        raise ValueError("broken")

    async def main():
        items = in_thread(breaks())
        assert await anext(items) == 1
        with pytest.raises(ValueError, match="broken"):
            await anext(items)

    run(main())


def test_leaving_early_closes_the_iterator():
    blocking = Blocking()

    async def main():
        async with aclosing(in_thread(blocking())) as items:
            return await anext(items)

    assert (run(main()), blocking.log) == ("first", ["closed"])


@pytest.mark.parametrize("times", [1, 2, 3])
def test_cancellation_waits_for_the_item_in_flight_and_then_closes(times):
    blocking = Blocking()

    async def reader():
        async with aclosing(in_thread(blocking())) as items:
            async for _ in items:
                pass

    async def main():
        task = asyncio.create_task(reader())
        await until(blocking.started)
        for _ in range(times):
            task.cancel()
            await asyncio.sleep(0)
        assert not task.done()
        assert blocking.log == []
        blocking.release.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(main())
    assert blocking.log == ["stepped", "closed"]


@pytest.mark.parametrize("times", [0, 1, 3])
def test_the_iterator_is_closed_in_its_thread_and_waited_for_while_the_loop_goes_on(times):
    """However often it is cancelled meanwhile: closing a device may take a second."""
    closing, release, log = threading.Event(), threading.Event(), []

    def blocks():
        try:
            yield "first"
        finally:
            closing.set()
            log.extend([threading.current_thread().name, release.wait(5)])

    async def reader(executor):
        async with aclosing(in_thread(blocks(), executor)) as items:
            await anext(items)

    async def main():
        with ThreadPoolExecutor(1, "model") as executor:
            task = asyncio.create_task(reader(executor))
            await until(closing)
            for _ in range(times):
                task.cancel()
                await asyncio.sleep(0)
            assert not task.done()
            release.set()
            await asyncio.wait([task])
            assert task.cancelled() is bool(times)

    run(main())
    assert log == ["model_0", True]


def test_what_goes_wrong_in_closing_is_raised_where_it_is_left():
    def breaks():
        try:
            yield 1
        finally:
            raise ValueError("cannot close")

    async def main():
        items = in_thread(breaks())
        await anext(items)
        with pytest.raises(ValueError, match="cannot close"):
            await items.aclose()

    run(main())


@pytest.mark.parametrize("error", [None, ValueError("broken")])
def test_an_iterator_that_has_ended_costs_no_further_way_through_the_thread(error):
    """The last word of an answer waits for its end."""

    class Counting(ThreadPoolExecutor):
        ways = 0

        def submit(self, *job):
            self.ways += 1
            return super().submit(*job)

    def two():
        yield 1
        if error is not None:
            raise error

    async def main():
        with Counting(1) as executor, suppress(ValueError):
            async for _ in in_thread(two(), executor):
                pass
        return executor.ways

    assert run(main()) == 2


def test_an_error_of_the_item_in_flight_does_not_replace_the_cancellation():
    started, release = threading.Event(), threading.Event()

    def breaks():
        started.set()
        release.wait(5)
        raise ValueError("too late")
        yield

    async def reader():
        async for _ in in_thread(breaks()):
            pass

    async def main():
        task = asyncio.create_task(reader())
        await until(started)
        task.cancel()
        asyncio.get_running_loop().call_soon(release.set)
        with pytest.raises(asyncio.CancelledError):
            await task

    run(main())


@pytest.mark.parametrize("cancelled", [False, True])
def test_a_step_that_never_ends_is_left_to_itself(cancelled):
    """In real time, since a thread hangs: whoever waits for it learns it, and whoever cancels is not held up."""
    started, release, closed = threading.Event(), threading.Event(), []

    def hangs():
        try:
            yield 1
            started.set()
            release.wait(10)
            yield 2
        finally:
            closed.append("closed")

    async def reader():
        async with aclosing(in_thread(hangs(), stalls_after=0.5 if cancelled else 0.01)) as items:
            async for _ in items:
                pass

    async def main():
        task = asyncio.create_task(reader())
        if cancelled:
            await until(started)
            task.cancel()
        await asyncio.wait([task], timeout=5)
        with pytest.raises(asyncio.CancelledError if cancelled else StalledError):
            await task
        assert closed == []
        release.set()

    asyncio.run(main())


def test_a_step_may_take_long_and_is_left_to_itself_once_nobody_wants_it_any_more():
    """In real time, since a thread hangs. What still waits for a thread does not begin then."""
    started, release, begun = threading.Event(), threading.Event(), []

    def hangs():
        started.set()
        release.wait(10)
        yield 1

    def waits():
        begun.append("begun")
        yield 1

    async def main():
        with ThreadPoolExecutor(1) as executor:
            steps = [asyncio.create_task(anext(in_thread(of(), executor, left_after=0.01))) for of in (hangs, waits)]
            await until(started)
            for step in steps:
                step.cancel()
            await asyncio.wait(steps, timeout=5)
            cancelled = [step.cancelled() for step in steps]
            release.set()
        return cancelled

    assert asyncio.run(main()) == [True, True]
    assert begun == []


def test_closing_that_never_ends_is_left_to_itself_where_steps_may_stall():
    """In real time, since a thread hangs."""
    release = threading.Event()

    def hangs():
        try:
            yield 1
        finally:
            release.wait(10)

    async def main():
        items = in_thread(hangs(), stalls_after=0.5)
        await anext(items)
        async with asyncio.timeout(5):
            await items.aclose()
        release.set()

    asyncio.run(main())


def test_steps_that_end_in_time_are_no_stall_however_many():
    """Each has its own time, in which the reader does not count."""

    async def main():
        async with aclosing(in_thread(iter(range(5)), stalls_after=1.0)) as items:
            async for _ in items:
                await asyncio.sleep(2)

    run(main())
