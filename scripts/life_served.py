"""A virtual room goes in; the serving program in it comes out, as its commands, its devices and the system see it.

For `bench_life.py`. It needs PulseAudio, and Linux: it looks into /proc.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import virtual_room
from rich.table import Table

from assistant.errors import ServiceError
from assistant.service.client import ask
from assistant.service.protocol import Request, Verb

QUESTIONS = ("question", "sum", "timer", "shopping")
"""recordings that are asked; the last one changes a file"""
PATIENT = 60.0
"""seconds after which what has not come will not come"""
HEARD_NOW = 0.3
"""seconds since the last frame within which it hears: a frame has 20 ms, and a busy computer is late"""

Status = Mapping[str, Any]


class Figures:
    """The table, and whether all floors are held."""

    def __init__(self) -> None:
        self.table = Table("what", "measured", "floor", "", "on", box=None)
        self.passed = True

    def add(self, what: str, measured: str, floor: str = "", *, good: bool | None = None, on: str = "") -> None:
        """One line; *good*: whether the floor is held, where there is one."""
        self.passed &= good is not False
        self.table.add_row(what, measured, floor, "" if good is None else "ok" if good else "MISSED", on)


class Hold(NamedTuple):
    """What it holds of the computer."""

    memory: int
    """bytes in memory"""
    threads: int
    files: int
    """open ones, sockets and pipes as well"""


class Served:
    """`assistant serve` in a room, with all that it keeps in folders of that room."""

    def __init__(self, room: Mapping[str, str], *settings: str) -> None:
        self.folder = Path(room["ASSISTANT_SERVICE_FOLDER"])
        home = self.folder.parent
        self.logs, self.list, self.pauses = home / "logs", home / "list.txt", home / "pauses.json"
        self.room = dict(room) | {
            "ASSISTANT_LOG_FOLDER": str(self.logs),
            "ASSISTANT_LATENCY_FOLDER": str(self.logs),
            "ASSISTANT_REPLY_SHOPPING_LIST": str(self.list),
            "ASSISTANT_LISTEN_PAUSES": str(self.pauses),
        }
        sets = [word for setting in settings for word in ("--set", setting)]
        self.child = subprocess.Popen(
            [sys.executable, "-m", "assistant", "serve", *sets], env=self.room, stderr=subprocess.DEVNULL
        )

    def do(self, verb: Verb, text: str = "") -> Status:
        """Ask it for something. Raises ServiceError."""
        return ask(self.folder, Request(verb, text))

    def status(self) -> Status | None:
        """What it says of itself; None where it does not answer."""
        try:
            return self.do(Verb.STATUS)
        except ServiceError:
            return None

    def wait(self, so: Callable[[Status], bool], what: str = "so far") -> float:
        """Seconds until its status is *so*. Raises RuntimeError where it ends before, or does not come to that."""
        began = time.monotonic()
        while (took := time.monotonic() - began) < PATIENT:
            status = self.status()
            if status is not None and so(status):
                return took
            if self.child.poll() is not None:
                raise RuntimeError(f"it ended by itself with {self.child.returncode}: see {self.logs}")
            time.sleep(0.02)
        raise RuntimeError(f"it did not come {what} within {PATIENT:.0f} s: {self.status()}")

    def hold(self) -> Hold:
        """What it holds at this moment."""
        of = Path(f"/proc/{self.child.pid}")
        resident = next(line for line in (of / "status").read_text().splitlines() if line.startswith("VmRSS"))
        return Hold(
            int(resident.split()[1]) * 1024, len(list((of / "task").iterdir())), len(list((of / "fd").iterdir()))
        )

    def say(self, name: str) -> None:
        """Somebody asks that recorded question; returns when it is said."""
        recording = virtual_room.RECORDINGS / f"{name}.wav"
        subprocess.run(["paplay", "--device=mouth", recording], env=self.room, check=False, timeout=PATIENT)

    def answers(self, name: str = "question") -> float:
        """Seconds until an asked question is answered and its turn is over. Raises RuntimeError where it is not."""
        before = self.status() or {"turns": 0}
        self.say(name)
        return self.wait(lambda status: status["turns"] > before["turns"], f"to an answer to {name}")

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Its exit code."""
        self.child.send_signal(how)
        return self.child.wait(PATIENT)


@contextmanager
def served(*settings: str) -> Iterator[Served]:
    """One that listens, in a room of its own."""
    with virtual_room.room() as room:
        it = Served(room, *settings)
        try:
            it.wait(hears, "to listening")
            yield it
        finally:
            it.child.kill()
            it.child.wait()


def hears(status: Status) -> bool:
    """Whether sound comes from the microphone."""
    ago = status["devices"]["heard_s_ago"]
    return ago is not None and ago < HEARD_NOW


def loaded(status: Status) -> bool:
    """Whether the models are there, muted or not."""
    return bool(status["state"] != "loading")
