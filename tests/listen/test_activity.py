"""The detector with its real network: noises open no turn, and voices are found in them."""

from pathlib import Path

import numpy as np
import pytest

from assistant.audio import read_blocks, to_float
from assistant.flow import SAMPLE_RATE
from assistant.listen.activity import Activity
from assistant.listen.endpoint import Endpointer, Patience, SpeechStarted, TurnEnded
from tests import noises

RECORDINGS = Path(__file__).parents[1] / "recordings"
LEAD = 3.0
"""seconds of noise before a voice"""


def spoken(name):
    return to_float(np.concatenate(list(read_blocks(RECORDINGS / f"{name}.wav")))).astype(float)


def turns(sound, activity=None):
    """Where turns begin and end, in seconds; and whether each frame was speech."""
    activity, endpointer = activity or Activity(), Endpointer(Patience())
    speech, begun, ended = [], [], []
    for frame in noises.frames(sound):
        speech.append(activity.push(frame))
        event = endpointer.push(frame.position, speech[-1])
        if isinstance(event, SpeechStarted):
            begun.append(event.position / SAMPLE_RATE)
        if isinstance(event, TurnEnded):
            ended.append(event.speech_end / SAMPLE_RATE)
    return begun, ended, np.array(speech)


@pytest.mark.parametrize("name", noises.NOISES)
def test_noise_alone_opens_no_turn(name):
    begun, _, speech = turns(noises.NOISES[name](20))
    assert begun == []
    assert speech.mean() < 0.01


@pytest.mark.parametrize("snr", [20, 10])
@pytest.mark.parametrize("name", [name for name in noises.NOISES if "full scale" not in name])
def test_a_voice_is_found_in_noise(name, snr):
    """With what was before it for soft consonants: its loud part begins within 0.4 s behind the pre-roll's start."""
    voice = spoken("question")
    loud = np.flatnonzero(np.abs(voice) > np.abs(voice).max() / 10) / SAMPLE_RATE + LEAD
    sound = noises.NOISES[name](LEAD + voice.size / SAMPLE_RATE + 1.5)
    begun, ended, _ = turns(noises.mixed(voice, sound, snr, LEAD))
    assert begun
    assert loud[0] - 0.4 < begun[0] <= loud[0]
    assert ended[-1] == pytest.approx(loud[-1], abs=0.3)


def test_a_soft_far_voice_is_found():
    """-55 dBFS, 15 dB above the room's noise."""
    voice = spoken("question")
    begun, _, _ = turns(noises.mixed(voice, noises.quiet_room(LEAD + 5, -70), 15, LEAD))
    assert len(begun) == 1


def test_a_voice_that_does_not_pause_for_30_s_is_one_to_the_end():
    """In a fan's noise 20 dB below it; the floor stays the fan's."""
    voice = spoken("question")
    loud = np.flatnonzero(np.abs(voice) > np.abs(voice).max() / 10)
    voice = np.tile(voice[loud[0] : loud[-1]], 20)[: 30 * SAMPLE_RATE]
    activity = Activity()
    _, _, speech = turns(noises.mixed(voice, noises.fan(33), 20, LEAD), activity)
    thirds = speech[150:].reshape(3, -1).mean(axis=1)
    assert thirds.min() > 0.7
    assert activity.room.floor < -40


def test_what_does_not_stand_out_of_the_noise_is_no_speech_whatever_the_networks_say():
    """A margin beyond every voice, and the same voice is not heard."""
    voice = spoken("question")
    sound = noises.mixed(voice, noises.quiet_room(LEAD + 5), 20, LEAD)
    assert turns(sound)[0]
    assert turns(sound, Activity(above_noise=60.0))[0] == []


def test_the_network_rests_where_nothing_stands_out():
    """A fan's noise, once it is known, costs webrtcvad only."""
    activity = Activity()
    turns(noises.fan(15, -30), activity)
    asked = []
    for frame in noises.frames(noises.fan(5, -30)):
        activity.push(frame)
        asked.append(activity.probability > 0)
    assert np.mean(asked) < 0.2


def test_that_somebody_may_be_beginning_is_known_before_that_they_are_and_not_of_keys():
    """In three requests never later and in all together sooner; a keyboard leaves it unmoved."""
    sooner = []
    for name in ("question", "timer", "sum"):
        activity, frames = Activity(), list(noises.frames(np.concatenate([noises.quiet_room(2), spoken(name)])))
        perhaps, surely = [], []
        for frame in frames:
            surely.append(activity.push(frame))
            perhaps.append(activity.perhaps)
        sooner.append(surely.index(True) - perhaps.index(True))
    assert min(sooner) >= 0
    assert max(sooner) > 0
    activity = Activity()
    for frame in noises.frames(noises.keyboard(10)):
        activity.push(frame)
        assert not activity.perhaps
