"""What of an answer was heard, held against an ear: the starter voice, cut off, and the starter recogniser."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from assistant.audio import resample
from assistant.flow import SAMPLE_RATE, Clause
from assistant.listen.whisper import Whisper
from assistant.speak.piper import Piper
from assistant.speak.playback import AUDIBLE, Playback, Progress
from assistant.speak.word_times import shared_out

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SENTENCES = [
    "add milk and bread to the shopping list",
    "set a timer for twelve minutes",
    "what is forty seven plus thirty eight",
    "how far away is the moon",
    "what is the largest planet",
]


class CutOff:
    """A sink that was told to stop behind so many samples."""

    rate = SAMPLE_RATE

    def __init__(self, sounded):
        self.sounded = sounded

    def put(self, samples):
        pass

    def progress(self):
        return Progress(queued=10**9, sounded=self.sounded, first_sound_at=None)


@pytest.fixture(scope="module")
def sounds():
    """Each sentence as the voice says it."""
    voice = Piper.load(ROOT / "voices/starter/starter.onnx")

    async def clauses():
        for text in SENTENCES:
            yield Clause(text, text)

    async def spoken():
        return [audio async for audio in voice.speak(clauses())]

    yield asyncio.run(spoken())
    voice.close()


def speech_end(audio):
    return int(np.flatnonzero(np.abs(audio.samples.astype(int)) >= AUDIBLE)[-1]) + 1


def test_the_voice_tells_when_each_word_has_been_said(sounds):
    """Rising, no word shorter than 60 ms, and the last one done within 60 ms of the last audible sample."""
    for audio in sounds:
        assert len(audio.word_ends) == len(audio.clause.text.split())
        assert min(np.diff([0, *audio.word_ends])) > 0.06 * audio.rate
        assert audio.word_ends[-1] == pytest.approx(speech_end(audio), abs=0.06 * audio.rate)


def test_without_its_word_letters_tell_them_nearly_as_well(sounds):
    """On average within 80 ms (57 when it was made); equal shares for all words are twice as far off (113)."""
    by_letters, by_words = [], []
    for audio in sounds:
        true, end, count = np.array(audio.word_ends), speech_end(audio), len(audio.word_ends)
        by_letters += list(np.abs(true - shared_out(audio.clause, 0, end)) / audio.rate)
        by_words += list(np.abs(true - np.arange(1, count + 1) * end / count) / audio.rate)
    assert np.mean(by_letters) < 0.08
    assert np.mean(by_words) > 1.5 * np.mean(by_letters)


@pytest.mark.parametrize("number", range(len(SENTENCES)))
def test_what_was_heard_is_what_a_recogniser_hears_to_the_word(sounds, number):
    """Cut off at fifths: but for the word that has begun, which it guesses, for it knows these sentences."""
    audio = sounds[number]
    whisper = Whisper.load(ROOT / "models/starter/whisper", threads=1, language="en")
    end = speech_end(audio)
    try:
        for cut in (end * fifth // 5 for fifth in (1, 2, 3, 4)):
            playback = Playback(CutOff(cut))
            playback.play(audio)
            ours = playback.heard().text.split()
            sound = resample(audio.samples[:cut], audio.rate, SAMPLE_RATE)
            text = asyncio.run(whisper.transcribe(np.pad(sound, 4000))).text.lower().split()
            theirs = [word for word, other in zip(text, audio.clause.text.split(), strict=False) if word == other]
            assert abs(len(theirs) - len(ours)) <= 1, (cut / audio.rate, ours, theirs)
    finally:
        whisper.close()
