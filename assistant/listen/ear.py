"""Frames from any source go in; what somebody does comes out: begins, pauses, goes on, has said something, wakes us."""

from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np

from assistant.errors import DeviceError
from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE, Frame, Samples, Utterance
from assistant.listen.endpoint import (
    Endpointer,
    Event,
    Patience,
    Pause,
    Resumed,
    SpeechStarted,
    Stilled,
    Stirring,
    TurnEnded,
)
from assistant.listen.fading import Fading
from assistant.listen.wake import Woken

_MS = SAMPLE_RATE // 1000

_WOKEN_LATE = 1000 * _MS
"""samples from before it is recognised in which a wake word may have ended (scripts/bench_wake.py: at most 0.9 s)"""
_WAKE_TAIL = 80 * _MS
"""samples behind a wake word in which a voice is that word's own: a vowel dies away, and detectors hold on to it"""

_ANOTHER_TIME = 1.0
"""seconds without a frame, as while it is muted, behind which what was before belongs to no sentence any more"""


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


class WakeDetector(Protocol):
    """Says of each frame, in order, whether a wake word has just been said."""

    def push(self, frame: Frame) -> Woken | None:
        """The wake word that ended a moment ago, if one did."""
        ...


@dataclass(frozen=True, slots=True)
class MayBeOver:
    """Somebody has fallen silent: this is all they have said so far, and perhaps all there will be."""

    utterance: Utterance


Noticed: TypeAlias = Stirring | Stilled | SpeechStarted | MayBeOver | Resumed | Utterance | Woken


class Ear:
    """One listener. Its patience and whether it is asleep are set by whoever follows the conversation."""

    def __init__(
        self,
        detector: Detector,
        patience: Patience,
        wake: WakeDetector | None = None,
        perhaps: Callable[[], bool] = lambda: False,
    ) -> None:
        """*perhaps*: whether somebody may be beginning to speak in the frame that *detector* was given last."""
        self.asleep = False
        """while asleep only the wake word is listened for"""
        self._detector = detector
        self._fading = Fading()
        self._wake = wake
        self._perhaps = perhaps
        self._endpointer = Endpointer(patience)
        self._kept = _Kept(patience.pre_roll + patience.window + (_WOKEN_LATE if wake is not None else 0))
        self._pause: tuple[float, int] | None = None

    @property
    def open(self) -> bool:
        """Whether somebody speaks, or pauses within their turn."""
        return self._endpointer.open

    @property
    def patience_left(self) -> int | None:
        """Samples of silence that are still to come before their turn ends; None where no pause lasts."""
        return self._endpointer.patience_left

    async def hear(self, frames: AsyncGenerator[Frame, None]) -> AsyncGenerator[Noticed, None]:
        """Listen to *frames* until they end.

        A turn that is still open when the frames end, or the device fails, is ended there: no last word is lost. After
        that others may be listened to, whose positions go on.
        """
        try:
            async with aclosing(frames):
                async for frame in frames:
                    for noticed in self._push(frame):
                        yield noticed
        except DeviceError:
            for noticed in self._closed():
                yield noticed
            raise
        for noticed in self._closed():
            yield noticed

    def wait(self, speech_ended_at: float, silence: int) -> None:
        """Have *silence* samples of patience in the pause that began at that moment, if it lasts still."""
        if self._pause is not None and self._pause[0] == speech_ended_at:
            self._endpointer.wait(self._pause[1], silence)

    def so_far(self) -> Samples:
        """What has been said in the turn that is open, int16 (n,) at 16 kHz; nothing if none is."""
        return self._kept.samples() if self._endpointer.open else np.zeros(0, np.int16)

    def forget(self) -> None:
        """Act as if the turn that is open had never started."""
        self._endpointer.forget()
        self._kept.open = False

    def _push(self, frame: Frame) -> Iterator[Noticed]:
        # The detector hears every frame: it has a memory, and what was said before we woke may be looked at again.
        voiced = self._heard(frame) if self._detector.push(frame) else 0
        self._kept.add(frame, voiced)
        if self._wake is not None and (woken := self._wake.push(frame)):
            yield woken
            yield from self._woken(woken.position)
        else:
            perhaps = self._perhaps() and not self.asleep
            speech = bool(voiced) and not self.asleep
            yield from self._noticed(self._endpointer.push(frame.position, speech, perhaps, voiced))

    def _heard(self, frame: Frame) -> int:
        """How far what is taken for speech can be heard still: detectors hold on to a voice for up to 100 ms."""
        if not self.open:
            self._fading.begin()
        return self._fading.heard(frame.samples)

    def _woken(self, position: int) -> Iterator[Noticed]:
        """Hear again what has followed on the wake word: it is recognised late, and people go on in one breath."""
        self.asleep = False
        self.forget()
        self._kept.drop_before(position)
        for frame, voiced in list(self._kept.frames):
            own = frame.position < position + _WAKE_TAIL
            yield from self._noticed(self._endpointer.push(frame.position, bool(voiced) and not own, voiced=voiced))

    def _noticed(self, event: Event | None) -> Iterator[Noticed]:
        match event:
            case SpeechStarted():
                self._kept.open = True
                self._kept.start = event.position
                yield event
            case Pause():
                so_far = self._kept.utterance(event.speech_end)
                self._pause = so_far.speech_ended_at, event.speech_end
                yield MayBeOver(so_far)
            case Resumed() | Stirring() | Stilled():
                yield event
            case TurnEnded():
                yield self._kept.utterance(event.speech_end)
                self._kept.open = False

    def _closed(self) -> Iterator[Noticed]:
        if self._kept.frames:
            yield from self._noticed(self._endpointer.close())
        self.forget()
        self._kept.frames.clear()


class _Kept:
    """The frames we may still need: the last ones while nobody speaks, the whole turn while someone does."""

    def __init__(self, idle: int) -> None:
        """*idle*: samples kept while nobody speaks."""
        self.frames: deque[tuple[Frame, int]] = deque()
        """each with its samples up to the last that is somebody's voice, 0 where none is"""
        self.open = False
        self.start = 0
        self._idle_limit = idle // FRAME_SAMPLES + 1

    def add(self, frame: Frame, voiced: int) -> None:
        if not self.open and self.frames and frame.captured_at - self.frames[-1][0].captured_at > _ANOTHER_TIME:
            self.frames.clear()
        self.frames.append((frame, voiced))
        while not self.open and len(self.frames) > self._idle_limit:
            self.frames.popleft()

    def drop_before(self, position: int) -> None:
        while self.frames and self.frames[0][0].position < position:
            self.frames.popleft()

    def samples(self) -> Samples:
        return np.concatenate([frame.samples for frame in self._turn()])

    def utterance(self, speech_end: int) -> Utterance:
        turn = self._turn()
        # By that frame's own time, not the last one's: a pause and the end behind it agree exactly.
        last = next(frame for frame in reversed(turn) if frame.position < speech_end)
        return Utterance(
            samples=self.samples(),
            position=turn[0].position,
            speech_ended_at=last.captured_at - (last.position + FRAME_SAMPLES - speech_end) / SAMPLE_RATE,
            turn_ended_at=turn[-1].captured_at,
        )

    def _turn(self) -> list[Frame]:
        return [frame for frame, _ in self.frames if frame.position >= self.start]
