"""Rehearsals over real audio streams: the loudspeaker asks, the microphone hears."""

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

pytestmark = pytest.mark.room

PATIENT = 120
"""seconds after which it will not end any more"""


def rehearse(room, *arguments):
    command = [sys.executable, "-m", "assistant", "rehearse", *map(str, arguments)]
    done = subprocess.run(
        command, env=room | {"COLUMNS": "200"}, capture_output=True, text=True, check=False, timeout=PATIENT
    )
    assert "Traceback" not in done.stderr
    if any(words in done.stderr for words in ("stopped giving sound", "gives no sound")):
        pytest.skip("the computer was too busy for sound in real time")
    return done


@pytest.fixture(scope="module")
def chirped(room, room_with_echo, tmp_path_factory):
    """What came of chirps with and without an echo, and the file about the former: at once, since both only wait."""
    kept = tmp_path_factory.mktemp("chirps") / "new.json"
    with ThreadPoolExecutor() as pool:
        deaf = pool.submit(rehearse, room, "-n", 0, "--loopback")
        hearing = rehearse(room_with_echo, "-n", 0, "--loopback", "--json", kept)
    return hearing, deaf.result(), kept


def test_chirps_find_the_way_from_the_loudspeaker_to_the_microphone(chirped):
    """What the stamps leave out is the way through the room, which is made of 60 ms of buffer."""
    done, _, kept = chirped
    assert done.returncode == 0, done.stderr
    found = json.loads(kept.read_text())["loopback"]
    assert found["heard"] >= 5
    assert 30 < found["unstated_ms"]["median"] < 120
    assert found["whole_ms"]["median"] > found["unstated_ms"]["median"]
    [told] = re.findall(r"from loudspeaker to microphone: (\d+) ms", done.stdout)
    # Rounded, of more digits than the file has.
    assert int(told) == pytest.approx(found["whole_ms"]["median"], abs=0.6)


def test_a_microphone_that_cannot_hear_the_loudspeaker_is_told_as_it_is(chirped):
    """Exit code 3, and what to do."""
    _, done, _ = chirped
    assert done.returncode == 3
    assert "Of 8 chirps from the loudspeaker the microphone heard 0 clearly" in done.stderr
    assert "headphones" in done.stderr


@pytest.mark.slow
def test_a_question_from_the_loudspeaker_is_heard_and_answered(room_with_echo, tmp_path):
    """The canceller leaves it in. What else is heard, where this computer makes holes in the sound, is not judged."""
    done = rehearse(room_with_echo, "-n", 1, "--devices", "--json", tmp_path / "new.json")
    assert done.returncode == 0, done.stderr
    made = json.loads((tmp_path / "new.json").read_text())
    assert made["about"]["source"] == "microphone"
    assert made["turns"][0]["gap"] is not None
