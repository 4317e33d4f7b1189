"""A loudspeaker's name goes in; whether it is worn on the ears, so that no microphone hears it, comes out."""

import math
import re
from collections.abc import Callable

_WORN = re.compile(
    r"(air|ear) ?pods|ear ?(phone|bud)|\bbuds\d*\b|head ?(phone|set)|hands-?free|\bbeats\b|quietcomfort|\bw[fh]-"
    r"|kopfh(ö|oe)rer|[eé]couteurs|\bcasque|auriculares|\bcuffie"
)

_OPEN = re.compile(r"\be[xs]tern|headphone jack|\badapter|\bpill\b|speaker")
"""Called so and perhaps not worn: a Mac calls whatever is in its socket "External Headphones" (not seen on one), and
what is in Apple's adapter "USB-C to 3.5mm Headphone Jack Adapter", loudspeakers too; and Beats Pill is one"""


def headphones(name: str) -> bool:
    """Whether a device called *name* is surely worn on the ears, as far as a name can tell: then there is no echo.

    Where it cannot, the answer is no: a canceller does no harm on headphones, and without one loudspeakers are heard.
    """
    called = name.casefold()
    return _WORN.search(called) is not None and _OPEN.search(called) is None


class Worn:
    """Headphones, in place of a canceller: nothing of ours is heard as long as they are on, and all of it once off."""

    leaks = False

    def __init__(self, name: Callable[[], str], clock: Callable[[], float]) -> None:
        """*name* of the loudspeaker that plays now, which may become another one; *clock*: the loop's."""
        self._name = name
        self._clock = clock

    @property
    def heard_at(self) -> float:
        """Long behind whatever we said while they are on; then now, since nobody knows how late frames are."""
        return math.inf if self._on else self._clock()

    @property
    def controlled(self) -> bool:
        """False once they are off: nothing takes our voice out until there is a canceller."""
        return self._on

    @property
    def converged(self) -> bool:
        """As `controlled`."""
        return self._on

    @property
    def _on(self) -> bool:
        return headphones(self._name())
