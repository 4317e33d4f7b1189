"""What commands print where the terminal is not as one would wish: its letters, its width, the disk behind it."""

import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Column, Table

from assistant import cli
from assistant.commands.terminal import Whole
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
