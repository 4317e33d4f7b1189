"""The picture says in words what it shows; what cannot be drawn is said before anything is."""

import re
import sys
from datetime import UTC, datetime, timedelta

import pytest

from assistant.errors import UsageError
from assistant.latency.entry import Entry
from assistant.latency.picture import check, draw

pytest.importorskip("matplotlib", reason="the extra called plot is not installed")

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def turns(*gaps):
    return [
        Entry(
            NOW + timedelta(minutes=number),
            gap,
            None,
            {"speech_end": 0.0, "pause": 0.1, "turn_ended": 0.3, "transcript": 0.2, "first_sound": gap},
            {"speculation_won": 1},
            "",
        )
        for number, gap in enumerate(gaps)
    ]


def words(tmp_path, made):
    """The texts in the picture: SVG draws letters, and keeps each text in a comment beside them."""
    path = tmp_path / "made.svg"
    draw(made, path)
    return re.findall(r"<!-- (.*?) -->", path.read_text())


def test_many_turns_show_a_usual_one_a_slow_one_and_all(tmp_path):
    said = words(tmp_path, turns(*(number / 100 for number in range(31, 71))))
    for text in (
        "A usual turn: answered after 500 ms",
        "A slow turn: answered after 680 ms",
        "half took at most 500 ms",
        "95 of 100 took at most 680 ms",
        "200 ms waiting",
        "40 turns",
    ):
        assert text in said


def test_few_turns_claim_no_p95(tmp_path):
    said = words(tmp_path, turns(0.4, 0.5, 0.9))
    assert "The slowest turn: answered after 900 ms" in said
    assert "the slowest took 900 ms" in said
    assert not any("95 of 100" in text or "the 95th" in text for text in said)


def test_one_turn_is_shown_once(tmp_path):
    said = words(tmp_path, turns(0.5))
    assert "The only turn: answered after 500 ms" in said
    assert not any(text.startswith(("A usual", "The slowest")) for text in said)


def test_turns_that_were_not_measured_are_not_drawn(tmp_path):
    unmeasured = Entry(NOW, None, "nothing was understood", {"speech_end": 0.0, "turn_ended": 9.0}, {}, "")
    assert "1 turn" in words(tmp_path, [unmeasured, *turns(0.5)])


@pytest.mark.parametrize("gaps", [(0.5, 0.5), (0.5, 86_000.0), (0.3,)], ids=["alike", "one of a day", "no work"])
def test_odd_distributions_are_drawn(tmp_path, gaps):
    path = tmp_path / "made.png"
    draw(turns(*gaps), path)
    assert path.read_bytes()[:4] == b"\x89PNG"


def test_a_name_of_no_known_form_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"\.png, \.svg or \.pdf"):
        check(tmp_path / "made.txt")


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(UsageError, match="there is no folder"):
        check(tmp_path / "nowhere" / "made.png")


def test_a_file_that_cannot_be_written_is_said(tmp_path):
    path = tmp_path / "made.png"
    path.mkdir()
    with pytest.raises(UsageError, match="cannot be written"):
        draw(turns(0.5), path)


def test_without_matplotlib_it_is_said_what_to_type(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UsageError, match="-m pip install matplotlib"):
        check(tmp_path / "made.png")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)  # as in what `uv tool install` made
    with pytest.raises(UsageError, match=r"uv pip install --python .* matplotlib"):
        check(tmp_path / "made.png")
