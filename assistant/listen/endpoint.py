"""Speech or not, frame by frame, goes in; where a turn starts and ends comes out. Pure: its clock is the samples."""

from collections import deque
from dataclasses import dataclass

from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE

_MS = SAMPLE_RATE // 1000


@dataclass(frozen=True, slots=True)
class Patience:
    """How much speech starts a turn and how much silence ends it, all in samples at 16 kHz."""

    start: int = 60 * _MS
    """60 ms of speech: a click is shorter, the shortest "yes" three times as long"""
    window: int = 100 * _MS
    """...which must fall within the last 100 ms: a plosive leaves holes in a syllable"""
    pre_roll: int = 300 * _MS
    """300 ms before the start are kept: webrtcvad misses soft first consonants"""
    silence: int = 600 * _MS
    """600 ms: pauses inside sentences are mostly shorter; cutting someone off is worse than waiting"""
    longest: int = 30 * SAMPLE_RATE
    """30 s: Whisper's window, and a bound on memory"""


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Somebody has begun to speak."""

    position: int
    """samples since the source began: the first to keep, pre-roll included"""


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """The turn is over: silence has lasted as long as our patience, or the turn as long as we can hold."""

    start: int
    """samples since the source began: the first to keep"""
    speech_end: int
    """just past the last voiced sample"""
    end: int
    """just past the last sample heard so far"""


class Endpointer:
    """Feed it every frame, in order; it says when a turn starts and when it has ended."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._recent: deque[bool] = deque(maxlen=max(1, patience.window // FRAME_SAMPLES))
        self._start: int | None = None
        self._speech_end = 0

    def push(self, position: int, speech: bool) -> SpeechStarted | TurnEnded | None:
        """One frame that begins at sample *position*: what it makes of the turn, if anything."""
        end = position + FRAME_SAMPLES
        if speech:
            self._speech_end = end
        if self._start is None:
            return self._await_speech(end, speech)
        return self._await_silence(self._start, end)

    def close(self, end: int) -> TurnEnded | None:
        """The source has ended at sample *end*: the turn that was still open, if one was."""
        return None if self._start is None else self._finish(self._start, end)

    def _await_speech(self, end: int, speech: bool) -> SpeechStarted | None:
        self._recent.append(speech)
        if sum(self._recent) * FRAME_SAMPLES < self._patience.start:
            return None
        first = end - (len(self._recent) - self._recent.index(True)) * FRAME_SAMPLES
        self._start = max(0, first - self._patience.pre_roll)
        self._recent.clear()
        return SpeechStarted(self._start)

    def _await_silence(self, start: int, end: int) -> TurnEnded | None:
        if end - self._speech_end >= self._patience.silence or end - start >= self._patience.longest:
            return self._finish(start, end)
        return None

    def _finish(self, start: int, end: int) -> TurnEnded:
        self._start = None
        return TurnEnded(start, self._speech_end, end)
