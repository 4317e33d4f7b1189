"""Frames from a microphone and what the loudspeaker played go in, frames without our own voice come out.

Headphones give no echo. What it lets through is ours all the same: see `leak` and `own_words`.

The only importer of pywebrtc_audio: WebRTC's AEC3 with its high-pass filter, and nothing else of WebRTC. Its noise
suppression costs the recogniser words, and its gain control turns people down while we are loud (facts F).
"""

from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Protocol

import numpy as np

from assistant import log
from assistant.audio import SteadyClock, level_db
from assistant.errors import ModelError
from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE, Frame, Samples
from assistant.listen.leak import Leak

_logger = log.get(__name__)

_EARLY = 10
"""milliseconds by which the reference runs ahead of the microphone. AEC3 finds any delay up to half a second by
itself, but a reference 20 ms late leaves it helpless (measured: 5 dB in place of 30). Behind PulseAudio the times of
both devices agree to 5 ms once they run; where they are missing altogether, both ends err to the early side. Not more:
a loudspeaker with a buffer of 30 ms knows no further ahead"""
_LEAST = 0
"""milliseconds it always runs ahead"""
_STEP = 5
"""milliseconds less where the loudspeaker is not given its samples that early: a step costs the canceller two seconds
of learning, in which up to 30 dB more is left (measured in the room)..."""
_TOO_OFTEN = 5
"""...in as many frames, less one for every ten in which it was: who was late once keeps the margin"""
_TOLERANCE = 0.02
"""seconds by which the microphone's times may be off before they are believed at once, and a move costs learning. Two
crystals that drift apart do not come so far: either line is drawn along (`SteadyClock`)"""
_AUDIBLE = -50.0
"""dBFS from which a frame of the reference counts as playback"""
_FLOOR = -90.0
"""dBFS: what digital silence counts as; an int16's last bit lies there"""

_WINDOW = 100
"""frames (2 s) of playback that the estimates look back on"""
_ENOUGH = 25
"""frames (0.5 s) below which there is no estimate"""
_LOUD_SHARE = 75
"""percentile that stands for "loud": a quarter of the window may be a person (0.5 s), which ends the playback anyway"""
_MIN_ERLE = 12.0
"""dB. Measured in simulated rooms, with delays and distortions that AEC3 can and cannot manage: where it stayed above,
our detector fired on none of 800 frames of residual; where it fell below, on 3 to 49 % of them"""
_QUIET = -62.0
"""dBFS: speech as quiet as this hardly wakes our detector, cancelled or not"""
_NOISE_FRAMES = 500
"""frames (10 s) without playback that tell how loud the room is"""
_NOISE_SHARE = 10
"""percentile of them that is the room itself: between words a person is silent that often"""
_ABOVE_NOISE = 6.0
"""dB above the room's noise below which a residual is no news"""
_CONVERGES = 1.0
"""seconds of playback AEC3 needs at first; it keeps what it has learnt over silence"""
_RELEARNS = 2.0
"""seconds behind a hole in the loudspeaker's sound in which the canceller may have to learn the room anew: it was 4 ms
later then (measured in the room), and left 25 to 45 dB more in the first of them"""
_LEAK_COUNTS = 1.0
"""seconds behind a leak in which what is understood is taken for it: it is some tenths of a second long, then our
breath is held; 0.12 s of silence and the recogniser follow, and under load the way through the program"""
_GIVES_UP = 3.0
"""seconds of playback after which an echo that is still there will stay"""

_LOOKS_EVERY = 25
"""frames (0.5 s) between two looks at whether it is controlled"""
_LASTS = 1 * SAMPLE_RATE
"""samples (1 s) for which it must be so until it is news"""
_NEWS_EVERY = 60 * SAMPLE_RATE
"""samples (1 min) between two such lines in the log"""


class Reference(Protocol):
    """What was in the air: the loudspeaker's own record of what it played."""

    hole_ended_at: float
    """seconds, loop's clock: when the last hole in its sound was over; -inf where there was none"""

    def between(self, start: float, count: int) -> Samples | None:
        """The int16 (*count*,) at 16 kHz that were in the air from *start* (seconds, loop's clock) on.

        Fewer where the rest is not decided yet; None when nothing audible was within the second before.
        """
        ...


class EchoCanceller:
    """One conversation's echo canceller; it learns the room, anew where the microphone becomes another one.

    It costs 0.3 ms a frame while something plays and for a second after, and nothing otherwise.
    """

    def __init__(self, reference: Reference) -> None:
        """Raises ModelError when the library is missing."""
        self._aec = _load()
        self._reference = reference
        self._clock = SteadyClock(SAMPLE_RATE, _TOLERANCE)
        self._levels = _Levels()
        self._early = _EARLY
        self._shortage = 0.0
        self._leak = Leak()
        self._leaked_at = float("-inf")
        self._moved_at = float("-inf")
        self._next: int | None = None
        self._news = News()
        self.heard_at = 0.0
        """seconds, loop's clock: when the last sample of the last frame was in the air"""

    def push(self, frame: Frame) -> Frame:
        """*frame* without what the loudspeaker added; the very same where nothing plays.

        A cleaned frame keeps position and time, though AEC3 gives every sample 8 ms late.
        """
        self.heard_at = frame.captured_at
        if self._next is not None and frame.position != self._next:
            # The microphone was opened again, or is another one: positions are right to a frame only, times anew.
            self._clock = SteadyClock(SAMPLE_RATE, _TOLERANCE)
            self._moved_at = frame.captured_at
        self._next = frame.position + FRAME_SAMPLES
        far = self._far(frame)
        if far is None:
            self._levels.silent(frame.samples)
            return frame
        clean: Samples = self._aec.process(frame.samples, far)
        self._levels.playing(far, frame.samples, clean)
        if self._leak.push(far, frame.samples, clean) and self._leak.found:
            self._leaked_at = frame.captured_at
            if self._leak.shifted:
                self._aec.reset()
        return Frame(clean, frame.position, frame.captured_at)

    @property
    def converged(self) -> bool:
        """Whether a second has been played, the canceller has learnt the room by it, and nothing has moved since."""
        moved_at = max(self._reference.hole_ended_at, self._leaked_at, self._moved_at)
        sure = self.heard_at >= moved_at + _RELEARNS
        return self._levels.played >= _CONVERGES and self._levels.contained and sure

    @property
    def leaks(self) -> bool:
        """Whether in the last second our own voice was in what was left: then it is ours what was understood."""
        return self.heard_at < self._leaked_at + _LEAK_COUNTS

    @property
    def controlled(self) -> bool:
        """False when after 3 s of playback so much echo is left that we would take it for a person: half-duplex then.

        It looks at the last 2 s of playback, so it can become true again.
        """
        return self._levels.played < _GIVES_UP or self._levels.contained

    @property
    def erle_db(self) -> float | None:
        """Echo return loss enhancement: how much quieter the loud frames became, in dB; None before 0.5 s of playback.

        Loud is the 75th percentile of the levels, before and after, over the last 2 s of playback. So a person who
        speaks over a quarter of it does not disturb the estimate; it is meant for frames of echo alone.
        """
        return self._levels.erle_db

    @property
    def residual_db(self) -> float | None:
        """How loud the loud frames still are, in dBFS; as in `erle_db`."""
        return self._levels.residual_db

    def look(self, position: int) -> None:
        """Say in the log whether echo is controlled, if that has changed for good by sample *position*."""
        if position // FRAME_SAMPLES % _LOOKS_EVERY or not self._news.push(self.controlled, position):
            return
        found = {"residual_db": _rounded(self.residual_db), "erle_db": _rounded(self.erle_db)}
        if self.controlled:
            _logger.info("echo.controlled", **found)
        else:
            hint = 'headphones or less volume help; until then only "stop" and the wake word interrupt'
            _logger.warning("echo.uncontrolled", **found, hint=hint)

    def _far(self, frame: Frame) -> Samples | None:
        end = self._clock.at(frame.position + FRAME_SAMPLES, frame.captured_at)
        start = end - FRAME_SAMPLES / SAMPLE_RATE + self._early / 1000
        far = self._reference.between(start, FRAME_SAMPLES)
        if far is None:
            return None
        missing = FRAME_SAMPLES - far.size
        if not missing:
            self._shortage = max(0.0, self._shortage - 0.1)
        elif far.size:
            # Else it is a hole (the loudspeaker is opened anew), behind which the margin is as good as before.
            self._shortage += 1
        if self._shortage >= _TOO_OFTEN:
            self._shortage = 0.0
            self._early = max(_LEAST, self._early - _STEP)
            self._aec.stream_delay_ms = self._early
        return np.pad(far, (0, missing))


async def without_echo(frames: AsyncGenerator[Frame, None], canceller: EchoCanceller) -> AsyncGenerator[Frame, None]:
    """*frames*, each as *canceller* gives it back."""
    async with aclosing(frames):
        async for frame in frames:
            clean = canceller.push(frame)
            if clean is not frame:
                canceller.look(frame.position)
            yield clean


class News:
    """Whether something is good goes in at any times; that it has changed for good comes out, and not too often."""

    def __init__(self) -> None:
        self._told = True
        self._since: int | None = None
        self._quiet_until = 0

    def push(self, good: bool, position: int) -> bool:
        """Whether this is news at sample *position*."""
        if good is self._told:
            self._since = None
            return False
        if self._since is None:
            self._since = position
        if position - self._since < _LASTS or position < self._quiet_until:
            return False
        self._told, self._since, self._quiet_until = good, None, position + _NEWS_EVERY
        return True


class _Levels:
    """How loud it was before and after the canceller, of late: what the estimates are made of."""

    def __init__(self) -> None:
        self.played = 0.0
        """seconds of audible playback so far"""
        self._before: deque[float] = deque(maxlen=_WINDOW)
        self._after: deque[float] = deque(maxlen=_WINDOW)
        self._noise: deque[float] = deque(maxlen=_NOISE_FRAMES)

    def silent(self, samples: Samples) -> None:
        """A frame in which nothing played."""
        self._noise.append(_level(samples))

    def playing(self, far: Samples, near: Samples, clean: Samples) -> None:
        """A frame that was cancelled: *far* from *near* gave *clean*."""
        if _level(far) >= _AUDIBLE:
            self.played += FRAME_SAMPLES / SAMPLE_RATE
            self._before.append(_level(near))
            self._after.append(_level(clean))

    @property
    def contained(self) -> bool:
        """Whether what is left of the echo would not be taken for a person."""
        if self.erle_db is None or self.residual_db is None:
            return False
        noise = float(np.percentile(self._noise, _NOISE_SHARE)) if self._noise else _FLOOR
        return self.erle_db >= _MIN_ERLE or self.residual_db <= max(_QUIET, noise + _ABOVE_NOISE)

    @property
    def erle_db(self) -> float | None:
        before, after = _loud(self._before), _loud(self._after)
        return None if before is None or after is None else before - after

    @property
    def residual_db(self) -> float | None:
        return _loud(self._after)


def _rounded(level: float | None) -> float | None:
    return None if level is None else round(level, 1)


def _loud(levels: deque[float]) -> float | None:
    return float(np.percentile(levels, _LOUD_SHARE)) if len(levels) >= _ENOUGH else None


def _level(samples: Samples) -> float:
    return max(_FLOOR, level_db(samples))


def _load() -> Any:
    try:
        import pywebrtc_audio
    except ImportError as error:
        raise ModelError(
            "The echo canceller pywebrtc-audio is missing: install the program again, or wear headphones and "
            "start with --no-aec."
        ) from error
    return pywebrtc_audio.EchoCanceller(SAMPLE_RATE, stream_delay_ms=_EARLY)
