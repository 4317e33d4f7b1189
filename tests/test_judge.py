import json
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from scripts.judge import judge, levels, read

RATE = 48_000
SCRIPT = Path(__file__).parents[1] / "scripts" / "judge.py"


def voice(seconds, peak=8000, seed=0):
    """Noise in syllables of 150 ms with 50 ms between them, as loud at its ends as in its middle."""
    sound = np.random.default_rng(seed).uniform(-peak, peak, round(seconds * RATE))
    sound[(np.arange(sound.size) / RATE) % 0.2 > 0.15] = 0
    sound[[0, -1]] = peak
    return sound


def recording(seconds, *parts):
    """Silence of so many *seconds* with each part (side, when it begins, sound) in it: side 0 is the microphone."""
    both = np.zeros((round(seconds * RATE), 2))
    for side, at, sound in parts:
        both[round(at * RATE) : round(at * RATE) + sound.size, side] += sound
    return both.clip(-32768, 32767).astype(np.int16)


def test_the_gap_is_from_the_last_sound_of_a_question_to_the_first_one_of_its_answer():
    """For each of several, to the millisecond; each answer is a story of several sentences."""
    parts = []
    for at, gap in ((1.0, 0.3), (8.0, 0.451), (15.0, 1.2)):
        parts += [(0, at, voice(1.55)), (1, at + 1.55 + gap, voice(0.75)), (1, at + 1.55 + gap + 1.05, voice(0.95))]
    found = judge(recording(22, *parts), RATE)
    assert [asked.gap for asked in found] == pytest.approx([0.3, 0.451, 1.2], abs=0.0015)
    assert [asked.ends for asked in found] == pytest.approx([2.55, 9.55, 16.55], abs=0.0015)


def test_a_pause_for_thought_is_within_one_question():
    """The gap counts from the end of what follows on it."""
    both = recording(8, (0, 1.0, voice(0.75)), (0, 2.8, voice(0.75)), (1, 4.0, voice(1.0)))
    assert [asked.gap for asked in judge(both, RATE)] == pytest.approx([0.45], abs=0.0015)


def test_neither_a_steady_noise_nor_clicks_move_the_end():
    """A fan at -44 dBFS all the time, and somebody who types behind the question."""
    fan = np.random.default_rng(1).normal(0, 70, 8 * RATE)
    click = np.full(48 * 4, 9000.0)
    clicks = [(0, at, click) for at in (2.7, 2.81)]
    both = recording(8, (0, 0.0, fan), (0, 1.0, voice(1.55)), *clicks, (1, 3.0, voice(1.0)))
    assert [asked.gap for asked in judge(both, RATE)] == pytest.approx([0.45], abs=0.003)


def test_the_hiss_of_a_recording_behind_a_voice_is_not_its_end():
    """A sound file is played whose own noise lasts half a second longer than what is said in it."""
    hiss = np.random.default_rng(1).normal(0, 45, 2 * RATE)
    both = recording(8, (0, 1.0, voice(1.55)), (0, 1.0, hiss), (1, 3.1, voice(1.0)))
    assert [asked.gap for asked in judge(both, RATE)] == pytest.approx([0.55], abs=0.003)


@pytest.mark.parametrize("echo_db", [-10, -20])
def test_the_echo_of_the_loudspeaker_is_nobodys_question(echo_db):
    """The microphone hears the answer 40 ms later; the next question is found all the same."""
    answer = voice(3.95, seed=1)
    echo = answer * 10 ** (echo_db / 20)
    both = recording(
        14, (0, 1.0, voice(1.55)), (1, 2.9, answer), (0, 2.94, echo), (0, 9.0, voice(1.55)), (1, 11.0, voice(1.0))
    )
    assert [asked.gap for asked in judge(both, RATE)] == pytest.approx([0.35, 0.45], abs=0.0015)


def test_who_speaks_into_an_answer_waits_from_the_end_of_that():
    """The first answer goes on for a moment, which is no answer to the second question."""
    first, second = (0, 1.0, voice(1.15)), (0, 4.0, voice(1.15, seed=2))
    both = recording(9, first, (1, 2.5, voice(1.95)), second, (1, 5.5, voice(1.0)))
    assert [asked.gap for asked in judge(both, RATE)] == pytest.approx([0.35, 0.35], abs=0.0015)


def test_a_question_without_an_answer_says_so():
    """It takes none from the next question, and the gaps of the others stand."""
    both = recording(12, (0, 1.0, voice(1.55)), (0, 6.0, voice(1.55)), (1, 8.0, voice(1.0)))
    ignored, answered = judge(both, RATE)
    assert (ignored.gap, ignored.unmeasured) == (None, "no answer was heard")
    assert answered.gap == pytest.approx(0.45, abs=0.0015)


def test_an_answer_before_the_question_is_over_has_no_gap():
    """It would be negative, and make a median better."""
    both = recording(8, (0, 1.0, voice(1.95)), (1, 2.0, voice(0.5)), (1, 3.4, voice(1.0)))
    (asked,) = judge(both, RATE)
    assert asked.gap is None
    assert asked.answered == pytest.approx(2.0, abs=0.0015)
    assert "before the question was over" in asked.unmeasured


@pytest.mark.parametrize(
    ("both", "complaint"),
    [
        (recording(3), "nobody says anything"),
        (recording(3, (1, 1.0, voice(1.0))), "nobody says anything"),
        (recording(3)[:0], "nobody says anything"),
        (recording(3)[:, 0], "two channels"),
    ],
)
def test_a_recording_that_holds_no_question_is_refused(both, complaint):
    """Silence, an announcement, nothing at all, one channel."""
    with pytest.raises(ValueError, match=complaint):
        judge(both, RATE)


def test_a_level_is_the_largest_amplitude_of_its_millisecond():
    samples = np.zeros(RATE // 10, np.int16)
    samples[50] = -32768
    assert levels(samples, RATE)[:3].tolist() == [0, 32768, 0]


def written(path, both):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(both.shape[1])
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(both.tobytes())
    return path


def run(*arguments):
    command = [sys.executable, SCRIPT, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_a_file_is_judged_from_the_command_line(tmp_path):
    """For a person and for a script; it fails where there is no gap, in a sentence."""
    both = recording(6, (0, 1.0, voice(1.55)), (1, 3.0, voice(1.0)))
    path = written(tmp_path / "both.wav", both)
    assert read(path)[0].tolist() == both.tolist()
    assert "1 gaps: median 450 ms" in run(path).stdout
    (asked,) = json.loads(run(path, "--json").stdout)
    assert asked["gap"] == pytest.approx(0.45, abs=0.0015)
    silent = run(written(tmp_path / "silent.wav", recording(2)))
    assert (silent.returncode, silent.stderr.count("\n")) == (1, 1)
    missing = run(tmp_path / "missing.wav")
    assert (missing.returncode, "cannot be read" in missing.stderr) == (1, True)
