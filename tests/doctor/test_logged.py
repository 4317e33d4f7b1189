import json
from datetime import UTC, datetime, timedelta

from assistant.doctor.logged import last_day, lines

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def line(hours_ago, level="info", event="turn.over"):
    when = (NOW - timedelta(hours=hours_ago)).isoformat()
    return json.dumps({"event": event, "level": level, "when": when}) + "\n"


def test_lines_of_the_last_day_are_read_from_all_files(tmp_path):
    """The older ones first; yesterday's are left out, and so is what is still to come."""
    (tmp_path / "assistant.log.1").write_text(line(25, "error") + line(23, "error", "turn.failed"))
    (tmp_path / "assistant.log").write_text(line(1) + line(-1, "error"))
    found = last_day(tmp_path, NOW)
    assert found.lines == [("error", "turn.failed"), ("info", "turn.over")]


def test_torn_lines_are_counted_and_end_nothing(tmp_path):
    """Half a line, other JSON, no time, a time without a zone."""
    torn = ['{"event": "x', "[]", '{"event": "x"}', '{"when": "2026-11-24T10:00:00"}']
    (tmp_path / "assistant.log").write_text("\n".join(torn) + "\n" + line(1))
    found = last_day(tmp_path, NOW)
    assert (len(found.lines), found.unreadable) == (1, 4)


def test_no_log_is_no_trouble_and_one_that_cannot_be_read_is(tmp_path):
    """A folder in its place, whoever reads."""
    assert last_day(tmp_path, NOW).trouble == ""
    (tmp_path / "assistant.log").mkdir()
    assert str(tmp_path) in last_day(tmp_path, NOW).trouble


def test_what_the_program_logs_itself_is_understood(tmp_path):
    """By its own set-up."""
    from assistant import log

    log.set_up("error", tmp_path)
    log.get("x").info("turn.over", gap_ms=300)
    [found] = lines(tmp_path)
    log.set_up("error")  # closes the file
    assert (found["event"], found["gap_ms"]) == ("turn.over", 300)
