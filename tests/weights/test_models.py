"""The commands, in this process, with a catalog of one voice and a hub on this computer."""

import hashlib
import json
import os
import subprocess
import sys
from functools import partial

import pytest
from typer.testing import CliRunner

from assistant import weights
from assistant.commands import models
from assistant.errors import AwayError, FetchError, ModelError, UsageError
from assistant.weights.catalog import read
from assistant.weights.hub import Hub
from tests.weights.fake_hub import FakeHub, Fault, running

VOICE = bytes(range(256)) * 50
CATALOG = f"""
[models.v]
kind = "voice"
about = "a voice"
repository = "a/b"
revision = "{"0" * 40}"
licence = "free for all"
language = "en"
files = [
    {{ path = "v.onnx", bytes = {len(VOICE)}, sha256 = "{hashlib.sha256(VOICE).hexdigest()}" }},
    {{ path = "v.onnx.json" }},
]
[models.huge]
kind = "chat"
about = "more than any computer has"
repository = "a/b"
revision = "{"0" * 40}"
licence = "MIT"
language = "en"
kv_bytes = 1000
files = [{{ path = "h.gguf", bytes = {2**50} }}]
[profiles.small]
about = "any"
memory_gb = 0
whisper = "starter"
chat = "starter"
voice = "v"
turn_model = "auto"
"""


@pytest.fixture
def hub(monkeypatch, tmp_path):
    monkeypatch.setattr("assistant.weights.catalog.our_catalog", partial(read, CATALOG))
    monkeypatch.setattr(weights, "ROOT", tmp_path)
    monkeypatch.setenv("ASSISTANT_MODELS_FOLDER", str(tmp_path / "fetched"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with running(FakeHub({"v.onnx": VOICE, "v.onnx.json": b"{}"})) as one:
        monkeypatch.setattr("assistant.weights.hub.Hub", partial(Hub, one.address))
        yield one


def run(*arguments, code=0, answer=""):
    """What is printed. An error of ours is raised, as cli.py would print it."""
    done = CliRunner().invoke(models.app, list(arguments), input=answer, env={"COLUMNS": "150"})
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, done.output
    return done.output


def listed(name):
    return {model["name"]: model for model in json.loads(run("list", "--json"))["models"]}[name]


def test_a_profile_is_fetched_shown_used_verified_and_removed(hub, tmp_path):
    """One model's whole life."""
    assert listed("v")["path"] == ""
    told = run("pull", "small")
    assert "licence: free for all" in told
    assert "v: fetched and verified" in told
    assert "to use small, write into" in told
    assert '[speak]\nvoice = "v"' in told
    place = tmp_path / "fetched/v/v.onnx"
    assert place.read_bytes() == VOICE
    assert listed("v")["path"] == str(place)
    assert run("path", "v") == f"{place}\n"
    assert "v: was here, and is whole" in run("pull", "v")
    assert "v: whole" in run("verify")
    assert "v: deleted, 13 kB freed" in run("remove", "v", "--yes")
    assert not place.exists()


def test_the_list_says_what_is_here_on_its_way_and_in_use(hub, monkeypatch):
    row = next(line for line in run("list").splitlines() if line.strip().startswith("v "))
    assert "yes" not in row
    hub.faults = [Fault(cut_after=6400), *[Fault(status=403)]]
    with pytest.raises(FetchError):
        run("pull", "v")
    assert " 50% " in run("list")
    run("pull", "v")
    row = next(line for line in run("list").splitlines() if line.strip().startswith("v "))
    assert "yes" in row
    assert "a voice; free for all" in row
    monkeypatch.setenv("ASSISTANT_SPEAK_VOICE", "v")
    assert " in use " in run("list")


def test_what_is_damaged_is_named_with_the_command_that_repairs_it(hub, tmp_path):
    run("pull", "v")
    (tmp_path / "fetched/v/v.onnx.json").write_bytes(b"[]")
    told = run("verify", "v", code=1)
    assert "v: damaged: v.onnx.json" in told
    assert "`assistant models pull v` fetches anew" in told
    assert "v: fetched and verified" in run("pull", "v")
    assert "v: whole" in run("verify", "v")


def test_nothing_to_verify_is_said(hub):
    assert "nothing to verify" in run("verify")


@pytest.mark.parametrize("command", ["verify", "path"])
def test_what_is_not_here_is_answered_with_the_command_that_fetches_it(hub, command):
    with pytest.raises(ModelError, match="v is not here: `assistant models pull v` fetches it"):
        run(command, "v")


def test_too_large_a_model_is_not_fetched_unless_for_another_computer(hub):
    with pytest.raises(UsageError, match=r"huge needs .* of memory.*take small, which fits it.*--anyway"):
        run("pull", "huge")
    assert hub.asked == []
    with pytest.raises(FetchError, match="has no longer"):
        run("pull", "huge", "--anyway")


def test_nothing_is_fetched_to_where_a_disk_would_be_that_is_away(hub, tmp_path, monkeypatch):
    """It would fill the system's disk; what is here already is only shown."""
    monkeypatch.setenv("ASSISTANT_MODELS_FOLDER", str(tmp_path / "disk/models"))
    with pytest.raises(
        AwayError, match=rf"disk that {tmp_path}/disk/models is on seems to be away: plug it in, or make"
    ):
        run("pull", "small")
    assert (hub.asked, (tmp_path / "disk").exists()) == ([], False)
    (tmp_path / "disk").mkdir()
    run("pull", "small")


def test_removing_asks_first(hub, tmp_path):
    run("pull", "v")
    shown = run("remove", "v", code=1, answer="n\n")
    assert "Delete v?" in shown
    assert "nothing is deleted" in shown
    assert (tmp_path / "fetched/v").exists()
    run("remove", "v", answer="y\n")
    assert not (tmp_path / "fetched/v").exists()


def test_of_what_is_not_here_nobody_is_asked_whether_to_delete_it(hub):
    run("pull", "v")
    with pytest.raises(UsageError, match="huge is not here"):
        run("remove", "v", "huge", answer="y\ny\n")
    assert "v: whole" in run("verify")


def test_where_nobody_can_answer_nothing_is_deleted(hub):
    run("pull", "v")
    with pytest.raises(UsageError, match="--yes"):
        run("remove", "v", answer="")


def test_an_unknown_name_is_told_before_anything_is_asked(hub):
    with pytest.raises(UsageError, match="no model 'w'"):
        run("pull", "v", "w")
    assert hub.asked == []


@pytest.mark.parametrize("command", ["list", "pull", "verify", "remove", "path"])
def test_each_command_shows_an_example(command):
    assert f"Example: assistant models {command}" in run(command, "--help")


def assistant(tmp_path, *arguments, **environ):
    clean = {key: value for key, value in os.environ.items() if not key.startswith("ASSISTANT_")}
    here = {"XDG_CONFIG_HOME": str(tmp_path), "ASSISTANT_MODELS_FOLDER": str(tmp_path / "fetched")}
    command = [sys.executable, "-m", "assistant", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=clean | here | environ)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def test_the_real_catalog_is_not_fooled_by_another_hub(tmp_path):
    """The whole program, told to stay offline, asks the hub in HF_ENDPOINT once, and nobody else."""
    with running(FakeHub({"en/en_GB/alba/medium/en_GB-alba-medium.onnx": VOICE})) as hub:
        hub.files["en/en_GB/alba/medium/en_GB-alba-medium.onnx.json"] = b"{}"
        code, told = assistant(
            tmp_path, "models", "pull", "en_GB-alba-medium", HF_ENDPOINT=hub.address, HF_HUB_OFFLINE="1"
        )
    assert code == 5
    assert "another en_GB-alba-medium.onnx of en_GB-alba-medium than our catalog knows" in told
    assert [(method, path.split("/")[1]) for method, path, *_ in hub.asked] == [("POST", "api")]


def not_fetched(tmp_path, **environ):
    """What is said of a model that is not here, and cannot be fetched."""
    code, told = assistant(tmp_path, "models", "pull", "whisper-tiny.en", **environ)
    if code == 0:
        pytest.skip("whisper-tiny.en is in models/")
    assert code == 5
    return told


def test_offline_is_one_sentence_and_an_exit_code(tmp_path):
    told = not_fetched(tmp_path, HF_ENDPOINT="http://127.0.0.1:9")
    assert "no connection" in told
    assert "check the connection and type `assistant models pull whisper-tiny.en` again" in told


def test_a_number_of_the_hub_library_that_is_none_is_one_sentence(tmp_path):
    """Read as it is imported: in a process of its own."""
    assert "HF_HUB_ETAG_TIMEOUT" in not_fetched(tmp_path, HF_HUB_ETAG_TIMEOUT="10s")
