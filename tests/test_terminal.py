"""What commands print where the terminal is not as one would wish, and what is typed at it at an awkward moment."""

import ctypes
import os
import pty
import select
import signal
import subprocess
import sys
from contextlib import nullcontext
from io import StringIO
from pathlib import Path
from threading import Timer

import pytest
import typer
from rich.console import Console
from rich.table import Column, Table

from assistant import cli
from assistant.commands.common import agreed
from assistant.commands.terminal import Whole, typed_line
from assistant.errors import UsageError
from tests.test_cli import assistant

pytestmark = pytest.mark.filterwarnings("error")


@pytest.mark.parametrize("encoding", ["ascii", "iso-8859-1"])
def test_a_terminal_without_our_signs_is_shown_others(encoding):
    """What cannot be written is no reason to fail: of a locale that is not UTF-8."""
    code, out, err = assistant("explain", "latency", PYTHONIOENCODING=encoding)
    assert (code, err) == (0, "")
    assert "< 80" in out  # ≤ 80


def test_a_name_that_is_no_text_is_complained_of_all_the_same():
    """Bytes of another encoding, as old disks have them."""
    code, _, err = assistant("transcribe", b"\xe4.wav".decode(errors="surrogateescape"))
    assert code == 2
    assert "does not exist" in err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
@pytest.mark.parametrize("command", [["--version"], ["models", "list", "--json"], ["config"]])
def test_a_full_disk_is_one_sentence(command):
    """Of ours, not of Python's, and an exit code that a script sees."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "assistant", *command], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr.startswith("assistant: No room is left")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "error",
    [MemoryError(), ExceptionGroup("of tasks", [ValueError("no"), RuntimeError("can't start new thread")])],
)
def test_memory_that_runs_out_is_one_sentence_wherever_it_does(monkeypatch, capsys, error):
    """Scenario 31, where no model is being loaded: then the sentence names it and its need."""

    def starved(**_):
        raise error

    monkeypatch.setattr(cli, "app", starved)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err.startswith("assistant: The system gives no more memory")


def test_what_is_a_fault_of_ours_keeps_its_traceback(monkeypatch):
    """A sentence would hide it."""

    def broken(**_):
        raise RuntimeError("This cannot be.") from ValueError("Nor this.")

    monkeypatch.setattr(cli, "app", broken)
    with pytest.raises(RuntimeError, match="This cannot be"):
        cli.main()


def test_of_a_table_nothing_is_cut_however_narrow_the_terminal():
    """It breaks the lines itself; rich would drop columns."""
    console = Console(width=40, soft_wrap=True)
    table = Table("what", Column("where", no_wrap=True), "more", box=None)
    path = "/home/somebody/.local/state/assistant/log/assistant.log"
    table.add_row("settings, logs, measured times", path, "12 bytes")
    with console.capture() as captured:
        console.print(Whole(table))
    text = captured.get()
    assert "…" not in text
    assert path in text
    assert "12 bytes" in text


@pytest.fixture
def keyboard(monkeypatch):
    """A terminal of its own as standard input; the number of the file to type into."""
    theirs, ours = pty.openpty()
    with os.fdopen(ours) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        yield theirs
    os.close(theirs)


def test_what_was_typed_is_read_a_line_at_a_time(keyboard):
    os.write(keyboard, b"first\nsecond\n\x04")
    assert typed_line() == "first"
    assert typed_line() == "second"
    with pytest.raises(EOFError):
        typed_line()


@pytest.mark.parametrize(
    ("typed", "error"),
    [(b"perhaps\nYES\n", None), (b"y\n", None), (b"\n", typer.Exit), (b"no\n", typer.Exit), (b"\x04", typer.Abort)],
)
def test_before_something_is_deleted_only_a_yes_is_one(keyboard, capsys, typed, error):
    """Neither Enter alone nor Ctrl-D, and what is neither yes nor no is asked about again."""
    os.write(keyboard, typed)
    with pytest.raises(error) if error else nullcontext():
        agreed("Remove this?")
    assert capsys.readouterr().out.count("Remove this? [y/N]: ") == 1 + typed.startswith(b"perhaps")


@pytest.mark.parametrize("given", [StringIO(), None])
def test_nothing_is_deleted_where_nobody_answers(monkeypatch, given):
    """No terminal, and no standard input at all."""
    monkeypatch.setattr(sys, "stdin", given)
    with pytest.raises(UsageError, match="--yes"):
        agreed("Remove this?")


@pytest.mark.parametrize("ask", [typed_line, lambda: agreed("Remove this?")])
def test_ctrl_c_just_before_the_wait_ends_it(keyboard, monkeypatch, ask):
    """Too late for Python's last look for signals, too early to interrupt the system's call: that would go on waiting.

    The signal and the wait are one call here, of map, in between which Python does not look.
    """
    wait, kill = select.select, ctypes.CDLL(None).kill
    kill.restype = None

    def signal_and_wait(readable, writable, special):
        forever = map(kill, [os.getpid()], [signal.SIGINT])
        return next(map(wait, [readable], [writable], [special], forever))

    monkeypatch.setattr(select, "select", signal_and_wait)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    late = Timer(20, os.write, [keyboard, b"nothing else ended it\n"])
    late.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            ask()
        assert late.is_alive()
    finally:
        late.cancel()
        signal.signal(signal.SIGINT, before)
