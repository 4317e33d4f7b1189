"""Questions go in; what a person answers comes out, or that they would rather not. The readings of answers are pure."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from assistant.latency.report import Waterfall
from assistant.weights.fetch import Watch

T = TypeVar("T")

SKIP = frozenset({"s", "skip"})
"""answers to any question: leave this step out for now"""
_YES = frozenset({"y", "yes"})
_NO = frozenset({"n", "no"})


class WrongAnswerError(ValueError):
    """An answer that is none of those possible; its text says which are."""


class UnfinishedError(Exception):
    """A step cannot be finished now, or is not wanted; its text is a sentence. The next setup comes back to it."""


class Person(Protocol):
    """Who sits at the terminal, if anybody does."""

    present: bool
    """whether there is somebody to ask, and to speak and listen"""

    def tell(self, text: str) -> None:
        """Show one plain line."""

    def table(self, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Show a table."""

    def draw(self, picture: Waterfall) -> None:
        """Show where the time of a turn went."""

    def ask(self, question: str, read: Callable[[str], T]) -> T:
        """Ask until *read* takes the answer; it raises WrongAnswerError for others.

        Raises UnfinishedError where the person leaves the step out.
        """
        ...

    def level(self) -> AbstractContextManager[Callable[[float], None]]:
        """Something to be called with the loudness of what is heard, in dBFS, to be seen at once."""
        ...

    def bars(self) -> AbstractContextManager[Watch]:
        """Something that shows how a fetch goes on."""
        ...


def yes_or_no(text: str) -> bool:
    """Whether that is a yes, as nothing is, too. Raises WrongAnswerError."""
    answer = text.strip().lower()
    if answer not in {"", *_YES, *_NO}:
        raise WrongAnswerError(f"{text!r} is no answer: type yes, no or skip.")
    return answer not in _NO


def one_of(text: str, options: Sequence[str], default: str) -> str:
    """The option that *text* names, or begins alone; nothing is the *default*. Raises WrongAnswerError."""
    answer = text.strip().lower()
    if not answer:
        return default
    if answer in options:
        return answer
    begun = [option for option in options if option.startswith(answer)]
    if len(begun) != 1:
        raise WrongAnswerError(f"{text!r} is no answer: type one of {', '.join(options)}, or skip.")
    return begun[0]


def number(text: str, count: int, default: int) -> int:
    """The number, from 0 to *count* - 1, that *text* is; nothing is the *default*. Raises WrongAnswerError."""
    answer = text.strip()
    if not answer:
        return default
    if not (answer.isdecimal() and int(answer) < count):
        raise WrongAnswerError(f"{text!r} is no answer: type a number from 0 to {count - 1}, or skip.")
    return int(answer)
