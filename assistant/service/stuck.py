"""An event loop goes in; where it hangs for half a minute the program ends, so that it is started again.

systemd has a watchdog for that (see notify.py), launchd has none, and calls a process well that has been deaf for days:
what finds voices and cancels echo runs in the loop itself, and one native call that never returns holds it. Seen by a
thread, and so only where that call lets go of Python's lock: those of onnxruntime and ctypes do, webrtcvad's do not.
"""

import asyncio
import os
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from assistant import log

EVERY = 5.0
"""seconds between two looks, and how long each waits for an answer"""
LOOKS = 6
"""Looks in vain that make it stuck: half a minute, as in our systemd unit. They are counted, not timed: behind a sleep
of the computer all clocks may have gone on, and the loop could not."""
EXIT_CODE = 1
"""not 0, at which launchd would leave it at that; see KeepAlive in launchd.py"""
_LAST_WORDS = 1.0
"""seconds for the log, which the loop may hold"""

_logger = log.get(__name__)


@contextmanager
def ended_where_stuck(every: float = EVERY) -> Iterator[None]:
    """Watch, for as long as the block lasts, that the running event loop runs: see above."""
    loop = asyncio.get_running_loop()
    watched = threading.get_ident()
    over, runs = threading.Event(), threading.Event()

    def look() -> None:
        while not over.wait(every):
            runs.clear()
            with suppress(RuntimeError):  # it is closed
                loop.call_soon_threadsafe(runs.set)
            if not any(runs.wait(every) or over.is_set() for _ in range(LOOKS)):
                _end(watched)

    looking = threading.Thread(target=look, name="stuck", daemon=True)
    looking.start()
    try:
        yield
    finally:
        over.set()


def _end(thread: int) -> None:
    """End, and tell where *thread* hangs; without cleaning up, which would hang as well."""
    latest = threading.Timer(_LAST_WORDS, os._exit, [EXIT_CODE])
    latest.daemon = True
    with suppress(RuntimeError):  # no thread is left: then without last words, if they hang
        latest.start()
    frame = sys._current_frames().get(thread)  # noqa: SLF001 - documented, "for specialized purposes": this one
    _logger.error("loop.stuck", exception="".join(traceback.format_stack(frame)))
    os._exit(EXIT_CODE)
