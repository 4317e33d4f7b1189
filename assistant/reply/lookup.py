"""The tokens so far go in; a guess at the next ones comes out, for the model to check in one pass. Pure.

Answers echo their questions ("The capital of France is ..."), and what they said before; a tool call is like others
of that tool. A large model's pass over
five tokens takes about as long as over one, since it waits for its weights; so what was guessed right costs nothing,
and what was guessed wrong little. The text is the same as without. ("Prompt lookup decoding", Saxena 2023.)
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

SUFFIX = 4
"""tokens that have to match at most: more make no better guess"""
LENGTH = 4
"""tokens guessed where two or more match; llama.cpp has kernels for so few on Metal (2 to 8 at once)"""
UNTIL = 40
"""tokens of an answer in which it guesses: its first clauses. Later it is faster than the voice anyway"""
MISSES = 3
"""guesses wrong from their first token on after which it guesses no more: this answer goes its own way"""


class Lookup:
    """The guesses in one answer; ask it before each pass."""

    def __init__(self, prompt: int, likely: Sequence[int] = ()) -> None:
        """*prompt*: how many tokens stand before the answer. *likely*: tokens it may echo that stand in no prompt."""
        self._prompt = prompt
        self._likely = np.array(likely, np.intc)
        self._guess: list[int] = []
        self._at = 0
        self._misses = 0

    def guess(self, ids: NDArray[np.intc]) -> list[int]:
        """What may follow *ids*, all tokens of prompt and answer by now; often nothing."""
        self._learn(ids)
        if ids.size - self._prompt > UNTIL or self._misses >= MISSES:
            self._guess = []
        else:
            self._guess, self._at = _followed(np.concatenate([self._likely, ids])), ids.size
        return self._guess

    def _learn(self, ids: NDArray[np.intc]) -> None:
        if self._guess and ids.size > self._at and ids[self._at] != self._guess[0]:
            self._misses += 1


def _followed(ids: NDArray[np.intc]) -> list[int]:
    """What followed where the end of *ids* stood before: the longest such end, and the last place of it."""
    places: NDArray[Any] = np.flatnonzero(ids[:-1] == ids[-1])
    length = 1
    for back in range(1, SUFFIX):
        longer = places[(places >= back) & (ids[places - back] == ids[-1 - back])] if ids.size > back else places[:0]
        if not longer.size:
            break
        places, length = longer, back + 1
    if not places.size:
        return []
    after = int(places[-1]) + 1
    return [int(token) for token in ids[after : after + (LENGTH if length > 1 else 1)]]
