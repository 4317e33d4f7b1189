from dataclasses import replace

import numpy as np
import pytest

from assistant.audio import to_int16
from assistant.listen.tuning import Measured, Thresholds, advise, measure
from tests import noises

USUAL = Thresholds()
FAN = Measured(
    seconds=10.0,
    floor=-46.0,
    loudest=-41.0,
    strays=3.2,
    fired=0.01,
    woken=0.0,
    soft_woken=0.0,
    likeliest=0.0,
    clipped=0.0,
    only_zeros=False,
)


def advised(measured, now=USUAL):
    """The settings by key."""
    return {one.key: one.value for one in advise(measured, now).settings}


def told(measured):
    return " ".join(advise(measured, USUAL).sentences)


def room(sound, now=USUAL):
    return measure(to_int16(sound), now)


def test_a_steady_fan_has_the_usual_thresholds_and_a_margin_as_small_as_it_strays():
    assert advised(FAN) == {"vad_mode": 2, "speech_threshold": 0.5, "above_noise_db": 4}


def test_a_quiet_room_lets_soft_voices_through():
    assert advised(replace(FAN, floor=-60.0))["vad_mode"] == 1


def test_a_quiet_room_with_a_keyboard_does_not():
    assert advised(replace(FAN, floor=-60.0, soft_woken=0.3))["vad_mode"] == 2


@pytest.mark.parametrize(("likeliest", "threshold"), [(0.0, 0.5), (0.35, 0.5), (0.36, 0.55), (0.6, 0.75), (0.79, 0.85)])
def test_the_threshold_lies_above_all_that_the_noise_got(likeliest, threshold):
    assert advised(replace(FAN, likeliest=likeliest))["speech_threshold"] == threshold


@pytest.mark.parametrize(("strays", "margin"), [(0.0, 3), (3.2, 4), (7.9, 8), (8.1, 5), (30.0, 5)])
def test_the_margin_is_what_steady_noise_strays_and_the_usual_one_where_it_comes_and_goes(strays, margin):
    assert advised(replace(FAN, strays=strays))["above_noise_db"] == margin


def test_nothing_is_learned_of_noise_while_somebody_speaks():
    assert advised(replace(FAN, likeliest=0.8)) == {}
    assert "sounded like a voice" in told(replace(FAN, likeliest=0.8))


def test_only_zeros_are_a_muted_microphone():
    assert advised(room(np.zeros(32_000))) == {}
    assert told(room(np.zeros(32_000))).startswith("There is nothing but zeros")


def test_what_is_measured_is_told_with_units():
    sentences = "The room's noise has -46 dBFS, its loudest moment -41 dBFS."
    assert told(FAN).startswith(sentences)
    assert "Silero" not in told(replace(FAN, likeliest=0.0)).split("woke Silero")[1]
    assert "probability of 0.12 at most" in told(replace(FAN, likeliest=0.12))


@pytest.mark.parametrize(
    ("change", "warning"),
    [({"clipped": 0.02}, "2.0% of the samples"), ({"floor": -30.0}, "That is loud"), ({"floor": -80.0}, "very quiet")],
)
def test_a_level_that_will_not_do_is_told(change, warning):
    assert warning in told(replace(FAN, **change))
    assert warning not in told(FAN)


def test_a_room_is_measured_as_it_is():
    """A fan of -45 dBFS, one frame in twenty of which is quieter than -47; too short to be known after one hearing."""
    measured = room(noises.fan(3, -45))
    assert measured.floor == pytest.approx(-47, abs=1)
    assert -45 < measured.loudest < -40
    assert measured.strays < 5
    assert measured.woken <= measured.fired < 0.1
    assert measured.likeliest < 0.35
    assert measured.clipped == 0


def test_a_microphone_that_is_turned_up_too_far_is_measured_as_clipped():
    assert room(noises.fan(2, 6)).clipped > 0.3


def test_what_the_settings_are_now_decides_how_often_the_noise_fired():
    keys = noises.keyboard(3)
    assert room(keys, Thresholds(vad_mode=3)).fired < room(keys, Thresholds(vad_mode=0)).fired
    assert room(keys, Thresholds(above_noise_db=30.0)).woken < room(keys).woken
