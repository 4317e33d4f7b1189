"""Which steps of the setup are finished, and what was chosen in them, go into a small file and come out of it again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from assistant import files
from assistant.errors import UsageError

FILE = "setup.json"
"""in the folder for state: it can be lost, and then the setup begins at its beginning"""
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a setup has come."""

    done: Mapping[str, str] = field(default_factory=dict)
    """by step that is finished: what came of it, in words"""
    chosen: Mapping[str, object] = field(default_factory=dict)
    """by key of a setting: the value that was chosen"""
    written: Mapping[str, object] = field(default_factory=dict)
    """...and those that have been put into the settings file, which from then on is what counts"""

    @property
    def pending(self) -> dict[str, object]:
        """What has been chosen and is not in the settings file."""
        return {
            key: value for key, value in self.chosen.items() if key not in self.written or self.written[key] != value
        }

    def finished(self, step: str, note: str) -> "Progress":
        """The same, and *step* is finished."""
        return replace(self, done={**self.done, step: note})

    def without(self, *steps: str) -> "Progress":
        """The same, and *steps* are to be done again."""
        return replace(self, done={step: note for step, note in self.done.items() if step not in steps})

    def choosing(self, values: Mapping[str, object]) -> "Progress":
        """The same, and *values* are chosen, and not written yet."""
        written = {key: value for key, value in self.written.items() if key not in values}
        return replace(self, chosen={**self.chosen, **values}, written=written)

    def all_written(self) -> "Progress":
        """The same, and whatever is chosen is in the settings file."""
        return replace(self, written=dict(self.chosen))


def read(path: Path) -> Progress:
    """What `write` wrote; nothing is finished where there is no such file, or one that makes no sense."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["version"] != _VERSION:
            return Progress()
        return Progress(
            {str(step): str(note) for step, note in kept["done"].items()}, dict(kept["chosen"]), dict(kept["written"])
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Progress()


def write(path: Path, progress: Progress) -> None:
    """Keep it in *path*. Raises UsageError."""
    kept = {"done": progress.done, "chosen": progress.chosen, "written": progress.written}
    replaced(path, json.dumps({"version": _VERSION, **kept}, indent=1) + "\n")


def replaced(path: Path, text: str) -> None:
    """As `files.replaced`. Raises UsageError."""
    try:
        files.replaced(path, text)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error
