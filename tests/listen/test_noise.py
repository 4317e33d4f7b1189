import numpy as np
import pytest

from assistant.flow import FRAME_SAMPLES
from assistant.listen.noise import Room
from tests import noises

STEADY = [name for name in noises.NOISES if not name.startswith(("keyboard", "music"))]


def heard(room, sound):
    """By how much each frame stands out."""
    return np.array([room.push(frame.samples) for frame in noises.frames(sound)])


def tone(seconds, dbfs):
    """A voice, as far as a level can tell."""
    return noises.at_level(np.sin(2 * np.pi * 440 * np.arange(round(seconds * 16_000)) / 16_000), dbfs)


@pytest.mark.parametrize("name", STEADY)
def test_steady_noise_does_not_stand_out_once_it_is_known(name):
    """Not one frame in a hundred by more than 5 dB, after the 20 s that the loudest need."""
    room = Room()
    heard(room, noises.NOISES[name](20))
    assert np.percentile(heard(room, noises.NOISES[name](20)), 99) < 5


@pytest.mark.parametrize("name", [name for name in STEADY if "full scale" not in name])
def test_what_is_15_db_louder_than_the_noise_stands_out(name):
    room = Room()
    heard(room, noises.NOISES[name](20))
    louder = noises.NOISES[name](1) + tone(1, max(-60, room.floor + 15))
    assert heard(room, louder).min() > 8


def test_the_floor_is_the_noise_of_the_room_within_2_db():
    room = Room()
    heard(room, noises.fan(20, -45))
    assert room.floor == pytest.approx(-46.5, abs=1.5)


def test_a_fan_that_is_switched_on_is_the_room_ten_seconds_later():
    """It is 25 dB over the room; until then it may stand out, and Silero is asked."""
    room = Room()
    heard(room, noises.quiet_room(5, -70))
    out = heard(room, noises.fan(12, -45))
    assert out[:100].min() > 5
    assert np.percentile(out[500:], 99) < 5


def test_a_fan_that_is_switched_off_hides_a_soft_voice_for_half_a_second_only():
    room = Room()
    heard(room, noises.fan(15, -45))
    heard(room, noises.quiet_room(0.5, -70))
    assert heard(room, tone(0.1, -55)).min() > 5


def test_the_floor_does_not_rise_to_a_voice_that_has_only_the_holes_of_its_consonants():
    """60 ms of noise 10 dB down every 400 ms, for 30 s: in the end the noise, not the voice, is the floor."""
    room = Room()
    heard(room, noises.fan(5, -45))
    voice = noises.fan(30, -45)
    voice += tone(30, -35) * (np.arange(voice.size) % 6400 >= 960)
    out = heard(room, voice)
    assert room.floor < -42
    assert np.median(out[-100:]) > 6


def test_a_voice_stands_out_behind_digital_silence_however_soft():
    """Files begin with zeros, and so do muted devices; -60 dBFS is speech at the other end of a room."""
    room = Room()
    heard(room, np.zeros(160_000))
    assert heard(room, tone(0.2, -60)).min() > 15


def test_the_last_bits_of_a_converter_behind_digital_silence_hardly_do():
    room = Room()
    heard(room, np.zeros(16_000))
    bits = np.random.default_rng(1).integers(-1, 2, 16_000) / 32768
    assert heard(room, bits).max() < 5


def test_who_speaks_at_once_stands_out():
    """Nothing is known of the room yet."""
    assert heard(Room(), tone(0.5, -40)).min() > 5


def test_full_scale_is_a_level_like_any_other():
    room = Room()
    room.push(np.full(FRAME_SAMPLES, -32768, np.int16))
    assert room.level == pytest.approx(0, abs=0.01)
    assert np.isfinite(heard(room, noises.fan(2, 40))).all()
