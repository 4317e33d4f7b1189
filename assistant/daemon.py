"""Composes everything from the configuration; loads the models side by side; stops in reverse order."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from assistant import weights
from assistant.config import Config
from assistant.conversation import converse
from assistant.flow import SAMPLE_RATE, Utterance
from assistant.latency.marks import Marks
from assistant.listen.activity import Activity
from assistant.listen.ear import Source, hear
from assistant.listen.endpoint import Patience
from assistant.listen.whisper import Whisper
from assistant.reply.chat import Chat
from assistant.reply.llama import Llama
from assistant.reply.tools import Toolbox
from assistant.reply.tools.standard import standard
from assistant.reply.tools.timers import Timers
from assistant.speak.piper import Piper
from assistant.speak.playback import Sink
from assistant.turn import Engines, Memory, Notice, announce, take_turn

ECHO_TAIL = 0.25
"""seconds after our own voice in which we still do not listen: the room's reverberation and the device's buffers"""


@dataclass(frozen=True, slots=True)
class Assistant:
    """Everything loaded and ready to talk; devices and files come and go."""

    config: Config
    engines: Engines
    timers: Timers
    memory: Memory

    async def talk(self, source: Source, sink: Sink, tell: Callable[[Notice], None]) -> None:
        """Converse over *source* and *sink* until the source ends or this is cancelled.

        Raises DeviceError or SoundFileError when the source fails.
        """
        listen = self.config.listen
        hearing = hear(
            source.frames(),
            Activity(listen.vad_mode, listen.speech_threshold),
            patience(self.config),
            # Without echo control our own voice would be taken for the person's.
            deaf=(lambda: False) if listen.barge_in else _deaf_while(sink),
        )
        actions = _Actions(self, sink, tell)
        await converse(hearing, self.timers.rings(), actions, barge_in=listen.barge_in)


class _Actions:
    """The conversation's two actions, with all they need."""

    def __init__(self, assistant: Assistant, sink: Sink, tell: Callable[[Notice], None]) -> None:
        self._assistant = assistant
        self._sink = sink
        self._tell = tell

    async def take_turn(self, utterance: Utterance) -> None:
        marks = Marks(asyncio.get_running_loop().time)
        memory, engines = self._assistant.memory, self._assistant.engines
        await take_turn(utterance, memory, engines, self._sink, self._tell, marks)

    async def announce(self, text: str) -> None:
        await announce(text, self._assistant.memory, self._assistant.engines, self._sink, self._tell)


@asynccontextmanager
async def loaded(config: Config) -> AsyncIterator[Assistant]:
    """Load and warm up all engines side by side; give the assistant; close them in reverse.

    Raises ModelError when a model is missing or broken; nothing is left half-started then.
    """
    timers = Timers(asyncio.get_running_loop().time)
    toolbox = standard(timers, Path(config.reply.shopping_list), datetime.now) if config.reply.tools else Toolbox([])
    memory = Memory(Chat(config.reply.system))
    whisper, llama, piper = await _all(
        lambda: load_whisper(config), lambda: load_llama(config), lambda: load_piper(config)
    )
    try:
        await _all(whisper.warm_up, piper.warm_up, lambda: llama.warm_up(memory.chat.messages, toolbox.schemas()))
        yield Assistant(config, Engines(whisper, llama, piper, toolbox), timers, memory)
    finally:
        for engine in (piper, llama, whisper):
            engine.close()


def load_whisper(config: Config) -> Whisper:
    """The recogniser alone. Raises ModelError."""
    path = weights.whisper(config.listen.whisper)
    return Whisper.load(path, threads=config.engine.threads, language=config.listen.language)


def load_llama(config: Config) -> Llama:
    """The language model alone. Raises ModelError."""
    reply = config.reply
    return Llama.load(
        weights.chat(reply.model),
        context=reply.context,
        threads=config.engine.threads,
        gpu_layers=reply.gpu_layers,
        temperature=reply.temperature,
        max_tokens=reply.max_tokens,
    )


def load_piper(config: Config) -> Piper:
    """The voice alone. Raises ModelError."""
    return Piper.load(weights.voice(config.speak.voice))


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


async def _all(*jobs: Callable[[], Any]) -> list[Any]:
    """Run blocking *jobs* side by side in threads; the first error is raised when all have come to an end."""
    results = await asyncio.gather(*(asyncio.to_thread(job) for job in jobs), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


def patience(config: Config) -> Patience:
    """The configured patience, in samples."""
    per_ms = SAMPLE_RATE // 1000
    listen = config.listen
    return Patience(
        start=listen.start_ms * per_ms,
        pre_roll=listen.pre_roll_ms * per_ms,
        silence=listen.patience_ms * per_ms,
        longest=listen.longest_s * SAMPLE_RATE,
    )


def _deaf_while(sink: Sink) -> Callable[[], bool]:
    """Whether the sink sounds, or did so just now."""
    loop = asyncio.get_running_loop()
    last_sounding = float("-inf")

    def deaf() -> bool:
        nonlocal last_sounding
        progress = sink.progress()
        if progress.queued > progress.sounded:
            last_sounding = loop.time()
        return loop.time() - last_sounding < ECHO_TAIL

    return deaf
