"""One turn, top to bottom: an utterance goes in; transcript, tokens, clauses, audio; memory keeps what was heard."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeVar

from assistant import log
from assistant.flow import Audio, Clause, Samples, ToolCall, Transcript, Utterance
from assistant.latency.marks import Marks
from assistant.listen.sound_end import sounded_until
from assistant.reply.calls import separate
from assistant.reply.chat import Chat
from assistant.reply.tools import Toolbox
from assistant.speak.clauses import clauses
from assistant.speak.markup import plain
from assistant.speak.playback import Sink, playing
from assistant.streams import read_ahead

_logger = log.get(__name__)

T = TypeVar("T")

TOOL_ROUNDS = 4
"""how often in one turn the model may see a tool's result: enough for two steps and a slip, and it ends"""
APOLOGY = "Sorry, something went wrong. Please try again."
TOO_MANY_CALLS = "Sorry, I could not finish that."

Notice: TypeAlias = Transcript | Clause | Marks
"""What a turn tells whoever watches: what was understood, each clause as it is about to sound, the marks at its end."""


class Recogniser(Protocol):
    """Speech to text."""

    async def transcribe(self, samples: Samples, narrow: bool = False) -> Transcript:
        """What is said in int16 (n,) at 16 kHz; *narrow*: sooner, and perhaps less well."""
        ...

    async def draft(self, samples: Samples) -> Transcript:
        """What has been said so far by somebody who speaks on; a pass for its own sake, which delays no other."""
        ...


class Writer(Protocol):
    """Messages to text."""

    context: int

    def count(self, messages: Sequence[Any], tools: Sequence[Any]) -> int:
        """How many tokens the model would have to read."""
        ...

    def tokens(self, messages: Sequence[Any], tools: Sequence[Any], marks: Marks) -> AsyncGenerator[str, None]:
        """Pieces of the answer as they come."""
        ...

    async def read(self, messages: Sequence[Any], tools: Sequence[Any], said: str = "") -> int:
        """Read ahead what a prompt begins with in which the person's next message begins with *said*; how many tokens.

        An answer that begins meanwhile goes first, and this ends.
        """
        ...


class Voice(Protocol):
    """Clauses to sound."""

    def speak(self, ready: AsyncIterator[Clause]) -> AsyncGenerator[Audio, None]:
        """The sound of each clause, in order."""
        ...


class TurnModel(Protocol):
    """Sound to how complete it is."""

    async def completeness(self, samples: Samples) -> float:
        """How likely, 0-1, int16 (n,) at 16 kHz is all that somebody wants to say."""
        ...


@dataclass(frozen=True, slots=True)
class Engines:
    """The loaded models and tools; they are shared by all turns, of which one runs at a time."""

    recogniser: Recogniser
    writer: Writer
    voice: Voice
    toolbox: Toolbox
    turn_model: TurnModel | None = None


@dataclass(slots=True)
class Memory:
    """What survives a turn, also one that is cancelled in the middle."""

    chat: Chat


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a turn shows."""

    sink: Sink
    tell: Callable[[Notice], None]
    language: str = "en"
    """ISO 639 code: in which numbers and the like are said"""


Leave: TypeAlias = Callable[[], Awaitable[None]]
"""Waits until the turn may be noticed: until then it may compute, but not sound, and change nothing."""


async def at_once() -> None:
    """The leave of whoever need not wait for the floor."""


async def take_turn(
    words: Awaitable[Transcript],
    floor: asyncio.Future[Utterance],
    memory: Memory,
    engines: Engines,
    stage: Stage,
    marks: Marks,
) -> None:
    """Answer *words* aloud, once *floor* gives all that was said; nothing is answered where nothing was understood.

    What can be done before nobody notices: a turn that is cancelled without the floor has not been. An engine that
    fails costs this turn and an apology, not the program. Cancelling stops all work at once; what was audibly said by
    then stays in *memory*, and where that is nothing, the question does not stay either.
    """
    before = memory.chat
    transcript = Transcript("")

    async def leave() -> None:
        # Shielded: who waits and is cancelled shall not take the floor from who waits with him.
        utterance = await asyncio.shield(floor)
        if "turn_ended" not in marks.at:
            marks.stamp("speech_end", sounded_until(utterance))
            marks.stamp("turn_ended", utterance.turn_ended_at)
            if transcript.text:
                stage.tell(transcript)

    try:
        transcript = await words
        marks.stamp("transcript")
        if not transcript.text:
            await leave()
            marks.spoil("nothing was understood")
            return
        memory.chat = memory.chat.asked(transcript.text)
        await answer(memory, engines, stage, marks, leave)
    except asyncio.CancelledError:
        marks.cut_off()
        raise
    except Exception:  # whatever an engine raises costs one turn; the daemon lives on
        _logger.exception("turn.failed")
        await leave()
        marks.spoil("an engine failed")
        await _apologise(memory, engines.voice, stage, marks)
    finally:
        if memory.chat.unanswered or not floor.done():
            memory.chat = before
        if floor.done():
            stage.tell(marks)


async def answer(memory: Memory, engines: Engines, stage: Stage, marks: Marks, leave: Leave = at_once) -> None:
    """Answer the last message of *memory* aloud; tools may run, and what was heard is remembered."""
    await say(_words(memory, engines, marks, leave), memory, engines.voice, stage, marks, leave)


async def announce(text: str, memory: Memory, engines: Engines, stage: Stage) -> None:
    """Say *text* of our own accord (a timer rings) and remember that it was said."""
    marks = Marks(asyncio.get_running_loop().time)
    marks.spoil("an announcement: nobody asked")
    try:
        await say(pieces(text), memory, engines.voice, stage, marks)
    except Exception:  # as in take_turn: a voice that fails once must not silence the daemon
        _logger.exception("announcement.failed")
    finally:
        stage.tell(marks)


async def say(
    text: AsyncGenerator[str, None],
    memory: Memory,
    voice: Voice,
    stage: Stage,
    marks: Marks,
    leave: Leave = at_once,
) -> None:
    """The path: text, clauses, sound, loudspeaker, each stage running ahead of the next."""
    async with (
        # Two clauses ahead: while one sounds the next is synthesised and one more is being written. More would only
        # be thrown away on interruption.
        read_ahead(_stamped(clauses(plain(text), stage.language), "first_clause", marks), limit=2) as ready,
        read_ahead(_stamped(voice.speak(ready), "first_audio", marks), limit=2) as sounds,
    ):
        await leave()
        async with playing(stage.sink, marks) as playback:
            try:
                async for audio in sounds:
                    await playback.room()
                    stage.tell(audio.clause)
                    playback.play(audio)
                await playback.finish()
            finally:
                memory.chat = memory.chat.answered(playback.heard())


async def pieces(text: str) -> AsyncGenerator[str, None]:
    """A text that is there already, as a stream."""
    yield text


async def _words(memory: Memory, engines: Engines, marks: Marks, leave: Leave) -> AsyncGenerator[str, None]:
    """The words to be spoken: the model's own, or a tool's where it has a sentence ready."""
    tools = engines.toolbox.schemas()
    for _ in range(TOOL_ROUNDS):
        forget(memory, engines)
        calls: list[ToolCall] = []
        async with aclosing(separate(engines.writer.tokens(memory.chat.messages, tools, marks))) as parts:
            async for part in parts:
                if isinstance(part, ToolCall):
                    calls.append(part)
                else:
                    yield part
        if not calls:
            return
        if not engines.toolbox.harmless(calls):
            await leave()
        outcomes = [await engines.toolbox.call(call) for call in calls]
        memory.chat = memory.chat.called(calls, [outcome.content for outcome in outcomes])
        marks.count("tool_calls", len(calls))
        sentences = [outcome.say for outcome in outcomes if outcome.say]
        if sentences:
            yield " ".join(dict.fromkeys(sentences))
            return
    yield TOO_MANY_CALLS


def forget(memory: Memory, engines: Engines, *, ahead: bool = False) -> None:
    """Forget the oldest turns where what was said leaves the model no room to answer: a quarter of its context.

    It then has to read all that is left anew, which takes a large one many seconds. So *ahead*, when nobody waits for
    an answer, they are forgotten where there is no room for one more turn either: another eighth.
    """
    writer, tools = engines.writer, engines.toolbox.schemas()
    budget = writer.context * (5 if ahead else 6) // 8
    memory.chat = memory.chat.fitted(budget, lambda past: writer.count(past, tools))


async def _apologise(memory: Memory, voice: Voice, stage: Stage, marks: Marks) -> None:
    try:
        await say(pieces(APOLOGY), memory, voice, stage, marks)
    except Exception:  # it is the voice that fails: there is nothing left to say it with
        _logger.exception("apology.failed")


async def _stamped(source: AsyncGenerator[T, None], stage: str, marks: Marks) -> AsyncGenerator[T, None]:
    """Pass everything on; stamp *stage* when the first item has come."""
    async with aclosing(source):
        async for item in source:
            marks.stamp(stage)
            yield item
