"""Speech or not, frame by frame, goes in; where a turn starts, pauses and ends comes out. Its clock is the samples."""

from collections import deque
from dataclasses import dataclass
from typing import TypeAlias

from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE

_MS = SAMPLE_RATE // 1000
_NEAREST = FRAME_SAMPLES // 2
"""samples before its time at which a silence is noticed: at the frame's end nearest to it, not at the next one"""


@dataclass(frozen=True, slots=True)
class Patience:
    """How much speech starts a turn and how much silence ends it, all in samples at 16 kHz."""

    start: int = 60 * _MS
    """60 ms of speech: a click is shorter, the shortest "yes" three times as long"""
    window: int = 100 * _MS
    """...which must fall within the last 100 ms: a plosive leaves holes in a syllable"""
    pre_roll: int = 300 * _MS
    """300 ms before the start are kept: webrtcvad misses soft first consonants"""
    pause: int = 100 * _MS
    """100 ms of silence are a pause, in which we find out whether the turn is over: a plosive's closure is shorter"""
    silence: int = 740 * _MS
    """740 ms until someone knows better: pauses inside sentences are mostly shorter; cutting in is worse"""
    longest: int = 30 * SAMPLE_RATE
    """30 s: Whisper's window, and a bound on memory"""


@dataclass(frozen=True, slots=True)
class Stirring:
    """Perhaps somebody begins to speak: SpeechStarted or Stilled will follow."""


@dataclass(frozen=True, slots=True)
class Stilled:
    """It was nothing."""


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Somebody has begun to speak."""

    position: int
    """samples since the source began: the first to keep, pre-roll included"""


@dataclass(frozen=True, slots=True)
class Pause:
    """Somebody has fallen silent, and may or may not be done."""

    start: int
    """samples since the source began: the first to keep"""
    speech_end: int
    """just past the last voiced sample"""


@dataclass(frozen=True, slots=True)
class Resumed:
    """It was no end: they speak on."""

    silence: int
    """samples that the pause has lasted"""


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """The turn is over: silence has lasted as long as our patience, or the turn as long as we can hold."""

    start: int
    """samples since the source began: the first to keep"""
    speech_end: int
    """just past the last voiced sample"""


Event: TypeAlias = Stirring | Stilled | SpeechStarted | Pause | Resumed | TurnEnded


class Endpointer:
    """Feed it every frame, in order; it says when a turn starts, pauses, goes on and has ended."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._recent: deque[bool] = deque(maxlen=max(1, patience.window // FRAME_SAMPLES))
        self._start: int | None = None
        self._stirred: int | None = None
        self._pausing = False
        self._wait = patience.silence
        self._voiced = 0
        self._speech_end = 0
        self._end = 0

    @property
    def open(self) -> bool:
        """Whether somebody has the floor: a turn has started and not ended."""
        return self._start is not None

    @property
    def patience_left(self) -> int | None:
        """Samples of silence that are still to come before the turn ends; None where no pause lasts."""
        return max(0, self._wait - (self._end - self._speech_end)) if self._pausing else None

    def push(self, position: int, speech: bool, perhaps: bool = False, voiced: int = FRAME_SAMPLES) -> Event | None:
        """One frame that begins at sample *position*: what it makes of the turn, if anything.

        *perhaps*: there may be the beginning of speech in it, though it is too early to tell. *voiced*: where there is
        speech, the samples of the frame up to its last sound.
        """
        end = self._end = position + FRAME_SAMPLES
        if speech:
            self._voiced = position + voiced
        if self._start is None:
            return self._await_speech(end, speech, perhaps)
        if speech and not self._pausing:
            self._speech_end = self._voiced
        if end - self._start >= self._patience.longest:
            return self._finish(self._start)
        if self._pausing:
            return self._await_end(self._start, end, speech)
        return self._await_pause(self._start, end)

    def wait(self, speech_end: int, silence: int) -> None:
        """Have *silence* samples of patience in the pause that began at *speech_end*, if it lasts still."""
        if self._pausing and speech_end == self._speech_end:
            self._wait = silence

    def close(self) -> TurnEnded | None:
        """The source has ended: the turn that was still open, if one was."""
        return None if self._start is None else self._finish(self._start)

    def forget(self) -> None:
        """Act as if the turn that is open had never started; what stirs is none yet."""
        self._start = None
        self._pausing = False
        self._recent.clear()

    def _await_speech(self, end: int, speech: bool, perhaps: bool) -> Event | None:
        if not self._speaks(speech):
            return self._await_stillness(end, perhaps)
        self._stirred = None
        self._start = max(0, self._first_speech(end) - self._patience.pre_roll)
        self._speech_end = self._voiced
        return SpeechStarted(self._start)

    def _await_stillness(self, end: int, perhaps: bool) -> Stirring | Stilled | None:
        last = self._stirred
        if perhaps:
            self._stirred = end
            return Stirring() if last is None else None
        if last is None or end - last < self._patience.window:
            return None
        self._stirred = None
        return Stilled()

    def _await_pause(self, start: int, end: int) -> Pause | TurnEnded | None:
        if not self._silent(end, min(self._patience.pause, self._patience.silence)):
            return None
        if self._silent(end, self._patience.silence):
            return self._finish(start)
        self._pausing = True
        self._wait = self._patience.silence
        self._recent.clear()
        return Pause(start, self._speech_end)

    def _await_end(self, start: int, end: int, speech: bool) -> Resumed | TurnEnded | None:
        # A click is no speech here either: it neither resumes the turn nor makes its end later.
        if self._speaks(speech):
            silence = self._first_speech(end) - self._speech_end
            self._pausing = False
            self._speech_end = self._voiced
            return Resumed(silence)
        # Not while they may just be beginning again.
        return self._finish(start) if self._silent(end, self._wait) and not speech else None

    def _silent(self, end: int, samples: int) -> bool:
        """Whether at *end* they have been silent for as long as *samples*, as near as frames can tell."""
        return end - self._speech_end >= samples - _NEAREST

    def _speaks(self, speech: bool) -> bool:
        """Whether there was enough speech of late, this frame included."""
        self._recent.append(speech)
        return sum(self._recent) * FRAME_SAMPLES >= self._patience.start

    def _first_speech(self, end: int) -> int:
        """Where the oldest speech of late began."""
        return end - (len(self._recent) - self._recent.index(True)) * FRAME_SAMPLES

    def _finish(self, start: int) -> TurnEnded:
        self.forget()
        return TurnEnded(start, self._speech_end)
