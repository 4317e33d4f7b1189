"""Requests of the control socket go in; wishes for the conversation, and what there is to know of it, come out."""

import asyncio
import os
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path

from assistant import __version__, log
from assistant.errors import ServiceError
from assistant.flow import Clause, Transcript
from assistant.glance import Glance, State
from assistant.health import Health, Trouble
from assistant.latency.economy import SAVED
from assistant.latency.marks import Marks
from assistant.latency.statistics import spread
from assistant.listen.mending import WAKE
from assistant.listen.wake import Woken
from assistant.moves import Event, Mode, Ring, Wish
from assistant.service.control import Control
from assistant.service.memory import peak, resident
from assistant.service.mute import keep_muted, muted
from assistant.service.permission import asked
from assistant.service.protocol import Request, Verb
from assistant.service.talk import LOUDSPEAKER, MICROPHONE, Talk, worded
from assistant.settings import Config
from assistant.shelf import MODEL, RECOGNISER
from assistant.turn import Notice

_logger = log.get(__name__)

LOADING = "loading"
"""the state in which nobody is listened to yet"""
QUIET = frozenset({State.ASLEEP, State.LISTENING})
"""states in which nobody speaks or is about to, neither they nor we"""
_SPOKEN_OF = frozenset({RECOGNISER, MODEL, WAKE})
"""parts without which it answers nothing: who talks to it in vain shall learn why"""
_WISHES = 16
"""that wait for the conversation: it takes them at once, but for texts to say while the models load"""
_GAPS = 200
"""turns whose gaps the status tells of: a day or two; `assistant latency` reads the journal"""
_LOOK_EVERY = 0.1
"""seconds between two looks at the state while somebody follows the events: what is shorter is told by none"""
_CHECK_EVERY = 1.0
"""...and while nobody does: then it is only about parts that fail, and costs nothing"""


class Desk:
    """What is asked of the assistant while it runs, in another way than aloud."""

    def __init__(self, config: Config, health: Health, reload: Callable[[], Awaitable[Mapping[str, object]]]) -> None:
        """*reload* reads the settings anew, and gives what came of it. Raises AssistantError."""
        self.muted = muted(config.service.folder)
        self.talk: Talk | None = None
        """None while models are loaded"""
        self.asleep = False
        """whether it was sent to sleep, although it always listens, when the last conversation ended"""
        self.control: Control | None = None
        self._folder: Path = config.service.folder
        self._config = config
        self._health = health
        self._reload = reload
        self._clock = asyncio.get_running_loop().time
        self._began = self._clock()
        self._wishes: asyncio.Queue[Event] = asyncio.Queue(_WISHES)
        self._look: Callable[[], Glance] | None = None
        self._missing: str | None = None
        self._lost = False
        self._state = LOADING
        self._troubles: list[Trouble] = []
        self._gaps: deque[float] = deque(maxlen=_GAPS)
        self._turns = 0
        self._saved = 0
        self._followed = asyncio.Event()

    async def answer(self, request: Request) -> Mapping[str, object]:
        """Fulfil *request*, and give what came of it. Raises AssistantError with a sentence for who asked."""
        match request.do:
            case Verb.STATUS:
                return self.status()
            case Verb.EVENTS:
                self._followed.set()
                return self.status()
            case Verb.RELOAD:
                return await self._reload()
            case Verb.MUTE | Verb.UNMUTE:
                self._mute(request.do is Verb.MUTE)
            case Verb.LISTEN:
                self._listen()
            case Verb.SAY:
                self._wish(Ring(request.text))
            case Verb.STOP_TALKING:
                self._wish(Wish.SILENCE)
            case Verb.SLEEP:
                self._wish(Wish.SLEEP)
        return {}

    async def wishes(self) -> AsyncGenerator[Event, None]:
        """What has been asked of the conversation, for ever."""
        while True:
            yield await self._wishes.get()

    async def watch(self, look: Callable[[], Glance]) -> AsyncGenerator[None, None]:
        """Follow a conversation, which *look* sees, and tell what changes; nothing comes out."""
        self._look = look
        try:
            while self._look is look:
                self.check()
                await self._pause()
        finally:
            self.asleep = self._config.listen.mode == Mode.OPEN.value and look().state is State.ASLEEP
            self._look = None
        yield

    @property
    def busy(self) -> bool:
        """Whether somebody speaks, or an answer of ours is under way."""
        return self._look is not None and self._look().state not in QUIET

    def began(self, talk: Talk | None) -> None:
        """A conversation begins; or None does, while models are loaded."""
        self.talk, self._missing = talk, None
        self._saved = 0  # a conversation begins with all there is
        if talk is not None:
            self._config = talk.config
        self.check()

    def named(self, loudspeaker: str) -> None:
        """What is played on now; that another one was lost too often does not hold of it."""
        if self.talk is not None and self.talk.loudspeaker != loudspeaker:
            self.talk = replace(self.talk, loudspeaker=loudspeaker)
            self._health.forget(LOUDSPEAKER)

    def waits(self, why: str) -> None:
        """The next conversation does not begin before its loudspeaker is there; *why* it is not, in a sentence."""
        self._missing = why
        self.check()

    def check(self) -> None:
        """Tell what has changed since the last look: the state, and what does not work."""
        self._count_loss()
        state = self._look().state.value if self._look is not None else LOADING
        if state != self._state:
            self._state = state
            self._tell("state", state=state)
        troubles = self.troubles()
        troubles += [
            known for known in self._troubles if self._unseen(known) and all(known.part != one.part for one in troubles)
        ]
        for trouble in troubles:
            if all(trouble.part != known.part for known in self._troubles):
                self._degraded(trouble)
        for known in self._troubles:
            if all(trouble.part != known.part for trouble in troubles):
                _logger.info("part.back", part=known.part)
                self._tell("recovered", part=known.part)
        self._troubles = troubles

    def told(self, notice: Notice) -> None:
        """A turn tells something."""
        words = self._config.log.words
        match notice:
            case Transcript(text=text):
                self._tell("understood", **({"text": text} if words else {}))
                if words:
                    _logger.info("words.understood", text=text)
            case Clause(text=text):
                self._tell("says", **({"text": text} if words else {}))
                if words:
                    _logger.info("words.said", text=text)
            case Marks():
                self._over(notice)

    def status(self) -> Mapping[str, object]:
        """All there is to know at this moment, JSON-ready."""
        config, gaps = self._config, spread(self._gaps)
        now = resident()
        heard_at = self.talk.gate.heard_at if self.talk is not None else None
        microphone = self.talk.microphone() if self.talk is not None else ""
        return {
            "version": __version__,
            "pid": os.getpid(),
            "up_s": round(self._clock() - self._began),
            "state": self._look().state.value if self._look is not None else LOADING,
            "muted": self.muted,
            "mode": config.listen.mode,
            "models": {
                "listen.whisper": config.listen.whisper,
                "listen.turn_model": self.talk.turn_model if self.talk is not None else config.listen.turn_model,
                "reply.model": config.reply.model,
                "speak.voice": config.speak.voice,
            },
            "memory_mb": {"now": None if now is None else now // 10**6, "most": peak() // 10**6},
            "turns": self._turns,
            "gap_ms": None
            if gaps is None
            else {"turns": gaps.n, "p50": _ms(gaps.p50), "p95": None if gaps.p95 is None else _ms(gaps.p95)},
            "devices": {
                "microphone": microphone or config.listen.microphone or "the system's default",
                "loudspeaker": self.talk.loudspeaker if self.talk is not None else None,
                "heard_s_ago": None if heard_at is None else round(self._clock() - heard_at, 1),
                "hears": None if self.talk is None else self.talk.hears(self._clock()),
                # Only from inside: macOS answers a terminal for the terminal.
                "permission": asked().value,
            },
            "echo": self.talk.echo_left() if self.talk is not None else None,
            "degraded": [asdict(trouble) for trouble in self.troubles()],
        }

    def troubles(self) -> list[Trouble]:
        """What does not work as it should, and why."""
        now = self._clock()
        resting = self._health.troubles(now)
        if self.talk is not None:
            return self.talk.troubles(now, resting, self._saved)
        if self._missing is not None:
            others = [worded(one) for one in resting if one.part != LOUDSPEAKER]
            return [*others, Trouble(LOUDSPEAKER, f"{self._missing} It is waited for.")]
        return [worded(one) for one in resting]

    def _unseen(self, known: Trouble) -> bool:
        """Whether nobody can see yet if *known* is over: it is looked at in the next conversation, once that hears."""
        if self.talk is None:
            return True
        return known.part == MICROPHONE and not self.muted and self.talk.hears(self._clock()) is None

    def _count_loss(self) -> None:
        lost = self.talk is not None and self.talk.lost()
        if lost and not self._lost:
            self._health.failed(LOUDSPEAKER, "It took no more sound.", self._clock())
        self._lost = lost

    def _listen(self) -> None:
        if self.muted:
            raise ServiceError("The microphone is muted: `assistant unmute` opens it.")
        if self._missing is not None:
            raise ServiceError(f"{self._missing} It is waited for, and nobody is listened to before.")
        if self.talk is None:
            raise ServiceError("The models are still being loaded: try again in a moment.")
        self._wish(Woken("assistant listen", 0))

    def _mute(self, on: bool) -> None:
        changed, self.muted = self.muted is not on, on
        if self.talk is not None:
            if on:
                self.talk.gate.mute()
            else:
                self.talk.gate.unmute()
        if changed:
            self._tell("muted" if on else "unmuted")
            _logger.info("microphone.muted" if on else "microphone.unmuted")
            if on and not self._wishes.full():  # nobody takes them: then nobody is being listened to, either
                self._wishes.put_nowait(Wish.DEAFNESS)
        keep_muted(self._folder, on)

    def _wish(self, wish: Event) -> None:
        try:
            self._wishes.put_nowait(wish)
        except asyncio.QueueFull:
            raise ServiceError("Too much has been asked for at once: try again in a moment.") from None

    def _over(self, marks: Marks) -> None:
        if "speech_end" in marks.at:  # not an announcement
            self._turns += 1
            self._saved = marks.counts.get(SAVED, 0)
        gap = marks.gap
        if gap is not None:
            self._gaps.append(gap)
        record = marks.record()
        self._tell("turn", gap_ms=None if gap is None else _ms(gap), unmeasured=record["unmeasured"])
        _logger.info("turn.over", gap_ms=None if gap is None else _ms(gap), unmeasured=record["unmeasured"])

    def _degraded(self, trouble: Trouble) -> None:
        _logger.warning("part.degraded", part=trouble.part, why=trouble.why)
        self._tell("degraded", part=trouble.part, why=trouble.why)
        if trouble.part in _SPOKEN_OF and not self._wishes.full():
            self._wishes.put_nowait(Ring(f"Something is wrong with {trouble.part}. I try again within ten minutes."))

    def _tell(self, event: str, **fields: object) -> None:
        if self.control is not None:
            self.control.tell(event, **fields)

    async def _pause(self) -> None:
        if self.control is not None and self.control.followed:
            await asyncio.sleep(_LOOK_EVERY)
            return
        self._followed.clear()
        try:
            async with asyncio.timeout(_CHECK_EVERY):
                await self._followed.wait()
        except TimeoutError:
            pass


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
