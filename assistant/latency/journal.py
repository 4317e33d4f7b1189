"""The marks of each turn go in, one JSON line on disk comes out, and is read back. Never what anybody said."""

import errno
import itertools
import os
import queue
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from assistant import log
from assistant.errors import UsageError
from assistant.latency.entry import Entry, line, parsed
from assistant.latency.marks import Marks

FILE = "turns.jsonl"
SIZE = 1_000_000
"""bytes of one file; a turn has about 550, so that is 1,800 turns: a few weeks of talk"""
OLDER = 3
"""files kept beside it (turns.jsonl.1 is the youngest of them): 4 MB in all, which are read in 0.2 s"""
WAITING = 64
"""lines that may wait for the disk: several minutes of turns; a disk that is stuck for longer loses some"""
CLOSING = 2.0
"""seconds that closing waits for the disk: a network drive that hangs must not keep the program from ending"""

T = TypeVar("T")

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_SPAN = re.compile(
    r"(\d+(?:\.\d+)?) *(s|sec|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?)(?: +ago)?", re.IGNORECASE
)

_logger = log.get(__name__)


class Journal:
    """Lines go to a worker thread of their own, so that no disk ever holds up a turn.

    A disk that is full or read-only costs lines and one warning; closing tells how many.
    """

    def __init__(
        self,
        folder: Path,
        about: Mapping[str, object],
        *,
        size: int = SIZE,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Write to *folder*, which is made when it is needed; *about* stands in every line."""
        self.lost = 0
        """lines that were not written"""
        self._path = folder / FILE
        self._about = dict(about)
        self._size = size
        self._clock = clock
        self._lines: queue.Queue[bytes | None] = queue.Queue(WAITING)
        self._told = False
        self._worker = threading.Thread(target=self._work, name="journal", daemon=True)
        self._worker.start()

    def add(self, record: Mapping[str, object]) -> None:
        """Keep the record of a turn that has just ended; returns at once."""
        text = line(record, self._clock(), self._about)
        try:
            self._lines.put_nowait(text.encode() + b"\n")
        except queue.Full:
            self._lose("the disk is too slow")

    def close(self) -> None:
        """Write what waits, for CLOSING seconds at most; nothing may be added any more."""
        with suppress(queue.Full):
            self._lines.put(None, timeout=CLOSING)
        self._worker.join(CLOSING)
        if self._worker.is_alive():
            # What waits, and the line that hangs, for which the None at the end is counted.
            self.lost += self._lines.qsize()
        if self.lost:
            _logger.warning("journal.incomplete", file=str(self._path), lost=self.lost)

    def _work(self) -> None:
        while (data := self._lines.get()) is not None:
            try:
                _append(self._path, data, self._size)
            except OSError as error:
                self._lose(str(error))

    def _lose(self, reason: str) -> None:
        self.lost += 1
        if not self._told:
            _logger.warning("journal.not_written", file=str(self._path), reason=reason)
        self._told = True


@contextmanager
def noting(tell: Callable[[T], None], folder: Path, about: Mapping[str, object]) -> Iterator[Callable[[T], None]]:
    """*tell*, with a line in *folder* for all Marks that it is told; leaving closes the journal."""
    journal = Journal(folder, about)

    def told(notice: T) -> None:
        if isinstance(notice, Marks):
            journal.add(notice.record())
        tell(notice)

    try:
        yield told
    finally:
        journal.close()


@dataclass(frozen=True, slots=True)
class Reading:
    """What a journal tells."""

    entries: list[Entry]
    """the oldest first"""
    unreadable: int
    """lines, of those that were looked at, that are none: torn by a crash or a full disk"""


def read(folder: Path, *, last: int | None = None, since: datetime | None = None) -> Reading:
    """Read the turns kept in *folder*: at most the *last* ones, none that ended before *since*; maybe there are none.

    Raises UsageError where the files cannot be read.
    """
    entries: list[Entry] = []
    unreadable = 0
    for text in _newest_first(folder / FILE):
        if last is not None and len(entries) == last:
            break
        turn = parsed(text)
        if turn is None:
            unreadable += 1
        elif since is None or turn.when >= since:
            # An older one does not end the search: clocks are set back.
            entries.append(turn)
    return Reading(entries[::-1], unreadable)


def moment(text: str, now: datetime) -> datetime:
    """What `--since` says: "2 hours" before *now*, or a date, in this computer's time zone. Raises UsageError."""
    try:
        if span := _SPAN.fullmatch(text.strip()):
            return now - timedelta(seconds=float(span[1]) * _UNITS[span[2][0].lower()])
        # Without a zone it is the local one that is meant, which is what astimezone takes it for.
        return datetime.fromisoformat(text.strip()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f'--since wants a time such as "30 min", "2 hours", "3 days" or a date such as'
            f" {now:%Y-%m-%d} or {now:%Y-%m-%dT%H:%M}; {text!r} is neither."
        ) from error


def _files(path: Path) -> list[Path]:
    """The youngest first."""
    return [path, *(path.with_name(f"{path.name}.{age}") for age in range(1, OLDER + 1))]


def _newest_first(path: Path) -> Iterator[str]:
    for one in _files(path):
        yield from (text for text in reversed(_lines_of(one)) if text.strip())


def _lines_of(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").split("\n")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UsageError(f"{path}, which holds the times of your turns, cannot be read: {error.strerror}.") from error


def _append(path: Path, data: bytes, size: int) -> None:
    """Add a line to *path*, in one write, so that two programs may share the file; for its owner's eyes only."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size + len(data) > size:
        _rotate(path)
    # Opened for each line: that costs nothing a few times a minute, and follows a folder that is moved or cleared.
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        end = os.fstat(file).st_size
        if end and os.pread(file, 1, end - 1) != b"\n":
            # A line torn by a crash or a full disk must not take this one with it.
            data = b"\n" + data
        if os.write(file, data) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    finally:
        os.close(file)


def _rotate(path: Path) -> None:
    files = _files(path)
    for younger, older in reversed(list(itertools.pairwise(files))):
        with suppress(FileNotFoundError):
            younger.replace(older)
