"""Frames that are taken for speech go in; how far each can be heard, or that the detector holds on, comes out. Pure.

Detectors hold on to a voice that has ended for up to 100 ms (sound_end.py); patience counts from where it has faded.
"""

import heapq
from collections import deque

import numpy as np

from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE, Samples
from assistant.listen.sound_end import FADED_DB

_LATELY = 2 * SAMPLE_RATE // FRAME_SAMPLES
"""frames of speech, 2 s, whose peaks a voice is held against: people grow softer within a long sentence"""
_CLICK = 2
"""frames that a click may lie in, which are louder than the voice and none of it"""


class Fading:
    """Of one turn: frames that are taken for speech go in; how far each can be heard, or that the detector holds on."""

    def __init__(self) -> None:
        self._peaks: deque[int] = deque(maxlen=_LATELY)

    def begin(self) -> None:
        """Another turn, and perhaps another voice."""
        self._peaks.clear()

    def heard(self, samples: Samples) -> int:
        """How many of int16 (320,) come before the voice, as it was of late, has faded by 30 dB; 0: it had before."""
        levels = np.abs(samples.astype(np.int32))
        self._peaks.append(int(levels.max()))
        faded = heapq.nlargest(_CLICK + 1, self._peaks)[-1] * 10 ** (FADED_DB / 20)
        loud = np.flatnonzero(levels > faded)
        return int(loud[-1]) + 1 if loud.size else 0
