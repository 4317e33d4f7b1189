"""What a turn tells goes in; lines for a person come out: who said what, and where the time went."""

from rich.console import Console

from assistant.flow import Clause, Transcript
from assistant.latency.marks import Marks
from assistant.latency.report import waterfall
from assistant.turn import Notice


class Screen:
    """Shows a conversation as it goes."""

    def __init__(self, console: Console, *, names: bool = True) -> None:
        """Without *names* only the assistant's words are shown."""
        self.turns = 0
        self._console = console
        self._names = names
        self._speaking = False

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

    def _grow(self, text: str) -> None:
        before = " " if self._speaking else "assistant  " if self._names else ""
        self._console.print(before + text, end="", markup=False)
        self._console.file.flush()
        self._speaking = True

    def _end(self, marks: Marks) -> None:
        if self._speaking:
            self._console.print()
        self._speaking = False
        if "speech_end" in marks.at and "first_sound" in marks.at:
            self._console.print(waterfall(marks))
