"""A text and a random generator -> 16 kHz speech with the time of every word and phoneme (10 to 40 ms).

Two synthesisers, so that the recogniser does not learn one engine's way of speaking. Which voices are held out of
training is said here and nowhere else.
"""

# ruff: noqa: SIM905 - a list of words reads best as words

import functools
import random
import re
import subprocess
import tempfile
import wave
from dataclasses import dataclass
from pathlib import Path

import espeak
import numpy as np

RATE = espeak.RATE

ACCENTS = ["en-us"] * 6 + ["gmw/en", "en-gb-scotland", "en-us-nyc", "en-gb-x-rp"]
VARIANTS = ["", *"+f1 +f2 +f4 +f5 +m1 +m2 +m3 +m4 +m6 +m7 +m8 +Annie +Andy +Alex +Michael +steph".split()]
HELD_OUT_VARIANTS = ["+f3", "+m5"]
FLITE_VOICES = "kal kal16 awb rms".split()
HELD_OUT_FLITE_VOICE = "slt"

SILENCE = "sil"
ARPABET = dict(
    pair.split(":")
    for pair in (
        "aa:ɑ ae:æ ah:ʌ ao:ɔ aw:aʊ ax:ə ay:aɪ b:b ch:tʃ d:d dh:ð eh:ɛ er:ɜ ey:eɪ f:f g:ɡ hh:h ih:ɪ iy:i jh:dʒ k:k "
        "l:l m:m n:n ng:ŋ ow:oʊ oy:ɔɪ p:p r:ɹ s:s sh:ʃ t:t th:θ uh:ʊ uw:u v:v w:w y:j z:z zh:ʒ"
    ).split()
)
"""flite's phonemes by espeak-ng's names: one label for one sound, whoever speaks, helps to hear past voices."""


@dataclass(frozen=True)
class Speech:
    """One utterance: `audio` float32 mono at 16 kHz; times in seconds from its first sample."""

    text: str
    audio: np.ndarray
    words: list[tuple[float, float]] | None  # start and end of each word of `text`, where the engine tells
    phonemes: list[tuple[float, str]]  # start, name; each lasts until the next

    @property
    def seconds(self) -> float:
        """Its length."""
        return len(self.audio) / RATE


def training_voice(text: str, r: random.Random, flite_share: float) -> Speech:
    """Somebody of the training set speaks `text`."""
    if r.random() >= flite_share:
        return espeak_ng(text, r.choice(ACCENTS) + r.choice(VARIANTS), r)
    voice = r.choice(FLITE_VOICES)
    return flite(text, voice, stretch=r.uniform(0.8, 1.3), pitch_hz=r.randint(80, 210))


def espeak_ng(text: str, voice: str, r: random.Random) -> Speech:
    """At a random speed and pitch."""
    spoken = espeak.speak(text, voice, rate=r.randint(120, 200), pitch=r.randint(25, 75))
    audio = espeak.at_16k(spoken.audio)
    starts, words = spoken.word_starts, None
    if len(starts) == len(text.split()):
        words = list(zip(starts, [*starts[1:], len(audio) / RATE], strict=True))
    phonemes = [(start, name.replace("ː", "") or SILENCE) for start, name in spoken.phonemes]
    return Speech(text, audio, words, phonemes)


def flite(text: str, voice: str, *, stretch: float = 1.0, pitch_hz: int = 0) -> Speech:
    """Its command line prints when each phoneme ends; 0 leaves the voice its own pitch."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        path = Path(folder) / "speech.wav"
        options = ["--setf", f"duration_stretch={stretch:.2f}"]
        options += ["--setf", f"int_f0_target_mean={pitch_hz}"] if pitch_hz else []
        printed = _run_flite("-voice", voice, *options, "-psdur", "-t", text, "-o", str(path))
        with wave.open(str(path)) as file:
            rate = file.getframerate()
            audio = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768
    if rate != RATE:
        audio = espeak.resample_poly(audio, RATE, rate).astype(np.float32)
    ends = [(name, float(end)) for name, end in re.findall(r"(\S+):([\d.]+)", printed)]
    starts = [0.0, *(end for _, end in ends[:-1])]
    phonemes = [(start, ARPABET.get(name, SILENCE)) for start, (name, _) in zip(starts, ends, strict=True)]
    return Speech(text, audio, _words_of(text, voice, phonemes, ends[-1][1]), phonemes)


def _words_of(text: str, voice: str, phonemes: list[tuple[float, str]], end: float) -> list[tuple[float, float]] | None:
    """As flite does not tell words apart: count off as many phonemes as each word has when said alone."""
    sounding = [start for start, name in phonemes if name != SILENCE]
    counts = [_phoneme_count(word, voice) for word in text.split()]
    if sum(counts) != len(sounding):
        return None  # some word is said otherwise within a sentence; this utterance goes without
    firsts = np.cumsum([0, *counts])[:-1]
    starts = [sounding[first] for first in firsts]
    return list(zip(starts, [*starts[1:], end], strict=True))


@functools.cache
def _phoneme_count(word: str, voice: str) -> int:
    return sum(name in ARPABET for name in _run_flite("-voice", voice, "-ps", "-t", word, "-o", "none").split())


def _run_flite(*arguments: str) -> str:
    return subprocess.run(["flite", *arguments], check=True, capture_output=True, text=True).stdout
