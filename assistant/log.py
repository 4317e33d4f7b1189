"""Log lines: an event name and its fields go in, one line on standard error comes out. Never what people said."""

import logging
import sys

import structlog

LEVELS = ("debug", "info", "warning", "error")


def set_up(level: str) -> None:
    """Send events of at least *level* (one of LEVELS) to standard error; colour only for a terminal."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
            # Plain: rich's tracebacks would print local variables, and those hold what people said.
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def get(name: str) -> structlog.typing.FilteringBoundLogger:
    """The logger of one module: `log.get(__name__)`, then `.info("turn.done", gap_ms=312)`."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=name)
    return logger
