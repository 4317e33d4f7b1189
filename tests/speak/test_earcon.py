import numpy as np
import pytest

from assistant.audio import FULL_SCALE
from assistant.speak.earcon import PEAK_DBFS, sleeping, waking

both = pytest.mark.parametrize("earcon", [waking, sleeping])
rates = pytest.mark.parametrize("rate", [8000, 16_000, 22_050, 48_000])


def pitch(samples, rate):
    """The strongest frequency in Hz."""
    return np.argmax(np.abs(np.fft.rfft(samples, rate))) * 1.0


@both
@rates
def test_it_is_short_and_quiet(earcon, rate):
    samples = earcon(rate)
    assert samples.dtype == np.int16
    assert samples.size / rate <= 0.15
    peak = 20 * np.log10(np.abs(samples).max() / FULL_SCALE)
    assert peak == pytest.approx(PEAK_DBFS, abs=0.5)


@both
@rates
def test_it_begins_and_ends_without_a_click(earcon, rate):
    samples = earcon(rate).astype(int)
    loudest = np.abs(samples).max()
    edge = rate // 500
    assert samples[0] == samples[-1] == 0
    assert np.abs(samples[:edge]).max() < loudest / 50
    assert np.abs(samples[-edge:]).max() < loudest / 50


@both
def test_hardly_anything_of_it_lies_beyond_its_two_tones(earcon):
    """A click would."""
    power = np.abs(np.fft.rfft(earcon(16_000), 16_000)) ** 2
    assert power[1200:].sum() < power.sum() / 10_000


@rates
def test_waking_rises_and_sleeping_falls(rate):
    for earcon, rises in ((waking, True), (sleeping, False)):
        samples = earcon(rate)
        third = samples.size // 3
        assert (pitch(samples[-third:], rate) > pitch(samples[:third], rate)) == rises
