"""Frames go in; how far each stands out of the room's noise comes out. Pure."""

from assistant.audio import to_float
from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE, Samples
from assistant.listen.loudness import level_of

_COARSE, _FINE = 8, 1
"""samples between those whose differences are looked at. 8 apart leave of a voice what lies above 200 Hz, and of the
rumble of a fan, which comes and goes, little: the loudest frames of a minute of it lie 4 dB over its floor, not 7, and
of brown noise 4, not 15. Neighbours leave what lies above 1500 Hz: a voice in a rumble that is louder than it is."""
_AT_FIRST = -50.0
"""dBFS, before anything is known of the room: higher, and who speaks at once would pass for noise; it falls to that of
a quiet room (-70) in a third of a second"""
_LOWEST = -80.0
"""dBFS, the noise of a room where there is none at all (zeros of a file, a muted device): what speaks into that stands
out, but the last bits of a converter hardly do"""
_RISE = 3.0 * FRAME_SAMPLES / SAMPLE_RATE
"""dB a frame by which the floor follows what is louder (3 dB a second): a fan that goes on, 30 dB over the room, is the
room 10 s later..."""
_FALL = 60.0 * FRAME_SAMPLES / SAMPLE_RATE
"""...and what is quieter (60 dB a second). With both the floor settles where one frame in twenty lies under it
(3 / 63), which is the noise between syllables even if somebody speaks for half a minute without a pause: it was 0 to
2 dB over the noise then, in a room with 0.6 s of reverberation as well."""


class Room:
    """What is known of one room's noise; it has a memory, so every stream needs its own."""

    def __init__(self) -> None:
        self.level = _LOWEST
        """dBFS of the last frame"""
        self.floor = _AT_FIRST
        """dBFS of the noise: one frame in twenty of the last seconds was quieter"""
        self.above = 0.0
        """dB by which the last frame stood out of it"""
        self._coarse = self._fine = _AT_FIRST

    def push(self, samples: Samples) -> float:
        """One frame more, int16 (320,): dB by which it stands out of the noise, below zero if it does not.

        That is of its coarse or of its fine differences, whichever stands out more.
        """
        sound = to_float(samples)
        self.level = level_of(sound)
        coarse = level_of(sound[_COARSE:] - sound[:-_COARSE])
        fine = level_of(sound[_FINE:] - sound[:-_FINE])
        self.above = max(coarse - self._coarse, fine - self._fine)
        self.floor = _follow(self.floor, self.level)
        self._coarse = _follow(self._coarse, coarse)
        self._fine = _follow(self._fine, fine)
        return self.above


def _follow(floor: float, level: float) -> float:
    return min(floor + _RISE, level) if level > floor else max(floor - _FALL, level, _LOWEST)
