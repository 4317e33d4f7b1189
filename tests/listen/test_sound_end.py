import numpy as np
import pytest

from assistant.flow import SAMPLE_RATE, Utterance
from assistant.listen.sound_end import sounded_until

SAID = 1.5
"""seconds of an utterance that are voice, behind half a second of silence"""


def utterance(detected=SAID, noise=0.0, tail=0.0, silence=0.2):
    """A voice that ends 2 s into it (100 s on the loop's clock); the detector says it lasts *detected* seconds.

    *noise* and *tail* are int16 amplitudes: of the room, all the time, and of what follows on the voice.
    """
    random = np.random.default_rng(0)
    samples = random.uniform(-noise, noise, round((0.5 + SAID + silence) * SAMPLE_RATE))
    first, last = round(0.5 * SAMPLE_RATE), round((0.5 + SAID) * SAMPLE_RATE)
    samples[first:last] += random.uniform(-8000, 8000, last - first)
    samples[last:] += random.uniform(-tail, tail, samples.size - last)
    return Utterance(
        samples.astype(np.int16), 0, speech_ended_at=100.0 + detected - SAID, turn_ended_at=100.0 + silence
    )


@pytest.mark.parametrize("late", [-0.03, 0.0, 0.02, 0.11])
def test_the_last_sound_is_found_where_the_detector_was_early_or_held_on(late):
    """To the millisecond, within what detectors are off by."""
    assert sounded_until(utterance(SAID + late)) == pytest.approx(100.0, abs=0.0015)


@pytest.mark.parametrize(("noise", "tail"), [(300.0, 0.0), (0.0, 200.0)])
def test_neither_the_rooms_noise_nor_what_nobody_could_hear_is_a_sound(noise, tail):
    """A fan 28 dB below the voice all the time; and a breath 32 dB below it behind the last word."""
    assert sounded_until(utterance(SAID + 0.08, noise, tail)) == pytest.approx(100.0, abs=0.0015)


def test_where_much_is_soft_the_detector_is_believed():
    """Its voice went on for 0.15 s in a tone too soft for us."""
    assert sounded_until(utterance(SAID + 0.15, silence=0.4)) == pytest.approx(100.15)


def test_a_click_well_behind_the_voice_is_not_its_end():
    """Somebody puts the cup down before the turn has ended."""
    clicked = utterance(SAID + 0.02, silence=0.3)
    clicked.samples[-1600:-1550] = 9000
    assert sounded_until(clicked) == pytest.approx(100.0, abs=0.0015)


def test_an_utterance_without_sound_ends_where_it_is_said_to():
    """Nothing but zeros, and no sample at all."""
    for samples in (np.zeros(1600, np.int16), np.zeros(0, np.int16)):
        assert sounded_until(Utterance(samples, 0, 7.0, 7.05)) == 7.0
