"""For ever: what the ear notices goes in, turns are taken, held and ended as `floor` decides. It alone keeps tasks."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from assistant import log, moves
from assistant.errors import AssistantError, EngineError
from assistant.floor import Floor
from assistant.flow import Transcript, Utterance
from assistant.listen.ear import Noticed
from assistant.listen.endpoint import Resumed
from assistant.listen.interruption import DECIDE_AFTER
from assistant.moves import Announce, Answer, Command, Do, Event, Judge, Overheard, Prepare, Scene, Understood

_logger = log.get(__name__)

_INBOX = 8
"""events that wait: each is dealt with in no time, so more than two would be a surprise"""

Words: TypeAlias = asyncio.Future[Transcript]
"""What an utterance says; its transcription has been under way since the pause behind it."""


class Actions(Protocol):
    """What the conversation can do; the coroutines become tasks that may be cancelled."""

    def scene(self) -> Scene:
        """How things stand now."""
        ...

    def understand(self, utterance: Utterance) -> Coroutine[Any, Any, Transcript]:
        """Transcribe *utterance*. Raises EngineError."""
        ...

    def be_patient(self, utterance: Utterance, words: Words) -> Coroutine[Any, Any, None]:
        """Have as much patience behind *utterance* as it sounds complete, once its *words* are known."""
        ...

    def overhear(self) -> Coroutine[Any, Any, Overheard]:
        """Transcribe what is being said, as far as it has come. Raises EngineError."""
        ...

    def take_turn(self, words: Words, floor: asyncio.Future[Utterance]) -> Coroutine[Any, Any, None]:
        """Answer *words* aloud, unnoticed until *floor* gives what was said in the end."""
        ...

    def catch_up(self) -> Coroutine[Any, Any, None]:
        """Have the model read what was said, before anybody asks more."""
        ...

    def read_along(self) -> Coroutine[Any, Any, None]:
        """Have the model read what is being said, until this is cancelled."""
        ...

    def announce(self, text: str) -> Coroutine[Any, Any, None]:
        """Say *text* of our own accord."""
        ...

    def resumed(self, silence: int) -> None:
        """They have gone on after *silence* samples, in mid-turn."""
        ...

    def do(self, what: Do) -> None:
        """Hold, go on, fall silent, forget, sleep, awake."""
        ...


@dataclass(frozen=True, slots=True)
class _Over:
    """The ear has closed: the recording is at its end."""


@dataclass(frozen=True, slots=True)
class _Ended:
    """A turn of ours has come to its end."""

    turn: asyncio.Task[None] | None


class _Reading:
    """The model reads along, or what has been said."""


class _Patience:
    """It is found out how complete it sounds what they said."""


_Letter: TypeAlias = Event | _Over | _Ended

_Job: TypeAlias = Do | type[Judge] | type[_Patience] | type[_Reading]
"""What is done beside the turns, one of each at a time."""


async def converse(
    hearing: AsyncGenerator[Noticed, None],
    asides: Sequence[AsyncGenerator[Any, None]],
    actions: Actions,
    state: Floor,
) -> None:
    """Take turns until *hearing* ends and the last turn is finished; *asides* are other sources of events, like timers.

    Cancelling the conversation cancels the turn under way. Errors of *hearing* end it and are raised.
    """
    inbox: asyncio.Queue[_Letter] = asyncio.Queue(_INBOX)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_forward(hearing, inbox.put, last=_Over()))
            beside = [tasks.create_task(_forward(aside, inbox.put)) for aside in asides]
            await _Conversation(inbox, actions, state, tasks).attend()
            for aside in beside:
                aside.cancel()
    except BaseExceptionGroup as errors:
        raise _expected(errors) from errors


class _Conversation:
    """Does what the floor says, and tells it what came of that."""

    def __init__(self, inbox: asyncio.Queue[_Letter], actions: Actions, state: Floor, tasks: asyncio.TaskGroup) -> None:
        self._inbox = inbox
        self._actions = actions
        self._floor = state
        self._tasks = tasks
        self._turn: asyncio.Task[None] | None = None
        self._one_turn = asyncio.Lock()
        self._cancelled = False
        self._judged: tuple[Utterance, Words] | None = None
        self._ahead: tuple[Utterance, asyncio.Future[Utterance]] | None = None
        self._reading_along = False
        self._helpers: dict[_Job, asyncio.Task[None]] = {}

    async def attend(self) -> None:
        """Until the ear has closed, and nobody has the floor."""
        closed = False
        while not (closed and self._floor.free):
            event = await self._inbox.get()
            if isinstance(event, _Over):
                closed = True
                continue
            if isinstance(event, _Ended):
                if self._cancelled or event.turn is not self._turn:
                    continue  # it came to its end in the moment in which it was cancelled
                event = moves.TurnOver()
            if isinstance(event, Resumed):
                self._stop_judging()
                self._actions.resumed(event.silence)
            for command in self._floor.push(event, self._actions.scene()):
                self._obey(command)
            self._follow(event)
        self._stop_judging()
        self._drop()
        for helper in self._helpers.values():
            helper.cancel()

    def _obey(self, command: Command) -> None:
        match command:
            case Judge(utterance):
                self._judge(utterance)
            case Prepare(utterance):
                self._prepare(utterance)
            case Answer(utterance):
                self._answer(utterance)
            case Announce(text):
                self._begin(lambda: self._actions.announce(text))
            case Do.CANCEL:
                if self._turn is not None:
                    self._turn.cancel()
                    self._cancelled = True
                self._actions.do(command)
            case Do.OVERHEAR:
                self._help(Do.OVERHEAR, self._overhear())
            case Do.DECIDE_LATER:
                self._help(Do.DECIDE_LATER, self._later(DECIDE_AFTER, moves.TimeToDecide()))
            case Do.SLEEP_LATER:
                self._help(Do.SLEEP_LATER, self._later(self._floor.rules.follow_up, moves.TimeToSleep()))
            case _:
                self._actions.do(command)

    def _prepare(self, utterance: Utterance) -> None:
        assert self._judged is not None
        granted = self._take_turn(self._judged[1])
        self._ahead = utterance, granted

    def _answer(self, utterance: Utterance) -> None:
        words = self._words_of(utterance)
        if self._ahead is None or _differ(self._ahead[0], utterance):
            self._drop()
            granted = self._take_turn(words)
        else:
            (_, granted), self._ahead = self._ahead, None
        granted.set_result(utterance)

    def _take_turn(self, words: Words) -> asyncio.Future[Utterance]:
        """Begin to answer; gives what grants it the floor."""
        granted: asyncio.Future[Utterance] = asyncio.get_running_loop().create_future()
        self._begin(lambda: self._actions.take_turn(words, granted))
        return granted

    def _drop(self) -> None:
        """What was begun of an answer is for nobody."""
        if self._ahead is not None and self._turn is not None:
            self._turn.cancel()
            self._cancelled = True
            self._ahead = None

    def _follow(self, event: Event) -> None:
        """Keep up what lasts as long as the floor stands as it does: a prepared answer, and reading along."""
        if self._ahead is not None and self._floor.pausing is not self._ahead[0]:
            self._drop()
        if self._reading_along is not self._floor.asking:
            self._reading_along = self._floor.asking
            if self._reading_along:
                self._help(_Reading, self._read(self._actions.read_along))
            else:
                self._helpers[_Reading].cancel()
        elif isinstance(event, moves.TurnOver) and self._floor.free:
            self._help(_Reading, self._read(self._actions.catch_up))

    def _begin(self, action: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._turn = self._tasks.create_task(self._in_turn(action))
        self._cancelled = False

    async def _in_turn(self, action: Callable[[], Coroutine[Any, Any, None]]) -> None:
        # The engines are shared, and what was heard of the last turn must be remembered first. A lock, for a turn that
        # is dropped while it waits for another must not let the next one past that.
        async with self._one_turn:
            await action()
        await self._inbox.put(_Ended(asyncio.current_task()))

    def _words_of(self, utterance: Utterance) -> Words:
        """Its words, under way since the pause; afresh where there was none, or more has been joined to it."""
        if self._judged is None or _differ(self._judged[0], utterance):
            self._judge(utterance)
        assert self._judged is not None
        (_, words), self._judged = self._judged, None
        del self._helpers[Judge]  # it works for the turn now, whatever is said next
        return words

    def _judge(self, utterance: Utterance) -> None:
        self._stop_judging()
        words: Words = asyncio.get_running_loop().create_future()
        self._judged = utterance, words
        self._help(Judge, self._understand(utterance, words))
        # Beside it: the answer may begin when the words are known, be it known or not how long they will be waited for.
        self._help(_Patience, self._actions.be_patient(utterance, words))

    def _stop_judging(self) -> None:
        if self._judged is not None:
            self._judged[1].cancel()
            self._helpers.pop(Judge).cancel()
            self._helpers.pop(_Patience).cancel()
            self._judged = None

    async def _understand(self, utterance: Utterance, words: Words) -> None:
        try:
            transcript = await self._actions.understand(utterance)
        except EngineError as error:
            if not words.cancelled():
                words.set_exception(error)
                words.exception()  # looked at: where no turn comes of it, it is nobody's business
            transcript = Transcript("")
        if not words.done():
            words.set_result(transcript)
        await self._inbox.put(Understood(utterance, transcript.text, transcript.confidence))

    async def _overhear(self) -> None:
        try:
            overheard = await self._actions.overhear()
        except EngineError:
            _logger.exception("overhearing.failed")
            overheard = Overheard("", 0.0)
        await self._inbox.put(overheard)

    async def _read(self, reading: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await reading()
        except EngineError:
            _logger.exception("reading_ahead.failed")  # the turn itself will try again, and tell

    async def _later(self, seconds: float, event: Event) -> None:
        await asyncio.sleep(seconds)
        await self._inbox.put(event)

    def _help(self, kind: _Job, job: Coroutine[Any, Any, None]) -> None:
        """Run *job* beside the conversation, in place of the last one of its *kind*."""
        if (last := self._helpers.get(kind)) is not None:
            last.cancel()
        self._helpers[kind] = self._tasks.create_task(job)


def _differ(one: Utterance, other: Utterance) -> bool:
    return (one.position, one.speech_ended_at) != (other.position, other.speech_ended_at)


async def _forward(
    source: AsyncGenerator[Any, None],
    put: Callable[[Any], Coroutine[Any, Any, None]],
    last: _Over | None = None,
) -> None:
    async with aclosing(source):
        async for item in source:
            await put(item)
    if last is not None:
        await put(last)


def _expected(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """Of the errors that ended a conversation, the expected one (a device that is gone), else the first."""
    flat = list(_flatten(errors))
    return next((error for error in flat if isinstance(error, AssistantError)), flat[0])


def _flatten(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for inner in error.exceptions for leaf in _flatten(inner)]
    return [error]
