"""Composes everything from the configuration; loads the models side by side; stops in reverse order."""

import asyncio
import ctypes
import os
import signal
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from assistant import __version__, weights
from assistant.actions import Doing, Manner, as_rings
from assistant.conversation import converse
from assistant.floor import Floor
from assistant.flow import SAMPLE_RATE
from assistant.glance import Glance, glance
from assistant.latency.journal import noting
from assistant.listen.activity import Activity
from assistant.listen.complete import Stages
from assistant.listen.ear import Ear, Noticed, Source
from assistant.listen.echo import EchoCanceller, without_echo
from assistant.listen.endpoint import Patience
from assistant.listen.habits import Habits
from assistant.listen.microphone import steadfast
from assistant.listen.turn_model import TurnModel
from assistant.listen.wake import WakeWords, Woken
from assistant.listen.whisper import Whisper
from assistant.moves import SPECULATIONS, Mode, Rules
from assistant.pace import PACES
from assistant.reply.chat import Chat
from assistant.reply.llama import Llama
from assistant.reply.tools import Toolbox
from assistant.reply.tools.standard import standard
from assistant.reply.tools.timers import Timers
from assistant.settings import Config
from assistant.speak.piper import Piper
from assistant.speak.playback import Sink
from assistant.turn import Engines, Memory, Notice

_M_ARENA_MAX = -8
"""glibc's malloc.h"""


@dataclass(frozen=True, slots=True)
class Assistant:
    """Everything loaded and ready to talk; devices and files come and go."""

    config: Config
    engines: Engines
    wake: WakeWords | None
    timers: Timers
    memory: Memory

    async def talk(
        self,
        source: Source,
        sink: Sink,
        tell: Callable[[Notice], None],
        *,
        echo: EchoCanceller | None = None,
        keys: AsyncGenerator[Woken, None] | None = None,
        watch: Callable[[Callable[[], Glance]], AsyncGenerator[Any, None]] | None = None,
    ) -> None:
        """Converse over *source* and *sink* until the source ends or this is cancelled.

        *echo* takes out of the source what the sink plays, where one hears the other. *keys* wake it, as a wake word
        does. *watch* is given something to look at us with, as often as it likes. Raises DeviceError or SoundFileError
        when the source cannot be opened; a device that worked and stops is waited for.
        """
        listen = self.config.listen
        if self.wake is not None:
            self.wake.reset()
        detector = activity(self.config)
        ear = Ear(detector, patience(self.config), self.wake)
        rules = Rules(
            Mode(listen.mode),
            listen.follow_up_s,
            listen.barge_in,
            SPECULATIONS if self.config.reply.speculate else 0,
            listen.language,
        )
        ear.asleep = rules.mode is not Mode.OPEN
        state = Floor(rules)
        actions = Doing(self.engines, self.memory, ear, sink, tell, manner(self.config), echo)
        watching = watch(lambda: glance(detector, ear, state, sink)) if watch is not None else None
        asides = [as_rings(self.timers.rings()), *(aside for aside in (keys, watching) if aside is not None)]

        def hearing() -> AsyncGenerator[Noticed, None]:
            return ear.hear(source.frames() if echo is None else without_echo(source.frames(), echo))

        await converse(steadfast(hearing), asides, actions, state)


@asynccontextmanager
async def loaded(config: Config) -> AsyncIterator[Assistant]:
    """Load and warm up all engines side by side; give the assistant; close them in reverse.

    Raises ModelError when a model is missing or broken; nothing is left half-started then.
    """
    _share_one_heap()
    timers = Timers(asyncio.get_running_loop().time)
    toolbox = standard(timers, Path(config.reply.shopping_list), datetime.now) if config.reply.tools else Toolbox([])
    memory = Memory(Chat(config.reply.system))
    whisper, llama, piper, turn_model, wake = await _all(
        lambda: load_whisper(config),
        lambda: load_llama(config),
        lambda: load_piper(config),
        lambda: load_turn_model(config),
        lambda: load_wake(config),
    )
    engines = [whisper, llama, piper, *([turn_model] if turn_model else [])]
    try:
        await _all(
            *(engine.warm_up for engine in engines if engine is not llama),
            lambda: llama.warm_up(memory.chat.messages, toolbox.schemas()),
        )
        yield Assistant(config, Engines(whisper, llama, piper, toolbox, turn_model), wake, timers, memory)
    finally:
        for engine in reversed(engines):
            engine.close()


def load_whisper(config: Config) -> Whisper:
    """The recogniser alone. Raises ModelError."""
    path = weights.whisper(config.listen.whisper, config.models.folder)
    return Whisper.load(
        path,
        threads=config.engine.threads,
        language=config.listen.language,
        window_s=weights.window(path),
        pace=PACES[config.engine.pace],
    )


def load_llama(config: Config) -> Llama:
    """The language model alone. Raises ModelError."""
    reply = config.reply
    return Llama.load(
        weights.chat(reply.model, config.models.folder),
        context=reply.context,
        threads=config.engine.threads,
        gpu_layers=reply.gpu_layers,
        temperature=reply.temperature,
        max_tokens=reply.max_tokens,
        pace=PACES[config.engine.pace],
    )


def load_piper(config: Config) -> Piper:
    """The voice alone. Raises ModelError."""
    voice = weights.voice(config.speak.voice, config.models.folder)
    return Piper.load(voice, pace=PACES[config.engine.pace])


def load_turn_model(config: Config) -> TurnModel | None:
    """The model that hears whether a turn is over, if there is one. Raises ModelError."""
    path = weights.turn_model(config.listen.turn_model, config.models.folder)
    return TurnModel.load(path) if path else None


def load_wake(config: Config) -> WakeWords | None:
    """The wake words, where one is needed to be heard. Raises ModelError."""
    if config.listen.mode != Mode.WAKE.value:
        return None
    words = [word.strip() for word in config.listen.wake_words.split(",") if word.strip()]
    return WakeWords.load(words, sensitivity=config.listen.wake_sensitivity)


def run(main: Coroutine[Any, Any, None]) -> bool:
    """Run *main*; whether it came to its end. SIGINT and SIGTERM cancel it cleanly, a second one forces.

    Raises what *main* raises.
    """
    with asyncio.Runner() as runner:
        return runner.run(_until_signalled(main))


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


async def _all(*jobs: Callable[[], Any]) -> list[Any]:
    """Run blocking *jobs* side by side in threads; the first error is raised when all have come to an end."""
    results = await asyncio.gather(*(asyncio.to_thread(job) for job in jobs), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


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
    return Manner(stages, listen.language, listen.earcons, config.reply.prefill, habits)


def kept(
    config: Config, tell: Callable[[Notice], None], source: Literal["microphone", "recording"]
) -> AbstractContextManager[Callable[[Notice], None]]:
    """*tell*, with a line in the journal for each turn that was heard from *source*, if the settings keep one.

    A line names the models, without the folders they are in, and a pace that is not the machine's own.
    """
    if not config.latency.journal:
        return nullcontext(tell)
    models = (config.listen.whisper, config.reply.model, config.speak.voice)
    about = {"source": source, "program": __version__, "models": [Path(model).name for model in models]}
    slowed = {} if config.engine.pace == "own" else {"pace": config.engine.pace}
    return noting(tell, config.latency.folder, {**about, **slowed})
