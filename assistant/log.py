"""Log lines: an event name and its fields go in; a line on standard error, and one of JSON in a file, come out.

What people said is in none of them, unless the setting log.words asks for it.
"""

import json
import logging
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

import structlog

LEVELS = ("debug", "info", "warning", "error")
FILE = "assistant.log"
SIZE = 1_000_000
"""bytes of one file: some 8,000 lines, weeks of them"""
OLDER = 4
"""files kept beside it (assistant.log.1 is the youngest of them): 5 MB in all, which nobody's disk notices"""

_ROOT = "assistant"


def set_up(level: str, folder: Path | None = None) -> None:
    """Send events of at least *level* (one of LEVELS) to standard error; colour only for a terminal.

    With *folder* all from info on go as JSON to FILE in it as well, which is for its owner alone. A disk that is full
    or read-only costs lines and one warning on standard error, never more.
    """
    logger = logging.getLogger(_ROOT)
    logger.propagate = False
    for old in logger.handlers[:]:
        logger.removeHandler(old)
        old.close()
    handlers = [_shown(level), *([_KeptFile(folder / FILE)] if folder is not None else [])]
    for handler in handlers:
        logger.addHandler(handler)
    logger.setLevel(min(handler.level for handler in handlers))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=lambda *_: logger,
        cache_logger_on_first_use=False,
    )


def set_anew(level: str, folder: Path) -> None:
    """See set_up, which was called before: with *folder* only where there is a file already. Else nothing happens."""
    handlers = logging.getLogger(_ROOT).handlers
    if handlers:
        set_up(level, folder if kept() else None)


def kept() -> bool:
    """Whether events go to a file."""
    return any(isinstance(handler, _KeptFile) for handler in logging.getLogger(_ROOT).handlers)


def last() -> Mapping[str, object] | None:
    """The last event of the file; None where there is none that can be read, or no file."""
    for handler in logging.getLogger(_ROOT).handlers:
        if isinstance(handler, _KeptFile):
            with suppress(OSError, ValueError, IndexError):
                found = json.loads(Path(handler.baseFilename).read_bytes().splitlines()[-1])
                return found if isinstance(found, dict) else None
    return None


def get(name: str) -> structlog.typing.FilteringBoundLogger:
    """The logger of one module: `log.get(__name__)`, then `.info("turn.done", gap_ms=312)`."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=name)
    return logger


def _shown(level: str) -> logging.Handler:
    handler = _Shown()
    handler.setLevel(level.upper())
    handler.addFilter(_is_news)
    # Plain: rich's tracebacks would print local variables, and those hold what people said.
    line = structlog.dev.ConsoleRenderer(colors=_coloured(), exception_formatter=structlog.dev.plain_traceback)
    handler.setFormatter(_formatter(structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False), line))
    return handler


def _is_news(record: logging.LogRecord) -> bool:
    """Whether it is not on standard error already, in other words: `shown=True` says that of what ends the program."""
    return not (isinstance(record.msg, dict) and record.msg.get("shown"))


def _coloured() -> bool:
    """Whether somebody looks who wants it: https://no-color.org, and terminals that know none."""
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


class _Shown(logging.StreamHandler[TextIO]):
    """Standard error, whatever it is now: while a live line is drawn, rich has put something before it."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)

    def emit(self, record: logging.LogRecord) -> None:
        """See logging; a lock of its own keeps others out meanwhile."""
        self.stream = sys.stderr
        super().emit(record)


class _KeptFile(RotatingFileHandler):
    """A file that is opened with its first line, and that no disk makes a nuisance of."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=SIZE, backupCount=OLDER, encoding="utf-8", delay=True)
        self.setLevel("INFO")
        time = structlog.processors.TimeStamper(fmt="iso", utc=True, key="when")
        # The traceback as Python prints it, again without local variables.
        trace = structlog.processors.format_exc_info
        self.setFormatter(_formatter(time, trace, structlog.processors.JSONRenderer()))
        self._told = False

    def _open(self) -> TextIOWrapper:
        Path(self.baseFilename).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = super()._open()
        Path(self.baseFilename).chmod(0o600)
        return file

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, ARG002 - logging's own
        """Tell once; logging itself would print a traceback for each line."""
        if not self._told:
            self._told = True
            sys.stderr.write(f"assistant: {self.baseFilename} cannot be written: {sys.exc_info()[1]}\n")


def _formatter(*processors: structlog.typing.Processor) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *processors]
    )
