"""Loaded engines go in; ones come out that cannot hang a turn: who stalls is replaced, and who fails too often rests.

What an engine raises still costs its turn. What does not answer at all costs no more than that: its thread, which
nobody can stop, is left to itself, and the next turn loads another engine into its place.
"""

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from typing import Any, Generic, Protocol, TypeVar

from assistant import log
from assistant.errors import AssistantError, EngineError, StalledError
from assistant.flow import SAMPLE_RATE, Audio, Clause, Samples, Transcript
from assistant.health import Health
from assistant.latency.marks import Marks
from assistant.streams import stalling
from assistant.turn import Recogniser, TurnModel, Voice, Writer

_logger = log.get(__name__)

STALLED_AFTER = 20.0
"""seconds in which an engine has to do what takes it one at most: a computer that is asleep or swapping takes a few"""
SLOWEST_HEARING = 3
"""...and this many seconds for each second of sound: a large recogniser on an old computer"""


class Engine(Protocol):
    """What all engines can do."""

    def close(self) -> None:
        """End it; waits for what is in flight."""
        ...


E = TypeVar("E", bound=Engine)


class Place(Generic[E]):
    """Where one engine is, and after it another one."""

    def __init__(self, part: str, engine: E, load: Callable[[], E], health: Health) -> None:
        """*part*: as a person would call it; *load* blocks and gives another engine like it, or raises ModelError."""
        self.lost = 0
        """engines that were left to themselves"""
        self.context: int = getattr(engine, "context", 0)
        """tokens that each engine in here holds, since all are made alike; 0 where that has no meaning"""
        self._part = part
        self._engine: E | None = engine
        self._load = load
        self._health = health
        self._asking = asyncio.Lock()
        self._coming: asyncio.Future[E] | None = None
        self._closed = False

    @property
    def present(self) -> E | None:
        """The engine that is there; None between one that stalled and the next."""
        return self._engine

    async def engine(self) -> E:
        """The engine to use. Raises EngineError where it rests, or cannot be loaded again."""
        if self._health.rests(self._part, asyncio.get_running_loop().time()):
            raise EngineError(f"{self._part.capitalize()} has failed too often, and rests for a while.")
        async with self._asking:
            if self._engine is None:
                with self.watched(None):
                    # Shielded: whoever asks may be cancelled, which ends no thread; the next one gets what it loads.
                    return await asyncio.shield(self._coming or self._begin())
            return self._engine

    @contextmanager
    def watched(self, engine: E | None) -> Iterator[None]:
        """Count and tell what fails in the block; *engine*, where it stalls, is given up. Raises EngineError for it."""
        try:
            yield
        except AssistantError as error:
            if isinstance(error, StalledError):
                if self._engine is not engine:
                    # Two may use an engine at once: who meets second that it hangs must not give up the next one, and
                    # one hang is one failure.
                    raise
                self._engine = None
                self.lost += 1
            rests = self._health.failed(self._part, str(error), asyncio.get_running_loop().time())
            _logger.warning("engine.failed", part=self._part, stalled=isinstance(error, StalledError), rests=rests)
            if isinstance(error, EngineError):
                raise
            raise EngineError(str(error)) from error

    async def close(self, within: float) -> bool:
        """End the engine that is there, or is being loaded; whether no thread is left that hangs, *within* seconds."""
        if self._coming is not None:
            _, late = await asyncio.wait([self._coming], timeout=within)
            self.lost += len(late)
        self._closed = True
        engine, self._engine = self._engine, None
        if engine is not None:
            closing = self._end(engine)
            await asyncio.to_thread(closing.join, within)
            self.lost += closing.is_alive()
        return not self.lost

    def _begin(self) -> asyncio.Future[E]:
        self._coming = asyncio.get_running_loop().run_in_executor(None, self._load)
        self._coming.add_done_callback(self._came)
        return self._coming

    def _came(self, coming: asyncio.Future[E]) -> None:
        """Where it failed, whoever waits for it learns that."""
        self._coming = None
        if coming.cancelled() or coming.exception() is not None:
            return
        if self._closed:  # it came too late
            self._end(coming.result())
        else:
            self._engine = coming.result()
            _logger.info("engine.replaced", part=self._part)

    def _end(self, engine: E) -> threading.Thread:
        # Not daemon by chance: a thread that hangs must not keep the program from ending.
        closing = threading.Thread(target=engine.close, name=f"{self._part}-close", daemon=True)
        closing.start()
        return closing


class GuardedRecogniser:
    """A Recogniser."""

    def __init__(self, place: Place[Any]) -> None:
        self._place = place

    async def transcribe(self, samples: Samples, narrow: bool = False) -> Transcript:
        """As Recogniser has it."""
        engine: Recogniser = await self._place.engine()
        with self._place.watched(engine):
            async with stalling(STALLED_AFTER + SLOWEST_HEARING * samples.size / SAMPLE_RATE):
                return await engine.transcribe(samples, narrow)

    async def draft(self, samples: Samples) -> Transcript:
        """As Recogniser has it."""
        engine: Recogniser = await self._place.engine()
        with self._place.watched(engine):
            async with stalling(STALLED_AFTER + SLOWEST_HEARING * samples.size / SAMPLE_RATE):
                return await engine.draft(samples)


class GuardedWriter:
    """A Writer. Its engine itself says when it stalls: only there it is known whether it works or waits."""

    def __init__(self, place: Place[Any]) -> None:
        self._place = place
        self.context = place.context

    def count(self, messages: Sequence[Any], tools: Sequence[Any]) -> int:
        """As Writer has it; 0 while there is no model, whose successor will say what does not fit."""
        engine: Writer | None = self._place.present
        return engine.count(messages, tools) if engine is not None else 0

    async def tokens(self, messages: Sequence[Any], tools: Sequence[Any], marks: Marks) -> AsyncGenerator[str, None]:
        """As Writer has it. Raises EngineError, also for an answer of nothing at all."""
        engine: Writer = await self._place.engine()
        silent = True
        with self._place.watched(engine):
            async with aclosing(engine.tokens(messages, tools, marks)) as pieces:
                async for piece in pieces:
                    silent = silent and not piece.strip()
                    yield piece
        if silent:  # which is no reason to load it anew, or to let it rest
            raise EngineError("The language model answered nothing.")

    async def read(self, messages: Sequence[Any], tools: Sequence[Any], said: str = "") -> int:
        """As Writer has it."""
        engine: Writer = await self._place.engine()
        with self._place.watched(engine):
            return await engine.read(messages, tools, said)


class GuardedVoice:
    """A Voice."""

    def __init__(self, place: Place[Any]) -> None:
        self._place = place

    async def speak(self, ready: AsyncIterator[Clause]) -> AsyncGenerator[Audio, None]:
        """As Voice has it."""
        async for clause in ready:
            engine: Voice = await self._place.engine()
            with self._place.watched(engine):
                # One by one: only then it is known whether it works, or waits for the next clause.
                async with aclosing(_alone(clause)) as alone, aclosing(engine.speak(alone)) as sounds:
                    while (audio := await _next(sounds)) is not None:
                        yield audio


class GuardedTurnModel:
    """A TurnModel."""

    def __init__(self, place: Place[Any]) -> None:
        self._place = place

    async def completeness(self, samples: Samples) -> float:
        """As TurnModel has it."""
        engine: TurnModel = await self._place.engine()
        with self._place.watched(engine):
            async with stalling(STALLED_AFTER):
                return await engine.completeness(samples)


async def _next(sounds: AsyncGenerator[Audio, None]) -> Audio | None:
    async with stalling(STALLED_AFTER):
        return await anext(sounds, None)


async def _alone(clause: Clause) -> AsyncGenerator[Clause, None]:
    yield clause
