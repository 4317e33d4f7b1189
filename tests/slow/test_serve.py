"""`assistant serve` as its manager and its commands meet it: muted, so that it needs no microphone."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from assistant.errors import ServiceError
from assistant.service.client import ask, follow
from assistant.service.lock import SOCKET, running_pid
from assistant.service.mute import keep_muted
from assistant.service.protocol import Request, Verb

pytestmark = pytest.mark.slow

HANGS = """
import signal, time
from assistant import serving
from assistant.__main__ import main
from assistant.service import stuck

serving.ended_where_stuck = lambda: stuck.ended_where_stuck(2.0)  # less than half of the time
signal.signal(signal.SIGUSR1, lambda *_: time.sleep(600))  # in the thread of the loop
main()
"""
PATIENT = 60
"""seconds after which what has not come will not come"""


@pytest.fixture
def home():
    """A folder for all it keeps, muted; not under tmp_path, for the path of a socket may have 103 bytes at most."""
    with tempfile.TemporaryDirectory(prefix="srv-") as made:
        folder = Path(made)
        (folder / "run").mkdir(mode=0o700)
        keep_muted(folder / "run", True)
        yield folder


def environment(home, **more):
    clean = {key: value for key, value in os.environ.items() if not key.startswith("ASSISTANT_")}
    return clean | {
        # Where PulseAudio is found, if it is: nobody shall hear the tests.
        "XDG_RUNTIME_DIR": "/nonexistent",
        "ASSISTANT_CONFIG": str(home / "config.toml"),
        "ASSISTANT_SERVICE_FOLDER": str(home / "run"),
        "ASSISTANT_LOG_FOLDER": str(home / "log"),
        "ASSISTANT_LATENCY_FOLDER": str(home / "log"),
        **more,
    }


@contextmanager
def serving(home, program=("-m", "assistant"), **more):
    """The running assistant; it has loaded its models. *program*: what Python runs of it."""
    (home / "config.toml").touch()
    child = subprocess.Popen(
        [sys.executable, *program, "serve"], env=environment(home, **more), stderr=subprocess.PIPE, text=True
    )
    with child:
        try:
            until(lambda: running_pid(home / "run") == child.pid and state(home) != "loading", child)
            yield child
        finally:
            child.kill()


def until(so, child):
    deadline = time.monotonic() + PATIENT
    while not so():
        assert child.poll() is None, child.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.05)  # another process, in its own time


def state(home):
    try:
        return ask(home / "run", Request(Verb.STATUS))["state"]
    except ServiceError:
        return "loading"


def ended(child):
    """Its exit code and what it complained of, but for the loudspeaker that a computer may be without."""
    _, complaints = child.communicate(timeout=PATIENT)
    lines = complaints.splitlines(keepends=True)
    return child.returncode, "".join(line for line in lines if "There is none, so nobody hears" not in line)


def all_of(manager):
    """The letters that it was sent so far."""
    letters = []
    with suppress(BlockingIOError):
        while True:
            letters.append(manager.recv(4096).decode())
    return letters


def reloaded(home, text):
    """What comes of a reload with these settings."""
    (home / "config.toml").write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "assistant", "reload"],
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENT,
    )
    return done.returncode, done.stdout, done.stderr


def test_it_starts_is_one_and_ends_with_its_manager_knowing(home):
    """Ready, a beat of the watchdog, the end; a second one leaves it alone (scenarios 32, 33)."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(home / "notify"))
        manager.setblocking(False)
        with serving(home, NOTIFY_SOCKET=str(home / "notify"), WATCHDOG_USEC="3000000") as child:
            second = subprocess.run(
                [sys.executable, "-m", "assistant", "serve"],
                env=environment(home),
                capture_output=True,
                text=True,
                check=False,
                timeout=PATIENT,
            )
            assert second.returncode == 2
            assert f"process {child.pid}" in second.stderr
            assert ask(home / "run", Request(Verb.STATUS))["pid"] == child.pid
            child.send_signal(signal.SIGTERM)
            assert ended(child) == (0, "")
        letters = all_of(manager)
        assert "WATCHDOG=1" in letters
        assert any(letter.startswith("READY=1") for letter in letters)
    assert not (home / "run" / SOCKET).exists()


def test_a_loop_that_hangs_ends_it_where_no_manager_watches(home):
    with serving(home, program=("-c", HANGS)) as child:
        child.send_signal(signal.SIGUSR1)
        assert child.wait(PATIENT) == 1
        assert "loop.stuck" in child.stderr.read()


def test_one_without_a_microphone_serves_all_the_same_says_so_and_is_ready(home):
    """As at a login before one is plugged in: it had ended, and was started again every ten seconds."""
    keep_muted(home / "run", False)
    (home / "config.toml").write_text('[listen]\nmicrophone = "one that nobody has"\n')
    with serving(home) as child:
        log = home / "log" / "assistant.log"
        until(lambda: log.exists() and "assistant.ready" in log.read_text(), child)
        assert "the microphone" in [trouble["part"] for trouble in ask(home / "run", Request(Verb.STATUS))["degraded"]]
        ask(home / "run", Request(Verb.MUTE))
        assert ask(home / "run", Request(Verb.STATUS))["muted"] is True
        child.send_signal(signal.SIGTERM)
        assert child.wait(PATIENT) == 0
    assert log.read_text().count("microphone.missing") == 1


def test_it_says_what_it_is_told_to_and_who_follows_sees_it(home):
    """Without a microphone, and muted: neither is needed for that."""
    with serving(home) as child:
        events = follow(home / "run")
        assert next(events)["muted"] is True
        ask(home / "run", Request(Verb.SAY, "Dinner is ready."))
        assert next(message["event"] for message in events if message.get("event") in {"says", "turn"}) == "says"
        child.send_signal(signal.SIGTERM)
        assert [message["event"] for message in events][-1] == "stopping"
        assert ended(child)[0] == 0
    log = (home / "log" / "assistant.log").read_text()
    assert "Dinner" not in log
    assert "assistant.ready" in log


def test_a_reload_loads_what_changed_and_refuses_what_cannot_be(home):
    """A wrong setting, a model that is none and one that is missing leave all as it was; SIGHUP reloads, too."""
    with serving(home) as child:
        assert reloaded(home, "[listen]\npatience_ms = 800\n") == (0, "changed: listen.patience_ms\n", "")
        code, _, complaint = reloaded(home, "[listen]\npatience_ms = 1\n")
        assert code == 2
        assert "100 to 5000" in complaint
        (home / "fake.gguf").write_text("GGUF? no.")
        for name in ("fake.gguf", "none.gguf"):
            code, _, complaint = reloaded(home, f'[reply]\nmodel = "{home}/{name}"\n')
            assert code == 1
            assert name in complaint
            until(lambda: state(home) != "loading", child)
            assert ask(home / "run", Request(Verb.STATUS))["models"]["reply.model"] == "starter"
        code, out, _ = reloaded(home, "[reply]\ntemperature = 0.5\n")
        assert code == 0
        assert "loaded anew: the language model\n" in out
        (home / "config.toml").write_text('[listen]\nmode = "push"\n')
        child.send_signal(signal.SIGHUP)
        until(lambda: ask(home / "run", Request(Verb.STATUS))["mode"] == "push", child)


def test_killed_at_any_moment_it_starts_again_still_muted(home):
    """Also while it loads; scripts/bench_life.py does it 200 times."""
    dice = random.Random(3)
    for _ in range(3):
        child = subprocess.Popen([sys.executable, "-m", "assistant", "serve"], env=environment(home))
        time.sleep(dice.uniform(0.2, 2.0))  # a random moment
        child.kill()
        child.wait()
    with serving(home):
        assert ask(home / "run", Request(Verb.STATUS))["muted"] is True


def test_ten_thousand_malformed_messages_have_no_effect(home):
    """On the real program: it is as it was, and takes a right one."""
    dice = random.Random(7)
    with serving(home):
        before = ask(home / "run", Request(Verb.STATUS))
        with socket.socket(socket.AF_UNIX) as way:
            way.connect(str(home / "run" / SOCKET))
            replies = way.makefile("rb")
            for number in range(10_000):
                junk = dice.randbytes(dice.randrange(100)).replace(b"\n", b"")
                way.sendall((junk if number % 2 else b'{"v":1,"do":"mute","x":' + junk + b"}") + b"\n")
                assert json.loads(replies.readline())["ok"] is False
        after = ask(home / "run", Request(Verb.STATUS))
        fixed = {"pid", "state", "muted", "mode", "models", "turns", "degraded"}
        assert {key: after[key] for key in fixed} == {key: before[key] for key in fixed}
