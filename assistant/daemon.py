"""Composes everything from the configuration; loads the models side by side; stops in reverse order."""

import asyncio
import ctypes
import os
import signal
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

from assistant import __version__, log
from assistant.actions import Doing, Manner, Ourselves, as_rings
from assistant.conversation import converse
from assistant.floor import Floor
from assistant.flow import SAMPLE_RATE
from assistant.glance import Glance, glance
from assistant.health import Health
from assistant.latency.economy import Economy, allowed
from assistant.latency.entry import measured_with
from assistant.latency.journal import noting
from assistant.listen.activity import Activity
from assistant.listen.complete import Stages
from assistant.listen.ear import Ear, Noticed, Source
from assistant.listen.echo import EchoCanceller, without_echo
from assistant.listen.endpoint import Patience
from assistant.listen.habits import Habits
from assistant.listen.mending import LastingDetector, LastingWakeWords
from assistant.listen.microphone import steadfast
from assistant.listen.wake import WakeWords
from assistant.listen.whisper import Whisper
from assistant.moves import SPECULATIONS, Event, Mode, Rules
from assistant.reply.chat import Chat
from assistant.reply.tools import Toolbox
from assistant.reply.tools.standard import standard
from assistant.reply.tools.timers import Timers
from assistant.settings import Config
from assistant.shelf import Shelf, piper_recipe, whisper_recipe
from assistant.speak.piper import Piper
from assistant.speak.playback import Sink
from assistant.turn import Engines, Memory, Notice

_M_ARENA_MAX = -8
"""glibc's malloc.h"""
_LAST_WORDS = 1.0
"""seconds in which what happened can still be told when a thread does not end"""

Watcher: TypeAlias = Callable[[Callable[[], Glance]], AsyncGenerator[Any, None]]
"""Is given something to look with, and looks for as long as it is not closed."""

_logger = log.get(__name__)


@dataclass(frozen=True, slots=True)
class Assistant:
    """Everything loaded and ready to talk; devices and files come and go."""

    config: Config
    engines: Engines
    wake: WakeWords | None
    timers: Timers
    memory: Memory
    health: Health
    turn_model: str
    """what it is called, or shelf.NO_TURN_MODEL"""

    async def talk(
        self,
        source: Source,
        sink: Sink,
        tell: Callable[[Notice], None],
        *,
        echo: Ourselves | None = None,
        asleep: bool = False,
        wishes: Sequence[AsyncGenerator[Event, None]] = (),
        watchers: Sequence[Watcher] = (),
    ) -> None:
        """Converse over *source* and *sink* until the source ends or this is cancelled.

        *echo* says how much the source hears of what the sink plays, and takes it out if it is a canceller. *asleep*:
        begin asleep also where it always listens. *wishes* are what comes from elsewhere, like a key that wakes it.
        *watchers* are given something to look at us with, as often as they like.
        Raises DeviceError or SoundFileError when the source cannot be opened; a device that worked and stops is
        waited for.
        """
        listen = self.config.listen
        wake = LastingWakeWords(self.wake, self.wake.reset, self.health) if self.wake is not None else None
        detector = activity(self.config)
        lasting = LastingDetector(detector, self.health)
        ear = Ear(lasting, patience(self.config), wake, perhaps=lambda: detector.perhaps)
        rules = Rules(
            Mode(listen.mode),
            listen.follow_up_s,
            listen.barge_in,
            SPECULATIONS if self.config.reply.speculate else 0,
            listen.language,
        )
        ear.asleep = asleep or rules.mode is not Mode.OPEN
        state = Floor(rules)
        actions = Doing(self.engines, self.memory, ear, sink, tell, manner(self.config), echo)
        watching = [watch(lambda: glance(detector, ear, state, sink)) for watch in watchers]
        asides = [as_rings(self.timers.rings()), *wishes, *watching]

        def hearing() -> AsyncGenerator[Noticed, None]:
            frames = source.frames()
            return ear.hear(without_echo(frames, echo) if isinstance(echo, EchoCanceller) else frames)

        await converse(steadfast(hearing), asides, actions, state)


class Home:
    """What outlives a change of the settings: engines, timers, what was said, and what has failed of late."""

    def __init__(self) -> None:
        self.health = Health()
        self.shelf = Shelf(self.health)
        self.loaded: Sequence[str] = ()
        """the engines that had to be loaded for the last assistant"""
        self._timers = Timers(asyncio.get_running_loop().time)
        self._memory: Memory | None = None

    async def assistant(self, config: Config) -> Assistant:
        """An assistant as *config* wants it; what it needs and is not here is loaded side by side, and warmed up.

        Raises ModelError when a model is missing or broken, AwayError when its disk is not here, UsageError for a wrong
        wake word, EngineError when one fails at once; and then needs to be asked again before anybody talks.
        """
        list_ = Path(config.reply.shopping_list)
        toolbox = standard(self._timers, list_, datetime.now) if config.reply.tools else Toolbox([])
        memory = self._remembered(config)
        self.loaded = await self.shelf.fill(config)
        # Not all that was said: it may be more than a smaller context holds, and the next turn cuts it to that.
        await self.shelf.warm_up(Chat(config.reply.system).messages, toolbox.schemas())
        shelf = self.shelf
        return Assistant(
            config, shelf.engines(toolbox), shelf.wake, self._timers, memory, self.health, shelf.turn_model
        )

    async def again(self, assistant: Assistant) -> Assistant:
        """*assistant* for another conversation; loaded anew only where others have taken its engines' places.

        So nothing on the disk is needed for it, from which a model may have been removed. Raises as `assistant` does.
        """
        if not self.shelf.intact:
            return await self.assistant(assistant.config)
        self._remembered(assistant.config)
        return assistant

    def _remembered(self, config: Config) -> Memory:
        if self._memory is None:
            self._memory = Memory(Chat(config.reply.system))
        self._memory.chat = replace(self._memory.chat, system=config.reply.system, brief=False)
        return self._memory


@asynccontextmanager
async def home() -> AsyncIterator[Home]:
    """A home for assistants, one after the other; at its end all engines are closed."""
    _share_one_heap()
    made = Home()
    try:
        yield made
    finally:
        if not await made.shelf.close():
            _logger.warning("engine.stuck", hint="its thread is left behind when the program ends")


@asynccontextmanager
async def loaded(config: Config) -> AsyncIterator[Assistant]:
    """Load and warm up all engines side by side; give the assistant; close them at the end.

    Raises as `Home.assistant` does; nothing is left half-started then.
    """
    async with home() as made:
        yield await made.assistant(config)


def load_whisper(config: Config) -> Whisper:
    """The recogniser alone. Raises ModelError, AwayError."""
    return whisper_recipe(config).load()


def load_piper(config: Config) -> Piper:
    """The voice alone. Raises ModelError, AwayError."""
    return piper_recipe(config).load()


def run(main: Coroutine[Any, Any, None]) -> bool:
    """Run *main*; whether it came to its end. SIGINT and SIGTERM cancel it cleanly, a second one forces.

    Raises what *main* raises.
    """
    ended = False
    with _leaving() as leaving, asyncio.Runner() as runner:
        try:
            ended = runner.run(_until_signalled(main))
            leaving.exit_code = 0
        finally:
            if not ended:
                # Before the runner ends: it waits for the threads of `to_thread`, in which models are loaded, for ever.
                # Who came to an end has a report to show behind it.
                leaving.begin()
    return ended


class _Leaving(threading.Timer):
    """Has the program end although a library holds a thread: Python would wait for it for ever."""

    exit_code = 1

    def __init__(self) -> None:
        super().__init__(_LAST_WORDS, lambda: os._exit(self.exit_code))
        self.daemon = True

    def begin(self) -> None:
        """Once; not where no memory is left for a thread: what says so shall be seen."""
        with suppress(RuntimeError):
            self.start()


@contextmanager
def _leaving() -> Iterator[_Leaving]:
    leaving = _Leaving()
    try:
        yield leaving
    finally:
        main = threading.main_thread()
        if any(one is not main and not one.daemon for one in threading.enumerate()):
            leaving.begin()
        else:
            leaving.cancel()


async def _until_signalled(main: Coroutine[Any, Any, None]) -> bool:
    task = asyncio.create_task(main)
    with _signals(task):
        await asyncio.wait([task])
    if task.cancelled():
        return False
    task.result()
    return True


@contextmanager
def _signals(task: asyncio.Task[None]) -> Iterator[None]:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if task.cancelling():
            # Asked twice: somebody is in a hurry, or a library hangs. 130 is what a shell expects after Ctrl-C.
            os._exit(130)
        task.cancel()

    wanted = (signal.SIGINT, signal.SIGTERM)
    for number in wanted:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in wanted:
            loop.remove_signal_handler(number)


def _share_one_heap() -> None:
    """Keep glibc from giving each engine's thread a heap of its own: 20 of 257 MB less after 120 turns, and steady.

    Elsewhere there is no such call, and no need of it.
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def activity(config: Config) -> Activity:
    """A detector of voices with the configured thresholds, for one stream. Raises ModelError."""
    listen = config.listen
    return Activity(listen.vad_mode, listen.speech_threshold, listen.above_noise_db)


def patience(config: Config) -> Patience:
    """The configured patience, in samples."""
    per_ms = SAMPLE_RATE // 1000
    listen = config.listen
    return Patience(
        start=listen.start_ms * per_ms,
        pre_roll=listen.pre_roll_ms * per_ms,
        pause=listen.pause_ms * per_ms,
        silence=listen.patience_ms * per_ms,
        longest=listen.longest_s * SAMPLE_RATE,
    )


def manner(config: Config) -> Manner:
    """The configured manners."""
    per_ms = SAMPLE_RATE // 1000
    listen = config.listen
    stages = Stages(
        sure=listen.patience_sure_ms * per_ms,
        likely=listen.patience_likely_ms * per_ms,
        unsure=listen.patience_ms * per_ms,
        open=listen.patience_open_ms * per_ms,
    )
    habits = Habits(listen.pauses) if listen.learn_patience else None
    economy = Economy(config.latency.target_ms / 1000, allowed(config.latency.save))
    return Manner(stages, listen.language, listen.earcons, config.reply.prefill, habits, economy)


def kept(
    config: Config, tell: Callable[[Notice], None], source: Literal["microphone", "recording"]
) -> AbstractContextManager[Callable[[Notice], None]]:
    """*tell*, with a line in the journal for each turn that was heard from *source*, if the settings keep one."""
    if not config.latency.journal:
        return nullcontext(tell)
    about = {"source": source, "program": __version__, **measured_with(config)}
    return noting(tell, config.latency.folder, about)
