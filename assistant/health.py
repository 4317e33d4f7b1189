"""Failures of parts go in; whether each may be tried again comes out, and what does not work at present. Pure.

A part that has failed three times within ten minutes rests until the first of those is ten minutes old: the rest of
the program goes on without it, and it is tried again then.
"""

from collections import deque
from dataclasses import dataclass

FAILURES = 3
"""Once is an accident and twice bad luck; what fails a third time will fail again, and each time somebody waits."""
WITHIN = 600.0
"""seconds: what happens once an hour is bearable, and no reason to go without"""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A part that rests, and why."""

    part: str
    """as a person would call it: "the recogniser" """
    why: str
    """the last failure, as a sentence"""


class Health:
    """How often each part has failed of late. Times are seconds of one clock, and never go back."""

    def __init__(self, failures: int = FAILURES, within: float = WITHIN) -> None:
        self._within = within
        self._most = failures
        self._failed: dict[str, deque[tuple[float, str]]] = {}

    def failed(self, part: str, why: str, now: float) -> bool:
        """Note a failure; whether the part has to rest from now on."""
        # The last ones decide; more would be kept for nothing.
        self._failed.setdefault(part, deque(maxlen=self._most)).append((now, why))
        return self.rests(part, now)

    def forget(self, part: str) -> None:
        """Something new is in its place."""
        self._failed.pop(part, None)

    def rests(self, part: str, now: float) -> bool:
        """Whether *part* is not to be used."""
        failures = self._failed.get(part)
        return failures is not None and len(failures) == self._most and now - failures[0][0] < self._within

    def troubles(self, now: float) -> list[Trouble]:
        """All that rests, in the order in which it first failed."""
        return [Trouble(part, failures[-1][1]) for part, failures in self._failed.items() if self.rests(part, now)]
