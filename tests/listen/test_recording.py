from pathlib import Path

import pytest

from assistant.listen.recording import Recording
from tests.virtual_time import run

QUESTION = Path(__file__).parents[1] / "recordings" / "question.wav"


@pytest.mark.parametrize("real_time", [True, False])
def test_one_that_is_left_early_is_closed_at_once(monkeypatch, real_time):
    """Not when somebody collects what is left behind: a file would stay open until then."""
    closed = []

    class Watched(Recording):
        def _pieces(self):
            try:
                yield from super()._pieces()
            finally:
                closed.append(True)

    async def main():
        frames = Watched(QUESTION, real_time=real_time).frames()
        await anext(frames)
        await frames.aclose()
        return list(closed)

    assert run(main()) == [True]
