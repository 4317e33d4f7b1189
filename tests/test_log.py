import json
import logging
import stat
from io import StringIO

import pytest
import structlog
from rich.console import Console
from rich.live import Live

from assistant import daemon, log, sessions
from assistant.commands import control, talk


@pytest.fixture(autouse=True)
def undone():
    """Other tests shall log as they did."""
    before = structlog.get_config()
    yield
    for handler in logging.getLogger("assistant").handlers:
        handler.close()
    structlog.configure(**before)


def kept(folder):
    return [json.loads(line) for line in (folder / log.FILE).read_text().splitlines()]


def test_an_event_of_the_level_is_a_line_on_standard_error(capsys):
    """Its name and fields; no file."""
    log.set_up("warning")
    log.get("assistant.some").warning("microphone.lost", hint="plug it in")
    log.get("assistant.some").info("turn.done")
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "microphone.lost" in err
    assert "plug it in" in err


def test_what_is_shown_in_other_words_goes_to_the_file_alone(tmp_path, capsys):
    log.set_up("warning", tmp_path)
    log.get("assistant.some").error("service.refused", why="It cannot be.", shown=True)
    assert capsys.readouterr().err == ""
    assert [line["event"] for line in kept(tmp_path)] == ["service.refused"]


def test_a_line_comes_above_the_live_line_that_is_being_drawn():
    """Into what rich has put in the place of standard error by then; else it would be written into that line."""
    log.set_up("warning")
    console = Console(file=StringIO(), force_terminal=True, width=80)
    with Live("live", console=console, auto_refresh=False):
        log.get("assistant.some").warning("microphone.lost")
    assert "microphone.lost" in console.file.getvalue()


@pytest.mark.parametrize(("environ", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_colour_is_for_a_terminal_whose_owner_wants_it(monkeypatch, capsys, environ, coloured):
    """NO_COLOR, as everything else that is printed has it."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    log.set_up("warning")
    log.get("assistant.some").warning("microphone.lost")
    assert ("\x1b" in capsys.readouterr().err) is coloured


def test_the_file_has_all_from_info_on_as_json_for_its_owner_alone(tmp_path, capsys):
    """However little is shown."""
    folder = tmp_path / "logs"
    log.set_up("error", folder)
    logger = log.get("assistant.some")
    logger.debug("too.small")
    logger.info("turn.done", gap_ms=312)
    assert [(line["event"], line["gap_ms"], line["level"]) for line in kept(folder)] == [("turn.done", 312, "info")]
    assert kept(folder)[0]["when"].endswith("Z")
    assert kept(folder)[0]["module"] == "assistant.some"
    assert stat.S_IMODE((folder / log.FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert capsys.readouterr().err == ""


def test_a_traceback_tells_no_local_variables(tmp_path, capsys):
    """What people said is in those; neither on the screen nor in the file."""

    def fails():
        words = "sec" + "ret"
        raise ValueError(len(words))

    log.set_up("error", tmp_path)
    try:
        fails()
    except ValueError:
        log.get("assistant.some").exception("turn.failed")
    file = (tmp_path / log.FILE).read_text()
    for told in (file, capsys.readouterr().err):
        assert "ValueError: 6" in told
        assert "secret" not in told
    assert len(file.splitlines()) == 1


def test_the_files_are_bounded(tmp_path, monkeypatch):
    """The oldest lines go."""
    monkeypatch.setattr(log, "SIZE", 1000)
    log.set_up("error", tmp_path)
    for number in range(500):
        log.get("assistant.some").info("tick", number=number)
    files = list(tmp_path.iterdir())
    assert len(files) == log.OLDER + 1
    assert max(file.stat().st_size for file in files) <= 1000
    assert kept(tmp_path)[-1]["number"] == 499
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_disk_that_cannot_be_written_costs_one_warning(tmp_path, capsys):
    """Scenario 34; a file stands where the folder should be."""
    (tmp_path / "file").touch()
    log.set_up("error", tmp_path / "file" / "logs")
    for _ in range(5):
        log.get("assistant.some").info("turn.done")
    assert capsys.readouterr().err.count("cannot be written") == 1


def test_setting_up_again_takes_the_place_of_the_last(tmp_path, capsys):
    """As a reload does: no line twice."""
    log.set_up("info")
    log.set_up("info", tmp_path)
    log.get("assistant.some").info("turn.done")
    assert capsys.readouterr().err.count("turn.done") == 1
    assert len(kept(tmp_path)) == 1


def test_set_anew_it_goes_to_a_file_only_where_it_did(tmp_path):
    """The folder may be another one; a program in a terminal keeps no file, and what was never set up stays so."""
    log.set_anew("info", tmp_path / "never")
    log.set_up("info")
    log.set_anew("info", tmp_path / "terminal")
    log.get("assistant.some").info("turn.done")
    log.set_up("info", tmp_path / "before")
    log.set_anew("info", tmp_path / "now")
    log.get("assistant.some").info("turn.done")
    assert [folder.name for folder in tmp_path.iterdir()] == ["now"]


@pytest.mark.parametrize(
    ("command", "session"), [(control.serve, "serve"), (lambda: talk.run(recording=None, output=None), "converse")]
)
def test_reading_settings_for_a_reload_leaves_the_log_alone(tmp_path, monkeypatch, command, session):
    """They may be refused yet."""
    reads = []
    monkeypatch.setattr(sessions, session, lambda read, *_, **__: reads.append(read))
    monkeypatch.setattr(daemon, "run", lambda _: None)
    monkeypatch.setenv("ASSISTANT_LOG_FOLDER", str(tmp_path))
    command()
    before = logging.getLogger("assistant").handlers[:]
    monkeypatch.setenv("ASSISTANT_LOG_LEVEL", "error")
    assert [read().log.level for read in reads] == ["error"]
    assert logging.getLogger("assistant").handlers == before
