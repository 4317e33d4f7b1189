import asyncio
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest

import assistant.pace
from assistant.flow import SAMPLE_RATE
from assistant.latency.marks import Marks
from assistant.listen.whisper import Whisper
from assistant.pace import M2_MAX
from assistant.reply.llama import PREFILL_CHUNK, Llama
from assistant.speak.piper import Piper

pytestmark = pytest.mark.slow


@pytest.fixture
def slept(monkeypatch):
    """What the engines would sleep where their own work took no time: the clock stands still."""
    slept: list[float] = []

    class Clock:
        def monotonic(self):
            return 0.0

        def sleep(self, seconds):
            slept.append(seconds)

    monkeypatch.setattr(assistant.pace, "time", Clock())
    return slept


def test_the_language_model_reads_in_chunks_and_writes_token_by_token_at_its_pace(slept):
    """The prompt first, each chunk by its length; then a token at a time."""
    llama = Llama.load(Path("models/starter/chat.gguf"), pace=M2_MAX)
    messages = [{"role": "user", "content": "what is the capital of france " * 30}]

    async def three_pieces():
        async with aclosing(llama.tokens(messages, [], Marks(lambda: 0.0))) as pieces:
            for _ in range(3):
                await anext(pieces)

    asyncio.run(three_pieces())
    tokens = llama.count(messages)
    llama.close()
    chunks = [PREFILL_CHUNK] * (tokens // PREFILL_CHUNK) + [tokens % PREFILL_CHUNK]
    assert slept[: len(chunks)] == pytest.approx([M2_MAX.evaluating(chunk) for chunk in chunks])
    assert set(slept[len(chunks) :]) == {M2_MAX.writing}
    assert len(slept) - len(chunks) >= 2


def test_the_recogniser_takes_its_time_once_for_each_utterance(slept):
    """However long it is."""
    whisper = Whisper.load(Path("models/starter/whisper"), pace=M2_MAX)
    noise = np.random.default_rng(0).normal(0, 50, 3 * SAMPLE_RATE).astype(np.int16)
    asyncio.run(whisper.transcribe(noise[:SAMPLE_RATE]))
    asyncio.run(whisper.transcribe(noise))
    whisper.close()
    assert slept == [M2_MAX.hearing] * 2


def test_the_voice_takes_its_time_for_each_clause(slept):
    """Be it a word or two sentences."""
    piper = Piper.load(Path("voices/starter/starter.onnx"), pace=M2_MAX)
    piper.say("Yes.")
    piper.say("I set a timer. It will ring.")
    piper.close()
    assert slept == [M2_MAX.speaking] * 2
