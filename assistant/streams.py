"""The only two concurrency operators: pull a blocking iterator in a worker thread, and read a source ahead."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from concurrent.futures import Executor
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Final, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _End:
    """What a source leaves behind its last item: the error that ended it, if one did."""

    error: Exception | None = None


_END: Final = _End()


async def in_thread(iterator: Iterator[T], executor: Executor | None = None) -> AsyncGenerator[T, None]:
    """Pull a blocking iterator one item at a time in a worker thread, and close it at the end.

    On cancellation the item in flight is waited for before the iterator is closed: closing a generator that runs in
    another thread raises ValueError, which would replace the cancellation. So a blocking step should be short.
    """
    loop = asyncio.get_running_loop()
    pending: asyncio.Future[T | _End] | None = None
    try:
        while True:
            pending = loop.run_in_executor(executor, next, iterator, _END)
            item = await asyncio.shield(pending)
            if isinstance(item, _End):
                return
            yield item
    finally:
        if pending is not None and not pending.done():
            await asyncio.wait([pending])
        if (close := getattr(iterator, "close", None)) is not None:
            close()


@asynccontextmanager
async def read_ahead(source: AsyncGenerator[T, None], limit: int) -> AsyncIterator[AsyncGenerator[T, None]]:
    """Run *source* in its own task, at most *limit* items ahead of the reader.

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
        except Exception as error:  # noqa: BLE001 - not handled here but raised at the reader
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
        await asyncio.wait([filling])
        if not filling.cancelled():
            filling.result()
