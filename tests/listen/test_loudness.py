import numpy as np
import pytest

from assistant.flow import FRAME_SAMPLES
from assistant.listen.loudness import Loudness, frames_since_word

RANDOM = np.random.default_rng(1)
SPEECH, ROOM = -20.0, -60.0


def noise(dbfs):
    return np.rint(RANDOM.standard_normal(FRAME_SAMPLES) * 32768 * 10 ** (dbfs / 20)).astype(np.int16)


def levels(*parts):
    """(frames, dBFS) one after another, behind as much room as fits."""
    listed = [dbfs for frames, dbfs in parts for _ in range(frames)]
    return [ROOM] * (35 - len(listed)) + listed


def test_a_voice_stands_out_of_the_room():
    loudness = Loudness()
    assert not any(loudness.push(noise(ROOM)) for _ in range(50))
    assert loudness.push(noise(SPEECH))


def test_steady_noise_does_not_stand_out_however_loud():
    loudness = Loudness()
    for _ in range(50):
        loudness.push(noise(-30))
    assert not any(loudness.push(noise(-30)) for _ in range(500))


def test_noise_that_goes_on_is_the_rooms_after_half_a_minute():
    loudness = Loudness()
    for _ in range(50):
        loudness.push(noise(-80))
    standing_out = [loudness.push(noise(-20)) for _ in range(30 * 50)]
    assert all(standing_out[:500])
    assert not any(standing_out[-50:])


def test_zeros_neither_stand_out_nor_count_as_the_rooms_noise():
    loudness = Loudness()
    for _ in range(50):
        loudness.push(noise(-50))
    assert not loudness.push(np.zeros(FRAME_SAMPLES, np.int16))
    assert not loudness.push(noise(-50))


def test_the_last_bit_of_the_converter_is_no_voice():
    loudness = Loudness()
    loudness.push(np.zeros(FRAME_SAMPLES, np.int16))
    assert not any(loudness.push(RANDOM.integers(-1, 2, FRAME_SAMPLES).astype(np.int16)) for _ in range(50))


def test_the_word_ended_where_the_pause_behind_it_begins():
    """40 ms into it: the voice dies away."""
    assert frames_since_word(levels((15, SPEECH), (12, ROOM)), ROOM, usual=20) == 10


@pytest.mark.parametrize("gap", [1, 2, 3])
def test_a_stop_consonant_is_no_pause(gap):
    assert frames_since_word(levels((10, SPEECH), (gap, ROOM), (10, SPEECH)), ROOM, usual=20) is None


def test_a_pause_is_found_between_the_word_and_the_request():
    assert frames_since_word(levels((10, SPEECH), (6, ROOM), (8, SPEECH)), ROOM, usual=20) == 12


def test_of_two_pauses_the_usual_one_counts():
    two = levels((10, SPEECH), (5, ROOM), (5, SPEECH), (5, ROOM))
    assert frames_since_word(two, ROOM, usual=14) == 13
    assert frames_since_word(two, ROOM, usual=4) == 3


def test_the_quiet_before_the_word_is_not_behind_it():
    assert frames_since_word(levels((20, SPEECH)), ROOM, usual=20) is None


def test_a_noisy_room_is_a_pause_at_its_own_level():
    in_noise = [-40.0] * 15 + [SPEECH] * 10 + [-40.0] * 10
    assert frames_since_word(in_noise, -42.0, usual=20) == 8
    assert frames_since_word(in_noise, -50.0, usual=20) is None


def test_a_weak_consonant_that_drowns_in_noise_is_no_pause():
    assert frames_since_word([SPEECH] * 20 + [-40.0] * 5 + [SPEECH] * 10, -42.0, usual=20) is None


def test_a_longer_pause_can_be_asked_for():
    pause = levels((10, SPEECH), (5, ROOM), (8, SPEECH))
    assert frames_since_word(pause, ROOM, usual=20, longer=1) == 11
    assert frames_since_word(pause, ROOM, usual=20, longer=2) is None


def test_nothing_heard_has_no_pause():
    assert frames_since_word([], ROOM, usual=20) is None
