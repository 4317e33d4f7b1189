"""The ear, the floor and the loudspeaker go in; what a person would want to see of them at this moment comes out."""

from dataclasses import dataclass
from enum import Enum

from assistant.floor import Floor, Theirs
from assistant.flow import SAMPLE_RATE
from assistant.listen.activity import Activity
from assistant.listen.ear import Ear
from assistant.speak.playback import Sink


class State(Enum):
    """What is going on, as a person would say it."""

    ASLEEP = "asleep"
    LISTENING = "listening"
    THEY_SPEAK = "they speak"
    MAY_BE_OVER = "may be over"
    THINKING = "thinking"
    SPEAKING = "speaking"
    HOLDING = "holding"
    """they speak into our answer, and it is not decided what that means"""


@dataclass(frozen=True, slots=True)
class Glance:
    """How things stand at one moment."""

    level: float
    """dBFS of the last frame"""
    noise: float
    """dBFS of the room's noise"""
    probability: float
    """0-1: how likely the last sound was speech, 0 while nobody asks"""
    state: State
    patience_left: int | None
    """ms until the turn ends, if nobody goes on; None where no pause lasts"""


def glance(activity: Activity, ear: Ear, floor: Floor, sink: Sink) -> Glance:
    """Look at them; they are not touched."""
    left = ear.patience_left
    return Glance(
        level=activity.room.level,
        noise=activity.room.floor,
        probability=activity.probability,
        state=_state(ear, floor, sink),
        patience_left=None if left is None else left * 1000 // SAMPLE_RATE,
    )


def _state(ear: Ear, floor: Floor, sink: Sink) -> State:
    if floor.theirs is Theirs.HOLDING:
        return State.HOLDING
    if ear.patience_left is not None:
        return State.MAY_BE_OVER
    if ear.open:
        return State.THEY_SPEAK
    if floor.answering is not None or floor.whole is not None:
        progress = sink.progress()
        return State.SPEAKING if progress.queued > progress.sounded else State.THINKING
    return State.ASLEEP if ear.asleep else State.LISTENING
