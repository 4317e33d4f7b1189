"""An utterance goes in; when its last sound was in the air comes out, to the millisecond. Pure.

Detectors of voices look at 20 ms at a time and hold on to a voice that has ended: in twelve recordings they ended it
between 18 ms before its last sound and 100 ms behind it (tests/recordings, at eight places of the frames each). That is
good enough to end turns, but not to say how long somebody has waited.
"""

import numpy as np

from assistant.flow import SAMPLE_RATE, Utterance

FADED_DB = -30.0
"""of a voice's peaks: what is softer adds nothing to being understood (ANSI S3.5, speech intelligibility index)"""
ABOVE_NOISE_DB = 12.0
"""above the level of the room's noise: its peaks of a millisecond stray by 9"""
_PEAKS = 99
"""per cent of the milliseconds that are softer than a voice's peaks, in the same standard"""
_QUIET = 10
"""per cent of an utterance at least that are silence: half a second around it is kept"""
_HELD = 0.120
"""seconds for which a detector may hold on to a voice; where more is soft, it was right, and the voice is"""
_MISSED = 0.040
"""seconds for which it may miss a voice that ends: two frames"""
_MS = SAMPLE_RATE // 1000


def sounded_until(utterance: Utterance) -> float:
    """Seconds, loop's clock: when the last sound of *utterance* was in the air; near what the detector said."""
    return utterance.speech_ended_at - held_on(utterance)


def held_on(utterance: Utterance) -> float:
    """Seconds for which the detector held on to the voice after its last sound; below 0 if it let go too soon."""
    size = utterance.samples.size // _MS * _MS
    if not size:
        return 0.0
    # The last sample here was in the air when the turn ended.
    levels = np.abs(utterance.samples[-size:].astype(np.int32)).reshape(-1, _MS).max(axis=1)
    said = levels.size - round(1000 * (utterance.turn_ended_at - utterance.speech_ended_at))
    faded = float(np.percentile(levels, _PEAKS)) * 10 ** (FADED_DB / 20)
    noise = float(np.percentile(levels, _QUIET)) * 10 ** (ABOVE_NOISE_DB / 20)
    first = max(0, said - round(1000 * _HELD))
    loud = np.flatnonzero(levels[first : said + round(1000 * _MISSED)] > max(faded, noise))
    if not loud.size:
        return 0.0
    late: int = said - (first + int(loud[-1]) + 1)
    return late / 1000
