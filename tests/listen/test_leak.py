import numpy as np
import pytest

from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE
from assistant.listen.leak import Leak, correlated
from tests.listen import test_echo

FAR, HEARD = 12_800, 8_000
VOICE = np.tile(test_echo.VOICE[3 * SAMPLE_RATE : 3 * SAMPLE_RATE + 35_200], 4)
"""8.8 s without a pause"""
PERSON = np.tile(test_echo.PERSON[8_000:40_000], 5)[: VOICE.size]
SILENCE = np.zeros(VOICE.size, np.int16)


def late(sound, samples, gain=1.0):
    return (np.concatenate([np.zeros(samples), sound])[: sound.size] * gain).astype(np.int16)


def watched(leak, played, heard, left, start=0.0, end=None):
    """What each look finds of these seconds."""
    first = round(start * SAMPLE_RATE) // FRAME_SAMPLES * FRAME_SAMPLES
    last = played.size if end is None else round(end * SAMPLE_RATE)
    found = []
    for at in range(first, last - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        frames = (sound[at : at + FRAME_SAMPLES] for sound in (played, heard, left))
        if leak.push(*frames):
            found.append((leak.found, leak.shifted))
    return found


@pytest.mark.parametrize("lag", [0, 160, 1400, 4700])
def test_an_echo_is_found_where_it_is_in_a_person_as_loud(lag):
    """To the sample, up to 0.3 s; and of 0.5 s its share is about the half that it is."""
    heard = late(VOICE, lag).astype(float)
    heard += PERSON * np.sqrt(np.square(heard).mean() / np.square(PERSON.astype(float)).mean())
    part = slice(3 * SAMPLE_RATE, 3 * SAMPLE_RATE + HEARD)
    peak = correlated(VOICE[part.stop - FAR : part.stop], np.clip(heard, -32768, 32767).astype(np.int16)[part])
    assert peak.lag == lag
    assert peak.clear > 12
    assert 0.4 < peak.share < 0.95


def test_nothing_is_found_in_a_person_alone_nor_in_silence():
    """Whatever was played meanwhile."""
    assert not any(found for found, _ in watched(Leak(), VOICE, PERSON, PERSON))
    assert correlated(VOICE[:FAR], SILENCE[:HEARD]).clear == 0
    assert correlated(SILENCE[:FAR], PERSON[:HEARD]).clear == 0


def test_what_is_left_of_our_own_voice_is_a_leak_and_a_person_over_a_trace_of_it_is_none():
    """A leak 15 dB below the echo; a trace of 40 dB below, which is there in every room."""
    echo = late(VOICE, 800, 0.3)
    leak = watched(Leak(), VOICE, echo, late(VOICE, 928, 0.05), 1.0, 5.0)
    assert sum(found for found, _ in leak[2:]) >= 0.9 * len(leak[2:])
    left = (late(VOICE, 928, 0.003) + 0.3 * PERSON).astype(np.int16)
    assert not any(found for found, _ in watched(Leak(), VOICE, echo, left, 1.0, 5.0))
    assert not any(found for found, _ in watched(Leak(), VOICE, echo, late(VOICE, 928, 0.0005), 1.0, 5.0))


@pytest.mark.parametrize(("shift", "shifted"), [(-320, 1), (-40, 0), (320, 1)])
def test_a_way_that_has_shifted_by_20_ms_is_told_once_and_a_creeping_one_never(shift, shifted):
    """Three seconds cancelled, then by another way, and not."""
    leak, left = Leak(), late(VOICE, 928, 0.1)
    assert not any(found for found, _ in watched(leak, VOICE, late(VOICE, 800, 0.3), SILENCE, 0.0, 3.0))
    found = watched(leak, VOICE, late(VOICE, 800 + shift, 0.3), left, 3.0, 5.0)
    assert any(found for found, _ in found)
    assert sum(told for _, told in found) == shifted


def test_two_ways_in_turn_are_told_once_a_second_at_most():
    """A reflection as strong as the straight way."""
    leak, left = Leak(), late(VOICE, 928, 0.1)
    watched(leak, VOICE, late(VOICE, 800, 0.3), SILENCE, 0.0, 3.0)
    told = 0
    for second in range(3, 7):
        for half in (0.0, 0.5):
            lag = 800 if half else 1200
            found = watched(leak, VOICE, late(VOICE, lag, 0.3), left, second + half, second + half + 0.5)
            told += sum(shifted for _, shifted in found)
    assert 1 <= told <= 4


def test_a_way_on_which_all_is_cancelled_again_is_no_news_later():
    """It changed in silence, say; a second without a leak, and the new one is the usual one."""
    leak, left = Leak(), late(VOICE, 928, 0.1)
    watched(leak, VOICE, late(VOICE, 800, 0.3), SILENCE, 0.0, 2.0)
    watched(leak, VOICE, late(VOICE, 1200, 0.3), SILENCE, 2.0, 5.0)
    found = watched(leak, VOICE, late(VOICE, 1200, 0.3), left, 5.0, 6.0)
    assert any(found for found, _ in found)
    assert not any(shifted for _, shifted in found)
