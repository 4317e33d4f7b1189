"""Patience, pause and the engines' times go in; when the answer sounds comes out, and what each of them costs. Pure.

Somebody falls silent. After `pause` the engines begin, and the answer sounds when they and the patience have both come
to an end. So what is shorter than that which goes on beside it costs nothing. All times are in seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from assistant.pace import Pace
from assistant.speak.clauses import FIRST_WORDS

REPLYING = ("prefill_done", "first_token", "first_clause", "first_audio")
"""the stages from a transcript to the first clause's sound"""
TOKENS_A_WORD = 1.3
"""of English in the vocabularies of large models"""


@dataclass(frozen=True, slots=True)
class Budget:
    """What decides when an answer sounds."""

    patience: float
    """silence that ends the turn"""
    pause: float
    """silence after which the engines begin"""
    hearing: float = 0.0
    """the recogniser's last pass"""
    replying: float = 0.0
    """from the transcript to the first clause's sound"""
    speculate: bool = True
    """reply before the turn has ended"""

    @property
    def gap(self) -> float:
        """From the last sound of the question to the first clause's sound, which then goes to the loudspeaker."""
        # A turn does not end before it has been transcribed: its words may say that it goes on.
        ended = max(self.patience, self.pause + self.hearing)
        return max(ended, self.pause + self.hearing + self.replying) if self.speculate else ended + self.replying

    def saved(self, **changes: Any) -> float:
        """By how much the answer would come sooner with these *changes*; 0.0 where it would not."""
        return max(0.0, self.gap - replace(self, **changes).gap)


def budget(patience: float, pause: float, took: Mapping[str, float], pace: Pace, *, speculate: bool) -> Budget:
    """The budget of turns whose stages *took* so long in the median; without any, what the *pace* costs at least.

    That is a pass for the last words, so many tokens as three words have, and their sound.
    """
    if "transcript" in took:
        replying = sum(took.get(stage, 0.0) for stage in REPLYING)
        return Budget(patience, pause, took["transcript"], replying, speculate)
    words = FIRST_WORDS * TOKENS_A_WORD * pace.writing
    return Budget(patience, pause, pace.hearing, pace.evaluating(1) + words + pace.speaking, speculate)
