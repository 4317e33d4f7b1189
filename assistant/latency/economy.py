"""Gaps of turns go in; what to do without while they are too long comes out, and what may be done again. Pure."""

from collections import deque
from enum import Enum
from statistics import median


class Saving(Enum):
    """What a turn can do without, in the order in which it is given up: what is missed least comes first."""

    WINDOW = "window"
    """the recogniser sees the utterance and a margin, and no more, though its model may be used to more"""
    DRAFTS = "drafts"
    """nothing is transcribed while they speak: on a small machine that keeps the rest waiting"""
    SPECULATION = "speculation"
    """an answer is begun at the first pause of a turn, not at the second and third"""
    ANSWER = "answer"
    """the model is asked for one short sentence"""


SAVED = "savings"
"""what of a turn's counts says how many of them, in that order, it did without"""
LOOKED_AT = 5
"""turns whose median decides: one slow turn is an accident; three of five are not"""
RECOVERED = 0.8
"""share of the target below which one saving is undone: without that room it would be back after the next turns"""
PATIENT = 10
"""turns that have to be fast before one saving is undone, twice as many as have to be slow: better steady than best"""


class Economy:
    """How much is saved at present. One step down when turns are slower than the target, one back when they recover."""

    def __init__(self, target: float, allowed: tuple[Saving, ...] = tuple(Saving)) -> None:
        """*target*: seconds that a gap may take; *allowed*: what may be saved, in this order."""
        self.savings: tuple[Saving, ...] = ()
        """what is saved now"""
        self._target = target
        self._allowed = allowed
        self._gaps: deque[float] = deque(maxlen=PATIENT)

    def push(self, gap: float) -> Saving | None:
        """A turn had this *gap*, in seconds: what is saved from now on, or no longer; it is in `savings` or not."""
        self._gaps.append(gap)
        recent = list(self._gaps)[-LOOKED_AT:]
        taken = len(self.savings)
        if len(recent) == LOOKED_AT and median(recent) > self._target and taken < len(self._allowed):
            return self._step(taken + 1)
        if taken and len(self._gaps) == PATIENT and median(self._gaps) < RECOVERED * self._target:
            return self._step(taken - 1)
        return None

    def _step(self, taken: int) -> Saving:
        # What is measured from now on shall be the effect of this step.
        self._gaps.clear()
        changed = self._allowed[max(taken, len(self.savings)) - 1]
        self.savings = self._allowed[:taken]
        return changed


def allowed(last: str) -> tuple[Saving, ...]:
    """The savings up to the one called *last*; none for "none"."""
    order = list(Saving)
    return tuple(order[: order.index(Saving(last)) + 1]) if last != "none" else ()
