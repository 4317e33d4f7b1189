"""The whole program on real audio streams: somebody speaks into a room, and the answer sounds in it."""

import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from tests.room.test_room import recording

pytestmark = [pytest.mark.room, pytest.mark.slow]

RECORDINGS = Path(__file__).parents[1] / "recordings"
PATIENT = 60
"""seconds after which a line that has not come will not come"""


@contextmanager
def running(room, *arguments):
    """`assistant run` in the room; its lines come as they are printed."""
    command = [sys.executable, "-u", "-m", "assistant", "run", *map(str, arguments)]
    with subprocess.Popen(command, env=room, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        try:
            yield child
        finally:
            child.kill()


def line_with(child, text):
    """The next line that holds *text*."""
    deadline = time.monotonic() + PATIENT
    while time.monotonic() < deadline:
        line = child.stdout.readline()
        if text in line:
            return line
        assert line, f"ended before {text!r}: {child.stderr.read()}"
    raise AssertionError(text)


def ask(room, name):
    subprocess.run(["paplay", "--device=mouth", RECORDINGS / f"{name}.wav"], env=room, check=True, timeout=30)


def test_a_question_in_the_room_is_answered_in_the_room_and_ctrl_c_ends_it(room, tmp_path):
    """Twice, through microphone and loudspeaker; the second question is not an echo of the first answer."""
    ear = tmp_path / "ear"
    with recording(room, "ear", ear), running(room) as child:
        line_with(child, "listening")
        for _ in range(2):
            ask(room, "question")
            assert "what is the capital of france" in line_with(child, "you ")
            assert "Paris" in line_with(child, "assistant ")
            line_with(child, "gap ")
        child.send_signal(signal.SIGINT)
        rest, complaints = child.communicate(timeout=10)
    assert child.returncode == 0
    assert "you " not in rest
    assert "Traceback" not in complaints
    heard = np.abs(np.fromfile(ear, np.int16).astype(int))
    milliseconds = heard[: heard.size // 48 * 48].reshape(-1, 48).max(axis=1)
    assert (milliseconds > 300).sum() > 1000


def test_sigterm_while_it_speaks_ends_it_at_once(room):
    """Within 2 s, exit code 0 (scenario 32)."""
    with running(room, "--input", RECORDINGS / "story.wav", "--then-listen") as child:
        line_with(child, "you ")
        time.sleep(1.5)  # real devices, real time: it is speaking now
        asked = time.monotonic()
        child.send_signal(signal.SIGTERM)
        _, complaints = child.communicate(timeout=10)
        assert time.monotonic() - asked < 2
    assert child.returncode == 0
    assert "Traceback" not in complaints


def test_a_device_that_does_not_exist_is_named_with_those_that_do(room):
    """Exit code 3."""
    with running(room, "--device", "kazoo") as child:
        _, complaints = child.communicate(timeout=PATIENT)
    assert child.returncode == 3
    assert "kazoo" in complaints
    assert "default" in complaints
