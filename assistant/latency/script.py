"""Questions, the time and what the program tells go in; which one is due, and what came of each comes out. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from assistant.flow import Samples, Transcript
from assistant.latency.entry import Entry, entry
from assistant.latency.marks import Marks
from assistant.speak.normalise import spoken
from assistant.turn import Notice

REST = 0.8
"""seconds in which nobody speaks before the next question: what begins within 0.5 s behind our own voice may be its
echo, and people do not fire questions either"""

NOT_HEARD = "the question was not heard"
NO_TURN = "the question was heard, but no turn came of it"


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """One recorded request."""

    name: str
    """what it is called: its words, or its file's name"""
    samples: Samples
    """(n,), mono at `rate`"""
    rate: int
    """Hz"""
    words: str | None = None
    """what is said in it, where that is known"""

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.samples.size / self.rate


@dataclass(slots=True)
class Asked:
    """What came of one question."""

    question: Question
    turns: list[tuple[datetime, Mapping[str, object]]] = field(default_factory=list)
    """the end and the record of each turn it led to; more than one where its end was heard too early"""
    understood: list[str] = field(default_factory=list)
    noticed: bool = False
    """somebody was heard to speak"""
    done: bool = False
    """all is quiet again"""

    @property
    def records(self) -> list[Mapping[str, object]]:
        """The record of each turn, or one that says why there was none."""
        reason = NO_TURN if self.noticed else NOT_HEARD
        return [record for _, record in self.turns] or [{"gap": None, "unmeasured": reason, "at": {}}]

    @property
    def as_said(self) -> bool | None:
        """Whether it was understood to the word; None where nobody knows what was said."""
        if self.question.words is None:
            return None
        return _alike(self.question.words) == _alike(" ".join(self.understood))


class Script:
    """One rehearsal: each question when all is quiet, again and again until enough were asked; the first is a warm-up.

    Engines' first turn is not like the others: caches are empty, and the system has given their memory to others.
    """

    def __init__(self, questions: Sequence[Question], count: int) -> None:
        """*count* questions are asked besides the warm-up; raises ValueError where there are none to ask."""
        if not questions:
            raise ValueError("there is nothing to ask")
        self.count = count
        self.over = False
        self._questions = questions
        self._asked: list[Asked] = []
        self._sounds_until = float("-inf")
        self._quiet_since: float | None = None

    def next(self, now: float, quiet: bool) -> Question | None:
        """The question that is due *now* (seconds), if one is; *quiet*: nobody speaks, and no answer is under way."""
        if not quiet and self._asked:
            self._asked[-1].noticed = True
        if not quiet or now < self._sounds_until:
            self._quiet_since = None
            return None
        if self._quiet_since is None:
            self._quiet_since = now
        if now - self._quiet_since < REST:
            return None
        return self._go_on(now)

    def told(self, notice: Notice, when: datetime) -> None:
        """Note what the program told at that time; an announcement of its own is no answer."""
        if not self._asked:
            return
        if isinstance(notice, Transcript):
            self._asked[-1].understood.append(notice.text)
        elif isinstance(notice, Marks) and "speech_end" in notice.at:
            self._asked[-1].turns.append((when, notice.record()))

    @property
    def seconds(self) -> float:
        """How long all its questions take to say."""
        return sum(self._question(number).seconds for number in range(self.count + 1))

    @property
    def last(self) -> Asked | None:
        """What came so far of the question asked last, the warm-up included; None before the first."""
        return self._asked[-1] if self._asked else None

    @property
    def number(self) -> int:
        """How many questions have been asked, without the warm-up."""
        return max(0, len(self._asked) - 1)

    @property
    def results(self) -> list[Asked]:
        """What came of each question but the warm-up; one that was broken off counts where it was answered."""
        return [
            asked
            for asked in self._asked[1:]
            if asked.done or any(record["gap"] is not None for _, record in asked.turns)
        ]

    def _go_on(self, now: float) -> Question | None:
        if self._asked:
            self._asked[-1].done = True
        if len(self._asked) > self.count:
            self.over = True
            return None
        question = self._question(len(self._asked))
        self._asked.append(Asked(question))
        self._sounds_until = now + question.seconds
        self._quiet_since = None
        return question

    def _question(self, number: int) -> Question:
        """The warm-up is number 0, and is asked again."""
        return self._questions[max(0, number - 1) % len(self._questions)]


def entries(results: Sequence[Asked], about: Mapping[str, object], now: datetime) -> Iterator[Entry]:
    """The turns of *results* for statistics; *about*: what they were measured with; *now*: of those that never were."""
    for asked in results:
        ends = [when for when, _ in asked.turns] or [now]
        for when, record in zip(ends, asked.records, strict=True):
            yield entry({**about, **record}, when)


def _alike(text: str) -> list[str]:
    """The words alone: recognisers differ in how they write numbers, capitals and stops."""
    return re.findall(r"[\w']+", spoken(text).lower())
