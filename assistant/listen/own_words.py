"""What was understood and what we say go in; whether it is our own voice that was understood comes out. Pure."""

import re
from difflib import SequenceMatcher
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_SHORT = 2
"""words up to which a transcript must be ours to the letter: "stop" and "no, thanks" are people's words"""
_MISTAKES = 0.3
"""share of a longer transcript's words that the recogniser may have got wrong, left out or invented: of an echo that
the canceller has thinned, it does not understand more"""
_FUZZY_FROM = 4
"""letters from which a word may be misspelt and still be the same one"""
_ALIKE = 0.7
"""share of letters two such words must have in common, in order (difflib's ratio)"""


def similar(heard: str, spoken: str) -> bool:
    """Whether *heard* is a stretch of *spoken*, the text being said (or said in the last seconds): our own voice.

    Both as words: numbers spoken, not in digits. One or two words must be there exactly, side by side; of more, seven
    in ten must, in order and close together, and a word counts if most of its letters are right. Nothing is like
    nothing: an empty transcript is nobody's.
    """
    ours, theirs = _words(spoken), _words(heard)
    if not theirs or not ours:
        return False
    if len(theirs) <= _SHORT:
        return any(ours[at : at + len(theirs)] == theirs for at in range(len(ours)))
    return _distance(theirs, ours) <= _MISTAKES * len(theirs)


def _distance(part: list[str], whole: list[str]) -> int:
    """How many words of *part* must be changed, dropped or added to make it a stretch of *whole* (Sellers 1980)."""
    above = [0] * (len(whole) + 1)  # it may begin anywhere
    for row, word in enumerate(part, start=1):
        line = [row]
        for column, other in enumerate(whole, start=1):
            changed = above[column - 1] + (not _alike(word, other))
            line.append(min(changed, above[column] + 1, line[-1] + 1))
        above = line
    return min(above)  # and end anywhere


@lru_cache(maxsize=10_000)
def _alike(word: str, other: str) -> bool:
    if word == other:
        return True
    shorter, longer = sorted((len(word), len(other)))
    if shorter < _FUZZY_FROM or 2 * shorter < _ALIKE * (shorter + longer):
        return False
    matcher = SequenceMatcher(None, word, other)
    return matcher.quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold().replace("’", "'"))
