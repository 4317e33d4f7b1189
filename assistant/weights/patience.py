"""An attempt that may be interrupted goes in; it is made again, with pauses, as long as that makes sense."""

from collections.abc import Callable
from typing import TypeVar

from assistant.weights.hub import InterruptedFetch

ATTEMPTS = 6
"""in a row without a new byte; with the pauses between them that is a minute, in which a router has restarted"""
LONGEST_S = 300.0
"""that the hub may ask us to wait; its limits are by five minutes"""

Answer = TypeVar("Answer")


def patiently(
    attempt: Callable[[], Answer], arrived: Callable[[], int], wait: Callable[[float, InterruptedFetch], None]
) -> Answer:
    """Make *attempt* until it goes well; *arrived* counts bytes. Raises the last InterruptedFetch.

    *wait* waits so many seconds behind what interrupted it.
    """
    begun = arrived()
    failures = 0
    while True:
        before = arrived()
        try:
            return attempt()
        except InterruptedFetch as cut:
            failures = 1 if arrived() > before else failures + 1
            pause_s = pause_after(failures, cut, anything=arrived() > begun)
            if pause_s is None:
                raise
            wait(pause_s, cut)


def pause_after(failures: int, cut: InterruptedFetch, *, anything: bool) -> float | None:
    """Seconds until the next attempt, None for no more: after so many *failures* in a row, the last of which was *cut*.

    Who has reached nobody, before *anything* has arrived, is offline, and is told at once.
    """
    if failures >= ATTEMPTS or not (cut.answered or anything):
        return None
    pause_s = 2.0 ** (failures - 1)
    if cut.wait_s is None:
        return pause_s
    # Never shorter: in the last second of its window the hub says 0, and six attempts in a row would be all there are.
    return max(cut.wait_s, pause_s) if cut.wait_s <= LONGEST_S else None
