import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.flow import SAMPLE_RATE
from assistant.speak.played import Played
from assistant.speak.speaker import Speaker

RATES = (8_000, 16_000, 22_050, 44_100, 48_000)


def feed(played, sound, rate, *, since=0.0, jitter=0.0, block=0.01):
    """Give it *sound* in blocks, whose times are off by up to *jitter* seconds."""
    size = round(rate * block)
    off = np.random.default_rng(1).uniform(-jitter, jitter, sound.size // size + 1)
    off[0] = 0
    for index in range(0, sound.size, size):
        played.add(sound[index : index + size], since + index / rate + off[index // size])


def tone(rate, seconds, level=8000, hertz=440):
    return np.rint(level * np.sin(np.arange(round(seconds * rate)) * 2 * np.pi * hertz / rate)).astype(np.int16)


def silence(rate, seconds):
    return np.zeros(round(seconds * rate), np.int16)


@pytest.mark.parametrize("rate", RATES)
def test_what_was_played_is_found_where_it_was_in_the_air(rate):
    """A tone from 0.5 to 1.5 s, at any rate, however the device's times jitter: right to half a sample."""
    played = Played(rate)
    sound = np.concatenate([silence(rate, 0.5), tone(rate, 1.0), silence(rate, 0.5)])
    feed(played, sound, rate, since=100.0, jitter=0.003)
    found = np.concatenate([played.between(100.0 + index * 0.02, 320) for index in range(100)])
    wanted = np.concatenate([silence(16_000, 0.5), tone(16_000, 1.0), silence(16_000, 0.5)])
    middle = slice(8100, 23_900)
    assert np.abs(found[middle].astype(int) - wanted[middle]).max() < 8000 * 2 * np.pi * 440 / 16_000 / 2 + 10
    assert not found[:7900].any()
    assert not found[24_100:].any()


def test_nothing_is_said_to_be_known_before_the_device_has_it():
    """Half a second was handed over: of the frame at its end a part is known, of the next one nothing."""
    played = Played(16_000)
    feed(played, tone(16_000, 0.5), 16_000)
    assert played.between(0.48, 320).size == 320
    assert played.between(0.49, 320).size == 160
    assert played.between(0.6, 320).size == 0


@pytest.mark.parametrize("rate", RATES)
def test_a_hole_in_the_sound_is_one_in_the_reference_and_nothing_moves(rate):
    """70 ms without a block, on a device whose times are 2 ms off and jitter by 1: all behind it is where it was."""
    played, sound = Played(rate), np.random.default_rng(0).integers(-8000, 8000, rate).astype(np.int16)
    size, off = rate // 100, np.random.default_rng(1).uniform(0.0015, 0.0025, 100)
    for index in range(100):
        late = 0.07 if index >= 50 else 0.0
        at = index / 100 + late + (off[index] if index else 0.0)
        played.add(sound[index * size : (index + 1) * size], at, after_hole=index == 50)
    found = np.concatenate([played.between(index * 0.02, 320) for index in range(52)]).astype(float)
    whole = Played(rate)
    feed(whole, sound, rate)
    wanted = np.concatenate([whole.between(index * 0.02, 320) for index in range(50)]).astype(float)
    assert found[:7900] == pytest.approx(wanted[:7900], abs=1)
    assert not found[8100:9000].any()
    shifts = [np.dot(found[9300 + shift : 15_300 + shift], wanted[8180:14_180]) for shift in range(-40, 41)]
    assert abs(int(np.argmax(shifts)) - 40) <= 16


def test_where_nothing_audible_was_played_there_is_no_reference():
    """None at first, in silence and in noise nobody hears; and again a second after the last sound."""
    played = Played(48_000)
    assert played.between(0.0, 320) is None
    feed(played, tone(48_000, 1.0, level=50), 48_000)
    assert played.between(0.5, 320) is None
    feed(played, np.concatenate([tone(48_000, 1.0), silence(48_000, 3.0)]), 48_000, since=1.0)
    assert played.between(1.5, 320).any()
    assert not played.between(2.9, 320).any()
    assert played.between(2.9, 320).size == 320
    assert played.between(3.1, 320) is None


@pytest.mark.parametrize("rate", RATES)
def test_sound_after_a_rest_is_in_its_place_to_the_sample(rate):
    """Two clicks with seconds of silence between them, which was never resampled."""
    played = Played(rate)
    sound = silence(rate, 4.0)
    places = [round(rate * 0.5), round(rate * 3.5) + 7]
    sound[places] = 30_000
    found = {}
    for index in range(0, sound.size, rate // 100):
        played.add(sound[index : index + rate // 100], index / rate)
        start = index / rate - 0.05
        if (piece := played.between(start, 160)) is not None and np.abs(piece).max(initial=0) > 4000:
            found.setdefault(round(start), start + np.argmax(np.abs(piece)) / SAMPLE_RATE)
    assert sorted(found.values()) == pytest.approx([place / rate for place in places], abs=0.6 / SAMPLE_RATE)


@given(st.lists(st.integers(1, 700), min_size=1, max_size=60), st.sampled_from(RATES))
def test_asked_frame_by_frame_no_sample_comes_twice_or_never(blocks, rate):
    """Whatever the device's blocks: the frames put together are the whole, resampled once."""
    sound = tone(rate, sum(blocks) / rate)
    sound[0] = 8000  # audible from the first sample on: silent blocks before that are not resampled at all
    whole, pieces = Played(rate), Played(rate)
    whole.add(sound, 7.003)
    at, frames, start = 0, [], 7.003
    for block in blocks:
        pieces.add(sound[at : at + block], 7.003 + at / rate)
        at += block
        while (frame := pieces.between(start, 80)) is not None and frame.size == 80:
            frames.append(frame)
            start += 80 / SAMPLE_RATE
    wanted = whole.between(7.003, len(frames) * 80)
    assert frames == [] or np.concatenate(frames).tolist() == wanted.tolist()


def test_a_device_whose_stream_jumps_is_followed():
    """150 ms were lost in it: half a second later the reference is in its place again."""
    played = Played(16_000)
    sound = np.concatenate([tone(16_000, 1.0), silence(16_000, 0.5), tone(16_000, 0.5)])
    feed(played, sound[:8000], 16_000)
    feed(played, sound[8000:], 16_000, since=0.65)
    assert played.between(1.14, 320).any()
    assert not played.between(1.18, 320).any()
    assert played.between(1.66, 320).any()


def test_what_nobody_asks_for_is_bounded():
    """A minute of sound that no canceller takes."""
    played = Played(48_000)
    feed(played, tone(48_000, 60.0), 48_000)
    assert len(played._blocks) == 1024
    played.between(60.0, 320)
    assert played._air.size == 3 * SAMPLE_RATE


def test_the_speaker_keeps_what_it_really_plays():
    """After the fade of a pause, and with a chime; its time is the device's."""

    class Times:
        currentTime = 5.0  # noqa: N815 - PortAudio's name
        outputBufferDacTime = 5.25  # noqa: N815 - PortAudio's name

    speaker, out = Speaker(16_000), np.zeros((160, 1), np.int16)
    speaker.put(np.full(1000, 8000, np.int16))
    speaker.pause()
    speaker.chime(np.full(120, 700, np.int16))
    speaker.callback(out, 160, Times(), None)
    [(samples, sounds_at, _)] = speaker.played._blocks
    assert samples.tolist() == out[:, 0].tolist()
    assert samples[79:].tolist() == [700] * 41 + [0] * 40
    assert 0 < sounds_at - time.monotonic() <= 0.25


def test_a_loudspeaker_that_was_not_asked_for_a_while_had_a_hole_though_nobody_says_so():
    """PortAudio does not tell of each, and it may be a new stream, whose first block is no underflow."""

    class Times:
        currentTime = outputBufferDacTime = 0.0  # noqa: N815 - PortAudio's names

    now = [10.0]
    speaker = Speaker(16_000, clock=lambda: now[0])
    for pause in (0.01, 0.03, 0.07, 0.01):
        now[0] += pause
        speaker.callback(np.zeros((160, 1), np.int16), 160, Times(), None)
    assert [after_hole for _, _, after_hole in speaker.played._blocks] == [True, False, True, False]
