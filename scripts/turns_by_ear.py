"""Synthetic sentences go through the program's own listening, as fast as can be; where it thinks they end comes out.

For `bench_turns.py`. It needs espeak-ng, flite and scipy, as the scripts of the starter models do, whose sentences
these are: held out, so that no model has seen them.
"""

# ruff: noqa: SIM905 - a list of words reads best as words

import asyncio
import random
import sys
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent / "starter"))

import grammar
import sounds
import stt_voices

from assistant.audio import to_int16
from assistant.daemon import load_whisper, manner, patience
from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE, Frame, Samples, Transcript, Utterance
from assistant.listen.activity import Activity
from assistant.listen.complete import patience as patience_for
from assistant.listen.ear import Ear, MayBeOver
from assistant.listen.sound_end import held_on
from assistant.settings import Config
from assistant.shelf import turn_model_recipe

PAUSE = 0.6
VOICES = ("en-us+f3", "en-us+m5", "en-us+m3", "en-gb-scotland+f3", "flite")
ROOM_DBFS = -60.0
OPEN = frozenset(
    "a an the my your for to of in on at by from with and or plus minus times divided is are was does do what how who"
    " which when where add put remove set start call named than".split()
)
"""words behind which people stop to think: those that announce another"""


@dataclass(frozen=True)
class Sentence:
    """Somebody's request, with silence around it."""

    text: str
    samples: Samples
    before: str = ""
    """what comes in front of the pause, where there is one"""


@dataclass(frozen=True)
class Ended:
    """A turn, as the ear ended it."""

    heard: str
    wait: float
    """seconds of silence behind its last sound"""
    took: float
    """seconds that its judgement took"""


@dataclass
class Ears:
    """The engines, and what they have said already: the same sound is judged with and without the turn model."""

    whisper: Any
    turn_model: Any
    config: Config
    known: dict[bytes, tuple[Transcript, float, float]]

    async def judge(self, samples: Samples, *, model: bool) -> tuple[str, int, float]:
        """Its words, how many samples of patience they ask for, and the seconds that took."""
        key = samples.tobytes()
        if key not in self.known:
            begun = time.perf_counter()
            completeness = self.turn_model.completeness(samples) if self.turn_model else asyncio.sleep(0, 0.0)
            transcript, probability = await asyncio.gather(self.whisper.transcribe(samples), completeness)
            self.known[key] = transcript, probability, time.perf_counter() - begun
        words, probability, took = self.known[key]
        stages = manner(self.config).stages
        wait = patience_for(words.text, probability if model else None, stages, confidence=words.confidence)
        return words.text, wait, took

    async def listen(self, samples: Samples, *, model: bool) -> list[Ended]:
        """The turns in *samples*; each judgement comes as much later as it took."""
        ear = Ear(Activity(), patience(self.config))
        due: list[tuple[float, float, int]] = []
        ended: list[Ended] = []
        text, took = "", 0.0

        async def frames() -> AsyncGenerator[Frame, None]:
            for position in range(0, samples.size - FRAME_SAMPLES + 1, FRAME_SAMPLES):
                now = (position + FRAME_SAMPLES) / SAMPLE_RATE
                while due and due[0][0] < now:
                    _, speech_end, wait = due.pop(0)
                    ear.wait(speech_end, wait)
                yield Frame(samples[position : position + FRAME_SAMPLES], position, now)

        async for noticed in ear.hear(frames()):
            if isinstance(noticed, MayBeOver):
                utterance = noticed.utterance
                text, wait, took = await self.judge(utterance.samples, model=model)
                wait -= round(held_on(utterance) * SAMPLE_RATE)  # as actions.py has it
                due.append((utterance.turn_ended_at + took, utterance.speech_ended_at, wait))
            elif isinstance(noticed, Utterance):
                ended.append(Ended(text, noticed.turn_ended_at - noticed.speech_ended_at, took))
        return ended


def sentences(count: int, pause: str, seed: int = 9) -> list[Sentence]:
    """Held-out requests of four words and more; *pause*: "none", "natural" (behind an open word) or "random"."""
    random_ = random.Random(seed)
    found: list[Sentence] = []
    while len(found) < count:
        text = grammar.sample(random_, held=True).said
        speech = _spoken(text, VOICES[len(found) % len(VOICES)], random_)
        words = text.split()
        if len(words) < 4 or speech.words is None:
            continue
        places = [at for at in range(1, len(words)) if pause != "natural" or words[at - 1] in OPEN]
        if not places:
            continue
        found.append(_sentence(speech, random_.choice(places) if pause != "none" else None, random_))
    return found


def _spoken(text: str, voice: str, random_: random.Random) -> stt_voices.Speech:
    if voice == "flite":
        return stt_voices.flite(text, stt_voices.HELD_OUT_FLITE_VOICE, stretch=random_.uniform(0.9, 1.2))
    return stt_voices.espeak_ng(text, voice, random_)


def _sentence(speech: stt_voices.Speech, pause_at: int | None, random_: random.Random) -> Sentence:
    audio = sounds.level(speech.audio, -12.0)
    parts, before = [sounds.silence(0.5), audio], ""
    if pause_at is not None:
        assert speech.words is not None
        cut = _quietest(audio, round(speech.words[pause_at][0] * SAMPLE_RATE))
        parts = [parts[0], audio[:cut], sounds.silence(PAUSE), audio[cut:]]
        before = " ".join(speech.text.split()[:pause_at])
    whole = np.concatenate([*parts, sounds.silence(2.0)])
    noise = sounds.white(whole.size / SAMPLE_RATE + 1, np.random.default_rng(random_.randrange(2**32)))
    return Sentence(speech.text, to_int16(whole + noise[: whole.size] * 10 ** (ROOM_DBFS / 20)), before)


def _quietest(audio: np.ndarray[Any, Any], at: int) -> int:
    """The quietest 10 ms around the place *at*, up to 60 ms to either side: nobody is cut in a vowel."""
    starts = range(max(0, at - 960), min(audio.size - 160, at + 960), 80)
    return min(starts, key=lambda start: float(np.square(audio[start : start + 160]).sum())) + 80


@dataclass(frozen=True)
class Found:
    """What came of many sentences."""

    count: int
    false_ends: dict[str, int]
    """by kind of pause"""
    waits: list[float]
    """seconds, of those that are finished"""
    took: float
    """seconds a judgement takes, the median"""
    cut: list[str]
    """what was heard before a false end"""


async def measured(count: int) -> dict[bool, Found]:
    """With (True, where its file is) and without the turn model."""
    config = Config()
    recipe = turn_model_recipe(config)
    turn_model = recipe.load() if recipe is not None else None
    ears = Ears(load_whisper(config), turn_model, config, {})
    ears.whisper.warm_up()
    texts = {kind: sentences(count, kind) for kind in ("none", "natural", "random")}
    return {model: await _found(ears, texts, model=model) for model in ([True, False] if turn_model else [False])}


async def _found(ears: Ears, texts: dict[str, list[Sentence]], *, model: bool) -> Found:
    found = Found(len(texts["none"]), {}, [], 0.0, [])
    took: list[float] = []
    for kind in ("natural", "random"):
        found.false_ends[kind] = 0
        for sentence in texts[kind]:
            ended = await ears.listen(sentence.samples, model=model)
            if len(ended) > 1:
                found.false_ends[kind] += 1
                found.cut.append(
                    f"{kind}: {sentence.before} | heard {ended[0].heard!r} | {1000 * ended[0].wait:.0f} ms"
                )
    for sentence in texts["none"]:
        ended = await ears.listen(sentence.samples, model=model)
        found.waits.extend(turn.wait for turn in ended[-1:])
        took.extend(turn.took for turn in ended[-1:])
    return replace(found, took=float(np.median(took)))
