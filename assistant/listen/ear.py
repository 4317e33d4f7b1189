"""Frames from any source go in; "somebody has begun to speak" and whole utterances come out."""

from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Protocol

import numpy as np

from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE, Frame, Utterance
from assistant.listen.endpoint import Endpointer, Patience, SpeechStarted, TurnEnded


class Source(Protocol):
    """Where sound comes from: a microphone or a recording."""

    def frames(self) -> AsyncGenerator[Frame, None]:
        """Every 20 ms of sound, in order and without holes."""
        ...


class Detector(Protocol):
    """Says of each frame, in order, whether someone is speaking in it."""

    def push(self, frame: Frame) -> bool:
        """Whether someone is speaking in this frame."""
        ...


async def hear(
    frames: AsyncGenerator[Frame, None],
    detector: Detector,
    patience: Patience,
    deaf: Callable[[], bool] = lambda: False,
) -> AsyncGenerator[SpeechStarted | Utterance, None]:
    """Listen to *frames* until they end; while *deaf* says so, what is heard does not count as speech.

    A turn that is still open when the frames end is ended there: the last word of a recording is not lost.
    """
    endpointer = Endpointer(patience)
    kept = _Kept(patience)
    async with aclosing(frames):
        async for frame in frames:
            kept.add(frame)
            speech = detector.push(frame) and not deaf()
            event = endpointer.push(frame.position, speech)
            if isinstance(event, TurnEnded):
                yield kept.utterance(event)
            elif event is not None:
                kept.open = True
                yield event
    if kept.frames and (event := endpointer.close(kept.frames[-1].position + FRAME_SAMPLES)):
        yield kept.utterance(event)


class _Kept:
    """The frames we may still need: the pre-roll while nobody speaks, the whole turn while someone does."""

    def __init__(self, patience: Patience) -> None:
        self.frames: deque[Frame] = deque()
        self.open = False
        self._idle_limit = (patience.pre_roll + patience.window) // FRAME_SAMPLES + 1

    def add(self, frame: Frame) -> None:
        self.frames.append(frame)
        while not self.open and len(self.frames) > self._idle_limit:
            self.frames.popleft()

    def utterance(self, ended: TurnEnded) -> Utterance:
        self.open = False
        turn = [frame for frame in self.frames if frame.position >= ended.start]
        last = turn[-1]
        silence = last.position + FRAME_SAMPLES - ended.speech_end
        return Utterance(
            samples=np.concatenate([frame.samples for frame in turn]),
            position=turn[0].position,
            speech_ended_at=last.captured_at - silence / SAMPLE_RATE,
            turn_ended_at=last.captured_at,
        )
