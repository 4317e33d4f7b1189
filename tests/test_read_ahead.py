import asyncio

import pytest

from assistant.streams import in_thread, read_ahead
from tests.virtual_time import run


def now():
    return asyncio.get_running_loop().time()


class Source:
    """Counts what it made, and how often and when it was closed."""

    def __init__(self, items, every=0.0, error=None):
        self.items, self.every, self.error = items, every, error
        self.made, self.closed = [], []

    async def __call__(self):
        try:
            for item in self.items:
                await asyncio.sleep(self.every)
                self.made.append(item)
                yield item
            if self.error:
                raise self.error
        finally:
            self.closed.append(now())


def test_items_come_in_order_and_then_it_ends():
    async def main():
        async with read_ahead(Source(range(50))(), 3) as items:
            return [item async for item in items]

    assert run(main()) == list(range(50))


def test_making_and_reading_overlap_to_the_millisecond():
    async def main():
        times = []
        async with read_ahead(Source(range(4), every=0.1)(), 2) as items:
            async for item in items:
                times.append((item, now()))
                await asyncio.sleep(0.1)
        return times, now()

    assert run(main()) == ([(0, 0.1), (1, 0.2), (2, 0.3), (3, 0.4)], 0.5)


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_a_slow_reader_holds_the_source_back(limit):
    async def main():
        source = Source(range(20))
        async with read_ahead(source(), limit) as items:
            await anext(items)
            await asyncio.sleep(60)
            return len(source.made)

    # one read, `limit` waiting, one in the making
    assert run(main()) == 1 + limit + 1


def test_an_error_arrives_behind_the_items_before_it():
    async def main():
        source = Source("ab", error=ValueError("broken"))
        async with read_ahead(source(), 5) as items:
            await asyncio.sleep(1)
            read = [await anext(items), await anext(items)]
            with pytest.raises(ValueError, match="broken"):
                await anext(items)
        return read, len(source.closed)

    assert run(main()) == (["a", "b"], 1)


def test_an_error_that_nobody_reads_up_to_is_not_raised():
    async def main():
        source = Source("ab", error=ValueError("broken"))
        async with read_ahead(source(), 5) as items:
            await asyncio.sleep(1)
            return await anext(items)

    assert run(main()) == "a"


def test_leaving_early_closes_the_source_once_and_at_once():
    async def main():
        source = Source(range(100), every=0.1)
        async with read_ahead(source(), 2) as items:
            await anext(items)
        return source.closed, now()

    assert run(main()) == ([0.1], 0.1)


def test_leaving_while_the_queue_is_full_does_not_hang():
    async def main():
        source = Source(range(100))
        async with read_ahead(source(), 1):
            await asyncio.sleep(1)
        return source.closed

    assert run(main()) == [1.0]


def test_cancelling_the_reader_closes_a_whole_chain_of_sources():
    first, second = Source(range(100), every=0.3), []

    async def doubled(items):
        try:
            async for item in items:
                yield 2 * item
        finally:
            second.append(now())

    async def reader():
        async with read_ahead(first(), 2) as items, read_ahead(doubled(items), 2) as more:
            async for _ in more:
                pass

    async def main():
        task = asyncio.create_task(reader())
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return now()

    assert (run(main()), first.closed, second) == (1.0, [1.0], [1.0])


def test_the_reader_s_own_error_comes_through():
    async def fails(source):
        async with read_ahead(source, 2) as items:
            async for _ in items:
                raise KeyError("mine")

    async def main():
        source = Source(range(9))
        with pytest.raises(KeyError):
            await fails(source())
        return len(source.closed)

    assert run(main()) == 1


def test_a_source_that_fails_while_it_is_closed_is_heard_and_does_not_hang():
    async def source():
        try:
            while True:
                yield 1
        finally:
            raise RuntimeError("cannot close")

    async def main():
        async with read_ahead(source(), 1):
            await asyncio.sleep(1)

    with pytest.raises(RuntimeError, match="cannot close"):
        run(main())


def test_a_second_cancellation_does_not_leave_the_source_running():
    closed = []

    async def source():
        try:
            yield 1
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.5)  # such as a model that finishes its step
            closed.append(now())

    async def reader():
        async with read_ahead(source(), 1) as items:
            async for _ in items:
                pass

    async def main():
        task = asyncio.create_task(reader())
        for _ in range(2):
            await asyncio.sleep(0.1)
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return now()

    assert (run(main()), closed) == (0.6, [0.6])


def test_both_together_read_a_thread_ahead_and_stop_it():
    pulled = []

    def numbers():
        for number in range(1000):
            pulled.append(number)
            yield number

    async def main():
        async with read_ahead(in_thread(numbers()), 2) as items:
            read = [await anext(items) for _ in range(5)]
            await asyncio.sleep(1)
        return read

    assert run(main()) == [0, 1, 2, 3, 4]
    assert len(pulled) == 5 + 2 + 1
