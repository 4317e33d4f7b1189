"""`assistant serve` with a model that is missing, truncated or none: one sentence, and nothing is left half-started."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from assistant import weights
from assistant.service.lock import SOCKET, running_pid
from assistant.service.mute import keep_muted

pytestmark = pytest.mark.slow

MODELS = {
    "listen.whisper": (weights.whisper("starter"), "model.bin"),
    "reply.model": (weights.chat("starter"), ""),
    "speak.voice": (weights.voice("starter"), ""),
}
"""by setting: a model, and which of its files is broken"""


@pytest.fixture
def home():
    """Not under tmp_path: the path of a socket may have 103 bytes at most."""
    with tempfile.TemporaryDirectory(prefix="srv-") as folder:
        yield Path(folder)


def broken(home, setting, how):
    """A copy of the starter model which is *how*; what is to be set, and the file that has to be named."""
    model, part = MODELS[setting]
    copy = home / model.name
    if model.is_dir():
        shutil.copytree(model, copy)
    else:
        shutil.copy(model, copy)
        if (description := model.with_name(f"{model.name}.json")).exists():
            shutil.copy(description, home)
    file = copy / part if part else copy
    match how:
        case "missing":
            file.unlink()
        case "truncated":
            os.truncate(file, file.stat().st_size // 2)
        case "no model":
            file.write_text("This is no model, but a letter.")
    return copy


@pytest.mark.parametrize("how", ["missing", "truncated", "no model"])
@pytest.mark.parametrize("setting", MODELS)
def test_a_broken_model_is_one_sentence_with_what_to_type_and_nothing_is_left(home, setting, how):
    """Scenario 29: exit code 2; no socket, no lock, no ready."""
    run = home / "run"
    run.mkdir(mode=0o700)
    keep_muted(run, True)
    copy = broken(home, setting, how)
    places = {"ASSISTANT_SERVICE_FOLDER": run, "ASSISTANT_LOG_FOLDER": home, "ASSISTANT_LATENCY_FOLDER": home}
    done = subprocess.run(
        [sys.executable, "-m", "assistant", "serve", "--set", f"{setting}={copy}"],
        env=os.environ | {name: str(place) for name, place in places.items()} | {"XDG_RUNTIME_DIR": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert str(copy) in done.stderr
    assert "`assistant " in done.stderr
    assert not (run / SOCKET).exists()
    assert running_pid(run) is None
    told = [json.loads(line) for line in (home / "assistant.log").read_text().splitlines()]
    assert "assistant.ready" not in [line["event"] for line in told]
    (refused,) = [line for line in told if line["level"] == "error"]
    assert (refused["event"], refused["exit_code"]) == ("service.refused", 2)
    assert done.stderr == f"assistant: {refused['why']}\n"
