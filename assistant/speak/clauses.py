"""Plain text goes in piece by piece, clauses come out, each to be spoken in one breath; the first one is short.

How short depends on the words, and on time: a slow model is not waited for until its sentence is whole.
"""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing

from assistant.flow import Clause
from assistant.speak.normalise import spoken

FIRST_WORDS = 3
"""words after which the first clause may end at a comma: less sounds chopped"""
FIRST_LIMIT = 8
"""words after which the first clause ends anyway, at a blank: about 2 s of speech, in which the next is made"""
FIRST_WAIT = 0.3
"""seconds after the first word from which the first clause may end at any blank that parts well: a model that writes 12
tokens a second has three to five words by then, and one that writes 50 a short sentence"""
LATER_WORDS = 5
"""words of a later clause that ends so, because the loudspeaker would fall silent: less would come out chopped"""
LETTERS_PER_SECOND = 15.0
"""how fast a voice speaks, about"""
MAKING = 0.3
"""seconds before the loudspeaker falls silent in which a clause still comes in time: a token or two until it can be
cut, then to be synthesised"""
COMMA_FROM = 60
"""characters from which a later clause may end at a comma: shorter ones lose the sentence's melody"""
LIMIT = 150
"""characters after which any clause ends at a blank: 10 s of speech, and much to synthesise at once"""

_SENTENCE = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s)|[。！？]|\n")
_COMMA = re.compile(r"[,;:][\"'”’)\]]*(?=\s)|(?<!\d)\s[-–—](?=\s)|—|[，、；：]")
_ABBREVIATION = re.compile(r"(?:\b(?:[A-Za-z]\.)+[A-Za-z]|\b(?:Dr|Mr|Mrs|Ms|Prof|St|vs|etc|approx|Jr|Sr|[A-HJ-Z]))$")
_NUMBER_SIGN = re.compile(r"\S\s+[Nn]o$")
_BETWEEN = r"(?<=\S)\s+(?=\S)"
"""a blank that has a word on either side"""
_LEANS_ON = frozenset({
    "a", "an", "the", "this", "that", "these", "those", "my", "your", "his", "her", "its", "our", "their",
    "of", "to", "in", "on", "at", "by", "for", "with", "from", "as", "than", "about", "into", "and", "or", "but", "if",
    "is", "are", "was", "were", "be", "has", "have", "had", "will", "would", "can", "could", "do", "does", "did", "not",
    "i", "you", "he", "she", "it", "we", "they", "who", "which", "because", "very", "i'm", "it's",
})  # fmt: skip
"""Words that nobody pauses behind: they belong to what follows."""
_ENDING = re.compile(r"\b(?:p\.m|a\.m|etc)$", re.IGNORECASE)


class Cutter:
    """Feed it pieces of plain text; it gives every clause that is complete by now."""

    def __init__(self) -> None:
        self._text = ""
        self._first = True

    def push(self, piece: str, *, hurried: bool = False) -> list[str]:
        """The clauses that *piece* completes; where it is *hurried*, what there is may be one."""
        self._text += piece
        found = []
        while (end := self._cut(hurried=hurried)) is not None:
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

    def _cut(self, *, hurried: bool) -> int | None:
        """Where the next clause ends, if that is certain by now: the earliest of all places where it may."""
        natural = min((end for end in (self._sentence(), self._comma()) if end is not None), default=None)
        short = natural is not None and (not self._first or len(self._text[:natural].split()) <= FIRST_LIMIT)
        if natural is not None and natural <= LIMIT and short:
            return natural  # it was there before any limit was reached, however late we look
        places = (natural, self._limit(), self._enough(hurried=hurried))
        return min((end for end in places if end is not None), default=None)

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

    def _enough(self, *, hurried: bool) -> int | None:
        """Where the clause may end at a blank because it is time: the first one after so many words in any case."""
        # In a hurry nobody waits for the next word: markup.py holds it back until it is whole, a token or two.
        blanks = self._blanks(r"(?<=\S)\s+" if hurried else _BETWEEN)
        if not self._first:
            return self._last(blanks[LATER_WORDS - 1 :]) if hurried else None
        if not hurried and len(blanks) < FIRST_LIMIT:
            return None
        beyond = (at for at in blanks[FIRST_LIMIT:] if self._parts(at))
        return self._last(blanks[FIRST_WORDS - 1 : FIRST_LIMIT]) or next(beyond, None)

    def _limit(self) -> int | None:
        blanks = self._blanks(_BETWEEN)
        if not blanks or blanks[-1] <= LIMIT:
            return None
        near = [at for at in blanks if at <= LIMIT]
        return self._last(near) or (near or blanks[:1])[-1]

    def _last(self, blanks: list[int]) -> int | None:
        """The last of *blanks* that parts well."""
        return next((at for at in reversed(blanks) if self._parts(at)), None)

    def _blanks(self, what: str) -> list[int]:
        return [found.start() for found in re.finditer(what, self._text)]

    def _parts(self, at: int) -> bool:
        """Whether the blank *at* parts words that need not be said together: not "5 km", "Dr. Jones" or "of Paris"."""
        word = self._text[:at].rsplit(maxsplit=1)[-1]
        return not word.endswith(".") and not re.match(r"\W*\d", word) and word.lower() not in _LEANS_ON


class Supply:
    """How long what was cut will keep the loudspeaker busy: told of each clause, it says when one more is due.

    All times are seconds on one clock.
    """

    def __init__(self) -> None:
        self._due: float | None = None
        self._runs_out = 0.0

    def short(self, now: float) -> bool:
        """Whether a clause is due; asked first when the first word is there."""
        if self._due is None:
            self._due = now + FIRST_WAIT
        return now >= self._due

    def add(self, text: str, now: float) -> None:
        """*text* is on its way to the voice, behind all that was before it."""
        self._runs_out = max(now, self._runs_out) + len(text) / LETTERS_PER_SECOND
        self._due = self._runs_out - MAKING


async def clauses(pieces: AsyncGenerator[str, None], language: str) -> AsyncGenerator[Clause, None]:
    """*pieces* of plain text as clauses, each as soon as it is complete, or as the voice needs one.

    *language* is an ISO 639 code, as in `normalise.spoken`.
    """
    clock = asyncio.get_running_loop().time
    cutter, supply = Cutter(), Supply()
    async with aclosing(pieces):
        async for piece in pieces:
            for text in cutter.push(piece, hurried=bool(piece.strip()) and supply.short(clock())):
                yield Clause(text, _going_on(spoken(text, language)))
                # Only now: whoever takes no clause has enough of them.
                supply.add(text, clock())
    for text in cutter.end():
        yield Clause(text, spoken(text, language))


def _going_on(text: str) -> str:
    """*text* with a comma where it breaks off: voices learnt from whole sentences, and would drop theirs to an end."""
    return f"{text}," if text[-1:].isalnum() else text
