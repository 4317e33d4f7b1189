import asyncio
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import soundfile

from assistant import sessions
from assistant.errors import DeviceMovedError, EngineError
from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE, Frame
from assistant.settings import Config
from tests.fakes import Broken
from tests.virtual_time import run

QUESTION = Path(__file__).parent / "recordings" / "question.wav"


class Notes:
    def note(self, text):
        pass


class Moving:
    """A microphone that hears *first* for half a second, then moves to one that hears *then*."""

    def __init__(self, first, then):
        self.levels = [first, then]

    async def frames(self):
        level = self.levels.pop(0)
        for index in range(25 if self.levels else 1000):
            yield Frame(np.full(FRAME_SAMPLES, level, np.int16), index * FRAME_SAMPLES, index / 50)
        raise DeviceMovedError("The microphone is another one now.")


def test_a_room_is_judged_by_the_microphone_that_is_heard_in_the_end():
    """Who plugs in a headset while `assistant tune` listens gets what fits that."""
    samples = asyncio.run(sessions._first(2, Moving(100, 7)))
    assert samples.size == 2 * SAMPLE_RATE
    assert set(samples) == {7}


def test_a_recogniser_that_fails_leaves_no_recording_open(monkeypatch):
    """The virtual loop fails on what is left."""
    whisper = Broken(EngineError("It fails."))
    whisper.close = lambda: None
    monkeypatch.setattr(sessions, "load_whisper", lambda _: whisper)

    async def main():
        with pytest.raises(EngineError):
            await sessions.transcribe(Config(), [QUESTION], Notes())

    run(main())


def test_a_conversation_that_begins_anew_goes_on_in_the_same_file(tmp_path, monkeypatch):
    """As behind a reload, or where headphones are put on: what was answered before stays."""

    async def twice(made, read, sinks, screen):
        for _ in range(2):
            with sinks(read()) as sink:
                sink.keep(np.full(sink.rate, 7, np.int16))

    monkeypatch.setattr(sessions, "home", nullcontext)
    monkeypatch.setattr(sessions, "has", lambda *_: False)
    monkeypatch.setattr(sessions, "listen", twice)
    run(sessions.converse(Config, None, tmp_path / "answers.wav", Notes(), then_listen=False))
    assert soundfile.info(tmp_path / "answers.wav").duration == pytest.approx(2.3)
