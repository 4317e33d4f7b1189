"""Fakes at the edges: engines, sounds and devices that do as a script says, at exactly the times it says.

Left out: real models' variance, threads (all of it runs on the loop), resampling, and a device's own buffer.
"""

import asyncio
from collections.abc import Iterable

import numpy as np

from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE, Audio, Frame, Transcript
from assistant.reply.tools import Toolbox
from assistant.turn import Engines

FRAME_SECONDS = FRAME_SAMPLES / SAMPLE_RATE
VOICE_RATE = 16_000


class ScriptedSource:
    """Real-time frames for *seconds*; those inside a (start, end) of *speech* hold ones, the others zeros."""

    def __init__(self, seconds: float, speech: Iterable[tuple[float, float]] = ()):
        self.seconds = seconds
        self.speech = tuple(speech)

    async def frames(self):
        loop = asyncio.get_running_loop()
        for index in range(round(self.seconds / FRAME_SECONDS)):
            start = index * FRAME_SECONDS
            await asyncio.sleep(start + FRAME_SECONDS - loop.time())
            spoken = any(a <= start + 1e-9 and start + FRAME_SECONDS <= b + 1e-9 for a, b in self.speech)
            samples = np.full(FRAME_SAMPLES, int(spoken), np.int16)
            yield Frame(samples, index * FRAME_SAMPLES, round(start + FRAME_SECONDS, 9))


class OnesAreSpeech:
    """The detector that goes with ScriptedSource: sees no noise, never errs, and may hold on to a voice (*held*, s)."""

    def __init__(self, held: float = 0.0):
        self._held = round(held / FRAME_SECONDS)
        self._left = 0

    def push(self, frame):
        self._left = self._held if frame.samples[0] else self._left - 1
        return bool(frame.samples[0]) or self._left >= 0


class FakeRecogniser:
    """Hears one of *texts* after another, and of those who still speak one of *drafts* after another, then nothing."""

    def __init__(self, *texts: str, takes: float = 0.1, drafts: Iterable[str] = ()):
        self.texts = list(texts)
        self.drafts = list(drafts)
        self.takes = takes
        self.heard = []
        self.narrow = []

    async def transcribe(self, samples, narrow=False):
        await asyncio.sleep(self.takes)
        self.heard.append(samples.size)
        self.narrow.append(narrow)
        return Transcript(self.texts.pop(0))

    async def draft(self, samples):
        await asyncio.sleep(self.takes)
        return Transcript(self.drafts.pop(0) if self.drafts else "")


class FakeWriter:
    """Writes its next answer word by word: the first after *first* seconds, then one every *every*."""

    context = 4096

    def __init__(self, *answers: str, first: float = 0.1, every: float = 0.05):
        self.answers = list(answers)
        self.first = first
        self.every = every
        self.prompts = []
        self.written = []
        self.ahead = []
        self.closed = 0

    def count(self, messages, tools):
        return sum(len(str(message)) for message in messages) // 4

    async def read(self, messages, tools, said=""):
        self.ahead.append((asyncio.get_running_loop().time(), len(messages), said))
        return len(said.split())

    async def tokens(self, messages, tools, marks):
        self.prompts.append(list(messages))
        try:
            for index, word in enumerate(self.answers.pop(0).split(" ")):
                await asyncio.sleep(self.every if index else self.first)
                marks.stamp("first_token")
                marks.count("tokens_generated", 1)
                self.written.append(asyncio.get_running_loop().time())
                yield word if index == 0 else " " + word
        finally:
            self.closed += 1


class FakeVoice:
    """Takes *takes* seconds for a clause and speaks a tenth of a second a word, at full level."""

    def __init__(self, takes: float = 0.05):
        self.takes = takes
        self.spoken = []

    async def speak(self, ready):
        async for clause in ready:
            await asyncio.sleep(self.takes)
            self.spoken.append(clause.text)
            ends = tuple((place + 1) * VOICE_RATE // 10 for place in range(len(clause.text.split())))
            yield Audio(np.full(ends[-1] if ends else 0, 8000, np.int16), VOICE_RATE, clause, ends)


class Broken:
    """An engine of any kind that always raises."""

    context = 4096

    def __init__(self, error: Exception):
        self.error = error

    def count(self, messages, tools):
        return 0

    async def transcribe(self, samples, narrow=False):
        raise self.error

    async def draft(self, samples):
        raise self.error

    async def read(self, messages, tools, said=""):
        raise self.error

    async def tokens(self, messages, tools, marks):
        raise self.error
        yield

    async def speak(self, ready):
        raise self.error
        yield


class FakeTurnModel:
    """Is as sure as it is told, pause by pause, the last one for ever; takes *takes* seconds."""

    def __init__(self, *probabilities: float, takes: float = 0.0):
        self.probabilities = list(probabilities)
        self.takes = takes

    async def completeness(self, samples):
        await asyncio.sleep(self.takes)
        return self.probabilities.pop(0) if len(self.probabilities) > 1 else self.probabilities[0]


def engines(recogniser=None, writer=None, voice=None, toolbox=None, turn_model=None):
    """A set of engines: fakes where none are given."""
    return Engines(
        recogniser or FakeRecogniser("hello"),
        writer or FakeWriter("Hello."),
        voice or FakeVoice(),
        toolbox or Toolbox([]),
        turn_model,
    )
