"""What somebody says while we speak goes in; what it means for our speaking comes out. Pure.

People say "mm-hm" and "okay" to somebody who speaks in order to be told more, not less (back-channel: Yngve 1970), and
cough. Every other assistant stops for all of it; this one goes on at the same sample.
"""

import re
from difflib import SequenceMatcher
from enum import Enum, auto

DECIDE_AFTER = 0.4
"""seconds of speech after which its first words are looked at; by then a cough is over, and a word or two are said"""
NO_WORDS_AFTER = 1.0
"""seconds of voice without a word that was understood, after which it counts as speech all the same: a shout"""
DOUBTFUL_WORDS = 2
"""words that it takes while echo control is not yet sure of itself: one might be what is left of our own"""

SHORT = 2
"""words up to which a recogniser may have made them of a cough"""
DOUBTED_BELOW = -0.85
"""mean log-probability below which so few words are not believed, nor any while echo control is not yet sure of itself:
a cough was "could" at -0.92, bursts "add" and "i" at -0.60 to -0.95. Not higher: "stop" is garbled, too, while both
speak at once, and must not be missed"""

BACK_CHANNEL = {
    "en": "mm mhm mm-hm hmm hm uh huh uh-huh ah oh yeah yes yep yup okay ok right sure i see got it go on cool nice"
    " great",
    "de": "mm mhm hm hmm ja jaja okay ok genau richtig ach so aha gut klar verstehe stimmt",
    "fr": "mm mhm hm oui ouais okay ok d'accord ah bon voilà je vois bien sûr",
    "es": "mm mhm hm sí si okay ok vale claro ya bien ajá entiendo",
    "it": "mm mhm hm sì si okay ok certo va bene capisco giusto ah",
}
STOP = {
    "en": "stop|wait|cancel|quiet|be quiet|shut up|silence|enough|that is enough|that's enough|hold on|hang on"
    "|never mind|stop it|stop that|stop talking|stop please|please stop|cancel that"
    "|wait a moment|wait a minute|one moment|pause",
    "de": "stopp|stop|halt|warte|abbrechen|ruhe|sei still|still|genug|das reicht|moment|moment mal|hör auf|schluss",
    "fr": "stop|arrête|arrêtez|attends|attendez|silence|tais-toi|ça suffit|assez|un moment|annule",
    "es": "para|alto|espera|cancela|silencio|cállate|basta|ya basta|un momento",
    "it": "stop|basta|aspetta|annulla|silenzio|zitto|fermati|un momento",
}
STOP_AMIDST = {
    "en": "stop",
    "de": "stopp stop halt",
    "fr": "stop arrête arrêtez",
    "es": "alto basta",
    "it": "stop basta",
}
"""...of these, the words that count in the midst of others: "wait" and "enough" a recogniser may make of anything"""


class Verdict(Enum):
    """What to do about somebody who speaks while we do."""

    WAIT = auto()
    """hear more before deciding"""
    GO_ON = auto()
    """it was not meant to stop us"""
    STOP = auto()
    """fall silent, and answer nothing"""
    YIELD = auto()
    """fall silent and listen: a new request has begun"""


def verdict(
    text: str, seconds: float, *, over: bool, sure: bool = True, confidence: float = 0.0, language: str = "en"
) -> Verdict:
    """Judge *text*, all that was understood so far in *seconds* of speech, with this mean log-probability.

    *over*: they have fallen silent, so there will be no more of it. *sure*: what we heard is certainly not ourselves.
    """
    words = _words(text)
    if confidence < DOUBTED_BELOW and (len(words) <= SHORT or not sure):
        words = []
    if not words:
        return Verdict.GO_ON if over else Verdict.YIELD if seconds >= NO_WORDS_AFTER and sure else Verdict.WAIT
    if " ".join(words) in _stops(language):
        # "wait" may go on as "wait, what about tomorrow": we fall silent at once, and know at the end what it was.
        return Verdict.STOP if over else Verdict.YIELD
    if all(word in _back_channel(language) for word in words):
        return Verdict.GO_ON if over else Verdict.WAIT
    if not sure and len(words) < DOUBTFUL_WORDS:
        return Verdict.GO_ON if over else Verdict.WAIT
    return Verdict.YIELD


def stops(text: str, ours: str, language: str = "en") -> bool:
    """Whether *text* asks us to stop, though it may hold our own voice, too: words of *ours* do not count.

    "five six stop eight" does while we count, and so does "wait" alone; "stop the timer" does not if that is ours, nor
    if nothing of ours is in the air: then it is all theirs, and only a word like "stop" by itself is meant.
    """
    heard, said = _words(text), _words(ours)
    parts = SequenceMatcher(None, heard, said, autojunk=False).get_opcodes()
    theirs = [word for kind, first, last, _, _ in parts if kind != "equal" for word in heard[first:last]]
    if theirs == heard and " ".join(heard) in _stops(language):
        return True
    return bool(said) and not {"stop", *STOP_AMIDST.get(language, "").split()}.isdisjoint(theirs)


def _words(text: str) -> list[str]:
    return re.findall(r"[\w'-]+", text.lower().replace("’", "'"))


def _stops(language: str) -> set[str]:
    return set(STOP.get(language, "").split("|")) | {"stop"}


def _back_channel(language: str) -> set[str]:
    return set(BACK_CHANNEL.get(language, BACK_CHANNEL["en"]).split())
