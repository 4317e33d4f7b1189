import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from assistant.commands import control
from assistant.errors import NotRunningError, ServiceError
from assistant.service import client
from assistant.service.client import ask, follow
from assistant.service.lock import LOCK, SOCKET, only_one
from assistant.service.protocol import Request, Verb
from tests.test_cli import assistant

STATUS = Request(Verb.STATUS)


@pytest.fixture
def folder():
    """Not under tmp_path: the path of a socket may have 103 bytes at most."""
    with tempfile.TemporaryDirectory(prefix="cli-") as made:
        yield Path(made)


@contextmanager
def answering(folder, *lines, hold=False):
    """Something at the socket that reads a request and sends *lines*; with *hold* it hangs up only at the end."""
    asked = []
    done = threading.Event()

    def serve():
        way, _ = server.accept()
        with way:
            asked.append(way.makefile("rb").readline())
            for line in lines:
                way.sendall(line)
            if hold:
                done.wait(10)

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / SOCKET))
        server.listen()
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield asked
        finally:
            done.set()
            thread.join()


def line(**fields):
    return json.dumps({"v": 1, **fields}).encode() + b"\n"


def test_a_request_gets_its_reply(folder):
    with answering(folder, line(id=None, ok=True, state="asleep")) as asked:
        assert ask(folder, Request(Verb.SAY, "hello"))["state"] == "asleep"
    assert json.loads(asked[0]) == {"v": 1, "do": "say", "text": "hello"}


def test_a_refusal_is_its_sentence(folder):
    refused = line(id=None, ok=False, error="The microphone is muted.")
    with answering(folder, refused), pytest.raises(ServiceError, match="is muted"):
        ask(folder, Request(Verb.LISTEN))


def test_events_follow_the_state_until_it_ends(folder):
    with answering(
        folder, line(ok=True, state="asleep"), line(event="state", state="listening"), line(event="stopping")
    ):
        assert [message.get("event") for message in follow(folder)] == [None, "state", "stopping"]


def test_an_event_is_a_line_that_says_nothing_twice(folder, capsys, monkeypatch):
    monkeypatch.setenv("ASSISTANT_SERVICE_FOLDER", str(folder))
    spoken = line(event="turn", gap_ms=312, unmeasured=None)
    with answering(folder, line(ok=True, state="asleep"), line(event="state", state="listening"), spoken):
        control.events()
    assert capsys.readouterr().out.splitlines() == [
        "state        asleep",
        "state        listening",
        "turn         gap_ms 312",
    ]


def test_a_reload_tells_of_a_loudspeaker_that_it_did_not_wait_for(folder, monkeypatch, capsys):
    """Its settings hold, and yet nobody is heard."""
    monkeypatch.setenv("ASSISTANT_SERVICE_FOLDER", str(folder))
    reply = line(id=None, ok=True, changed=["speak.loudspeaker"], loaded=[], hangs="the loudspeaker")
    with answering(folder, reply):
        control.reload()
    assert capsys.readouterr().out.splitlines() == [
        "changed: speak.loudspeaker",
        "left out: the loudspeaker, which does not open; nobody is heard before it does",
    ]


@pytest.mark.parametrize("reply", [b"HTTP/1.1 400 Bad Request\n", b"[1]\n", b"\xff\n"])
def test_what_is_not_the_assistant_is_told(folder, reply):
    with answering(folder, reply), pytest.raises(ServiceError, match="not the assistant"):
        ask(folder, STATUS)


def test_one_that_hangs_up_is_told(folder):
    with answering(folder), pytest.raises(ServiceError, match="hung up"):
        ask(folder, STATUS)


def test_one_that_does_not_answer_is_told_by_its_pid(folder, monkeypatch):
    """It hangs; whoever asks shall not."""
    monkeypatch.setattr(client, "PATIENCE", 0.05)
    with only_one(folder), answering(folder, hold=True):
        # The lock is this process's own, so that it looks to others as if it ran.
        done = subprocess.run(
            [sys.executable, "-c", f"from assistant.service.lock import *; print(running_pid(Path({str(folder)!r})))"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == str(os.getpid())
        with pytest.raises(ServiceError, match=f"process {os.getpid()}\\) does not answer"):
            ask(folder, STATUS)


@pytest.mark.parametrize("left", ["nothing", "a socket", "a pid", "no folder"])
def test_where_none_runs_it_says_what_to_type(folder, left):
    """Whatever one that was killed has left."""
    if left == "a socket":
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(folder / SOCKET))
    if left == "a pid":
        (folder / LOCK).write_text("1\n")
    with pytest.raises(NotRunningError, match="assistant serve"):
        ask(folder / "no" if left == "no folder" else folder, STATUS)


@pytest.mark.parametrize("command", ["status", "listen", "mute", "unmute", "stop-talking", "sleep", "reload", "events"])
def test_each_command_says_what_to_type_where_none_runs(command, folder):
    """Exit code 4, which a script can tell from all others."""
    code, out, err = assistant(command, ASSISTANT_SERVICE_FOLDER=str(folder))
    assert (code, out) == (4, "")
    assert "assistant serve" in err


def test_a_script_is_told_in_json_that_none_runs(folder):
    code, out, _ = assistant("status", "--json", ASSISTANT_SERVICE_FOLDER=str(folder))
    assert (code, json.loads(out)) == (4, {"running": False})
