"""A clause, and when its voice says each phoneme, go in; when each word has been said comes out. Pure.

What a voice says is not always what is written: numbers are spoken in words, and espeak-ng draws small words together
("of the" is one). So written words are matched with spoken ones by what they are, and spoken ones with the voice's
by how long they are; where nothing matches, time is shared out by letters.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import accumulate, product
from typing import NamedTuple

from assistant.flow import Clause

_MERGED = 4
"""words that espeak-ng draws together at most ("out of the", "it would have been")"""
_APART = 6
"""stretches that one written word may be said in: an abbreviation, letter by letter"""
_MERGING = 0.3
_PARTING = 2.0
"""phonemes that these cost, a word or stretch: the one is common, the other is not"""
_SILENT = re.compile(r"[\W_]+")


class Stretch(NamedTuple):
    """What the voice says in one go, mostly a word."""

    start: int
    """samples: where its first sound begins"""
    end: int
    """samples: where its last sound ends; a comma's pause is behind that"""
    sounds: int
    """how many phonemes, stress and length not counted"""

    def later(self, samples: int) -> "Stretch":
        """The same, *samples* further on."""
        return Stretch(self.start + samples, self.end + samples, self.sounds)


def stretches(phonemes: Iterable[tuple[str, int]]) -> list[Stretch]:
    """The stretches of a sentence from its *phonemes*, each with its length in samples; a blank lies between two."""
    found: list[Stretch] = []
    start: int | None = None
    at = end = sounds = 0
    for phoneme, length in [*phonemes, (" ", 0)]:
        if phoneme == " " and start is not None:
            found.append(Stretch(start, end, sounds))
            start, sounds = None, 0
        kind = unicodedata.category(phoneme[0])
        # Letters, their marks and numbers (tones) sound; punctuation, and piper's ^ and $ for both ends, do not.
        if kind[0] in "LMN":
            start = at if start is None else start
            end = at + length
            sounds += kind[0] == "L" and kind != "Lm"
        at += length
    return found


def word_ends(clause: Clause, said: Sequence[Stretch]) -> tuple[int, ...]:
    """Where each word of the clause's text, as `split` gives them, has been said, in samples; rising.

    Empty where *said* cannot be what is spoken.
    """
    spoken = _spoken(clause)
    ends = _matched(spoken, said)
    return _of_text(clause, spoken, ends) if ends else ()


def shared_out(clause: Clause, start: int, end: int) -> tuple[int, ...]:
    """The same where only *start* and *end* of the speech are known, by the share of letters.

    Not of words, some of which have one letter and others twelve.
    """
    spoken = _spoken(clause)
    ends = [start + round(share * (end - start)) for share in _shares(spoken)]
    return _of_text(clause, spoken, ends) if ends else (end,) * len(clause.text.split())


def _spoken(clause: Clause) -> list[str]:
    """The words that sound, in lower-case letters and digits."""
    return [word for word in map(_bare, clause.spoken.split()) if word]


def _bare(word: str) -> str:
    return _SILENT.sub("", word.casefold())


def _shares(words: Sequence[str]) -> list[float]:
    """Where each word ends, as a share of all; every word counts for a letter more, as it is set off from the next."""
    sizes = list(accumulate(len(word) + 1 for word in words))
    return [size / sizes[-1] for size in sizes]


def _matched(words: Sequence[str], said: Sequence[Stretch]) -> list[int]:
    """Where each of *words* ends: the cheapest way to share the stretches out among them, in order.

    A part costs how far it is from the length that its letters promise, squared, a phoneme; and a fine where it is not
    one to one. [] if there is no way.
    """
    if len(words) == len(said):
        return [stretch.end for stretch in said]
    rate = sum(stretch.sounds for stretch in said) / max(1, sum(map(len, words)))
    ways: dict[tuple[int, int], tuple[float, list[int]]] = {(0, 0): (0.0, [])}
    for place in product(range(len(words)), range(len(said))):
        if place not in ways:
            continue
        cost, ends = ways[place]
        for part, sound in _steps(words[place[0] :], said[place[1] :]):
            promised, sounds = rate * sum(map(len, part)), sum(stretch.sounds for stretch in sound)
            fine = _MERGING * (len(part) - 1) + _PARTING * (len(sound) - 1)
            dearer = cost + (promised - sounds) ** 2 / max(promised, 1.0) + fine
            after = place[0] + len(part), place[1] + len(sound)
            if after not in ways or dearer < ways[after][0]:
                ways[after] = dearer, ends + _within(part, sound)
    return ways.get((len(words), len(said)), (0.0, []))[1]


def _steps(words: Sequence[str], said: Sequence[Stretch]) -> Iterator[tuple[Sequence[str], Sequence[Stretch]]]:
    """The next words that may be one stretch, and the next stretches that may be one word."""
    for count in range(1, min(_MERGED, len(words)) + 1):
        yield words[:count], said[:1]
    for count in range(2, min(_APART, len(said)) + 1):
        yield words[:1], said[:count]


def _within(words: Sequence[str], said: Sequence[Stretch]) -> list[int]:
    start, end = said[0].start, said[-1].end
    return [start + round(share * (end - start)) for share in _shares(words)]


def _of_text(clause: Clause, spoken: Sequence[str], ends: Sequence[int]) -> tuple[int, ...]:
    """From where each spoken word ends to where each written one does."""
    written = [_bare(word) for word in clause.text.split()]
    found: list[int] = []
    for _, first, last, begin, stop in SequenceMatcher(None, written, spoken, autojunk=False).get_opcodes():
        for place in range(1, last - first + 1):
            # Of three words said in five, the first is done with the second; a dash, said in none, with what precedes.
            said = begin - (-place * (stop - begin) // (last - first))
            found.append(ends[max(0, said - 1)])
    return tuple(found)
