"""What is known of the files of a model goes in; whether it is here and whole comes out. Pure."""

from dataclasses import dataclass
from pathlib import Path

from assistant.doctor.finding import Finding, right, wrong
from assistant.weights.catalog import STARTER
from assistant.weights.sizes import size


@dataclass(frozen=True, slots=True)
class Model:
    """A model that a setting names."""

    setting: str
    """reply.model and the like"""
    place: Path | None = None
    """what an engine opens; None where there is none, which `trouble` tells, or none is wanted"""
    bytes: int = 0
    name: str = ""
    """the catalog's, or starter; empty where nobody states what its files must be"""
    fetched: bool = False
    """whether it lies where `assistant models pull` puts it"""
    hashed: bool = False
    """whether every byte was read and its hash compared with what is known of it"""
    damaged: tuple[str, ...] = ()
    """names of the files that are not what they must be"""
    trouble: str = ""
    away: bool = False
    """whether the trouble is that its disk is not here"""


def model(facts: Model) -> Finding:
    """Whether it can be used."""
    name = f"model of {facts.setting}"
    if facts.trouble:
        told = "The disk that it is on is not here." if facts.away else "It cannot be used."
        return wrong(name, told, _mend(facts), facts.trouble)
    if facts.damaged:
        return wrong(name, f"Damaged: {', '.join(facts.damaged)} of {facts.name}.", _mend(facts))
    if facts.place is None:
        return right(name, "None is here, and none is needed.", "assistant models pull smart-turn-v3.2")
    if not facts.name:
        told = f"A file of yours, {size(facts.bytes)}: nobody states what it must be."
        return right(name, told, detail=str(facts.place))
    told = f"{facts.name}, {size(facts.bytes)}"
    if facts.hashed:
        return right(name, f"{told}: every byte is as it must be.")
    return right(name, f"{told}: its size is as it must be.", "assistant doctor --thorough  (reads every byte)")


def _mend(facts: Model) -> str:
    if facts.away:
        return "Plug it in, or correct the setting: assistant config shows where it is set."
    if facts.name == STARTER:
        return "The starter models come with the program: install it again."
    if facts.damaged and not facts.fetched:
        return f"Delete {facts.place}, then: assistant models pull {facts.name}"  # else it would be found first
    if facts.name:
        return f"assistant models pull {facts.name}"
    return f"Correct {facts.setting}: assistant models list shows what there is, assistant config where it is set."
