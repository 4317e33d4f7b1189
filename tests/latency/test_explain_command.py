"""`assistant explain latency`: what a person and a script get, with a journal and without."""

import json
from datetime import UTC, datetime

import pytest

from assistant.commands.explain import Topic, explain
from assistant.latency.entry import line
from assistant.latency.journal import FILE

AT = {"speech_end": 0.0, "pause": 0.1, "turn_ended": 0.3, "transcript": 0.2, "first_audio": 0.28, "first_sound": 0.33}


@pytest.fixture(autouse=True)
def _no_settings_of_ours(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def journal(tmp_path):
    """Two turns with the starter models."""
    about = {"source": "microphone", "models": ["starter"] * 3}
    record = {"gap": 0.33, "unmeasured": None, "at": AT}
    (tmp_path / FILE).write_text("".join(line(record, datetime.now(UTC), about) + "\n" for _ in range(2)))
    return tmp_path


def told(capsys, folder, *more, as_json=False):
    explain(Topic.LATENCY, as_json=as_json, settings=[f"latency.folder={folder}", *more])
    return capsys.readouterr().out


def test_a_person_sees_setting_by_setting_what_it_costs_and_buys(journal, capsys):
    out = told(capsys, journal, "listen.patience_ms=700")
    assert "median of your last 2 turns like this: microphone, starter, starter, starter" in out
    assert "measured in the median: 330 ms" in out
    [row] = [row for row in out.splitlines() if row.startswith("listen.patience_ms = 700")]
    assert row.split()[-3] == "700"
    assert "nobody can tell (0% of the turns)" in out


def test_without_a_journal_it_says_that_costs_are_bounds(tmp_path, capsys):
    out = told(capsys, tmp_path)
    assert "nothing was measured yet" in out
    assert "≤ 200" in next(row for row in out.splitlines() if row.startswith("listen.patience_likely_ms = 300"))
    assert "measured in the median" not in out


def test_a_script_gets_the_same_in_milliseconds(journal, capsys):
    found = json.loads(told(capsys, journal, as_json=True))
    assert (found["turns"], found["gap_ms"]) == (2, 330.0)
    waits = {wait["name"]: wait for wait in found["waits"]}
    assert waits["listen.patience_likely_ms"]["waits_ms"] == 300.0
    assert waits["listen.patience_likely_ms"]["share"] == 1.0
    assert waits["listen.whisper"]["took_ms"] == 100.0
    assert all(wait["buys"] and wait["less"] for wait in found["waits"])
