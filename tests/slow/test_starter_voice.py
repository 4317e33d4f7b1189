"""What the starter voice must be able to do, with floors a little below what it could when it was made."""

# ruff: noqa: SIM905 - a list of sentences reads best as sentences

import re
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
REQUESTS = (
    "what is the capital of france|set a timer for twelve minutes|tell me a story|what time is it|"
    "add milk and bread to the shopping list|what is forty seven plus thirty eight|how far away is the moon|"
    "what is on my shopping list|cancel the timer|who painted the mona lisa|how are you|what is the largest planet"
).split("|")
LONG = "There are " + ", ".join(f"{word} apples" for word in "one two three four five six seven eight nine".split() * 3)
ANYTHING = [
    "Sure.",
    "Okay,",
    "No",
    "A",
    "It is 4:05 PM on 12/24, and 3.14159 is less than 1,000,000!",
    "Uh-huh, the button in the mountain; a loch, a genre, a croissant: Zürich, señor?",
    "Привет, γειά, 你好, and @ % & € too.",
    "Hmm… (well) “quoted” — dashed -- text/with_signs",
    f"{LONG}.",
]


@pytest.fixture(scope="module")
def voice():
    piper = pytest.importorskip("piper")
    return piper.PiperVoice.load(ROOT / "voices" / "starter" / "starter.onnx")


@pytest.fixture(scope="module")
def recognizer():
    faster_whisper = pytest.importorskip("faster_whisper")
    folder = ROOT / "models" / "starter" / "whisper"
    return faster_whisper.WhisperModel(str(folder), device="cpu", compute_type="int8", local_files_only=True)


def test_the_programs_recognizer_understands_the_voice(voice, recognizer):
    """Most of a dozen requests, word for word."""
    heard = [_heard(recognizer, _said(voice, text)) for text in REQUESTS]
    assert sum(one == other for one, other in zip(heard, REQUESTS, strict=True)) >= 9, heard


@pytest.mark.parametrize("text", ANYTHING)
def test_any_text_becomes_sound_that_is_finite_and_not_clipped(voice, text):
    """Short or long, with signs, digits and letters of other languages: about as long as people take to say it."""
    for chunk in voice.synthesize(text, _settings()):
        sound = chunk.audio_float_array
        assert np.isfinite(sound).all()
        assert 0.05 < np.abs(sound).max() < 0.95
        sounds = [symbol for symbol in chunk.phonemes if symbol.isalpha()]
        assert 0.03 < len(sound) / voice.config.sample_rate / len(sounds) < 0.6


def test_sentences_begin_at_once_and_end_in_quiet(voice):
    """No more than 60 ms before the first sound; what is behind the last fades before it stops."""
    for text in ("Hello.", "The time is half past four.", "Sure.", "Your shopping list is empty,"):
        sound = _said(voice, text)
        audible = np.flatnonzero(np.abs(sound) > 0.01 * np.abs(sound).max())
        assert audible[0] < 0.06 * voice.config.sample_rate
        assert 0.02 < (len(sound) - audible[-1]) / voice.config.sample_rate < 0.4


def test_the_same_text_is_always_the_same_sound(voice):
    """Sample by sample."""
    assert np.array_equal(_said(voice, "Nothing changes."), _said(voice, "Nothing changes."))


def test_speed_and_noise_can_be_set(voice):
    """A length scale of 2 doubles the length; a noise scale changes the sound and not its length."""
    usual = _said(voice, "The quick brown fox.")
    assert len(_said(voice, "The quick brown fox.", length_scale=2.0)) == pytest.approx(2 * len(usual), rel=0.02)
    hushed = _said(voice, "The quick brown fox.", noise_scale=0.0)
    assert len(hushed) == len(usual)
    assert not np.allclose(hushed, usual, atol=1e-3)


def test_the_voice_says_when_each_phoneme_sounds(voice):
    """Piper's alignments: all of the sound, shared among them in order, so that words have their lengths."""
    (chunk,) = voice.synthesize("Timer set for twelve minutes.", _settings(), include_alignments=True)
    parts = chunk.phoneme_alignments
    assert [part.phoneme for part in parts] == ["^", *chunk.phonemes, "$"]
    assert sum(part.num_samples for part in parts) == len(chunk.audio_float_array)
    words = re.split(" ", "".join(part.phoneme for part in parts))
    assert len(words) == 5
    ends = np.cumsum([part.num_samples for part in parts])
    blanks = [end for part, end in zip(parts, ends, strict=True) if part.phoneme == " "]
    lengths = np.diff([0, *blanks, len(chunk.audio_float_array)]) / voice.config.sample_rate
    assert all(0.08 < length < 0.9 for length in lengths)


def _settings(**scales):
    from piper import SynthesisConfig

    return SynthesisConfig(normalize_audio=False, **scales)


def _said(voice, text, **scales):
    return np.concatenate([chunk.audio_float_array for chunk in voice.synthesize(text, _settings(**scales))])


def _heard(recognizer, sound):
    quiet = np.zeros(4000, np.float32)
    segments, _ = recognizer.transcribe(
        np.concatenate([quiet, sound, quiet]), language="en", beam_size=1, temperature=0, without_timestamps=True
    )
    return " ".join(segment.text.strip() for segment in segments)
