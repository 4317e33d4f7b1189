import tracemalloc
import wave

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from assistant import audio
from assistant.errors import SoundFileError

samples = arrays.arrays(np.int16, st.integers(0, 500))
floats = arrays.arrays(np.float32, st.integers(0, 100), elements=st.floats(width=32))


def tone(rate, seconds=1.0, hz=440, level=0.5):
    return audio.to_int16(level * np.sin(2 * np.pi * hz * np.arange(int(rate * seconds)) / rate))


def read(path, rate=16_000):
    return np.concatenate(list(audio.read_blocks(path, rate)))


# arithmetic


@given(samples)
def test_samples_survive_the_way_to_float_and_back(given_samples):
    assert np.array_equal(audio.to_int16(audio.to_float(given_samples)), given_samples)


@given(samples)
def test_floats_stay_within_full_scale(given_samples):
    made = audio.to_float(given_samples)
    assert made.dtype == np.float32
    assert not made.size or (made.min() >= -1 and made.max() < 1)


@given(floats)
def test_any_float_becomes_a_sample(given_floats):
    made = audio.to_int16(given_floats)
    assert made.dtype == np.int16
    assert made.shape == given_floats.shape
    assert (made[given_floats >= 1] == 32767).all()
    assert (made[given_floats <= -1] == -32768).all()
    assert (made[np.isnan(given_floats)] == 0).all()


@given(samples)
def test_two_equal_channels_mix_to_themselves(given_samples):
    assert np.array_equal(audio.to_mono(np.stack([given_samples, given_samples], axis=1)), given_samples)


def test_channels_are_averaged_without_overflow():
    assert audio.to_mono(np.array([[32767, 32767], [-32768, 0]], np.int16)).tolist() == [32767, -16384]


def test_levels_are_in_db_below_full_scale():
    assert audio.level_db(np.full(100, -32768, np.int16)) == 0
    assert audio.level_db(tone(16_000, level=0.5)) == pytest.approx(-9.03, abs=0.01)
    assert audio.level_db(np.zeros(10, np.int16)) == audio.level_db(np.zeros(0, np.int16)) == float("-inf")


# resampling


@pytest.mark.parametrize(("source", "target"), [(48_000, 16_000), (22_050, 48_000), (8_000, 16_000), (16_000, 16_000)])
def test_resampling_keeps_length_and_level(source, target):
    made = audio.resample(tone(source), source, target)
    assert abs(len(made) - target) <= 1
    assert audio.level_db(made) == pytest.approx(audio.level_db(tone(source)), abs=0.1)


@given(blocks=st.lists(st.integers(0, 3000), max_size=8))
def test_a_stream_in_any_blocks_is_as_long_as_the_whole(blocks):
    resampler = audio.Resampler(48_000, 16_000)
    made = [resampler.push(np.zeros(size, np.int16)) for size in blocks]
    made.append(resampler.push(np.zeros(0, np.int16), last=True))
    assert abs(sum(map(len, made)) - sum(blocks) / 3) <= 1


def test_a_stream_sounds_like_the_whole():
    resampler, sound = audio.Resampler(22_050, 16_000), tone(22_050)
    made = [resampler.push(sound[at : at + 441]) for at in range(0, len(sound), 441)]
    streamed = np.concatenate([*made, resampler.push(sound[:0], last=True)])
    whole = audio.resample(sound, 22_050, 16_000)
    assert np.abs(streamed[500:-500].astype(int) - whole[500:-500]).max() < 40


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
def test_a_stream_is_hardly_late_and_exactly_in_its_place(rate):
    """A click in the middle of a second, in blocks of 10 ms: at the same moment, and handed out 4 ms later."""
    resampler, sound = audio.Resampler(rate, 16_000), np.zeros(rate, np.int16)
    sound[rate // 2] = 30_000
    made, late = [], 0
    for at in range(0, rate, rate // 100):
        made.append(resampler.push(sound[at : at + rate // 100]))
        late = max(late, min(at + rate // 100, rate) * 16_000 / rate - sum(map(len, made)))
    assert late <= 0.004 * 16_000
    assert np.argmax(np.abs(np.concatenate(made))) == 8000


def test_what_the_lower_rate_cannot_hold_does_not_come_back_as_something_else():
    """9 kHz at 48 kHz is silence at 16 kHz; 6.5 kHz is kept."""
    lost, kept = (
        audio.Resampler(48_000, 16_000).push(
            audio.to_int16(0.5 * np.sin(np.arange(48_000) * 2 * np.pi * hertz / 48_000))
        )
        for hertz in (9000, 6500)
    )
    assert audio.level_db(lost[500:-500]) < -80
    assert audio.level_db(kept) == pytest.approx(-9.03, abs=0.1)


# a device's clock


def test_a_steady_clock_does_not_follow_jitter():
    """Blocks of 10 ms, times off by up to 3 ms, and now and then by half a second: one straight line."""
    clock = audio.SteadyClock(16_000, tolerance=0.025)
    jitter = [0.0, *np.random.default_rng(1).uniform(-0.003, 0.003, 500)]
    jitter[100::50] = [0.5] * len(jitter[100::50])
    times = [clock.at(index * 160, 5 + index * 0.01 + off) for index, off in enumerate(jitter)]
    assert times == pytest.approx([5 + index * 0.01 for index in range(501)], abs=1e-9)


@pytest.mark.parametrize("ppm", [-100, 100])
def test_a_steady_clock_follows_a_crystal_that_is_not_the_computers(ppm):
    """Ten minutes, 60 ms: never further off than 3 ms and the jitter, and never by a jump."""
    clock, random = audio.SteadyClock(16_000, tolerance=0.02), np.random.default_rng(1)
    true = np.arange(30_000) * 0.02 * (1 + ppm * 1e-6)
    times = np.array([clock.at(index * 320, at + random.uniform(-0.001, 0.001)) for index, at in enumerate(true)])
    assert np.abs(times - true).max() < 0.0045
    assert np.abs(np.diff(times) - 0.02).max() <= 0.000_004_1


def test_a_steady_clock_is_drawn_along_slowly():
    """A first block that came 10 ms late: a fifth of a millisecond less each second, until 3 are left."""
    clock = audio.SteadyClock(16_000, tolerance=0.02)
    zeros = [clock.at(index * 320, index * 0.02 + (0 if index else 0.01)) - index * 0.02 for index in range(3000)]
    assert zeros[::500] == pytest.approx([0.01, 0.008, 0.006, 0.004, 0.003, 0.003], abs=0.0002)


def test_a_steady_clock_believes_a_jump_that_lasts():
    """150 ms lost (an overrun): followed 0.4 s later, in one step; what is late for a while is not."""
    clock = audio.SteadyClock(16_000, tolerance=0.025)
    said = [index * 0.01 + (0.15 if index >= 100 else 0) + (0.5 if 40 <= index < 60 else 0) for index in range(200)]
    zeros = [clock.at(index * 160, at) - index * 0.01 for index, at in enumerate(said)]
    assert zeros[:139] == pytest.approx([0.0] * 139)
    assert zeros[140:] == pytest.approx([0.15] * 60)


# files


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "FLOAT", "DOUBLE", "ULAW"])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", [8_000, 16_000, 48_000])
def test_every_common_wav_is_heard_at_its_own_level(tmp_path, subtype, channels, rate):
    sound = np.stack([tone(rate)] * channels, axis=1)
    soundfile.write(tmp_path / "a.wav", audio.to_float(sound), rate, subtype=subtype)
    made = read(tmp_path / "a.wav")
    assert abs(len(made) - 16_000) <= 1
    assert audio.level_db(made) == pytest.approx(-9.03, abs=0.2)


@pytest.mark.parametrize("name", ["a.flac", "a.ogg", "a.mp3"])
def test_other_formats_are_heard_too(tmp_path, name):
    soundfile.write(tmp_path / name, tone(16_000), 16_000)
    assert audio.level_db(read(tmp_path / name)[2000:15_000]) == pytest.approx(-9.03, abs=0.5)


def test_what_is_written_is_read_back(tmp_path):
    audio.write_wav(tmp_path / "a.wav", tone(16_000), 16_000)
    assert np.array_equal(read(tmp_path / "a.wav"), tone(16_000))
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16_000)


def unreadable(path):
    with pytest.raises(SoundFileError) as caught:
        read(path)
    return str(caught.value)


def test_what_cannot_be_read_is_said_in_a_sentence(tmp_path):
    text, empty, headed = tmp_path / "text.wav", tmp_path / "empty.wav", tmp_path / "headed.wav"
    text.write_text("this is not sound")
    empty.write_bytes(b"")
    soundfile.write(headed, np.zeros(0, np.int16), 16_000)
    assert unreadable(text) == f"{text} is not a sound file that can be read (WAV, FLAC, OGG and MP3 can)."
    assert "is not a sound file" in unreadable(empty)
    assert "holds no sound" in unreadable(headed)
    assert unreadable(tmp_path) == f"{tmp_path} is a folder; a sound file is wanted."
    assert unreadable(tmp_path / "none.wav") == f"{tmp_path / 'none.wav'} does not exist."


def test_a_truncated_file_gives_what_is_there(tmp_path):
    path = tmp_path / "a.wav"
    audio.write_wav(path, tone(16_000), 16_000)
    path.write_bytes(path.read_bytes()[:16_044])
    assert len(read(path)) == 8_000


def test_raw_samples_without_a_header_are_no_sound_file(tmp_path):
    (tmp_path / "a.raw").write_bytes(bytes(1000))
    assert "is not a sound file" in unreadable(tmp_path / "a.raw")


@pytest.mark.parametrize("place", ["none/a.wav", "."])
def test_what_cannot_be_written_is_said_in_a_sentence(tmp_path, place):
    with pytest.raises(SoundFileError, match="cannot be written"):
        audio.write_wav(tmp_path / place, tone(16_000), 16_000)


def test_an_hour_is_never_in_memory_at_once(tmp_path):
    path = tmp_path / "hour.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.setnframes(3600 * 16_000)
        file.writeframesraw(b"\0\0")
        file._patchheader = lambda: None  # the hour is promised here and is a hole in the file, which costs nothing
    with path.open("r+b") as raw:
        raw.truncate(44 + 3600 * 16_000 * 2)
    tracemalloc.start()
    length = sum(len(block) for block in audio.read_blocks(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert length == 3600 * 16_000
    assert peak < 5_000_000
