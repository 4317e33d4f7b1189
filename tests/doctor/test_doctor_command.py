"""`assistant doctor` as a stranger meets it: the real checks, on the starter models, in a home of their own."""

import json
import os
import subprocess
import sys
import tempfile
import zipfile

import pytest
from typer.testing import CliRunner

from assistant.cli import app
from assistant.commands import doctor
from assistant.doctor import bundle
from assistant.doctor.finding import right, unknown, wrong
from assistant.errors import UsageError


def assistant(home, *arguments, **environ):
    """Run the command; give its exit code, what it printed, and what it complained about."""
    done = subprocess.run(
        [sys.executable, "-m", "assistant", "doctor", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "COLUMNS": "200", **environ},
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def home():
    """A folder with a short name: a socket's path is limited, and a deep one is rightly told as wrong."""
    with tempfile.TemporaryDirectory() as folder:
        yield folder


@pytest.mark.slow
def test_it_tells_each_thing_once_and_agrees_with_itself(home):
    """The state of each, and the exit code that follows from them."""
    code, out, _ = assistant(home, "--json")
    found = json.loads(out)
    names = [finding["name"] for finding in found]
    assert len(names) == len(set(names))
    states = {finding["name"]: finding["state"] for finding in found}
    for name in ("Python", "libraries", "memory", "voice", "model of reply.model", "model of listen.whisper"):
        assert states[name] == "right", found
    assert states["running assistant"] == "unknown"
    assert code == ("wrong" in states.values())


@pytest.mark.slow
def test_settings_that_cannot_be_used_are_a_finding_and_the_rest_is_told_all_the_same(tmp_path):
    """With the bundle, in which what the settings say is not."""
    file, report = tmp_path / "config.toml", tmp_path / "report.zip"
    file.write_text('[reply]\nsystem = "Call me Anna."\ncontext = "grandmother"\n')
    code, out, _ = assistant(tmp_path, "--bundle", str(report), ASSISTANT_CONFIG=str(file))
    assert code == 1
    assert "reply.context = 'grandmother'" in out
    assert "✓ Python" in out
    with zipfile.ZipFile(report) as made:
        texts = [made.read(name).decode() for name in made.namelist()]
    assert not any("grandmother" in text or "Anna" in text for text in texts)


def test_a_bundle_of_the_wrong_name_is_refused_at_once(tmp_path):
    """Exit 2, as for any wrong word on the command line."""
    code, out, err = assistant(tmp_path, "--bundle", "report.tar")
    assert (code, out) == (2, "")
    assert "report.tar" in err


def test_a_bundle_needs_no_name(tmp_path, monkeypatch):
    """`--bundle` alone is what findings say to type; and a name alone is no wish for one."""
    made = []
    monkeypatch.setattr(doctor, "_examined", lambda *_, **__: [])
    monkeypatch.setattr(bundle, "write", lambda path, *_: made.append(str(path)) or ["README.txt"])
    monkeypatch.setenv("ASSISTANT_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").touch()
    runner = CliRunner()
    for words in (["--bundle"], ["--bundle", f"{tmp_path}/mine.zip"], [f"{tmp_path}/mine.zip", "--bundle"]):
        assert runner.invoke(app, ["doctor", *words]).exit_code == 0
    assert made == ["assistant-report.zip", f"{tmp_path}/mine.zip", f"{tmp_path}/mine.zip"]
    assert isinstance(runner.invoke(app, ["doctor", "mine.zip"]).exception, UsageError)


def test_its_help_shows_an_example(tmp_path):
    """As every command's does."""
    code, out, _ = assistant(tmp_path, "--help")
    assert code == 0
    assert "Example: assistant doctor" in out


def test_a_wrong_flag_is_refused_too(tmp_path):
    """That is no finding about this computer."""
    assert assistant(tmp_path, "--set", "listen.vad_moode=2")[0] == 2


def test_a_paragraph_has_a_sign_and_a_line_to_copy_that_nothing_breaks(capsys):
    """However long it is, and whatever brackets are in it."""
    command = "python -m pip install " + "x" * 300
    doctor._show(
        [right("Python", "[bold]fine[/]"), wrong("libraries", "Broken.", command, "why"), unknown("echo", "?")]
    )
    out = capsys.readouterr().out
    assert "✓ Python" in out
    assert "[bold]fine[/]" in out
    assert f"→ {command}\n" in out
    assert "why" in out
    assert "1 is wrong; 1 could not be told here" in out
