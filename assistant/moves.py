"""What can be noticed in a conversation, how things may stand, and what can be done about it: the words of floor.py."""

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from assistant.flow import Utterance
from assistant.listen.ear import Noticed

SPECULATIONS = 3
"""Answers begun in one turn of theirs: whoever pauses more often is thinking, and the work would be wasted."""


class Mode(Enum):
    """When the assistant listens."""

    OPEN = "open"
    """always"""
    WAKE = "wake"
    """after the wake word"""
    PUSH = "push"
    """after a key"""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the person has chosen."""

    mode: Mode = Mode.OPEN
    follow_up: float = 8.0
    """seconds after an answer in which no wake word is needed"""
    barge_in: bool = True
    """anything said while we speak may interrupt us; else only a word like "stop" and the wake word"""
    speculations: int = SPECULATIONS
    """how often in one turn of theirs an answer is begun before that has surely ended"""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Scene:
    """How things stand when something is noticed."""

    heard: bool
    """something of our turn has been audible"""
    echo: str = ""
    """what we are saying, or said a moment ago, if our own voice may be in the microphone"""
    full_duplex: bool = True
    """we can hear them while we speak"""
    sure: bool = True
    """...and what we hear is certainly not ourselves"""
    ours: bool = False
    """what was heard in the last second is ourselves: the echo canceller let it through"""
    eager: bool = True
    """an answer may be begun at more than one pause of a turn of theirs"""


# What is noticed besides what the ear notices.


@dataclass(frozen=True, slots=True)
class Understood:
    """All of *utterance* has been transcribed."""

    utterance: Utterance
    text: str
    confidence: float = 0.0
    """mean log-probability, 0 is certain"""


@dataclass(frozen=True, slots=True)
class Overheard:
    """The first words of somebody who still speaks."""

    text: str
    seconds: float
    """how long they have been speaking"""
    confidence: float = 0.0
    """mean log-probability, 0 is certain"""


@dataclass(frozen=True, slots=True)
class TimeToDecide:
    """A moment has passed since they began: their first words can be looked at."""


@dataclass(frozen=True, slots=True)
class TimeToSleep:
    """`follow_up` seconds have passed since the floor became free."""


@dataclass(frozen=True, slots=True)
class TurnOver:
    """Our turn has come to its end; one that was cancelled is over at once."""


@dataclass(frozen=True, slots=True)
class Ring:
    """A timer rings: *text* is to be said when the floor is free."""

    text: str


class Wish(Enum):
    """What somebody asks for in another way than aloud: with a key, or a command."""

    SILENCE = "say no more, and take nothing that is being said for meant for us"
    SLEEP = "the same, and listen for the wake word alone"
    DEAFNESS = "what is being said will not be heard to its end: the microphone is closed"


Event: TypeAlias = Noticed | Understood | Overheard | TimeToDecide | TimeToSleep | TurnOver | Ring | Wish


class Do(Enum):
    """What is to be done that needs no words."""

    HOLD = "hold our breath: the loudspeaker pauses at a sample"
    DUCK = "speak on, but softer: perhaps somebody begins to speak"
    GO_ON = "breathe on: it goes on at that sample"
    CANCEL = "end our turn; what was audible of it stays in memory"
    OVERHEAR = "transcribe what they have said so far, while they speak"
    FORGET = "what the ear has open was not meant for us"
    DECIDE_LATER = "wake me with TimeToDecide"
    SLEEP_LATER = "wake me with TimeToSleep"
    SLEEP = "listen only for the wake word, and say so with a sound"
    AWAKE = "say with a sound that we listen"


@dataclass(frozen=True, slots=True)
class Judge:
    """Transcribe *utterance*, and have as much patience behind it as it sounds complete."""

    utterance: Utterance


@dataclass(frozen=True, slots=True)
class Prepare:
    """Begin to answer *utterance*, which may be all they say; nobody shall notice before Answer.

    It holds as long as the floor's `pausing` is this utterance.
    """

    utterance: Utterance


@dataclass(frozen=True, slots=True)
class Answer:
    """Take a turn on *utterance*; the one that is prepared, if it is the same."""

    utterance: Utterance


@dataclass(frozen=True, slots=True)
class Announce:
    """Say *text* of our own accord."""

    text: str


Command: TypeAlias = Do | Judge | Prepare | Answer | Announce
