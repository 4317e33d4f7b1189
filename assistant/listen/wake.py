"""Frames go in; "a wake word was said, and ended there" comes out.

Engines recognise a word only some time after it is over, so its end is looked up in how loud the last frames were, or,
where the person goes on in the same breath, reckoned from how late the engine usually is. A dear engine rests while
nothing stands out of the room's noise.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE, Frame, Samples
from assistant.listen.loudness import Loudness, frames_since_word
from assistant.listen.wake_engines import Engine, load_engines

_MS = SAMPLE_RATE // 1000

_REFRACTORY = 2000 * _MS
"""2 s: all that openWakeWord sees at once (16 steps of 80 ms, the first of them 775 ms wide), so that one utterance
wakes once; who says the word again so soon is being listened to already"""
_WAIT_FOR_PAUSE = 200 * _MS
"""200 ms: one word in twenty is recognised before it is over, and its pause is still to come; whoever goes on in the
same breath does so for far longer"""
_LONGER = 2
"""frames (40 ms) more that a pause must last which comes so late: it may belong to what follows"""
_STAYS_UP = 1000 * _MS
"""1 s of quiet sends an engine to rest: no synthetic word was recognised later than 0.7 s after its end"""
_LOOK_BACK = 4
"""chunks (320 ms) from before something stood out that an engine is shown: the soft h of hey"""


@dataclass(frozen=True, slots=True)
class Woken:
    """Somebody said a wake word."""

    word: str
    position: int
    """samples since the source began: just past the word, or a little of its tail before that"""


class WakeWords:
    """One listener's wake words; they have a memory, so every stream needs its own."""

    def __init__(self, engines: Iterable[Engine]) -> None:
        engines = tuple(engines)
        self.words = tuple(dict.fromkeys(word for engine in engines for word in engine.lags))
        """as a person says them"""
        self._feeds = [_Feed(engine) for engine in engines]
        self._loudness = Loudness()
        self._next: int | None = None
        self._heard: _Heard | None = None
        self._deaf_until = 0

    @classmethod
    def load(cls, words: Sequence[str], *, sensitivity: float = 0.5) -> "WakeWords":
        """Listen for *words*: "hey jarvis" (openWakeWord), "micro:hey jarvis" (microWakeWord), or a path.

        A path leads to openWakeWord's .tflite or microWakeWord's .json. At *sensitivity* 0.5 the thresholds are those
        of the models' authors: 0.5 for openWakeWord, what its .json says for microWakeWord. Towards 1 they go down to
        0.1 and 0.5 (fewer words missed, more false ones), towards 0 up to 0.9 and half of the way to certainty. Of 240
        synthetic "hey jarvis" openWakeWord hears 229 at 0.5 and 236 at 0.8, and an hour of synthetic talk wakes it once
        and up to eight times (scripts/bench_wake.py with several seeds).
        Raises UsageError where the libraries are missing or a word is unknown, ModelError for a file that will not do.
        It takes a second.
        """
        return cls(load_engines(words, sensitivity))

    def push(self, frame: Frame) -> Woken | None:
        """The wake word that ended before this frame does, once per utterance.

        Its position lies at most 0.9 s back: whoever wants what follows keeps so much. Every 80 ms this takes 5 ms of
        work, while somebody speaks.
        """
        if self._next is not None and frame.position != self._next:
            self.reset()
        end = self._next = frame.position + FRAME_SAMPLES
        stands_out = self._loudness.push(frame.samples)
        for feed in self._feeds:
            heard = feed.push(frame, stands_out)
            if heard and self._heard is None and end >= self._deaf_until:
                self._heard = heard
                self._deaf_until = end + _REFRACTORY
        return self._settled(end)

    def reset(self) -> None:
        """Forget what was heard: what comes next does not follow on it (60 ms of work)."""
        self._next = self._heard = None
        self._deaf_until = 0
        self._loudness = Loudness()
        for feed in self._feeds:
            feed.reset()

    def _settled(self, end: int) -> Woken | None:
        """The word, once there is a pause behind it to be seen, or none for a while."""
        heard = self._heard
        if heard is None:
            return None
        waited = end - heard.at
        usual = (waited + heard.lag) // FRAME_SAMPLES
        longer = _LONGER if waited else 0
        since = frames_since_word(self._loudness.levels, self._loudness.noise, usual, longer)
        if since is None and waited < _WAIT_FOR_PAUSE:
            return None
        self._heard = None
        position = heard.at - heard.lag if since is None else end - since * FRAME_SAMPLES
        return Woken(heard.word, max(0, position))


def listed(words: str) -> list[str]:
    """What a setting lists with commas between: as `WakeWords.load` wants it."""
    return [word.strip() for word in words.split(",") if word.strip()]


@dataclass(frozen=True, slots=True)
class _Heard:
    word: str
    at: int
    """samples since the source began: the end of the chunk in which it was recognised"""
    lag: int


class _Feed:
    """Frames into chunks of the engine's size, and none of them while nothing stands out."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._frames: list[Samples] = []
        self._unheard: deque[tuple[int, Samples]] = deque(maxlen=_LOOK_BACK)
        self._up_until = 0

    def push(self, frame: Frame, stands_out: bool) -> _Heard | None:
        end = frame.position + FRAME_SAMPLES
        if stands_out or not self._engine.rests:
            self._up_until = end + _STAYS_UP
        self._frames.append(frame.samples)
        if len(self._frames) * FRAME_SAMPLES < self._engine.chunk:
            return None
        self._unheard.append((end, np.concatenate(self._frames)))
        self._frames.clear()
        return self._hear() if end < self._up_until else None

    def reset(self) -> None:
        self._frames.clear()
        self._unheard.clear()
        self._up_until = 0
        self._engine.forget()

    def _hear(self) -> _Heard | None:
        found = None
        while self._unheard:
            end, chunk = self._unheard.popleft()
            word = self._engine.hear(chunk)
            if word is not None and found is None:
                found = _Heard(word, end, self._engine.lags[word])
        return found
