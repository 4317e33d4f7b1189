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
    """a plain sentence or two, of our own words, numbers and names: it goes into bug reports"""
    remedy: str = ""
    """what to type or do, also where nothing is wrong but something could be better; it may hold paths, so as below"""
    detail: str = ""
    """what a library, a device or a setting says; nobody knows what is in it, so no bug report has it"""


def right(name: str, meaning: str, remedy: str = "", detail: str = "") -> Finding:
    """All is well with it."""
    return Finding(name, State.RIGHT, meaning, remedy, detail)


def wrong(name: str, meaning: str, remedy: str, detail: str = "") -> Finding:
    """Something has to be done."""
    return Finding(name, State.WRONG, meaning, remedy, detail)


def unknown(name: str, meaning: str, remedy: str = "", detail: str = "") -> Finding:
    """Nobody can tell from here."""
    return Finding(name, State.UNKNOWN, meaning, remedy, detail)
