from pathlib import Path

import numpy as np
import pytest

from assistant.audio import read_blocks, resample
from assistant.latency import chirp as chirps
from assistant.latency.chirp import NEEDED, SECONDS, Trip, agreed, chirp, find

RECORDINGS = Path(__file__).parents[1] / "recordings"
RATE = 16_000


def noise(seconds, level, seed=0):
    return np.random.default_rng(seed).standard_normal(round(seconds * RATE)) * level


def heard(at, loudness=1.0, over=None):
    """1.5 s of *over* (silence) with a chirp in it from sample *at* on, maybe between two samples."""
    recorded = np.zeros(round(1.5 * RATE)) if over is None else over.copy()
    sound = chirp(RATE) * loudness
    shift = np.exp(-2j * np.pi * np.fft.rfftfreq(recorded.size) * at)
    recorded += np.fft.irfft(np.fft.rfft(sound, recorded.size) * shift, recorded.size)
    return np.clip(np.rint(recorded), -32768, 32767).astype(np.int16)


def trips(*delays):
    return [Trip(0.1 + delay, delay, 20.0) for delay in delays]


@pytest.mark.parametrize("rate", [16_000, 22_050, 44_100, 48_000])
def test_it_is_the_same_sweep_at_every_rate(rate):
    sound = chirp(rate)
    assert sound.size == round(SECONDS * rate)
    found = find(np.concatenate([np.zeros(4000, np.int16), resample(sound, rate, RATE), np.zeros(8000, np.int16)]))
    assert found.at == pytest.approx(4000, abs=1)


def test_it_swells_and_dies_away_so_that_no_loudspeaker_clicks():
    sound = np.abs(chirp(48_000).astype(int))
    assert sound[:48].max() < 20
    assert sound[-48:].max() < 20
    assert 8000 < sound.max() < 8300


@pytest.mark.parametrize("at", [0, 1, 2471, 2471.5, 9000.25, 22_399])
def test_it_is_found_to_a_fraction_of_a_sample(at):
    assert find(heard(at)).at == pytest.approx(at, abs=0.5)


def test_it_is_found_in_noise_as_loud_as_itself():
    loudness = np.sqrt(np.mean(np.square(chirp(RATE).astype(float))))
    for seed in range(20):
        found = find(heard(7000, over=noise(1.5, loudness, seed)))
        assert found.at == pytest.approx(7000, abs=1)


def test_it_is_found_30_db_quieter_than_it_was_played():
    assert find(heard(5000, 10 ** (-30 / 20), noise(1.5, 10))).at == pytest.approx(5000, abs=1)


def test_a_room_that_rings_for_half_a_second_does_not_hide_the_direct_way():
    random = np.random.default_rng(3)
    times = np.arange(RATE // 2) / RATE
    room = random.standard_normal(times.size) * np.exp(-6.9 * times / 0.5)
    room *= 1 / np.sqrt(np.square(room).sum())
    room[0] += 1  # as much directly as from all walls together
    recorded = noise(1.5, 20)
    sound = np.convolve(chirp(RATE) * 0.3, room)
    recorded[3000 : 3000 + sound.size] += sound
    assert find(recorded.astype(np.int16)).at == pytest.approx(3000, abs=1)


@pytest.mark.parametrize("seed", range(50))
def test_nothing_is_found_in_noise_alone(seed):
    assert find(noise(1.5, 1000, seed).astype(np.int16)) is None


@pytest.mark.parametrize("name", ["story", "question", "clicks", "hum", "silence", "noise"])
def test_neither_speech_nor_clicks_nor_hum_are_taken_for_it(name):
    recorded = np.concatenate(list(read_blocks(RECORDINGS / f"{name}.wav")))
    assert find(recorded) is None


def test_too_little_sound_holds_none():
    assert find(chirp(RATE)[:-1]) is None
    assert find(np.zeros(0, np.int16)) is None


def test_how_clear_it_was_falls_with_the_noise():
    clear = [find(heard(6000, over=noise(1.5, level))).clear_db for level in (10, 100, 1000)]
    assert clear == sorted(clear, reverse=True)
    assert clear[-1] > chirps.CLEAR_DB


def test_echoes_that_agree_give_their_middle_and_their_ends():
    found = agreed(trips(0.003, 0.001, 0.002, 0.005, 0.002), played=8)
    assert found.unstated == pytest.approx((0.002, 0.001, 0.005))
    assert found.whole == pytest.approx((0.102, 0.101, 0.105))
    assert (found.played, found.heard, found.clear_db) == (8, 5, 20.0)


def test_an_echo_that_was_something_else_does_not_count():
    found = agreed(trips(0.003, 0.001, 0.002, 0.005, 0.002, 0.9), played=8)
    assert found.heard == 5
    assert found.unstated.highest == 0.005


def test_fewer_than_needed_say_nothing():
    assert agreed(trips(*[0.002] * (NEEDED - 1)), played=8) is None
    assert agreed(trips(*[0.002] * (NEEDED - 1), 0.5), played=8) is None
    assert agreed([], played=8) is None
