"""Lines get to the disk, in order and for their owner only; a bad disk costs lines, and nothing else."""

import json
import os
import stat
import threading
from datetime import UTC, datetime, timedelta

import pytest
import structlog

from assistant.errors import UsageError
from assistant.latency import journal as file
from assistant.latency.journal import FILE, OLDER, WAITING, Journal, moment, noting, read
from assistant.latency.marks import Marks

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def kept(folder, *records, **options):
    """Write *records* and close; what the journal says of itself."""
    journal = Journal(folder, {"source": "microphone"}, **options)
    for record in records:
        journal.add(record)
    journal.close()
    return journal


def numbers(folder, **which):
    return [turn.counts["number"] for turn in read(folder, **which).entries]


def hours():
    """A clock that goes on by an hour whenever it is looked at."""
    times = (NOW + timedelta(hours=n) for n in range(1000))
    return lambda: next(times)


def test_each_turn_is_one_line_with_when_and_what_it_is_about(tmp_path):
    kept(tmp_path, {"gap": 0.5, "at": {}}, {"gap": None, "unmeasured": "no answer sounded"}, clock=hours())
    [first, second] = [json.loads(text) for text in (tmp_path / FILE).read_text().splitlines()]
    assert first == {
        "version": 1,
        "when": "2026-11-24T12:00:00.000+00:00",
        "source": "microphone",
        "gap": 0.5,
        "at": {},
    }
    assert (second["when"][11:13], second["unmeasured"]) == ("13", "no answer sounded")


def test_only_the_owner_may_read(tmp_path):
    folder = tmp_path / "state" / "log"
    kept(folder, {"number": 1})
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / FILE).stat().st_mode) == 0o600


def test_a_second_run_adds_to_the_first(tmp_path):
    kept(tmp_path, {"number": 1})
    kept(tmp_path, {"number": 2})
    assert numbers(tmp_path) == [1, 2]


def test_files_are_rotated_and_the_oldest_turns_are_forgotten(tmp_path):
    for number in range(40):
        kept(tmp_path, {"number": number}, size=300)
    assert sorted(path.name for path in tmp_path.iterdir()) == [FILE, *(f"{FILE}.{n + 1}" for n in range(OLDER))]
    assert all(path.stat().st_size <= 300 for path in tmp_path.iterdir())
    seen = numbers(tmp_path)
    assert seen == list(range(seen[0], 40))
    assert seen[0] > 0


def test_a_torn_line_takes_no_other_with_it(tmp_path):
    kept(tmp_path, {"number": 1})
    with (tmp_path / FILE).open("a") as torn:
        torn.write('{"version": 1, "when": "2026-11-24T12:0')
    kept(tmp_path, {"number": 3})
    assert numbers(tmp_path) == [1, 3]
    assert read(tmp_path).unreadable == 1


def test_bytes_that_are_no_text_are_one_unreadable_line(tmp_path):
    (tmp_path / FILE).write_bytes(b"\xff\xfe\x00\n")
    kept(tmp_path, {"number": 2})
    assert (numbers(tmp_path), read(tmp_path).unreadable) == ([2], 1)


def test_the_last_turns_and_those_since_a_moment(tmp_path):
    kept(tmp_path, *({"number": number} for number in range(5)), clock=hours())
    assert numbers(tmp_path, last=2) == [3, 4]
    assert numbers(tmp_path, since=NOW + timedelta(hours=1)) == [1, 2, 3, 4]
    assert numbers(tmp_path, since=NOW + timedelta(hours=1), last=1) == [4]
    assert numbers(tmp_path, last=50) == [0, 1, 2, 3, 4]


def test_no_journal_is_no_turns(tmp_path):
    assert read(tmp_path / "nowhere").entries == []


def test_a_journal_that_cannot_be_read_is_one_sentence(tmp_path):
    (tmp_path / FILE).mkdir()
    with pytest.raises(UsageError, match=r"turns\.jsonl.*cannot be read"):
        read(tmp_path)


def test_a_folder_that_cannot_be_made_costs_the_lines_and_one_warning(tmp_path):
    (tmp_path / "log").write_text("a file where the folder should be")
    with structlog.testing.capture_logs() as logged:
        journal = kept(tmp_path / "log", {"number": 1}, {"number": 2}, {"number": 3})
    assert journal.lost == 3
    assert [event["event"] for event in logged] == ["journal.not_written", "journal.incomplete"]


def test_a_disk_that_takes_half_a_line_is_full(tmp_path, monkeypatch):
    write = os.write
    monkeypatch.setattr(file.os, "write", lambda to, data: write(to, data[: len(data) // 2]))
    assert kept(tmp_path, {"number": 1}).lost == 1
    monkeypatch.undo()
    kept(tmp_path, {"number": 2})
    assert numbers(tmp_path) == [2]


def test_a_disk_that_hangs_never_holds_up_a_turn(tmp_path, monkeypatch):
    """As many lines wait as fit, the others are counted; when the disk is back, what waited is written."""
    began, goes_on = threading.Event(), threading.Event()
    append = file._append

    def hang(*arguments):
        began.set()
        goes_on.wait()
        append(*arguments)

    monkeypatch.setattr(file, "_append", hang)
    journal = Journal(tmp_path, {})
    journal.add({"number": 0})
    began.wait()
    for number in range(1, WAITING + 6):
        journal.add({"number": number})
    assert journal.lost == 5
    goes_on.set()
    journal.close()
    assert numbers(tmp_path) == list(range(WAITING + 1))


def test_closing_does_not_wait_for_ever(tmp_path, monkeypatch):
    """A disk that hangs for good; what was not written is told."""
    goes_on = threading.Event()
    monkeypatch.setattr(file, "_append", lambda *arguments: goes_on.wait())
    monkeypatch.setattr(file, "CLOSING", 0.01)
    journal = kept(tmp_path, {"number": 1}, {"number": 2}, {"number": 3})
    goes_on.set()
    assert journal.lost == 3


def test_marks_are_noted_and_everything_is_told(tmp_path):
    told = []
    marks = Marks(lambda: 0.0)
    marks.spoil("nothing was understood")
    with noting(told.append, tmp_path, {}) as tell:
        tell("what they said")
        tell(marks)
    assert told == ["what they said", marks]
    assert [turn.unmeasured for turn in read(tmp_path).entries] == ["nothing was understood"]
    assert "what they said" not in (tmp_path / FILE).read_text()


@pytest.mark.parametrize(
    ("text", "hours_ago"),
    [
        ("2 hours", 2),
        ("30 min", 0.5),
        ("1h", 1),
        ("90 minutes ago", 1.5),
        ("3 Days", 72),
        ("1.5 h", 1.5),
        (" 1 w ", 168),
    ],
)
def test_since_may_be_so_long_ago(text, hours_ago):
    assert moment(text, NOW) == NOW - timedelta(hours=hours_ago)


def test_since_may_be_a_date():
    assert moment("2026-11-24", NOW) == datetime(2026, 11, 24).astimezone(UTC)
    assert moment("2026-11-24T10:30+02:00", NOW) == datetime(2026, 11, 24, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "soon", "-2 hours", "2 fortnights", "2026-13-01", "99999999999 days"])
def test_since_that_is_neither_is_refused_with_examples(text):
    with pytest.raises(UsageError, match=r"2 hours.*2026-11-24"):
        moment(text, NOW)
