"""The command line as a stranger meets it: good sentences and right exit codes, before any model is loaded."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from assistant.audio import write_wav

QUESTION = Path(__file__).parent / "recordings" / "question.wav"


def assistant(*arguments, **environ):
    """Run the command; give its exit code, what it printed, and what it complained about."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("ASSISTANT_")}
    done = subprocess.run(
        [sys.executable, "-m", "assistant", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**clean, "XDG_CONFIG_HOME": "/nonexistent", "COLUMNS": "100", **environ},
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def test_the_version_is_printed():
    """One line, exit 0."""
    code, out, _ = assistant("--version")
    assert (code, out.split()[0]) == (0, "assistant")


@pytest.mark.parametrize(
    "command", ["run", "ask", "say", "transcribe", "latency", "devices", "tune", "config", "serve", "status"]
)
def test_every_commands_help_shows_an_example(command):
    """And needs none of the engines."""
    code, out, _ = assistant(command, "--help")
    assert code == 0
    assert "Example: assistant " in out


def test_all_wrong_settings_are_named_at_once(tmp_path):
    """Key, value, origin and what is allowed, from a file and the environment together."""
    file = tmp_path / "config.toml"
    file.write_text('[listen]\npatience_ms = "soon"\nvad_moode = 2\n')
    code, _, err = assistant("config", ASSISTANT_CONFIG=str(file), ASSISTANT_REPLY_CONTEXT="7")
    assert code == 2
    for fragment in ("listen.patience_ms = 'soon'", "config.toml", "did you mean listen.vad_mode", "512 to 131072"):
        assert fragment in err


def test_config_says_where_each_value_came_from():
    """Default, environment and flag."""
    code, out, _ = assistant("config", "--set", "listen.vad_mode=3", ASSISTANT_LISTEN_PATIENCE_MS="700", COLUMNS="250")
    assert code == 0
    rows = {line.split()[0]: line for line in out.splitlines() if line.strip()}
    assert "ASSISTANT_LISTEN_PATIENCE_MS" in rows["listen.patience_ms"]
    assert "command line" in rows["listen.vad_mode"]
    assert "default" in rows["listen.pre_roll_ms"]


def test_config_shows_lines_that_a_settings_file_takes(tmp_path):
    """Whole, on the narrowest terminal, as they are written there: false, not False."""
    code, out, _ = assistant("config", "--set", 'reply.system=Say "hello", ä', "--set", "log.words=yes", COLUMNS="40")
    assert code == 0
    file = tmp_path / "config.toml"
    file.write_text("".join(line + "\n" for line in out.splitlines() if " = " in line and line[0] != " "))
    code, again, _ = assistant("config", ASSISTANT_CONFIG=str(file), COLUMNS="40")
    assert code == 0
    assert 'reply.system = "Say \\"hello\\", ä"  # config.toml' in again
    assert "log.words = true  # config.toml" in again
    assert "# default" not in again
    assert "one of none, window" in " ".join(again.split())


def wrong_files(folder):
    text = folder / "notes.wav"
    text.write_text("these are not the sounds you are looking for")
    empty = folder / "empty.wav"
    write_wav(empty, np.zeros(0, np.int16), 16_000)
    return {
        "does not exist": folder / "nowhere.wav",
        "is a folder": folder,
        "not a sound file": text,
        "holds no sound": empty,
    }


@pytest.mark.parametrize("what", ["does not exist", "is a folder", "not a sound file", "holds no sound"])
def test_a_file_that_is_no_sound_is_one_sentence(tmp_path, what):
    """Exit code 2, the file named, nothing half-started."""
    path = wrong_files(tmp_path)[what]
    for command in (["run", "--input", path], ["transcribe", path]):
        code, out, err = assistant(*command)
        assert code == 2
        assert what in " ".join(err.split())
        assert str(path) in err.replace("\n", "")
        assert out == ""


def test_an_output_that_cannot_be_written_is_said_before_anything_is_heard(tmp_path):
    """Exit code 2, the place named."""
    code, _, err = assistant("run", "--input", QUESTION, "--output", tmp_path / "no" / "answer.wav")
    assert code == 2
    assert "cannot be written" in err


def test_a_model_that_is_missing_is_named_with_its_setting(tmp_path):
    """Exit code 2 (scenario 29); the last answer stays where another one was to go."""
    last = tmp_path / "answer.wav"
    last.write_bytes(b"the last one")
    code, _, err = assistant("ask", "hello", "--output", last, "--set", f"reply.model={tmp_path}/none.gguf")
    assert code == 2
    assert last.read_bytes() == b"the last one"
    assert "none.gguf" in err
    assert "reply.model" in err


def test_a_model_that_is_none_is_named(tmp_path):
    """A text file called GGUF: one sentence, exit code 2, none of llama.cpp's pages."""
    fake = tmp_path / "fake.gguf"
    fake.write_text("GGUF? no.")
    code, _, err = assistant("ask", "hello", "--set", f"reply.model={fake}")
    assert code == 2
    assert "fake.gguf" in err
    assert len(err.splitlines()) <= 4


def test_an_empty_question_is_refused():
    """Before any model is loaded."""
    code, _, err = assistant("ask", "  ")
    assert code == 2
    assert "empty" in err


def test_a_question_needs_no_quotes():
    """Who types one says its words."""
    code, out, _ = assistant("ask", "what", "is", "two", "plus", "two")
    assert (code, out) == (0, "The answer is 4.\n")


def test_a_typed_question_needs_nothing_that_hears(tmp_path):
    """Whatever recogniser, turn model and wake word are set."""
    wrong = [f"listen.whisper={tmp_path}", f"listen.turn_model={tmp_path}", "listen.mode=wake", "listen.wake_words=no"]
    sets = [word for setting in wrong for word in ("--set", setting)]
    code, out, err = assistant("ask", "what is two plus two", *sets)
    assert (code, out) == (0, "The answer is 4.\n"), err


def test_an_answer_never_replaces_the_recording_that_is_heard(tmp_path):
    """Whatever it is called by."""
    recording, link = tmp_path / "question.wav", tmp_path / "answer.wav"
    recording.write_bytes(QUESTION.read_bytes())
    link.symlink_to(recording)
    for output in (recording, link):
        code, _, err = assistant("run", "--input", recording, "--output", output)
        assert code == 2
        assert "would replace it" in err
    assert recording.read_bytes() == QUESTION.read_bytes()


def test_of_a_timer_that_ends_with_the_command_it_is_said_so():
    """It would never ring."""
    _, out, _ = assistant("ask", "set a timer for ten minutes")
    assert "this command ends here" in out
    _, out, _ = assistant("ask", "what time is it")
    assert "this command ends here" not in out


def test_a_text_without_a_word_is_refused(tmp_path):
    """Silence in a file would be taken for a fault of the sound."""
    code, _, err = assistant("say", "\N{GRINNING FACE}", "--output", tmp_path / "a.wav")
    assert code == 2
    assert "nothing in this text" in err


def test_a_recording_that_was_not_listened_to_is_said_to_be_so(tmp_path):
    """Not to be beyond understanding, which it is not."""
    code, out, _ = assistant(
        "run", "--input", QUESTION.with_name("yes.wav"), "--output", tmp_path / "a.wav", "--set", "listen.mode=push"
    )
    assert code == 0
    assert "nobody pressed Enter" in out


def test_a_setting_without_a_value_is_refused():
    """--set wants KEY=VALUE."""
    code, _, err = assistant("config", "--set", "listen.vad_mode")
    assert code == 2
    assert "KEY=VALUE" in err


def test_a_command_that_does_not_exist_is_a_usage_error():
    """Exit code 2."""
    assert assistant("sing")[0] == 2


def test_tune_says_what_it_would_set_as_lines_for_the_settings_file():
    """From a file of noise; what is printed is TOML behind the empty line."""
    code, out, _ = assistant("tune", "--input", QUESTION.with_name("noise.wav"))
    assert code == 0
    settings = tomllib.loads(out[out.index("[listen]") :])["listen"]
    assert settings == {"vad_mode": 2, "speech_threshold": 0.5, "above_noise_db": 3}


def test_tune_without_enough_sound_is_one_sentence(tmp_path):
    """Half a second of it."""
    write_wav(tmp_path / "short.wav", np.ones(8000, np.int16), 16_000)
    code, _, err = assistant("tune", "--input", tmp_path / "short.wav")
    assert code == 2
    assert "less than a second" in err
