"""`assistant setup` as a person and as a script meet it, on the starter models, without network and sound devices."""

import json
import os
import socket
import tomllib

import pytest
from rich.console import Console
from typer.testing import CliRunner

from assistant.cli import app
from assistant.commands.setup import Terminal, level_line
from assistant.setup.person import UnfinishedError, yes_or_no
from tests.setup.typist import CTRL_C, sitting
from tests.test_cli import assistant

THEIRS = "# Ann's\n[listen]\npatience_ms = 700  # I think slowly\n"

BRIEF = """
from assistant.__main__ import main
from assistant.setup import trying

trying._COUNT = 1  # question besides the warm-up, in place of 3
main()
"""


@pytest.fixture
def environ(home):
    """Folders of one's own with a settings file in them, no network, no sound."""
    config = home / "config" / "assistant" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(THEIRS)
    clean = {key: value for key, value in os.environ.items() if not key.startswith("ASSISTANT_")}
    return clean | {
        "HF_ENDPOINT": "http://127.0.0.1:9",
        "PULSE_SERVER": "unix:/nonexistent",
        "ASSISTANT_CONFIG": str(config),
    }


@pytest.fixture
def silence(environ):
    """A computer without sound devices; PulseAudio's are hidden, and one that has others is not what these are for."""
    if assistant("devices", **environ)[0] == 0:
        pytest.skip("this computer has sound devices, of which the setup would ask")


@pytest.fixture
def config(environ, home):
    return home / "config" / "assistant" / "config.toml"


@pytest.fixture
def kept(environ, home):
    return lambda: json.loads((home / "state" / "assistant" / "setup.json").read_text())


def test_without_a_terminal_and_without_yes_it_is_one_sentence(environ):
    code, out, err = assistant("setup", **environ)
    assert (code, out) == (2, "")
    assert "add --yes" in err
    assert len(err.splitlines()) <= 2


def test_settings_that_cannot_be_used_are_told_before_anything_is_asked(environ, config):
    config.write_text("[listen]\nmode = 'sometimes'\n")
    code, out, err = assistant("setup", "--yes", **environ)
    assert (code, out) == (2, "")
    assert "one of open, wake, push" in err


@pytest.mark.parametrize(("left", "code"), [(["settings"], 1), (["models", "microphone"], 0), ([], 0)])
def test_a_script_is_told_where_the_settings_could_not_be_written(environ, monkeypatch, left, code):
    """Not where a person is missing, or the network: then the models that are set are here."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("assistant.setup.walk.walk", lambda _guide: left)
    assert CliRunner().invoke(app, ["setup", "--yes"]).exit_code == code


@pytest.mark.parametrize(
    ("dbfs", "cells", "number"), [(-100, 0, "-80"), (-80, 0, "-80"), (-40, 20, "-40"), (3, 40, "3")]
)
def test_the_louder_the_longer_the_bar(dbfs, cells, number):
    line = level_line(dbfs)
    assert line.count("█") == cells
    assert line.split()[-2] == number
    assert len(line) < 80


@pytest.fixture
def typed(monkeypatch):
    """Has these lines typed, one for each question."""

    def typed(*lines):
        left = iter(lines)
        monkeypatch.setattr("assistant.commands.setup.typed_line", lambda: next(left))

    return typed


def test_an_answer_that_is_none_is_asked_again(typed, capsys):
    typed("perhaps", "no")
    assert Terminal(Console(), present=True).ask("Well?", yes_or_no) is False
    assert capsys.readouterr().out == "Well? 'perhaps' is no answer: type yes, no or skip.\nWell? "


def test_skip_leaves_a_step_out_whatever_was_asked(typed):
    typed(" Skip ")
    with pytest.raises(UnfinishedError, match="left out"):
        Terminal(Console(), present=True).ask("Well?", yes_or_no)


@pytest.mark.slow
@pytest.mark.usefixtures("silence")
def test_a_script_has_it_all_done_that_needs_no_person(environ, config, kept):
    """Without network the starter models stay, and it is said; the gap is measured; a second time little is left."""
    code, out, err = assistant("setup", "--yes", **environ)
    assert (code, err) == (0, "")
    assert "no connection" in out
    assert "the models stay as they are set: starter" in out
    assert "There is no microphone on this computer" in out
    assert "Answers begin " in out
    assert "not done: models, microphone, loudspeaker, listening" in out
    assert config.read_text() == THEIRS
    assert set(kept()["done"]) == {"waking", "settings", "rehearsal"}
    code, out, _ = assistant("setup", "--yes", **environ)
    assert code == 0
    assert "rehearsal: gap " in out
    assert "asking" not in out


@pytest.mark.slow
@pytest.mark.usefixtures("silence")
def test_a_person_goes_through_all_of_it_and_ctrl_c_loses_nothing_that_is_finished(environ, config, kept):
    """Wrong answers, skipping, Ctrl-C at a question and in the rehearsal; then it goes on there, to the end."""
    with sitting(environ) as ann:
        ann.is_asked("Which language", "en")
        ann.is_asked("Which profile", "the large one")
        ann.sees("is no answer")
        ann.is_asked("Which profile", "starter")
        ann.sees("done: starter")
        ann.sees("There is no microphone")
        ann.sees("There is no loudspeaker")
        ann.is_asked("Its number?", "7")
        ann.sees("type a number from 0 to 2")
        ann.is_asked("Its number?", "2")
        ann.sees('+mode = "push"')
        ann.sees("Write it?")
        ann.presses(CTRL_C)
        assert ann.ends() == 130
        assert "`assistant setup` goes on where it was" in ann.seen
    assert config.read_text() == THEIRS
    assert set(kept()["done"]) == {"models", "waking"}

    with sitting(environ) as ann:
        ann.sees("models: starter (done before)")
        ann.sees("waking: after a key")
        ann.is_asked("Write it?", "yes")
        ann.sees("done: written to")
        ann.sees("There is no microphone")
        ann.is_asked("Measure how long", "")
        ann.sees("warm-up")
        ann.presses(CTRL_C)
        assert ann.ends() == 130
        assert "Traceback" not in ann.seen
    assert config.read_text() == THEIRS + 'mode = "push"\n'
    assert tomllib.loads(config.read_text())["listen"] == {"patience_ms": 700, "mode": "push"}
    assert set(kept()["done"]) == {"models", "waking", "settings"}

    with sitting(environ, program=("-c", BRIEF)) as ann:
        ann.is_asked("Measure how long", "")
        ann.sees("1 of 1")
        ann.sees("done: gap ")
        assert ann.ends() == 0
        assert "not done: microphone, loudspeaker, listening" in ann.seen


@pytest.mark.slow
@pytest.mark.usefixtures("silence")
def test_started_over_it_asks_again_and_the_end_of_the_input_ends_it(environ, kept):
    with sitting(environ) as ann:
        ann.is_asked("Which language", "en")
        ann.is_asked("Which profile", "starter")
        ann.sees("Its number?")
        ann.presses("\x04")
        assert ann.ends() == 130
    with sitting(environ, "--again") as ann:
        ann.is_asked("Which language", "en")
        ann.is_asked("Which profile", "skip")
        ann.sees("left out for now")
        ann.sees("Its number?")
        ann.presses(CTRL_C)
        assert ann.ends() == 130


@pytest.mark.slow
@pytest.mark.usefixtures("silence")
def test_ctrl_c_while_a_model_is_fetched_leaves_the_settings_and_models_as_they_were(environ, config, home):
    """From a hub that takes calls and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as hub:
        hanging = environ | {"HF_ENDPOINT": f"http://127.0.0.1:{hub.getsockname()[1]}"}
        with sitting(hanging) as ann:
            ann.is_asked("Which language", "en")
            ann.is_asked("Which profile", "light")
            ann.is_asked("Fetch 2.2 GB", "")
            caller, _ = hub.accept()
            with caller:
                ann.presses(CTRL_C)
                assert ann.ends() == 130
            assert "Traceback" not in ann.seen
    assert config.read_text() == THEIRS
    assert list((home / "data" / "assistant" / "models").glob("[!.]*")) == []
