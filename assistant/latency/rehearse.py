"""Questions go through the whole program in real time, from files or over the devices; their turns come out."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from assistant.audio import check_readable, read_blocks, resample
from assistant.daemon import Assistant, loaded
from assistant.devices import require
from assistant.errors import UsageError
from assistant.flow import SAMPLE_RATE, Clause, Samples
from assistant.latency.loopback import loop_back
from assistant.latency.prompter import Air, Prompter
from assistant.latency.rehearsal import Rehearsal, Wanted
from assistant.latency.script import Asked, Question, Script
from assistant.listen.ear import Source
from assistant.listen.echo import EchoCanceller
from assistant.listen.microphone import Microphone
from assistant.settings import Config
from assistant.speak.normalise import spoken
from assistant.speak.playback import Sink
from assistant.speak.speaker import open_speaker
from assistant.speak.wav import PacedSink
from assistant.turn import Voice

QUESTIONS = (
    "What time is it?",
    "What is the capital of France?",
    "How long do I boil an egg?",
    "Good morning.",
    "What is seven plus five?",
    "Why is the sky blue?",
    "What is on my shopping list?",
    "Who wrote Romeo and Juliet?",
    "What day is it today?",
    "How many days are in a year?",
)
"""Everyday requests, with tools and without; none leaves a timer that would ring into the next. The starter recogniser
understands each of them from the starter voice (tests/slow/test_rehearse.py). None ends as nobody's request does: one
in ten that waits for 1.2 s would be the p95, whatever became of the other nine."""

_PACED_RATE = 22_050
"""Hz of an answer that no device plays: what most Piper voices have"""
_ANSWER = 3.0
"""seconds that an answer and the rest behind it take, about: to say how long a rehearsal will"""


async def rehearse(rehearsal: Rehearsal, note: Callable[[str], None], done: Callable[[int, Asked], None]) -> None:
    """Ask what is wanted, and fill *rehearsal*; *note* is told what goes on, *done* each question and its number.

    The first question is a warm-up, number 0. What people have (shopping list, learned pauses) is left as it is.
    Raises SoundFileError, DeviceError, ModelError, and UsageError where there are no questions in the language set.
    """
    wanted, config = rehearsal.wanted, rehearsal.config
    _check(wanted, config)
    rehearsal.load = os.getloadavg()[0]
    if wanted.loopback:
        note("measuring the way from the loudspeaker to the microphone: 13 s of chirps, please be quiet ...")
        with open_speaker(config.speak.loudspeaker) as speaker:
            rehearsal.loopback = await loop_back(
                Microphone(config.listen.microphone, headset=config.listen.headset_microphone), speaker
            )
    if wanted.count:
        note("loading the models ...")
        with tempfile.TemporaryDirectory(prefix="rehearsal-") as folder:
            async with loaded(aside(config, Path(folder))) as assistant:
                await _ask(assistant, rehearsal, note, done)
    rehearsal.complete = True


def aside(config: Config, folder: Path) -> Config:
    """*config* as it is, except that it listens without being woken, and that all it writes goes into *folder*.

    Learned pauses are copied there: they decide how long it waits. Our own voice is always taken out of the
    microphone, since the questions come out of the loudspeaker, too, and no headphones are on.
    """
    pauses = folder / "pauses.json"
    if config.listen.pauses.exists():
        shutil.copyfile(config.listen.pauses, pauses)
    listen = {"mode": "open", "pauses": pauses, "echo_control": True}
    reply = {"shopping_list": folder / "shopping-list.txt"}
    return config.model_copy(
        update={"listen": config.listen.model_copy(update=listen), "reply": config.reply.model_copy(update=reply)}
    )


async def said_by(voice: Voice, texts: Sequence[str], rate: int) -> list[Question]:
    """*texts* as *voice* says them, at *rate* Hz. Raises EngineError."""

    async def clauses() -> AsyncIterator[Clause]:
        for text in texts:
            yield Clause(text, spoken(text))

    async with aclosing(voice.speak(clauses())) as sounds:
        return [
            Question(audio.clause.text, resample(audio.samples, audio.rate, rate), rate, audio.clause.text)
            async for audio in sounds
        ]


def _check(wanted: Wanted, config: Config) -> None:
    """Raise what can be known to be wrong before the models are loaded."""
    if not wanted.count and not wanted.loopback:
        raise UsageError("-n 0 asks nothing: that is for --loopback alone.")
    for path in wanted.files:
        check_readable(path)
    if not wanted.files and wanted.count and config.listen.language != "en":
        raise UsageError(
            f"The built-in questions are English, and listen.language is {config.listen.language}: give recordings of"
            " your own, as in `assistant rehearse question.wav`."
        )
    if wanted.devices or wanted.loopback:
        require("input", config.listen.microphone)
        require("output", config.speak.loudspeaker)


async def _ask(
    assistant: Assistant, rehearsal: Rehearsal, note: Callable[[str], None], done: Callable[[int, Asked], None]
) -> None:
    wanted = rehearsal.wanted
    with _devices(rehearsal) if wanted.devices else _files() as ends:
        questions = await _questions(wanted.files, assistant.engines.voice, ends.rate)
        script = rehearsal.script = Script(questions, wanted.count)
        prompter = Prompter(ends.source, script, ends.say, done)
        asked = "1 question" if wanted.count == 1 else f"{wanted.count} questions"
        note(f"asking {asked} in real time, about {_minutes(script)} min, behind one to warm up ...")
        await assistant.talk(
            prompter,
            ends.sink,
            lambda notice: script.told(notice, datetime.now(UTC)),
            echo=ends.echo,
            watchers=[prompter.watch],
        )


@dataclass(frozen=True, slots=True)
class _Ends:
    """Where the questions go in, and the answers come out."""

    source: Source
    say: Callable[[Samples], None]
    rate: int
    """Hz of what is said"""
    sink: Sink
    echo: EchoCanceller | None = None


@contextmanager
def _files() -> Iterator[_Ends]:
    air = Air()
    yield _Ends(air, air.say, SAMPLE_RATE, PacedSink(_PACED_RATE, asyncio.get_running_loop().time))


@contextmanager
def _devices(rehearsal: Rehearsal) -> Iterator[_Ends]:
    name, listen = rehearsal.config.speak.loudspeaker, rehearsal.config.listen
    microphone = Microphone(listen.microphone, headset=listen.headset_microphone)
    # The questions have a stream of their own: the echo canceller takes out what the answers' stream plays, and they
    # are to be heard, as if somebody sat where the loudspeaker is.
    with open_speaker(name) as mouth, open_speaker(name) as speaker:
        try:
            yield _Ends(microphone, mouth.put, mouth.rate, speaker, EchoCanceller(speaker.played))
        finally:
            rehearsal.holes = mouth.underflows + speaker.underflows + microphone.overflows


def _minutes(script: Script) -> int:
    return max(1, round((script.seconds + _ANSWER * (script.count + 1)) / 60))


async def _questions(files: Sequence[Path], voice: Voice, rate: int) -> list[Question]:
    if not files:
        return await said_by(voice, QUESTIONS, rate)
    return [Question(path.name, await asyncio.to_thread(_sound, path, rate), rate) for path in files]


def _sound(path: Path, rate: int) -> Samples:
    return np.concatenate(list(read_blocks(path, rate)))
