"""Setting up: questions on the terminal, and answers from it; all decisions are in assistant/setup."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from assistant.commands.bars import Bars
from assistant.commands.common import config_from, console
from assistant.commands.terminal import Whole, typed_line
from assistant.errors import UsageError

if TYPE_CHECKING:
    from assistant.latency.report import Waterfall
    from assistant.setup.guide import Guide

T = TypeVar("T")

_QUIETEST = -80
"""dBFS where the bar of the level begins; it ends at full scale"""
_DB_A_CELL = 2
"""40 cells: with the number behind it the line fits 80 columns"""


def setup(
    yes: Annotated[
        bool, typer.Option("--yes", help="Ask nothing: take what is recommended, leave out what needs a person.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Start over, also with what is finished.")] = False,
) -> None:
    """Choose and fetch models, try microphone, loudspeaker and wake word, write the settings, measure once.

    What is finished is not asked again, and Ctrl-C does not lose it. Any question can be answered with skip. With --yes
    it exits with 1 where the settings could not be written.

    Example: assistant setup
    """
    if not yes and not (sys.stdin.isatty() and console.is_terminal):
        raise UsageError("`assistant setup` asks questions, and here is no terminal to answer on: add --yes.")
    config_from(None)
    from assistant.screen import Screen
    from assistant.service.places import places
    from assistant.setup.guide import Guide
    from assistant.setup.progress import FILE
    from assistant.setup.walk import SETTINGS, walk

    person = Terminal(console, present=not yes)
    guide = Guide(person, Screen(console, names=False), os.environ, places().state / FILE, again=again)
    try:
        left = walk(guide)
    except (KeyboardInterrupt, typer.Abort):
        person.tell("\nstopped; `assistant setup` goes on where it was")
        raise
    _end(guide, left)
    if yes and SETTINGS in left:
        raise typer.Exit(1)


class Terminal:
    """A person at a terminal; or nobody, where nothing is asked."""

    def __init__(self, console: Console, *, present: bool) -> None:
        self.present = present
        self._console = console

    def tell(self, text: str) -> None:
        """See Person."""
        self._console.print(text, markup=False)

    def table(self, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """See Person."""
        table = Table(*head, box=None)
        for row in rows:
            table.add_row(*row)
        self._console.print(Whole(table))

    def draw(self, picture: "Waterfall") -> None:
        """See Person."""
        self._console.print(picture)

    def ask(self, question: str, read: Callable[[str], T]) -> T:
        """See Person. Raises typer.Abort at the end of the input."""
        from assistant.setup.person import SKIP, UnfinishedError, WrongAnswerError

        while True:
            try:
                self._console.print(question, end=" ", markup=False)
                text = typed_line()
            except EOFError:
                raise typer.Abort from None
            if text.strip().lower() in SKIP:
                raise UnfinishedError("left out for now")
            try:
                return read(text)
            except WrongAnswerError as wrong:
                self.tell(str(wrong))

    @contextmanager
    def level(self) -> Iterator[Callable[[float], None]]:
        """See Person; one line that is gone afterwards."""
        with Live(console=self._console, auto_refresh=False, transient=True) as drawn:
            yield lambda dbfs: drawn.update(Text(level_line(dbfs), no_wrap=True, overflow="crop"), refresh=True)

    def bars(self) -> Bars:
        """See Person."""
        return Bars(self._console)


def level_line(dbfs: float) -> str:
    """A bar and a number for sound so loud."""
    cells = -_QUIETEST // _DB_A_CELL
    loud = min(cells, max(0, round((dbfs - _QUIETEST) / _DB_A_CELL)))
    return f"{'█' * loud}{'·' * (cells - loud)} {max(dbfs, _QUIETEST):4.0f} dBFS"


def _end(guide: "Guide", left: Sequence[str]) -> None:
    """What there is to do next."""
    guide.person.tell("")
    if left:
        guide.person.tell(f"not done: {', '.join(left)}; `assistant setup` comes back to that")
    else:
        guide.person.tell("all is set up; `assistant setup --again` starts over")
    guide.person.tell("to talk, type assistant run; to have it in the background, assistant service install")
