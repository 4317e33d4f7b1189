"""`assistant doctor` beside a real `assistant serve` on real audio streams."""

import json
import subprocess
import sys
import zipfile

import pytest

from assistant.service.client import ask
from assistant.service.protocol import Request, Verb
from tests.room.conftest import started
from tests.room.test_serve import do, folder, room, say, serving, until

pytestmark = [pytest.mark.room, pytest.mark.slow]

__all__ = ["room"]

TEXT = "All is well, and this is only a test of how much of my own voice comes back to me."


def examined(room):
    """The findings by name."""
    done = subprocess.run(
        [sys.executable, "-m", "assistant", "doctor", "--json"], env=room, check=False, capture_output=True, text=True
    )
    return {finding["name"]: finding for finding in json.loads(done.stdout)}


def test_it_asks_the_running_assistant_what_only_that_can_tell(room):
    """Its permission, its echo, its sockets; and nobody speaks in this room, which is silent to the last bit."""
    with serving(room):
        until(lambda: do(room, Verb.STATUS)["devices"]["heard_s_ago"] is not None)
        found = examined(room)
    for name in ("sound devices", "microphone permission", "running assistant", "offline"):
        assert found[name]["state"] == "right", found[name]
    assert "its last sound came" in found["microphone permission"]["meaning"]
    assert found["echo"]["state"] == "unknown"
    assert found["microphone"]["state"] == "wrong"
    assert "zeros" in found["microphone"]["meaning"]


def test_a_microphone_that_hears_something_is_right(room):
    """Somebody speaks all the while; without an assistant that runs."""
    with subprocess.Popen(["paplay", "--device=mouth", "--raw", "--rate=16000", "/dev/urandom"], env=room) as speaking:
        found = examined(room)
        speaking.kill()
    assert found["microphone"]["state"] == "right", found["microphone"]


def test_what_is_muted_is_not_opened(room):
    """By nobody, doctor included."""
    with serving(room):
        do(room, Verb.MUTE)
        found = examined(room)
    assert found["microphone"]["state"] == "unknown"
    assert "muted" in found["microphone permission"]["meaning"]


def test_a_bundle_holds_nothing_of_a_real_talk_whose_words_are_logged(room, tmp_path):
    """Neither what was understood nor what was answered; that there was a turn it does tell."""
    report, logs = tmp_path / "report.zip", folder(room).parent / "logs"
    with serving(room, "log.words=true"):
        until(lambda: do(room, Verb.STATUS)["devices"]["heard_s_ago"] is not None)
        say(room, "question")
        until(lambda: do(room, Verb.STATUS)["turns"] == 1)
        where = {
            "ASSISTANT_LOG_FOLDER": str(logs),
            "ASSISTANT_LATENCY_FOLDER": str(logs),
            "ASSISTANT_LOG_WORDS": "true",
        }
        command = [sys.executable, "-m", "assistant", "doctor", "--bundle", str(report)]
        subprocess.run(command, env=room | where, check=False, capture_output=True)
    lines = [json.loads(line) for line in (logs / "assistant.log").read_text().splitlines()]
    spoken = [line["text"] for line in lines if line["event"].startswith("words.")]
    assert len(spoken) >= 2
    with zipfile.ZipFile(report) as made:
        texts = {name: made.read(name).decode() for name in made.namelist()}
    assert [text for text in spoken for held in texts.values() if text.casefold() in held.casefold()] == []
    assert "turn.over" in texts["log.jsonl"]
    assert len(texts["turns.jsonl"].splitlines()) == 1
    assert json.loads(texts["status.json"])["turns"] == 1


def test_the_echo_that_is_left_is_told_as_the_running_one_measured_it():
    """In a room where the microphone hears the loudspeaker."""
    with started("-10") as room, serving(room):
        ask(folder(room), Request(Verb.SAY, TEXT))
        until(lambda: (do(room, Verb.STATUS)["echo"] or {}).get("residual_db") is not None)
        found = examined(room)
    assert found["echo"]["state"] == "right", found["echo"]
    assert "dB of its own voice are taken out" in found["echo"]["meaning"]
