"""A seed -> clips the recogniser never heard, with what is said in them: (text, audio) by what they try (10 ms each).

All texts but the one-word requests are held out of training (grammar.held_out).
"""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import grammar
import numpy as np
import recordings
import sounds
import stt_augment
import stt_voices
from stt_voices import Speech

Clip = tuple[str, np.ndarray]

FLITE = "flite "
VOICES = {
    "training voices": (["en-us", "en-us+m3", "en-us+f2", "en-us+m7", FLITE + "rms", FLITE + "awb"], 95.0),
    "espeak-ng variants held out": (["en-us+f3", "en-us+m5"], 92.0),
    "flite slt, another kind": ([FLITE + stt_voices.HELD_OUT_FLITE_VOICE], 70.0),
}
"""What to call them, the voices, and how many percent of their words must be right."""
PIPER = Path(__file__).parents[2] / "voices" / "starter" / "starter.onnx"
ONE_WORD = "yes no stop hello help thanks okay goodbye".split()  # noqa: SIM905 - reads best as words
PEAK_DBFS, NOISE_DBFS = -12.0, -60.0


def spoken(voices: list[str], count: int) -> Iterator[Clip]:
    """Held-out requests, the voices in turn."""
    r = random.Random(9)
    for index in range(count):
        text = grammar.sample(r, held=True).said
        yield text, clip(_speech(text, voices[index % len(voices)], r), r)


def one_word() -> Iterator[Clip]:
    """The shortest requests, each in several voices."""
    r = random.Random(11)
    for text in ONE_WORD:
        for voice in VOICES["training voices"][0]:
            yield text, clip(_speech(text, voice, r), r)


def two_sentences(count: int) -> Iterator[Clip]:
    """One after the other, 0.2 to 1 s apart."""
    r = random.Random(10)
    for index in range(count):
        voice = VOICES["training voices"][0][index % 6]
        first, second = (_speech(grammar.sample(r, held=True).said, voice, r) for _ in range(2))
        both = stt_augment.one_after_another(first, second, r.uniform(0.2, 1.0))
        yield both.text, clip(both, r)


def prefixes(count: int) -> Iterator[Clip]:
    """Broken off between two words, as a transcript of unfinished speech has it; no silence follows."""
    r = random.Random(12)
    while count:
        speech = _speech(grammar.sample(r, held=True).said, r.choice(VOICES["training voices"][0]), r)
        if speech.words and len(speech.words) > 1:
            count -= 1
            cut = stt_augment.cut_off(speech, r)
            yield cut.text, clip(cut, r, after=0.0)


def disturbed(disturb: Callable[[np.ndarray, np.random.Generator], np.ndarray], count: int) -> Iterator[Clip]:
    """Held-out requests in training voices, their sound treated by `disturb`."""
    random_ = np.random.default_rng(13)
    for text, audio in spoken(VOICES["training voices"][0], count):
        yield text, disturb(audio, random_)


def faint(audio: np.ndarray, _: np.random.Generator) -> np.ndarray:
    """Peaks at -30 dBFS."""
    return sounds.level(audio, -30)


def loud(audio: np.ndarray, _: np.random.Generator) -> np.ndarray:
    """Peaks at full scale."""
    return sounds.level(audio, 0)


def noisy(audio: np.ndarray, random_: np.random.Generator) -> np.ndarray:
    """White noise 15 dB under the speech."""
    return audio + sounds.white(len(audio) / sounds.RATE, random_) * np.sqrt(np.mean(audio**2)) * 10 ** (-15 / 20)


def in_a_room(audio: np.ndarray, random_: np.random.Generator) -> np.ndarray:
    """Light reverberation: 60 dB down in 0.2 s."""
    answer = sounds.white(0.2, random_) * 10 ** (-3 * np.linspace(0, 1, sounds.RATE // 5)) * 0.06
    answer[0] = 1
    return sounds.level(np.convolve(audio, answer), PEAK_DBFS)


def piper(count: int) -> Iterator[Clip]:
    """Held-out requests in the voice the starter program itself speaks with."""
    from piper import PiperVoice

    voice, r = PiperVoice.load(PIPER), random.Random(14)
    for _ in range(count):
        text = grammar.sample(r, held=True).said
        audio = np.concatenate([chunk.audio_float_array for chunk in voice.synthesize(text)])
        yield text, clip(Speech(text, audio, None, []), r)


def not_speech() -> Iterator[np.ndarray]:
    """Silence, noises, clicks and hums of 1 to 4 s."""
    r = np.random.default_rng(3)
    for seconds in (1.0, 2.0, 4.0):
        yield sounds.silence(seconds)
        yield sounds.level(sounds.white(seconds, r), -30)
        yield sounds.level(sounds.brown(seconds, r), -30)
        yield sounds.level(sounds.clicks(seconds, r), -20)
        for base in (50.0, 60.0, 100.0, 120.0):
            yield sounds.level(sounds.hum(seconds, r, base), -30)


def recorded() -> Iterator[Clip]:
    """The sentences of tests/recordings."""
    for text in recordings.SENTENCES.values():
        yield text, recordings.question(text)


def clip(speech: Speech, r: random.Random, after: float | None = None) -> np.ndarray:
    """At a natural level, 0 to 0.5 s of silence before and 0.1 to 1.2 s after, faint noise everywhere."""
    after = r.uniform(0.1, 1.2) if after is None else after
    speech = Speech(speech.text, sounds.level(speech.audio, PEAK_DBFS), speech.words, speech.phonemes)
    audio = stt_augment.padded(speech, r.uniform(0, 0.5), after).audio
    noise = sounds.white(len(audio) / sounds.RATE, np.random.default_rng(r.getrandbits(32)))
    return audio + noise * 10 ** (NOISE_DBFS / 20)


def _speech(text: str, voice: str, r: random.Random) -> Speech:
    if voice.startswith(FLITE):
        return stt_voices.flite(text, voice.removeprefix(FLITE), stretch=r.uniform(0.9, 1.2))
    return stt_voices.espeak_ng(text, voice, r)
