"""The record of one turn and when it was go in, one JSON line comes out; such a line goes in, an Entry comes out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from assistant.settings import Config

VERSION = 1
"""Of the line's form; it grows where an old reader would misread a new line. New keys alone do not misread."""

_DAY = 86_400.0
"""seconds: nothing here takes longer, and a number of any size may stand in a file"""
_NOT_COUNTS = frozenset({"version", "when", "gap"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One turn as it is told later."""

    when: datetime
    """its end, UTC"""
    gap: float | None
    """seconds from the last sound of the question to the first of the answer; None where it was not measured"""
    unmeasured: str | None
    """why not; None where it was"""
    at: Mapping[str, float]
    """seconds from the last sound of the question to each stage that was reached"""
    counts: Mapping[str, int]
    setup: str
    """what it was measured with: turns of different set-ups do not make one distribution"""


def measured_with(config: Config, *more: str) -> dict[str, object]:
    """What tells a turn's set-up: models, and *more*, without their folders; a pace that is not the machine's own."""
    models = (config.listen.whisper, config.reply.model, config.speak.voice)
    slowed = {} if config.engine.pace == "own" else {"pace": config.engine.pace}
    return {"models": [*(Path(model).name for model in models), *more], **slowed}


def line(record: Mapping[str, object], when: datetime, about: Mapping[str, object]) -> str:
    """*record* (of Marks) of a turn that ended at *when*, with what to tell *about* it: `source`, `models`, `pace`."""
    return json.dumps({"version": VERSION, "when": when.isoformat(timespec="milliseconds"), **about, **record})


def parsed(text: str) -> Entry | None:
    """The turn that a line tells of; None where *text* is none, as the half-written end of a file.

    What is missing is left out, what is unknown is skipped: older and newer programs write the same file.
    """
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(read, dict):
        return None
    when = _moment(read.get("when"))
    return entry(read, when) if when is not None else None


def entry(record: Mapping[str, object], when: datetime) -> Entry:
    """*record*, as Marks make it or as it was read back, of a turn that ended at *when*."""
    gap = _number(record.get("gap"))
    at = record.get("at")
    moments = {stage: _number(moment) for stage, moment in at.items()} if isinstance(at, dict) else {}
    return Entry(
        when,
        gap,
        None if gap is not None else str(record.get("unmeasured") or "no reason was written"),
        {stage: moment for stage, moment in moments.items() if moment is not None},
        {
            name: n
            for name, n in record.items()
            if isinstance(n, int) and not isinstance(n, bool) and name not in _NOT_COUNTS
        },
        _setup(record),
    )


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text if isinstance(text, str) else "")
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < _DAY else None


def _setup(record: Mapping[str, object]) -> str:
    models = record.get("models")
    parts = (record.get("source"), *(models if isinstance(models, list) else ()), record.get("pace"))
    return ", ".join(str(part) for part in parts if part)
