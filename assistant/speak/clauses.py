"""Plain text goes in piece by piece, clauses come out, each to be spoken in one breath; the first one is short."""

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing

from assistant.flow import Clause
from assistant.speak.normalise import spoken

FIRST_WORDS = 3
"""words after which the first clause may end at a comma: less sounds chopped"""
FIRST_LIMIT = 8
"""words after which the first clause ends anyway, at a blank: about 2 s of speech, in which the next is made"""
COMMA_FROM = 60
"""characters from which a later clause may end at a comma: shorter ones lose the sentence's melody"""
LIMIT = 150
"""characters after which any clause ends at a blank: 10 s of speech, and much to synthesise at once"""

_SENTENCE = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s)|[。！？]|\n")
_COMMA = re.compile(r"[,;:][\"'”’)\]]*(?=\s)|(?<!\d)\s[-–—](?=\s)|—|[，、；：]")
_ABBREVIATION = re.compile(r"(?:\b(?:[A-Za-z]\.)+[A-Za-z]|\b(?:Dr|Mr|Mrs|Ms|Prof|St|vs|etc|approx|Jr|Sr|[A-HJ-Z]))$")
_NUMBER_SIGN = re.compile(r"\S\s+[Nn]o$")
_ENDING = re.compile(r"\b(?:p\.m|a\.m|etc)$", re.IGNORECASE)


class Cutter:
    """Feed it pieces of plain text; it gives every clause that is complete by now."""

    def __init__(self) -> None:
        self._text = ""
        self._first = True

    def push(self, piece: str) -> list[str]:
        """The clauses that *piece* completes."""
        self._text += piece
        found = []
        while (end := self._cut()) is not None:
            found += self._take(end)
        return found

    def end(self) -> list[str]:
        """What is left when the text is over."""
        self._text += "\n"
        found = self.push("")
        return found + self._take(len(self._text))

    def _take(self, end: int) -> list[str]:
        clause, self._text = self._text[:end].strip(), self._text[end:]
        if not any(letter.isalnum() for letter in clause):
            return []
        self._first = False
        return [" ".join(clause.split())]

    def _cut(self) -> int | None:
        """Where the next clause ends, if that is certain by now: the earliest of all places where it may."""
        ends = [end for end in (self._sentence(), self._comma(), self._limit()) if end is not None]
        return min(ends, default=None)

    def _sentence(self) -> int | None:
        for found in _SENTENCE.finditer(self._text):
            if found[0] == "\n" or self._is_end(found):
                return found.end()
        return None

    def _is_end(self, found: re.Match[str]) -> bool:
        before, after = self._text[: found.start()], self._text[found.end() :].lstrip()
        if found[0] == "." and _NUMBER_SIGN.search(before):
            # "it is no. 5" goes on, "the answer is no. We" does not; a lone "No." ends at once.
            return bool(after) and not after[0].isdigit()
        if found[0] != "." or not _ABBREVIATION.search(before):
            # "1." at the start of a line numbers what follows; it is no sentence.
            return found[0] != "." or not re.fullmatch(r"\s*\d+", before)
        # "at 7 p.m. We" ends a sentence, "at 7 p.m. in" does not: the next letter tells.
        return bool(_ENDING.search(before)) and after[:1].isupper()

    def _comma(self) -> int | None:
        for found in _COMMA.finditer(self._text):
            before = self._text[: found.start()]
            if len(before.split()) >= FIRST_WORDS if self._first else len(before) >= COMMA_FROM:
                return found.end()
        return None

    def _limit(self) -> int | None:
        blanks = [found.start() for found in re.finditer(r"(?<=\S)\s+(?=\S)", self._text)]
        if self._first and (good := [at for at in blanks[FIRST_LIMIT - 1 :] if self._parts(at)]):
            return good[0]
        if not blanks or blanks[-1] <= LIMIT:
            return None
        near = [at for at in blanks if at <= LIMIT]
        good = [at for at in near if self._parts(at)]
        return (good or near or blanks[:1])[-1]

    def _parts(self, at: int) -> bool:
        """Whether the blank *at* parts words that need not be said together: not "5 km", not "Dr. Jones"."""
        word = self._text[:at].rsplit(maxsplit=1)[-1]
        return not word.endswith(".") and not re.match(r"\W*\d", word)


async def clauses(pieces: AsyncGenerator[str, None], language: str = "en") -> AsyncGenerator[Clause, None]:
    """*pieces* of plain text as clauses, each as soon as it is complete."""
    cutter = Cutter()
    async with aclosing(pieces):
        async for piece in pieces:
            for text in cutter.push(piece):
                yield Clause(text, spoken(text, language))
    for text in cutter.end():
        yield Clause(text, spoken(text, language))
