"""A turn of the real program leaves one line of times, and `assistant latency` tells them."""

import json
from pathlib import Path

import pytest

from assistant.latency.journal import FILE
from tests.test_cli import assistant

pytestmark = pytest.mark.slow

QUESTION = Path(__file__).parents[1] / "recordings" / "question.wav"


def test_a_turn_leaves_its_times_and_nothing_of_what_was_said(tmp_path):
    """Asking in writing is no turn, and leaves none."""
    here = ("--set", f"latency.folder={tmp_path}")
    assert assistant("ask", "what time is it", *here)[0] == 0
    assert json.loads(assistant("latency", "--json", *here)[1]) == {"turns": 0}
    code, out, err = assistant("run", "--input", QUESTION, "--output", tmp_path / "answer.wav", *here)
    assert code == 0, err
    assert "France" in out
    [line] = (tmp_path / FILE).read_text().splitlines()
    assert "france" not in line.lower()
    assert "paris" not in line.lower()
    made = json.loads(assistant("latency", "--json", *here)[1])
    assert (made["turns"], made["gap_ms"]["n"], made["unmeasured"]) == (1, 1, {})
    assert f"gap {made['gap_ms']['p50']:,.0f} ms" in out
    assert {"turn_ended", "transcript", "first_token", "first_audio", "first_sound"} <= made["stages"].keys()
