from pathlib import Path

import pytest

from assistant import sessions
from assistant.errors import EngineError
from assistant.settings import Config
from tests.fakes import Broken
from tests.virtual_time import run

QUESTION = Path(__file__).parent / "recordings" / "question.wav"


class Notes:
    def note(self, text):
        pass


def test_a_recogniser_that_fails_leaves_no_recording_open(monkeypatch):
    """The virtual loop fails on what is left."""
    whisper = Broken(EngineError("It fails."))
    whisper.close = lambda: None
    monkeypatch.setattr(sessions, "load_whisper", lambda _: whisper)

    async def main():
        with pytest.raises(EngineError):
            await sessions.transcribe(Config(), [QUESTION], Notes())

    run(main())
