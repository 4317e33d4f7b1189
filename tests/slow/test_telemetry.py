"""Libraries that would tell somebody about us are told not to."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

LOADS_A_NETWORK = """
import assistant
{enabled}
from pathlib import Path
import faster_whisper
from assistant.listen.onnx import session
session(next((Path(faster_whisper.__file__).parent / "assets").glob("*.onnx")))
"""


def files_after(home, code):
    """What a program leaves in the home of somebody who has nothing there."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"], "HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()]


def test_onnxruntime_keeps_no_identifier_of_us_and_nothing_to_send(tmp_path):
    """What it would report is collected in a data base in the home, under an identifier; both are missing."""
    assert files_after(tmp_path, LOADS_A_NETWORK.format(enabled="")) == []


def test_it_would_without_being_told_not_to(tmp_path):
    """So the test above can fail; with an onnxruntime that no longer does, both can go."""
    found = files_after(tmp_path, LOADS_A_NETWORK.format(enabled="import os; del os.environ['ORT_DISABLE_TELEMETRY']"))
    assert any("Microsoft" in file for file in found)
