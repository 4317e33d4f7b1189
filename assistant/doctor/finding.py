"""What a check found goes in; a sign, a meaning and what to type come out. Pure."""

from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """How a thing is."""

    RIGHT = "right"
    WRONG = "wrong"
    UNKNOWN = "unknown"
    """it cannot be told here, or not now"""


SIGNS = {State.RIGHT: "✓", State.WRONG: "✗", State.UNKNOWN: "?"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What there is to say of one thing."""

    name: str
    state: State
    meaning: str
    """a plain sentence or two"""
    remedy: str = ""
    """what to type or do; also where nothing is wrong but something could be better"""
    detail: str = ""
    """what a library or a setting says in words of its own; nobody knows what is in it, so no bug report has it"""


def right(name: str, meaning: str, remedy: str = "") -> Finding:
    """All is well with it."""
    return Finding(name, State.RIGHT, meaning, remedy)


def wrong(name: str, meaning: str, remedy: str, detail: str = "") -> Finding:
    """Something has to be done."""
    return Finding(name, State.WRONG, meaning, remedy, detail)


def unknown(name: str, meaning: str, remedy: str = "") -> Finding:
    """Nobody can tell from here."""
    return Finding(name, State.UNKNOWN, meaning, remedy)
