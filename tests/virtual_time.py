"""A coroutine goes in, its result comes out at once: its sleeps and deadlines pass on a clock that jumps.

`run(main())` drives *main* on an event loop whose clock starts at 0.0 and moves only when nothing is left to
do but wait: then it jumps to the next timer. So times in tests are exact, an hour lasts milliseconds, and
what happens at the same moment is computed in no time at all. asyncio's debug mode is on.

The run fails, with a sentence that says why, when
- nothing can ever happen again (a deadlock), or *limit* virtual seconds have passed;
- it leaves behind a task, a started but unclosed async generator, or an error that nobody looked at.

Worker threads (`run_in_executor`, `to_thread`, `in_thread`) are real, and cost no virtual time: while one is
busy the clock stands still until it comes back. So a thread must not wait for something that needs the clock
to move, which fails after REAL_LIMIT real seconds. Not covered: threads started in any other way, sockets,
pipes and child processes. The clock does not wait for those; test them on a real loop.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

HOUR = 3600.0
REAL_LIMIT = 5.0
"""Real seconds that a thread may keep the clock waiting: longer than any test, shorter than patience."""


def run(main: Coroutine[Any, Any, T], *, limit: float = HOUR) -> T:
    """Run *main* in virtual time, return its result; AssertionError if it hangs or leaves anything behind."""
    with asyncio.Runner(debug=True, loop_factory=lambda: VirtualLoop(limit)) as runner:
        return runner.run(_leaving_nothing(main))


async def _leaving_nothing(main: Coroutine[Any, Any, T]) -> T:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    result = await main
    left = [*loop.waiting(), *loop.open_generators(), *loop.unseen_errors]
    assert not left, f"left behind at {loop.time()} s: " + "; ".join(left)
    return result


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop on a clock that jumps over every wait, up to *limit* seconds."""

    def __init__(self, limit: float = HOUR) -> None:
        self.unseen_errors: list[str] = []
        self._now = 0.0
        self._limit = limit
        self._flights = 0
        super().__init__(_Jumping(self.jump))
        self._workers = ThreadPoolExecutor(thread_name_prefix="virtual-time")
        self.set_default_executor(self._workers)
        self.set_exception_handler(lambda _, context: self.unseen_errors.append(_told(context)))

    def time(self) -> float:
        """Return the virtual seconds since the run began, clean to the nanosecond."""
        return self._now

    def jump(self, timeout: float | None) -> float:
        """Move the clock to the next timer, *timeout* seconds away (None: there is none).

        Returns how many real seconds to wait first: more than zero only while a worker thread is busy.
        """
        if self._flights:
            return REAL_LIMIT
        assert timeout is not None, f"nothing can ever happen at {self._now} s: " + "; ".join(self.waiting())
        self._now = round(self._now + timeout, 9)
        assert self._now <= self._limit, f"still not done at {self._now} s: " + "; ".join(self.waiting())
        return 0.0

    def waiting(self) -> list[str]:
        """Name every unfinished task but the current one, and the line it waits at."""
        current = asyncio.current_task(self) if self.is_running() else None
        return [_whereabouts(task) for task in asyncio.all_tasks(self) if task is not current]

    def open_generators(self) -> list[str]:
        """Name the async generators that were started and neither ran out nor were closed."""
        started: set[Any] = set(self._asyncgens)  # type: ignore[attr-defined]
        return [f"open {source!r}" for source in started if source.ag_frame is not None]

    def run_in_executor(self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts) -> asyncio.Future[T]:
        """Like every loop's, but the clock stands still until the thread is back and its result delivered."""
        self._flights += 1
        flight = (executor or self._workers).submit(func, *args)
        landing = asyncio.wrap_future(flight, loop=self)
        # Callbacks run in the order they were added: _land comes to the loop behind the result.
        flight.add_done_callback(lambda _: self.call_soon_threadsafe(self._land))
        return landing

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - theirs
        """Wait for the worker threads: blocking, since nothing else is left to run on this loop."""
        self._workers.shutdown()

    def _land(self) -> None:
        self._flights -= 1


class _Jumping(selectors.DefaultSelector):
    """Waits for nothing, except where *jump* says that a worker thread needs real time."""

    def __init__(self, jump: Callable[[float | None], float]) -> None:
        super().__init__()
        self._jump = jump

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if (ready := super().select(0)) or timeout == 0:
            return ready
        if not (real := self._jump(timeout)):
            return []
        ready = super().select(real)
        assert ready, f"a worker thread kept the clock waiting for {real} real seconds"
        return ready


def _whereabouts(task: asyncio.Task[Any]) -> str:
    inner: Any = task.get_coro()
    while waits_for := getattr(inner, "cr_await", None) or getattr(inner, "ag_await", None):
        if not hasattr(waits_for, "cr_frame") and not hasattr(waits_for, "ag_frame"):
            break  # a future, or one step of a generator, which does not say whose
        inner = waits_for
    frame = inner.cr_frame if hasattr(inner, "cr_frame") else inner.ag_frame
    return f"task {task.get_name()} in {inner.__qualname__} at {frame.f_code.co_filename}:{frame.f_lineno}"


def _told(context: dict[str, Any]) -> str:
    return f"{context['message']}: {context.get('exception')!r}"
