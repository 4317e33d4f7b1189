"""The service as it lives: a real systemd, its sandbox, a room with a person in it, and the whole program."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from assistant.service.interpreter import this
from assistant.service.places import Places
from assistant.service.runner import run
from assistant.service.systemd import Systemd
from tests.room.test_room import recording
from tests.service.user_manager import user_manager

pytestmark = [pytest.mark.room, pytest.mark.slow]

QUESTION = Path(__file__).parents[1] / "recordings" / "question.wav"
PATIENT = 60
"""seconds after which what has not come will not come"""


@dataclass
class Installed:
    """The service, and how to speak to it and to the room it is in."""

    service: Systemd
    environ: dict

    def command(self, *arguments):
        """`assistant ...`, as its owner types it."""
        return subprocess.run(
            [sys.executable, "-m", "assistant", *arguments],
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENT,
        )

    def status(self):
        return json.loads(self.command("status", "--json").stdout)


@pytest.fixture
def installed(room):
    """The service, freshly installed in a home of its own, and running."""
    with user_manager() as manager:
        home = Path(manager["HOME"])
        sound = {name: room[name] for name in ("PULSE_SERVER", "ALSA_CONFIG_PATH")}
        state = home / ".local/state/assistant"
        where = Places(home, home / ".config/assistant", home / ".local/share/assistant", state, state, home / ".cache")
        service = Systemd(where, this(), sound, lambda command, _=None: run(command, manager))
        service.install(lambda _line: None)
        try:
            yield Installed(service, manager | sound)
        finally:
            service.uninstall()


def sockets(pid):
    """The inodes of all sockets that a process has open."""
    links = [str(file.readlink()) for file in Path(f"/proc/{pid}/fd").iterdir()]
    return {link[8:-1] for link in links if link.startswith("socket:[")}


def unix_sockets(pid):
    """The inodes of all Unix sockets of its network."""
    return {line.split()[6] for line in Path(f"/proc/{pid}/net/unix").read_text().splitlines()[1:]}


def test_the_service_answers_a_question_in_the_room_and_has_no_socket_of_a_network(installed, room, tmp_path):
    """Through microphone and loudspeaker, from inside of the sandbox; all its sockets are Unix sockets."""
    ear = tmp_path / "ear"
    with recording(room, "ear", ear):
        subprocess.run(["paplay", "--device=mouth", QUESTION], env=room, check=True, timeout=30)
        until = time.monotonic() + PATIENT
        while installed.status()["gap_ms"] is None and time.monotonic() < until:
            pass
    heard = np.frombuffer(ear.read_bytes(), np.int16)
    assert np.abs(heard.astype(np.int32)).max() > 1000
    pid = installed.service.status().pid
    assert sockets(pid)
    assert sockets(pid) <= unix_sockets(pid)


def test_a_service_that_was_killed_can_be_started_again_and_one_that_is_stopped_is_gone(installed):
    """What the killed one left behind, its lock and its socket, is in nobody's way."""
    first = installed.service.status().pid
    os.kill(first, signal.SIGKILL)
    installed.service.restart()
    second = installed.service.status()
    assert second.running
    assert second.pid != first
    assert installed.status()["running"]
    installed.service.stop()
    assert not installed.service.status().running
    assert installed.command("status").returncode == 4


def test_a_missing_model_is_told_by_the_log_and_not_tried_again(installed):
    """Exit code 2; the log has the sentence that says what to type."""
    config = Path(installed.environ["XDG_CONFIG_HOME"]) / "assistant/config.toml"
    config.parent.mkdir()
    config.write_text('[reply]\nmodel = "/nowhere.gguf"\n')
    done = installed.command("service", "restart")
    assert done.returncode == 1
    assert "exit code 2" in done.stderr
    status = installed.command("service", "status")
    assert "has failed" in status.stdout
