"""Nothing leaves the computer: whole conversations where there is no network, and no Internet socket is asked for."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from assistant.service.mute import keep_muted
from tests.opened_sockets import FORBIDDEN

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="it is Linux that is asked here")]

TESTS = Path(__file__).parents[1]
RUN = (sys.executable, "-m", "assistant", "run", "--input", TESTS / "recordings/question.wav", "--output", "answer.wav")

SERVE_AND_SAY = """
set -e
trap 'kill $(jobs -p) 2> /dev/null || true' EXIT
"$PYTHON" -m assistant serve &
server=$!
until "$PYTHON" -m assistant status > status 2> /dev/null; do kill -0 $server; sleep 0.2; done
"$PYTHON" -m assistant events > events &
until grep -q state events; do kill -0 $!; sleep 0.2; done
"$PYTHON" -m assistant say "Dinner is ready."
until grep -q says events; do kill -0 $server; sleep 0.2; done
"$PYTHON" -m assistant reload
kill -TERM $server
wait $server
"""
"""A service and its commands. Muted, for it has no microphone; the conversation of a recording is `run`'s."""

OPENS_WHAT_IT_MAY_NOT = """
import ctypes, os, socket, subprocess, sys
for family in socket.AF_INET6, socket.AF_NETLINK, socket.AF_UNIX:
    try:
        socket.socket(family, socket.SOCK_DGRAM)
    except OSError as refused:
        assert refused.errno == 13
ctypes.CDLL(None).socket(socket.AF_INET, socket.SOCK_STREAM, 0)
ctypes.CDLL(None).syscall(425, 8, bytes(120))
subprocess.run([sys.executable, "-c", "import socket; socket.create_connection(('127.0.0.1', 9))"], stderr=-3)
"""


@pytest.fixture
def home():
    """Nothing is in there; not under tmp_path, for the path of a socket may have 103 bytes at most."""
    with tempfile.TemporaryDirectory(prefix="off-") as made:
        folder = Path(made)
        (folder / "run").mkdir(mode=0o700)
        yield folder


def ends(command, home):
    """Run *command* as somebody who has nothing yet; its exit code, and what it printed and complained of."""
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PYTHON": sys.executable,
        "PYTHONPATH": str(TESTS.parent),
        # Where PulseAudio is found, if it is: nobody shall hear the tests.
        "XDG_RUNTIME_DIR": "/nonexistent",
        "ASSISTANT_SERVICE_FOLDER": str(home / "run"),
    }
    # timeout ends all that was started, where it lasts too long.
    done = subprocess.run(
        ["timeout", "60", *map(str, command)], cwd=home, env=environ, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def sockets_of(command, home):
    """The families of the sockets that *command* and all that it starts want to open; and what it printed."""
    report = home / "sockets.json"
    code, out, complaints = ends([sys.executable, TESTS / "opened_sockets.py", report, *command], home)
    if code == FORBIDDEN:
        pytest.skip(complaints.strip())
    assert code == 0, complaints
    return json.loads(report.read_text()), out


def without_network(command, home):
    """What *command* prints in a network of its own, in which there is no other machine."""
    unshare = ["unshare", "--user", "--map-root-user", "--net"]
    if not shutil.which("unshare") or ends([*unshare, "true"], home)[0]:
        pytest.skip("unshare, which makes a network without interfaces, is not there or not allowed")
    interfaces = ends([*unshare, "cat", "/proc/net/route"], home)[1].splitlines()
    assert len(interfaces) <= 1  # the heading
    code, out, complaints = ends([*unshare, *command], home)
    assert code == 0, complaints
    return out


@pytest.mark.parametrize("told", [sockets_of, without_network])
def test_a_recording_is_answered_and_no_internet_socket_asked_for(told, home):
    """A question in, an answer out, in a network without interfaces; and before the kernel's eyes."""
    found = told(RUN, home)
    families, out = found if told is sockets_of else ([], found)
    assert "Paris" in out
    assert (home / "answer.wav").stat().st_size > 20_000
    assert set(families) <= {"AF_UNIX"}


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
@pytest.mark.parametrize("told", [sockets_of, without_network])
def test_a_service_and_its_commands_open_the_control_socket_alone(told, home):
    """It starts, says something, reads its settings anew and ends; a sound server's socket is a Unix one, too."""
    keep_muted(home / "run", True)
    found = told(["bash", "-c", SERVE_AND_SAY], home)
    families, _ = found if told is sockets_of else (["AF_UNIX"], found)
    assert set(families) == {"AF_UNIX"}
    assert "says" in (home / "events").read_text()


def test_what_would_break_this_is_seen(home):
    """By Python, by a library in C, by io_uring, and by a program that is started: each is told, and gets none."""
    families, _ = sockets_of([sys.executable, "-c", OPENS_WHAT_IT_MAY_NOT], home)
    assert families == ["AF_INET6", "AF_NETLINK", "AF_UNIX", "AF_INET", "io_uring", "AF_INET"]


def test_in_the_network_without_interfaces_nobody_can_be_reached(home):
    """So a conversation that needed somebody would fail there."""
    connects = "import socket; socket.create_connection(('127.0.0.1', 9), 5)"
    caught = f"try:\n    {connects}\nexcept OSError as error:\n    print(error.errno)"
    assert without_network([sys.executable, "-c", caught], home).strip() == "101"  # network is unreachable
