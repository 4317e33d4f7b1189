"""What a turn tells goes in; lines for a person come out: who said what, where the time went, what is going on."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from assistant.flow import Clause, Transcript
from assistant.glance import Glance
from assistant.latency.marks import Marks
from assistant.latency.report import waterfall
from assistant.listen.tuning import Advice, Thresholds
from assistant.turn import Notice

_LOOK_EVERY = 0.1
"""seconds between two looks for the live line: an eye follows no more, and a look with its line takes 1 ms"""
_QUIETEST = -80
"""dBFS where the bar of the live line begins; it ends at full scale"""
_DB_A_CELL = 4
"""20 cells: the line fits 80 columns"""


class Screen:
    """Shows a conversation as it goes."""

    def __init__(self, console: Console, *, names: bool = True, live: bool = False) -> None:
        """Without *names* only the assistant's words are shown; *live* is a wish for the live line."""
        self.turns = 0
        self.live = live and console.is_terminal and not console.is_dumb_terminal
        """whether there is to be a live line, and a terminal that can move its cursor"""
        self._console = console
        self._names = names
        self._speaking = False
        self._drawn: Live | None = None
        self._growing = ""

    def show(self, notice: Notice) -> None:
        """A line for what was understood, one for the answer, growing as it is spoken; then the waterfall."""
        match notice:
            case Transcript(text=text):
                self.turns += 1
                self._console.print(f"you        {text}", markup=False)
            case Clause(text=text):
                self._grow(text)
            case Marks():
                self._end(notice)

    def note(self, text: str) -> None:
        """One plain line."""
        self._console.print(text, markup=False)

    def advise(self, advice: Advice, now: Thresholds) -> None:
        """What was measured in a room, and lines for the settings file."""
        for sentence in advice.sentences:
            self.note(sentence)
        if advice.settings:
            self.note("\nFor the settings file (`assistant config` says where it is):\n\n[listen]")
        for one in advice.settings:
            was = getattr(now, one.key)
            self.note(f"{one.key} = {one.value:g}  # {'as it is' if was == one.value else f'was {was:g}'}; {one.why}")

    async def watch(self, look: Callable[[], Glance]) -> AsyncGenerator[None, None]:
        """Draw what *look* sees below all other lines, until this is closed; nothing comes out."""
        with self._drawing() as drawn:
            while drawn.is_started:
                answer = [Text(self._growing, no_wrap=False, overflow="fold")] if self._growing else []
                drawn.update(Group(*answer, line(look())), refresh=True)
                await asyncio.sleep(_LOOK_EVERY)
        yield

    @contextmanager
    def _drawing(self) -> Iterator[Live]:
        with Live(console=self._console, auto_refresh=False, transient=True) as self._drawn:
            try:
                yield self._drawn
            finally:
                self._print_grown()
        self._drawn = None

    def _grow(self, text: str) -> None:
        before = " " if self._speaking else "assistant  " if self._names else ""
        self._speaking = True
        if self._drawn is not None:
            # A line that is not finished cannot stand above another: it is drawn with it until it is.
            self._growing += before + text
            return
        self._console.print(before + text, end="", markup=False)
        self._console.file.flush()

    def _print_grown(self) -> None:
        grown, self._growing = self._growing, ""
        if grown:
            self._console.print(grown, markup=False)

    def _end(self, marks: Marks) -> None:
        if self._growing:
            self._print_grown()
        elif self._speaking:
            self._console.print()
        self._speaking = False
        if "speech_end" in marks.at and "first_sound" in marks.at:
            self._console.print(waterfall(marks))


def line(seen: Glance) -> Text:
    """How loud it is, with the room's noise marked; how likely that is speech; what is going on."""
    patience = "" if seen.patience_left is None else f"{seen.patience_left:4} ms of patience"
    words = f"  {seen.level:4.0f} dBFS  speech {seen.probability:4.0%}  {seen.state.value:11}  {patience}"
    return Text(_bar(seen) + words, no_wrap=True, overflow="crop", end="")


def _bar(seen: Glance) -> str:
    cells = -_QUIETEST // _DB_A_CELL
    loud, noise = (min(cells, round((dbfs - _QUIETEST) / _DB_A_CELL)) for dbfs in (seen.level, seen.noise))
    bar = "█" * max(0, loud) + "·" * (cells - max(0, loud))
    return bar[: max(0, noise)] + "│" + bar[max(0, noise) :]
