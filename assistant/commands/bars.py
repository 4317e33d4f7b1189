"""How a fetch goes on goes in; bars with speed and remaining time come out, or lines where nobody watches."""

from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from assistant.weights.sizes import size

WORTH_A_LINE = 1_000_000
"""bytes; what is smaller is over before it is read"""


class Bars(AbstractContextManager["Bars"]):
    """One bar at a time on a terminal; else a line for each thing that takes a while. Use it in a `with`."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def begin(self, what: str, total: int, done: int = 0) -> None:
        """See weights.fetch.Watch."""
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task(what, total=total, completed=done)
        if not self._console.is_terminal and total >= WORTH_A_LINE:
            self._console.print(f"{what}: {size(done)} of {size(total)}" if done else f"{what}: {size(total)}")

    def wait(self, seconds: float, why: str) -> None:
        """See weights.fetch.Watch. The bar stays, and goes on then."""
        self._console.print(f"waiting {seconds:.0f} s for the hub: {why}", markup=False)

    def advance(self, more: int) -> None:
        """See weights.fetch.Watch."""
        if self._task is not None:
            self._progress.advance(self._task, more)
