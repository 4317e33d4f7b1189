"""The only two concurrency operators: pull a blocking iterator in a worker thread, and read a source ahead."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from concurrent.futures import Executor
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from assistant.errors import StalledError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _End:
    """What a source leaves behind its last item: the error that ended it, if one did."""

    error: Exception | None = None


_END: Final = _End()


async def in_thread(
    iterator: Iterator[T],
    executor: Executor | None = None,
    stalls_after: float | None = None,
    left_after: float | None = None,
) -> AsyncGenerator[T, None]:
    """Pull a blocking iterator one item at a time in a worker thread, and close it there if it is left before its end.

    On cancellation the item in flight is waited for before the iterator is closed: closing a generator that runs in
    another thread raises ValueError, which would replace the cancellation. Closing is waited for as well, while the
    loop goes on. So a blocking step, and closing, should be short.
    Raises StalledError where a step has not ended after *stalls_after* seconds, if that is given; its thread, which
    nobody can stop, and the iterator are left to themselves then, also on cancellation. So is closing.
    *left_after*: where a step may take as long as it likes, the seconds after a cancellation in which it is left so.
    """
    loop = asyncio.get_running_loop()
    pending: asyncio.Future[T | _End] | None = None
    began = loop.time()
    try:
        while True:
            pending, began = loop.run_in_executor(executor, next, iterator, _END), loop.time()
            async with stalling(stalls_after):
                item = await asyncio.shield(pending)
            if isinstance(item, _End):
                return
            yield item
    finally:
        try:
            if pending is not None:
                since, bound = (loop.time(), left_after) if stalls_after is None else (began, stalls_after)
                await _ended(pending, None if bound is None else since + bound)
        finally:
            if pending is not None and not pending.done():
                pending.cancel()  # it need not begin, if it waits for a thread; one that runs is not disturbed by this
            elif pending is not None and _left(pending) and (close := getattr(iterator, "close", None)) is not None:
                closing = loop.run_in_executor(executor, close)
                await _ended(closing, None if stalls_after is None else loop.time() + stalls_after)
                if closing.done():
                    closing.result()


@asynccontextmanager
async def stalling(after: float | None) -> AsyncIterator[None]:
    """Raise StalledError where the block takes longer than *after* seconds (None: as long as it likes)."""
    try:
        async with asyncio.timeout(after) as waiting:
            yield
    except TimeoutError:
        if not waiting.expired():
            raise
        raise StalledError(f"It has not answered for {after:.0f} s") from None


@asynccontextmanager
async def read_ahead(source: AsyncGenerator[T, None], limit: int) -> AsyncIterator[AsyncGenerator[T, None]]:
    """Run *source* in its own task: at most *limit* items wait for the reader, and one more is in the making.

    An error of the source is raised at the reader, behind the items that came before it. Leaving the block cancels
    the source and waits until it has closed.
    """
    queue: asyncio.Queue[T | _End] = asyncio.Queue(limit)

    async def fill() -> None:
        end = _END
        try:
            async with aclosing(source):
                async for item in source:
                    await queue.put(item)
        except Exception as error:
            if _cancelled():
                raise  # the reader has left: in the queue, nobody would find it
            end = _End(error)
        await queue.put(end)

    async def drain() -> AsyncGenerator[T, None]:
        while not isinstance(item := await queue.get(), _End):
            yield item
        if item.error is not None:
            raise item.error

    filling = asyncio.create_task(fill())
    try:
        async with aclosing(drain()) as items:
            yield items
    finally:
        filling.cancel()
        await _ended(filling)
        if not filling.cancelled():
            filling.result()


async def _ended(future: asyncio.Future[Any], until: float | None = None) -> None:
    """Wait until *future* is done, even if cancelled once more meanwhile: that takes effect afterwards.

    At most *until* that moment of the loop's clock, where one is given.
    """
    cancelled: asyncio.CancelledError | None = None
    while not future.done():
        left = None if until is None else until - asyncio.get_running_loop().time()
        if left is not None and left <= 0:
            break
        try:
            await asyncio.wait([future], timeout=left)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled


def _left(step: asyncio.Future[Any]) -> bool:
    """Whether an iterator waits behind its last *step*: one that has ended or failed has nothing to close.

    A way through the thread for nothing would be in the time until the last word of an answer is spoken.
    """
    return step.done() and step.exception() is None and not isinstance(step.result(), _End)


def _cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
