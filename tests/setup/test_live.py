import asyncio
from contextlib import aclosing

import numpy as np
import pytest

from assistant.errors import DeviceLostError, DeviceMovedError
from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE, Frame
from assistant.listen.activity import Activity
from assistant.listen.endpoint import Patience
from assistant.listen.recording import Recording
from assistant.listen.wake import Woken
from assistant.setup import live
from tests.fakes import FakeRecogniser
from tests.test_cli import QUESTION

MS = SAMPLE_RATE // 1000


class Tone:
    """A microphone for ever, or for *seconds*; it knows how much was taken of it, and whether it was closed."""

    def __init__(self, level):
        self.level = level
        self.given = 0
        self.closed = False

    async def frames(self):
        try:
            while True:
                yield Frame(np.full(FRAME_SAMPLES, self.level, np.int16), self.given * FRAME_SAMPLES, self.given / 50)
                self.given += 1
        finally:
            self.closed = True


class Plugged:
    """A microphone that gives *before* frames of silence and stops with *error*; the next time it is *source*."""

    def __init__(self, source, error, before=40):
        self.source = source
        self.errors = [error]
        self.before = before

    async def frames(self):
        if not self.errors:
            async with aclosing(self.source.frames()) as frames:
                async for frame in frames:
                    yield frame
            return
        for index in range(self.before):
            yield Frame(np.zeros(FRAME_SAMPLES, np.int16), index * FRAME_SAMPLES, index / 50)
        raise self.errors.pop()


def moved(source, before=40):
    return Plugged(source, DeviceMovedError("The microphone is another one now."), before)


class Word:
    """Hears its word in one frame."""

    def __init__(self, at):
        self.at = at

    def reset(self):
        """It remembers nothing."""

    def push(self, frame):
        return Woken("hey jarvis", frame.position) if frame.position == self.at * FRAME_SAMPLES else None


def test_a_voice_is_found_and_how_far_it_stands_out_of_the_noise():
    """In a recording without noise: far; and what is heard is shown meanwhile, ten times a second."""
    shown = []
    above = asyncio.run(live.voice(Recording(QUESTION, real_time=False), Activity(), shown.append))
    assert above > 20
    assert shown
    assert all(-100 <= dbfs <= 0 for dbfs in shown)


@pytest.mark.parametrize("level", [0, 300])
def test_where_nobody_speaks_no_voice_is_found_and_the_microphone_is_closed(level):
    source = Tone(level)

    async def listened():
        return await live.voice(source, Activity(), lambda dbfs: None, 3.0), source.closed

    assert asyncio.run(listened()) == (None, True)
    assert source.given == 3 * 50 - 1


def test_the_wake_word_ends_the_listening():
    source = Tone(1)
    assert asyncio.run(live.wake_word(source, Word(20), lambda dbfs: None)) == "hey jarvis"
    assert source.given == 20
    assert source.closed


def test_a_wake_word_that_nobody_says_is_not_heard():
    assert asyncio.run(live.wake_word(Tone(1), Word(1000), lambda dbfs: None, 2.0)) is None


def test_a_sentence_is_what_the_recogniser_makes_of_it():
    source = Recording(QUESTION, real_time=False)
    patience = Patience(start=60 * MS, pre_roll=300 * MS, pause=100 * MS, silence=600 * MS, longest=30 * SAMPLE_RATE)
    whisper = FakeRecogniser("What is it?", takes=0)
    heard = asyncio.run(live.sentence(source, Activity(), patience, whisper, lambda dbfs: None))
    assert heard == "What is it?"
    assert asyncio.run(live.sentence(Tone(0), Activity(), patience, whisper, lambda dbfs: None, 1.0)) == ""


def test_who_puts_headphones_on_is_listened_to_on_the_new_device():
    """For each of what is listened for."""
    recording = Recording(QUESTION, real_time=False)
    patience = Patience(start=60 * MS, pre_roll=300 * MS, pause=100 * MS, silence=600 * MS, longest=30 * SAMPLE_RATE)
    whisper = FakeRecogniser("What is it?", takes=0)
    assert asyncio.run(live.voice(moved(recording), Activity(), lambda dbfs: None)) > 20
    heard = live.sentence(moved(recording), Activity(), patience, whisper, lambda dbfs: None)
    assert asyncio.run(heard) == "What is it?"
    assert asyncio.run(live.wake_word(moved(Tone(1)), Word(60), lambda dbfs: None)) == "hey jarvis"


def test_there_is_as_much_time_again_on_the_new_device():
    """They may have had headphones to put on instead of something to say."""
    second = Tone(1)
    assert asyncio.run(live.wake_word(moved(second, before=99), Word(1000), lambda dbfs: None, 2.0)) is None
    assert second.given == 2 * 50 - 1


def test_a_microphone_that_is_lost_is_not_waited_for():
    """A person is there, and shall be told."""
    gone = Plugged(Tone(1), DeviceLostError("The microphone stopped giving sound."))
    with pytest.raises(DeviceLostError):
        asyncio.run(live.voice(gone, Activity(), lambda dbfs: None))
