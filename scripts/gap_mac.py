"""Somebody talks with the program at a Mac's pace, in real time and without devices; each turn's marks come out.

For `bench_gap.py`. Here no room adds anything: what is measured is the schedule.
"""

import asyncio
import sys
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

from gap_patience import Patience

from assistant.audio import read_blocks
from assistant.commands.common import config_from
from assistant.daemon import Assistant, loaded
from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE, Frame, Heard, Samples
from assistant.latency.marks import Marks
from assistant.pace import Pace
from assistant.reply import gguf
from assistant.reply.chat import Chat
from assistant.speak.wav import PacedSink

RECORDINGS = Path(__file__).parents[1] / "tests" / "recordings"
BETWEEN = 1.5
"""seconds of silence between an answer and the next question, as people leave who think of one"""
PATIENT = 20.0
"""seconds after which an answer that has not ended will not end"""
ANSWER = Heard("Paris is the capital of France.", complete=True)
"""what a conversation before is made of"""
_EMPTY: Samples = np.zeros(FRAME_SAMPLES, np.int16)


@dataclass(frozen=True, slots=True)
class Turn:
    """The marks of one turn, and how long the model had to work until there was enough to speak."""

    question: str
    marks: Marks
    writing: float
    """seconds that its passes last at its pace, of the last words it reads and of what it writes: one may check
    guesses and so give several tokens, one may read many that can only follow, and lasts longer for that"""
    patience: float
    """seconds of silence that were meant to end it"""

    def took(self, end: str, start: str = "speech_end") -> float:
        """Seconds between two stages."""
        return self.marks.at[end] - self.marks.at[start]


class Person:
    """A Source: asks one question after the other, each when the answer to the last one is over."""

    def __init__(self, questions: Sequence[str]) -> None:
        self.asking = ""
        self.answered = True
        self._questions = questions

    async def frames(self) -> AsyncGenerator[Frame, None]:
        """In real time."""
        clock = asyncio.get_running_loop().time
        began, position = clock(), 0
        for question in self._questions:
            self.asking, self.answered = question, False
            for samples in self._sounds(question):
                captured_at = began + (position + FRAME_SAMPLES) / SAMPLE_RATE
                await asyncio.sleep(captured_at - clock())
                yield Frame(samples, position, captured_at)
                position += FRAME_SAMPLES

    def _sounds(self, question: str) -> Iterator[Samples]:
        said = np.concatenate(list(read_blocks(RECORDINGS / f"{question}.wav")))
        yield from said[: said.size // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
        left = round(BETWEEN * SAMPLE_RATE / FRAME_SAMPLES)
        for _ in range(round(PATIENT * SAMPLE_RATE / FRAME_SAMPLES)):
            yield _EMPTY
            left -= self.answered
            if not left:
                return


class Counting:
    """A writer, and how many seconds of passes each turn has needed until there was a clause to speak.

    It looks inside, as only a benchmark may: the pace of the passes is noted for the whole process.
    """

    def __init__(self, writer: Any, forgets: bool = False) -> None:
        """*forgets*: its model reads each prompt from the beginning, as if there were no cache."""
        self.needed: dict[int, float] = {}
        self._writer = writer
        self._forgets = forgets
        self._paced = 0.0
        lasting = gguf.lasting

        def noted(seconds: float) -> Any:
            self._paced += seconds
            return lasting(seconds)

        gguf.lasting = noted

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer, name)

    async def tokens(self, messages: Any, tools: Any, marks: Marks) -> AsyncGenerator[str, None]:
        """As the writer gives them."""
        before = self._paced
        if self._forgets:
            self._writer._place.present._model.reset()  # noqa: SLF001
        async with aclosing(self._writer.tokens(messages, tools, marks)) as pieces:
            async for piece in pieces:
                if "first_clause" not in marks.at:
                    self.needed[id(marks)] = self._paced - before
                yield piece


async def turns(
    settings: Sequence[str], questions: Sequence[str], history: int = 0, *, forgets: bool = False
) -> list[Turn]:
    """Ask *questions* behind *history* tokens of conversation; turns without a gap are left out.

    *forgets*: nothing is in the model's cache when a turn begins.
    """
    async with loaded(config_from(list(settings))) as assistant:
        remember(assistant, history)
        return await _asked(assistant, questions, forgets)


def remember(assistant: Assistant, tokens: int) -> None:
    """Let there have been a conversation of so many *tokens* at least."""
    writer, tools = assistant.engines.writer, assistant.engines.toolbox.schemas()
    chat = Chat(assistant.config.reply.system)
    empty = writer.count(chat.messages, tools)
    while tokens and writer.count(chat.messages, tools) - empty < tokens:
        chat = chat.asked("what is the capital of france").answered(ANSWER)
    assistant.memory.chat = chat


async def _asked(assistant: Assistant, questions: Sequence[str], forgets: bool) -> list[Turn]:
    person, writer, patience = Person(questions), Counting(assistant.engines.writer, forgets), Patience()
    found: list[Turn] = []

    def told(notice: object) -> None:
        if isinstance(notice, Marks):
            if notice.gap is not None:
                found.append(Turn(person.asking, notice, writer.needed.get(id(notice), 0.0), patience.seconds))
            person.answered = True

    sink = PacedSink(22_050, asyncio.get_running_loop().time)
    counted = replace(assistant, engines=replace(assistant.engines, writer=writer))
    await counted.talk(person, sink, told)
    return found


def compute(turn: Turn, pace: Pace) -> float:
    """Seconds of work between a question's last words and the first sound of its answer, by *pace*.

    The recogniser's pass, the model's passes up to the first clause, and that clause's sound.
    """
    return pace.hearing + turn.writing + pace.speaking


def critical_path(patience: float, pause: float, work: float) -> float:
    """The least gap that a schedule can have which begins to *work* when somebody has been silent for *pause*."""
    return max(patience, pause + work)
