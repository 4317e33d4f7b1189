"""The JSON file of a rehearsal goes in, what is compared of it comes out; two go in, which is slower comes out."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from assistant.errors import UsageError
from assistant.latency.entry import entry
from assistant.latency.statistics import percentile

VERSION = 1
"""Of the file's form; it grows where an old reader would misread a new file."""
ENOUGH = 59
"""turns from which the slowest one is, 19 times in 20, no faster than the true p95 (0.95 ** 59 < 0.05): with fewer it
may not have been met at all"""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What of a rehearsal is compared."""

    about: Mapping[str, object]
    """what it was measured with, flat: "settings.listen.patience_ms" and so on"""
    gaps: Sequence[float]
    """seconds, of the turns that were measured"""


@dataclass(frozen=True, slots=True)
class Comparison:
    """An earlier rehearsal and this one."""

    before: float
    """seconds, p95 of the gap"""
    now: float
    turns: int
    """measured in the one that has fewer"""
    differences: Sequence[str]
    """what they were not measured alike with"""

    @property
    def slower(self) -> float:
        """By which share the p95 has grown; less than 0 where it has shrunk."""
        return self.now / self.before - 1


def read(path: Path) -> Rehearsed:
    """Read what `assistant rehearse --json` wrote. Raises UsageError where *path* is not such a file."""
    try:
        file = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(_foreign(path)) from error
    if not isinstance(file, dict) or not isinstance(file.get("turns"), list):
        raise UsageError(_foreign(path))
    if file.get("version") != VERSION:
        raise UsageError(f"{path} is of another version ({file.get('version')}, not {VERSION}): rehearse anew.")
    about = file.get("about")
    gaps = [entry(turn, datetime.now(UTC)).gap for turn in file["turns"] if isinstance(turn, dict)]
    measured = [gap for gap in gaps if gap is not None and gap > 0]
    if not measured:
        raise UsageError(f"{path} holds no turn that was measured: there is nothing to compare with.")
    return Rehearsed(flat(about) if isinstance(about, dict) else {}, measured)


def compare(before: Rehearsed, now: Rehearsed) -> Comparison:
    """Set *now* against *before*. Raises ValueError where one has no gaps."""
    names = dict.fromkeys([*before.about, *now.about])
    return Comparison(
        percentile(before.gaps, 0.95),
        percentile(now.gaps, 0.95),
        min(len(before.gaps), len(now.gaps)),
        [
            f"{name}: {_told(before.about.get(name))} then, {_told(now.about.get(name))} now"
            for name in names
            if before.about.get(name) != now.about.get(name)
        ],
    )


def flat(about: Mapping[str, object]) -> dict[str, object]:
    """Nested mappings as one, their keys joined by dots."""
    return dict(_leaves(about, ""))


def _leaves(about: Mapping[str, object], before: str) -> Iterator[tuple[str, object]]:
    for name, value in about.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{before}{name}.")
        else:
            yield before + name, value


def _told(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    return "nothing" if value is None else str(value)


def _foreign(path: Path) -> str:
    return f"{path} is not what `assistant rehearse --json FILE` writes: give --compare such a file."
