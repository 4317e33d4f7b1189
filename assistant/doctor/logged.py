"""The folder of the log goes in; its lines of the last day come out, parsed. Blocks."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from assistant import log
from assistant.doctor.running import Log

DAY = timedelta(days=1)


def lines(folder: Path) -> Iterator[Mapping[str, Any] | None]:
    """All lines of the log, the oldest first; None for what is none, torn by a crash or a full disk. Raises OSError."""
    names = [*(f"{log.FILE}.{age}" for age in range(log.OLDER, 0, -1)), log.FILE]
    for path in (folder / name for name in names):
        if path.exists():
            for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
                yield _parsed(text)


def last_day(folder: Path, now: datetime) -> Log:
    """The level and the event of each line of the day before *now*."""
    found, unreadable = [], 0
    try:
        for line in lines(folder):
            if line is None:
                unreadable += 1
            elif now - DAY <= moment(line) <= now:
                found.append((str(line.get("level")), str(line.get("event"))))
    except OSError as error:
        return Log((), trouble=f"{folder} cannot be read: {error.strerror}.")
    return Log(found, unreadable)


def moment(line: Mapping[str, Any]) -> datetime:
    """When it was logged, which `_parsed` has made sure of."""
    return datetime.fromisoformat(line["when"])


def _parsed(text: str) -> Mapping[str, Any] | None:
    try:
        line = json.loads(text)
        return line if moment(line).tzinfo is not None else None
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
