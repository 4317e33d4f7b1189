"""What finds voices and wake words goes in; what goes on where that fails once comes out.

These run between two frames, in libraries that are not ours: one exception must not end a conversation, and three in
ten minutes must not be hidden.
"""

import asyncio
from collections.abc import Callable

from assistant import log
from assistant.flow import Frame
from assistant.health import Health
from assistant.listen.ear import Detector, WakeDetector
from assistant.listen.wake import Woken

DETECTOR = "the detector of voices"
WAKE = "the wake word"

_logger = log.get(__name__)


class LastingDetector:
    """A Detector. A frame at which it fails is none of speech; the third in ten minutes is raised.

    For without it nobody is heard, and in another process it may work.
    """

    def __init__(self, detector: Detector, health: Health) -> None:
        self._detector = detector
        self._health = health

    def push(self, frame: Frame) -> bool:
        """As Detector has it. Raises what the detector raises."""
        try:
            return self._detector.push(frame)
        except Exception as error:
            if _failed(self._health, DETECTOR, error):
                raise
            return False


class LastingWakeWords:
    """A WakeDetector that hears nothing while its engine rests: a key or `assistant listen` wakes it all the same."""

    def __init__(self, wake: WakeDetector, reset: Callable[[], None], health: Health) -> None:
        """*reset* has *wake* forget what it heard, before the first frame as well; it may fail, too."""
        self._wake = wake
        self._reset = reset
        self._health = health
        self._torn = True

    def push(self, frame: Frame) -> Woken | None:
        """As WakeDetector has it; raises nothing."""
        if self._health.rests(WAKE, asyncio.get_running_loop().time()):
            return None
        try:
            if self._torn:
                self._reset()
                self._torn = False
            return self._wake.push(frame)
        except Exception as error:  # noqa: BLE001 - told, and what three of them mean is seen above
            self._torn = True
            _failed(self._health, WAKE, error)
            return None


def _failed(health: Health, part: str, error: Exception) -> bool:
    """Whether it has failed for the third time."""
    rests = health.failed(part, f"It failed: {type(error).__name__}.", asyncio.get_running_loop().time())
    _logger.error("listening.failed", part=part, rests=rests, exc_info=error)
    return rests
