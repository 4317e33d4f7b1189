"""Speech -> what the recogniser is trained on: Whisper's log-mel features, and labels by encoder frame (4 ms each)."""

from dataclasses import dataclass

import numpy as np
import stt_voices
from faster_whisper.feature_extractor import FeatureExtractor
from scipy import fft

HOP, WINDOW = 160, 400  # samples
ENCODER_FRAMES_PER_SECOND = 50  # one for two frames of features
EARLY, LATE = 2, 3
"""A word may be attended to from 40 ms before its start to 60 ms after its end."""

_MEL_FILTERS = FeatureExtractor().mel_filters.astype(np.float32)
_HANN = np.hanning(WINDOW + 1)[:-1].astype(np.float32)


@dataclass(frozen=True)
class Example:
    """One utterance as it is trained: times count encoder frames of 20 ms."""

    text: str
    words: list[tuple[int, int]] | None  # first frame, and the one behind the last
    phonemes: list[tuple[str, int]]  # name, first frame; each lasts until the next
    features: np.ndarray  # float16 (80, frames), an even number of frames


def example(speech: stt_voices.Speech) -> Example:
    """Features and labels of the speech as it is."""
    audio = speech.audio[: len(speech.audio) // (2 * HOP) * 2 * HOP]
    features = log_mel(audio).astype(np.float16)
    frames = features.shape[1] // 2
    words = speech.words and [
        (max(0, _frame(start) - EARLY), min(frames, _frame(end) + LATE)) for start, end in speech.words
    ]
    phonemes = [(stt_voices.SILENCE, 0)] + [(name, min(frames, _frame(start))) for start, name in speech.phonemes]
    return Example(speech.text, words, phonemes, features)


def one_after_another(first: Example, second: Example) -> Example:
    """Two utterances as one, each still as loud as Whisper's normalisation has made it."""
    text = f"{first.text} {second.text}".strip()
    before = first.features.shape[1] // 2
    known = all(row.words is not None or not row.text for row in (first, second))
    words = [*(first.words or []), *((start + before, end + before) for start, end in second.words or [])]
    phonemes = [*first.phonemes, *((name, start + before) for name, start in second.phonemes)]
    return Example(text, words if known and text else None, phonemes, np.hstack([first.features, second.features]))


def log_mel(audio: np.ndarray) -> np.ndarray:
    """As faster_whisper.feature_extractor computes them, in a third of its time: (80, samples // 160), float32."""
    padded = np.pad(audio.astype(np.float32), WINDOW // 2, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][: len(audio) // HOP]
    power = np.abs(fft.rfft(windows * _HANN)) ** 2
    decades = np.log10(np.maximum(_MEL_FILTERS @ power.T, 1e-10))
    return (np.maximum(decades, decades.max() - 8) + 4) / 4


def _frame(seconds: float) -> int:
    return int(seconds * ENCODER_FRAMES_PER_SECOND)
