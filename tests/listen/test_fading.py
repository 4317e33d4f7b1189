import numpy as np

from assistant.flow import FRAME_SAMPLES
from assistant.listen.fading import Fading


def frame(peak):
    samples = np.zeros(FRAME_SAMPLES, np.int16)
    samples[100] = peak
    return samples


def test_a_voice_has_faded_where_it_is_30_db_below_its_peaks():
    """Not at 28 dB, as the last consonant of a word is; and what comes after the silence is heard again."""
    fading = Fading()
    peaks = [8000, 8000, 8000, 6000, 320, 250, 100, 4000]
    assert [bool(fading.heard(frame(peak))) for peak in peaks] == [True] * 5 + [False] * 2 + [True]


def test_where_in_a_frame_a_voice_fades_is_told_to_the_sample():
    """It ends in the middle of one, and then only a breath is left, 40 dB below it."""
    fading, ends = Fading(), np.full(FRAME_SAMPLES, 80, np.int16)
    ends[:150] = 8000
    assert [fading.heard(frame(8000)), fading.heard(frame(8000)), fading.heard(frame(8000))] == [101] * 3
    assert [fading.heard(ends), fading.heard(ends[150:])] == [150, 0]


def test_a_click_makes_no_voice_soft():
    """A key near the microphone at the start of somebody's sentence: it lies in two frames."""
    fading = Fading()
    assert all(fading.heard(frame(peak)) for peak in [800, 700, 750, 32000, 30000] + [800] * 30)


def test_a_voice_may_grow_softer_and_another_turn_begins_anew():
    """By 20 dB within 4 s; and the next one speaks 40 dB below the first."""
    fading = Fading()
    assert all(fading.heard(frame(8000 * 10 ** (-place / 200))) for place in range(200))
    fading.begin()
    assert fading.heard(frame(80))
