"""A CTranslate2 Whisper -> how many words it gets right, and how often it keeps silent (about 1 minute).

The grammar of scripts/starter is newer than the recognizer: words it never learnt count as its mistakes.
"""

import random
from collections.abc import Iterator
from pathlib import Path

import espeak
import grammar
import numpy as np
import recordings
import sounds
from faster_whisper import WhisperModel

VOICES = {
    "training voices": (["en-us", "en-us+m3", "en-us+f2", "en-us+m7"], 95.0),
    "held-out variants": (["en-us+f3", "en-us+m5"], 92.0),
}


def figures(folder: Path, count: int = 40) -> list[tuple[str, float, float]]:
    """(what, percent right, floor) for words in two kinds of voices, two sentences at once, and noises."""
    model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=2, local_files_only=True)
    rows = []
    for what, (voices, floor) in VOICES.items():
        pairs = [(text, recordings.question(text, voice)) for text, voice in _spoken(voices, count)]
        rows.append((f"words right, {what}", word_accuracy(model, pairs), floor))
    rows.append(("words right, two sentences in a clip", word_accuracy(model, list(_two_sentences(count // 2))), 90.0))
    for vad in (False, True):
        silent = [not hear(model, audio, vad=vad) for audio in _noises()]
        rows.append(
            (f"nothing heard in noises, {'with' if vad else 'without'} VAD", 100 * sum(silent) / len(silent), 100.0)
        )
    return rows


def hear(model: WhisperModel, audio: np.ndarray, *, vad: bool = False) -> str:
    """What faster-whisper makes of it: beam 1, no timestamps."""
    segments, _ = model.transcribe(
        audio, language="en", beam_size=1, temperature=0, without_timestamps=True, vad_filter=vad
    )
    return " ".join(segment.text.strip() for segment in segments)


def word_accuracy(model: WhisperModel, pairs: list[tuple[str, np.ndarray]]) -> float:
    """100 % less the word error rate."""
    errors = sum(_distance(text.split(), hear(model, audio).split()) for text, audio in pairs)
    return 100 * (1 - errors / sum(len(text.split()) for text, _ in pairs))


def _spoken(voices: list[str], count: int) -> Iterator[tuple[str, str]]:
    r = random.Random(9)
    for index in range(count):
        yield grammar.sample(r, held=True).said, voices[index % len(voices)]


def _two_sentences(count: int) -> Iterator[tuple[str, np.ndarray]]:
    r = random.Random(10)
    for _ in range(count):
        first, second = (grammar.sample(r, held=True).said for _ in range(2))
        pause = sounds.silence(r.uniform(0.2, 1.0))
        clip = [sounds.level(espeak.at_16k(espeak.speak(text).audio), -12) for text in (first, second)]
        yield f"{first} {second}", np.concatenate([clip[0], pause, clip[1], sounds.silence(0.5)])


def _noises() -> Iterator[np.ndarray]:
    r = np.random.default_rng(3)
    for seconds in (1.0, 2.0, 4.0):
        yield sounds.silence(seconds)
        yield sounds.level(sounds.white(seconds, r), -30)
        yield sounds.level(sounds.brown(seconds, r), -30)
        yield sounds.level(sounds.clicks(seconds, r), -20)
        for base in (50.0, 60.0, 100.0, 120.0):
            yield sounds.level(sounds.hum(seconds, r, base), -30)


def _distance(wanted: list[str], heard: list[str]) -> int:
    """Word edits from one to the other."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(wanted, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (word != other))
    return row[-1]
