"""`assistant latency`: what a person and a script get of a journal, of none, and of one with nothing to measure."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from assistant.commands import measure
from assistant.errors import UsageError
from assistant.latency.entry import line
from assistant.latency.journal import FILE

HOURS_AGO = 5


@pytest.fixture(autouse=True)
def _no_settings_of_ours(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def journal(tmp_path):
    """Twenty-five turns, a minute apart, the last now and the first ones hours ago, one of them not measured."""
    now = datetime.now(UTC)
    lines = []
    for number in range(1, 26):
        gap = None if number == 7 else 0.3 + number / 100
        at = {"speech_end": 0.0, "pause": 0.1, "turn_ended": 0.3, "transcript": 0.2, "first_sound": gap or 9.0}
        at |= {"interrupted": 2.0} if number <= 3 else {}
        counts = {"speculations": 1, "speculation_won": number % 2, "tokens_reused": 97, "tokens_evaluated": 3}
        counts |= {"tokens_generated": 30, "tokens_wasted": 10}
        when = now - timedelta(hours=HOURS_AGO if number <= 5 else 0, minutes=25 - number)
        record = {"gap": gap, "unmeasured": None if gap else "frames were lost", "at": at, **counts}
        lines.append(line(record, when, {"source": "microphone", "models": ["small", "mistral", "lessac"]}))
    (tmp_path / FILE).write_text("\n".join([*lines, '{"version": 1, "wh']))
    return tmp_path


def told(capsys, folder, **options):
    measure.latency(**options, settings=[f"latency.folder={folder}"])
    return capsys.readouterr().out


def test_a_person_gets_a_table_with_the_gap_below_and_the_slowest_turns(journal, capsys):
    out = told(capsys, journal)
    assert out.startswith("25 turns, ")
    rows = {row.split("  ")[0]: row.split()[-6:] for row in out.splitlines() if row}
    assert rows["turn ended"] == ["24", "200", "200", "-", "200", "300"]
    assert rows["transcript (STT)"] == ["24", "100", "100", "-", "100", "200"]
    assert rows["gap"][-5:] == ["24", "430", "540", "-", "550"]
    assert "not measured: 1 turn: frames were lost" in out
    assert "in 12 of 24 turns (50%) the answer begun before" in out
    assert "for nothing: 12 of 25 answers begun so; 250 of 1,000 tokens written (25%)" in out
    assert "interrupted: 3 of 24 answers" in out
    assert "97% of what the model had to read" in out
    assert "550 ms; longest: first sound, 250 ms" in out
    assert "1 line in" in out


def test_no_line_of_the_table_is_wider_than_a_terminal(journal, capsys):
    table = told(capsys, journal).split("\n\n")[1]
    assert max(len(row) for row in table.splitlines()) <= 80


@pytest.mark.parametrize(("options", "turns"), [({"last": 3}, 3), ({"since": "2 hours"}, 20), ({"since": "6 h"}, 25)])
def test_a_script_gets_json_of_the_turns_it_asked_for(journal, capsys, options, turns):
    made = json.loads(told(capsys, journal, as_json=True, **options))
    assert (made["turns"], made["unreadable"]) == (turns, 1)
    assert made["gap_ms"]["slowest"] == 550.0


def test_turns_of_different_set_ups_are_pointed_out(journal, capsys):
    with (journal / FILE).open("a") as more:
        more.write("\n" + line({"gap": 0.2}, datetime.now(UTC), {"source": "recording"}) + "\n")
    assert "different set-ups" in told(capsys, journal)
    assert "recording (1)" in told(capsys, journal)


def test_without_a_turn_it_says_how_to_get_one(tmp_path, capsys):
    assert "talk with `assistant run`" in told(capsys, tmp_path)
    assert json.loads(told(capsys, tmp_path, as_json=True)) == {"turns": 0}


def test_without_a_turn_so_late_it_says_so(journal, capsys):
    assert "since 2999-01-01" in told(capsys, journal, since="2999-01-01")


def test_without_a_journal_it_says_which_setting_that_is(tmp_path, capsys):
    measure.latency(settings=[f"latency.folder={tmp_path}", "latency.journal=false"])
    assert "latency.journal" in capsys.readouterr().out


def test_a_picture_is_drawn_beside_the_table(journal, capsys):
    pytest.importorskip("matplotlib", reason="the extra called plot is not installed")
    out = told(capsys, journal, plot=journal / "made.png")
    assert "drawn" in out
    assert (journal / "made.png").stat().st_size > 10_000


def test_nothing_to_draw_is_refused(tmp_path):
    pytest.importorskip("matplotlib", reason="the extra called plot is not installed")
    for wanted in ("There are no turns", "not one of these turns"):
        with pytest.raises(UsageError, match=wanted):
            measure.latency(plot=tmp_path / "made.png", settings=[f"latency.folder={tmp_path}"])
        (tmp_path / FILE).write_text(line({"gap": None}, datetime.now(UTC), {}))


def test_a_picture_of_no_known_form_is_refused_before_anything_is_printed(journal, capsys):
    with pytest.raises(UsageError, match="should end in"):
        told(capsys, journal, plot=journal / "made.bmp")
    assert capsys.readouterr().out == ""
