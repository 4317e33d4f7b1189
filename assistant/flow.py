"""What flows through the program, from the microphone's frames to what the person has heard of the answer.

Sound on the listening side is 16 kHz mono int16 and its clock is the count of its samples; on the speaking side it
has the voice's own rate. Times are seconds on the event loop's clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Samples: TypeAlias = NDArray[np.int16]

SAMPLE_RATE = 16_000
"""Hz of everything we listen to: what webrtcvad, Silero and Whisper all want."""

JOINT = 0.3
"""seconds of silence between two halves of a request: a pause as it is in every recording"""

LONGEST = 30.0
"""seconds that Whisper can hear at once"""

FRAME_SAMPLES = 320
"""20 ms: the middle of webrtcvad's three frame lengths; a shorter one would only wake us more often."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """20 ms from a source of sound."""

    samples: Samples
    """(320,), 16 kHz mono"""
    position: int
    """samples since the source began, of the first sample here"""
    captured_at: float
    """seconds, loop's clock: when the last sample here was in the air"""


@dataclass(frozen=True, slots=True, eq=False)
class Utterance:
    """All that one person said in one turn, with a little silence on either side."""

    samples: Samples
    """(n,), 16 kHz mono"""
    position: int
    """samples since the source began, of the first sample here"""
    speech_ended_at: float
    """seconds, loop's clock: when the last voiced sample was in the air"""
    turn_ended_at: float
    """seconds, loop's clock: when we decided that the turn is over"""

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.samples.size / SAMPLE_RATE

    def joined(self, rest: "Utterance") -> "Utterance":
        """This and, after a short pause, what the same person went on to say; at most the last LONGEST seconds."""
        pause = np.zeros(round(JOINT * SAMPLE_RATE), np.int16)
        samples = np.concatenate([self.samples, pause, rest.samples])[-round(LONGEST * SAMPLE_RATE) :]
        return replace(rest, samples=samples, position=self.position)


@dataclass(frozen=True, slots=True)
class Transcript:
    """What the recogniser understood; an empty text means that nobody said anything."""

    text: str
    confidence: float = 0.0
    """mean log-probability of its tokens, 0 is certain"""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """What the model wants done; the name and the arguments are its words, not yet checked."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Clause:
    """A piece of the answer that is spoken in one breath."""

    text: str
    """as the model wrote it, markup taken off: for the screen and the history"""
    spoken: str
    """as the voice shall say it: numbers, units and symbols in words"""


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """A clause as sound."""

    samples: Samples
    """(n,), mono at `rate`"""
    rate: int
    """Hz, the voice's own"""
    clause: Clause
    word_ends: tuple[int, ...] = ()
    """samples: where each word of the clause's text, as `split` gives them, has been said; empty where the voice does
    not tell"""


@dataclass(frozen=True, slots=True)
class Heard:
    """How much of an answer sounded before it ended or was interrupted."""

    text: str
    complete: bool
