"""What was said so far, and how complete it sounds, go in; how much silence shall end the turn comes out. Pure.

Too eager is worse than too slow: whoever is cut off must say it all again, whoever waits loses half a second.
"""

import re
from dataclasses import dataclass
from enum import Enum

from assistant.flow import SAMPLE_RATE
from assistant.listen.endings import ENDINGS

_MS = SAMPLE_RATE // 1000

AGREES = 0.5
"""The turn model's probability from which a turn is complete, as its authors use it: enough where the words agree."""
ALONE = 0.985
"""...and where they do not know. Very high: of ten people cut off in mid-sentence one was at 0.97. At 0.95 8 of 100
synthetic sentences ended in a pause of 600 ms, at 0.985 5, as by the words alone (scripts/bench_turns.py ends)."""
GOES_ON = 0.2
"""...and up to which it surely goes on. At 120 ms of silence six recordings of people who were done were judged 0.65 to
0.99, and six of ten cut off in mid-sentence below 0.2 (JFK, LJ Speech, wake words). Synthetic voices fit neither: those
of espeak-ng and flite are judged alike, finished or not."""

DOUBTED = -0.6
"""mean log-probability below which words prove nothing: of what is broken off recognisers make something that is whole.
Of 200 synthetic requests with a pause in them 12 ended there with the turn model and 18 without, not 14 and 20, and the
median of finished ones waited as long (scripts/bench_turns.py ends)"""


class Ending(Enum):
    """What the words alone say of a turn."""

    FINISHED = "it ends as a request or a question does"
    UNSURE = "it may be all"
    OPEN = "it surely goes on"


@dataclass(frozen=True, slots=True)
class Stages:
    """How much silence ends a turn, by how complete it is; in samples at 16 kHz."""

    sure: int = 180 * _MS
    """180 ms: melody and words agree that it is; people leave each other about 200 ms (Levinson & Torreira 2015)"""
    likely: int = 300 * _MS
    """300 ms: one of them says so; longer than the gaps within fluent speech"""
    unsure: int = 740 * _MS
    """740 ms: longer than most pauses inside sentences, and than one of 600 for thought"""
    open: int = 1200 * _MS
    """1200 ms: somebody is looking for a word; beyond it, silence itself says that nothing more will come"""


def patience(
    text: str, probability: float | None, stages: Stages, language: str = "en", confidence: float = 0.0
) -> int:
    """How much silence, in samples at 16 kHz, shall end a turn that says *text* so far.

    *probability* is the turn model's, 0-1, that it is complete; None without a model: then the words decide alone.
    *language* is an ISO 639 code; in one without rules only punctuation and melody count. *confidence* is the
    recogniser's, a mean log-probability.
    """
    words = ending(text, language)
    if words is Ending.FINISHED and confidence < DOUBTED:
        words = Ending.UNSURE
    if words is Ending.OPEN:
        # However final it sounds: nobody's request ends in "the", and a voice may fall before any pause.
        return stages.open
    if probability is None:
        return stages.likely if words is Ending.FINISHED else stages.unsure
    if probability <= GOES_ON:
        return stages.unsure if words is Ending.FINISHED else stages.open
    if words is Ending.FINISHED:
        return stages.sure if probability >= AGREES else stages.likely
    return stages.likely if probability >= ALONE else stages.unsure


def ending(text: str, language: str = "en") -> Ending:
    """How *text* ends, with punctuation and capitals as Whisper writes it, or without any."""
    text = text.strip().rstrip("\"'”’»)")
    if re.search(r"(?:\.\.|…|[,;:(–—-])$", text):
        return Ending.OPEN
    by_words = _by_words(_words(_last_sentence(text)), language)
    if by_words is Ending.UNSURE and text.endswith(("?", "!")):
        return Ending.FINISHED
    if by_words is Ending.FINISHED and _is_punctuated(text) and not text.endswith((".", "?", "!")):
        return Ending.UNSURE
    # A full stop proves nothing: Whisper sets one behind whatever it was given.
    return by_words


def _by_words(words: str, language: str) -> Ending:
    endings = ENDINGS.get(language)
    if not words:
        return Ending.OPEN
    if endings is None:
        return Ending.UNSURE
    bare = endings.polite.sub("", words)
    if endings.whole.search(bare):
        return Ending.FINISHED
    if endings.goes_on.search(bare):
        return Ending.OPEN
    if endings.may_go_on.search(bare) or not endings.done.search(bare):
        return Ending.UNSURE
    return Ending.FINISHED


def _last_sentence(text: str) -> str:
    return re.split(r"(?<=[.?!])\s+", text)[-1]


def _is_punctuated(text: str) -> bool:
    """Whether the recogniser writes punctuation: capitals go with it. Then a mark that is missing tells something."""
    return text[:1].isupper()


def _words(text: str) -> str:
    """In lower case, apart by one blank, signs as words, without punctuation except within numbers."""
    lower = text.lower().replace("’", "'").replace("%", " percent")
    lower = re.sub(r"(?<=[\s\d])[+*/×÷=](?=[\s\d]|$)", " plus ", lower)
    lower = re.sub(r"\b(what|how|who|where|when)s\b", r"\1's", lower)
    return " ".join(re.findall(r"\d[\d.,:/]*\d|\w[\w']*", lower))
