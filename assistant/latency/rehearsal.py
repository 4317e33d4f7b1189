"""What was asked, measured and found in one rehearsal goes in, also while it lasts; JSON and turns come out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_origin

from assistant import __version__, weights
from assistant.latency.chirp import Loopback, Spread
from assistant.latency.compare import VERSION, Rehearsed, flat
from assistant.latency.entry import Entry, measured_with
from assistant.latency.machine import machine
from assistant.latency.script import Asked, Script, entries
from assistant.latency.statistics import as_json, summary
from assistant.settings import Config


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shall be rehearsed."""

    files: Sequence[Path] = ()
    """recorded questions; the built-in ones where there are none"""
    count: int = 20
    """questions that are asked, besides the warm-up"""
    devices: bool = False
    """ask by the loudspeaker and hear it by the microphone, instead of passing files to the program"""
    loopback: bool = False
    """find out first how long the devices themselves take"""


@dataclass(slots=True)
class Rehearsal:
    """What has come of it so far: it grows while it runs, and is whole also when it is broken off."""

    wanted: Wanted
    config: Config
    load: float = 0.0
    """programs that wanted a core in the minute before, as the system counts them"""
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    script: Script | None = None
    loopback: Loopback | None = None
    holes: int = 0
    """blocks of sound that came too late for a device, or for us"""
    complete: bool = False
    """all that was wanted has been done"""

    @property
    def results(self) -> list[Asked]:
        """What came of each question."""
        return self.script.results if self.script is not None else []

    @property
    def turns(self) -> list[Entry]:
        """The turns, for statistics."""
        return list(entries(self.results, self.about, datetime.now(UTC)))

    @property
    def about(self) -> dict[str, object]:
        """What it is measured with, JSON-ready; no folder, no name of a device, nothing that tells whose it is."""
        config = self.config
        turn_model = weights.turn_model(config.listen.turn_model, config.models.folder)
        return {
            "source": "microphone" if self.wanted.devices else "recording",
            "program": __version__,
            **measured_with(config, turn_model.name if turn_model else "no turn model"),
            "questions": [path.name for path in self.wanted.files] or "built-in",
            "machine": machine(),
            "settings": _settings(config),
        }

    def as_json(self) -> dict[str, object]:
        """All of it, JSON-ready; times of the turns in seconds. What was understood is not in it."""
        turns = self.turns
        return {
            "version": VERSION,
            "when": self.began.isoformat(timespec="seconds"),
            "complete": self.complete,
            "about": self.about,
            "load": self.load,
            "holes": self.holes,
            "loopback": None if self.loopback is None else _loopback_json(self.loopback),
            "summary": as_json(summary(turns)) if turns else None,
            "turns": [
                {**record, "question": asked.question.name, "as_said": asked.as_said}
                for asked in self.results
                for record in asked.records
            ],
        }

    @property
    def rehearsed(self) -> Rehearsed:
        """What of it is compared with another one."""
        return Rehearsed(flat(self.about), [turn.gap for turn in self.turns if turn.gap is not None])


def _settings(config: Config) -> dict[str, dict[str, object]]:
    """Every number, switch and choice; texts and places are left out: they name files, devices and people."""
    return {
        section: {
            key: getattr(of, key)
            for key, field_ in type(of).model_fields.items()
            if isinstance(getattr(of, key), bool | int | float) or get_origin(field_.annotation) is Literal
        }
        for section, of in config
    }


def _loopback_json(loopback: Loopback) -> dict[str, object]:
    """Times in ms, as in the summary."""
    return {
        "chirps": loopback.played,
        "heard": loopback.heard,
        "clear_db": round(loopback.clear_db, 1),
        "whole_ms": _ms(loopback.whole),
        "unstated_ms": _ms(loopback.unstated),
    }


def _ms(spread: Spread) -> dict[str, float]:
    return {name: round(1000 * seconds, 1) for name, seconds in spread._asdict().items()}
