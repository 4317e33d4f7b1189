"""How well it lives: the serving program is started, used for an hour, robbed of its devices, killed, told nonsense.

    .venv/bin/python scripts/bench_life.py [PART ...] [--starts 10] [--minutes 60] [--removals 50] [--kills 200]

Parts, all by default: start (from the command to listening), junk (10,000 malformed messages), devices (microphone and
whole sound server taken away and given back), kills (kill -9 at random moments, each followed by a start), soak (a turn
every 20 s: memory, threads, files, gap). Prints each figure with its floor; fails where one is missed. All take an hour
and a half, of which soak is one and needs an idle computer: it runs in real time. In less there is no verdict on it.

It needs PulseAudio, and Linux: it looks into /proc.
"""

import argparse
import json
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent))

import virtual_room

from assistant.errors import ServiceError
from assistant.latency.journal import read
from assistant.service.client import ask
from assistant.service.lock import SOCKET
from assistant.service.protocol import Request, Verb

START_S, GROWTH, SLOWER, BACK_S, JUNK = 3.0, 0.02, 0.10, 3.0, 10_000
EVERY = 20.0
"""seconds from one question of the soak to the next"""
SETTLED = 5 * 60.0
"""seconds of the soak after which memory has to stay as it is: by then each question has been asked"""
TENTH = 600.0
"""seconds at each end of the soak whose gaps are compared"""
QUESTIONS = ("question", "sum", "timer", "shopping")
PATIENT = 60.0


class Figures:
    """The table, and whether all floors are held."""

    def __init__(self) -> None:
        self.table = Table("what", "measured", "floor", "", "on", box=None)
        self.passed = True

    def add(self, what: str, measured: str, floor: str = "", *, good: bool | None = None, on: str = "") -> None:
        """One line; *good*: whether the floor is held, where there is one."""
        self.passed &= good is not False
        self.table.add_row(what, measured, floor, "" if good is None else "ok" if good else "MISSED", on)


class Served:
    """`assistant serve` in a room."""

    def __init__(self, room: Mapping[str, str]) -> None:
        self.room = dict(room)
        self.folder = Path(room["ASSISTANT_SERVICE_FOLDER"])
        self.logs = self.folder.parent / "logs"
        more = {"ASSISTANT_LOG_FOLDER": str(self.logs), "ASSISTANT_LATENCY_FOLDER": str(self.logs)}
        lists = {"ASSISTANT_REPLY_SHOPPING_LIST": str(self.folder.parent / "list.txt")}
        self.began = time.monotonic()
        command = [sys.executable, "-m", "assistant", "serve"]
        self.child = subprocess.Popen(command, env=self.room | more | lists, stderr=subprocess.DEVNULL)

    def status(self) -> Mapping[str, Any] | None:
        """What it says of itself; None where it does not answer."""
        try:
            return ask(self.folder, Request(Verb.STATUS))
        except ServiceError:
            return None

    def wait(self, so: Callable[[Mapping[str, Any]], bool]) -> float:
        """Seconds since it was started until its status is *so*."""
        while time.monotonic() - self.began < PATIENT:
            status = self.status()
            if status is not None and so(status):
                return time.monotonic() - self.began
            if self.child.poll() is not None:
                raise SystemExit(f"it ended by itself with {self.child.returncode}")
            time.sleep(0.02)
        raise SystemExit("it did not come so far within a minute")

    def hold(self) -> tuple[int, int, int]:
        """Its memory in bytes, its threads, its open files."""
        of = Path(f"/proc/{self.child.pid}")
        resident = next(line for line in (of / "status").read_text().splitlines() if line.startswith("VmRSS"))
        return int(resident.split()[1]) * 1024, len(list((of / "task").iterdir())), len(list((of / "fd").iterdir()))

    def say(self, name: str) -> None:
        """Somebody asks that recorded question."""
        recording = virtual_room.RECORDINGS / f"{name}.wav"
        subprocess.run(["paplay", "--device=mouth", recording], env=self.room, check=False, timeout=PATIENT)

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Its exit code."""
        self.child.send_signal(how)
        return self.child.wait(PATIENT)


@contextmanager
def served() -> Iterator[Served]:
    """One that listens, in a room of its own."""
    with virtual_room.room() as room:
        it = Served(room)
        try:
            it.wait(_hears)
            yield it
        finally:
            it.child.kill()
            it.child.wait()


def start(figures: Figures, options: argparse.Namespace) -> None:
    """From the command to the first moment in which it listens."""
    times = []
    with virtual_room.room() as room:
        for _ in range(options.starts):
            it = Served(room)
            times.append(it.wait(_hears))
            it.end()
    on = f"{len(times)} starts on the starter models, their files in the system's cache"
    middle, worst = float(np.median(times)), max(times)
    figures.add("start to listening, median", f"{middle:.1f} s", f"{START_S:.0f} s", good=middle <= START_S, on=on)
    figures.add("start to listening, worst", f"{worst:.1f} s", on=on)


def soak(figures: Figures, options: argparse.Namespace) -> None:
    """A turn every 20 s on real streams."""
    seconds = options.minutes * 60
    with served() as it:
        began, held, asked = time.monotonic(), it.hold(), 0
        while (now := time.monotonic() - began) < seconds:
            it.say(QUESTIONS[asked % len(QUESTIONS)])
            asked += 1
            time.sleep(max(0.0, began + asked * EVERY - time.monotonic()))
            if now < SETTLED:
                held = it.hold()
        after = it.hold()
        gaps = [(turn.when.timestamp(), turn.gap) for turn in read(it.logs).entries if turn.gap is not None]
    on = f"{asked} questions in {options.minutes:g} min, {len(gaps)} answered and measured"
    whole = options.minutes >= 60
    growth = after[0] / held[0] - 1
    figures.add(
        "memory, from 5 min on", f"{growth:+.1%}", f"+{GROWTH:.0%}", good=growth <= GROWTH if whole else None, on=on
    )
    for what, index in (("threads", 1), ("files", 2)):
        more = after[index] - held[index]
        figures.add(f"{what} more", str(more), "0", good=more <= 0, on=on)
    first = [gap for at, gap in gaps if at - gaps[0][0] < TENTH]
    last = [gap for at, gap in gaps if gaps[-1][0] - at < TENTH]
    slower = float(np.percentile(last, 95) / np.percentile(first, 95) - 1)
    good = slower <= SLOWER if whole else None
    figures.add("p95 gap, last 10 min against first", f"{slower:+.0%}", f"+{SLOWER:.0%}", good=good, on=on)
    figures.add("questions answered", f"{len(gaps)} of {asked}", on=on)


def devices(figures: Figures, options: argparse.Namespace) -> None:
    """Each time the microphone goes for two seconds; every tenth time the whole sound server."""
    late, worst, noticed = 0, 0.0, 0
    with served() as it:
        for number in range(options.removals):
            mend = _server_gone(it) if number % 10 == 9 else _microphone_gone(it)
            time.sleep(2.0)
            noticed += not _hears(it.status() or {"devices": {"heard_s_ago": None}})
            mend()
            mended = time.monotonic()
            it.began = mended
            it.wait(_hears)
            took = time.monotonic() - mended
            worst, late = max(worst, took), late + (took > BACK_S)
        before = it.status() or {}
        it.say("question")
        it.wait(lambda status: status["turns"] > before["turns"])
        ended = it.end()
    on = f"{options.removals} removals, every tenth of the sound server"
    figures.add("removals survived", str(options.removals), str(options.removals), good=ended == 0, on=on)
    figures.add("removals noticed", str(noticed), str(options.removals), good=noticed == options.removals, on=on)
    figures.add("heard again, worst", f"{worst:.2f} s", f"{BACK_S:.0f} s", good=not late, on=on)


def kills(figures: Figures, options: argparse.Namespace) -> None:
    """Killed while it loads, listens, answers, is muted and unmuted."""
    dice = random.Random(options.seed)
    broken = 0
    with virtual_room.room() as room:
        for _ in range(options.kills):
            it = Served(room)
            moment = dice.uniform(0.1, 4.0)
            if moment > 2.0 and dice.random() < 0.5:
                subprocess.Popen(
                    ["paplay", "--device=mouth", virtual_room.RECORDINGS / f"{dice.choice(QUESTIONS)}.wav"], env=room
                )
            time.sleep(moment)
            wanted = dice.choice([Verb.MUTE, Verb.UNMUTE])
            muted = _told(it, wanted)
            it.end(signal.SIGKILL)
            after = Served(room)
            after.wait(_listens)
            status = after.status() or {}
            broken += muted is not None and status.get("muted") is not muted
            read(after.logs)
            broken += after.end() != 0
    on = f"{options.kills} kill -9 at random moments (seed {options.seed}), a start after each"
    figures.add("starts with a state that is wrong", str(broken), "0", good=not broken, on=on)


def junk(figures: Figures, options: argparse.Namespace) -> None:
    """Bytes, cut JSON, wrong verbs."""
    dice = random.Random(options.seed)
    with served() as it:
        before, refused = it.status() or {}, 0
        with socket.socket(socket.AF_UNIX) as way:
            way.connect(str(it.folder / SOCKET))
            replies = way.makefile("rb")
            for number in range(JUNK):
                noise = dice.randbytes(dice.randrange(300)).replace(b"\n", b"")
                way.sendall((b'{"v":1,"do":"mute",' + noise if number % 2 else noise) + b"\n")
                refused += json.loads(replies.readline())["ok"] is False
        after = it.status() or {}
    same = all(before[key] == after[key] for key in ("pid", "muted", "mode", "turns", "degraded"))
    good = refused == JUNK and same
    figures.add("malformed messages without effect", str(refused), str(JUNK), good=good, on="one client, one by one")


def _listens(status: Mapping[str, Any]) -> bool:
    return status["state"] != "loading"


def _hears(status: Mapping[str, Any]) -> bool:
    ago = status["devices"]["heard_s_ago"]
    return ago is not None and ago < 0.3


def _told(it: Served, verb: Verb) -> bool | None:
    """Whether it is muted now; None where it was too early to say so."""
    try:
        ask(it.folder, Request(verb))
    except ServiceError:
        return None
    return verb is Verb.MUTE


def _microphone_gone(it: Served) -> Callable[[], object]:
    def suspended(on: str) -> None:
        subprocess.run(["pactl", "suspend-source", "microphone", on], env=it.room, check=True, timeout=10)

    suspended("1")
    return lambda: suspended("0")


def _server_gone(it: Served) -> Callable[[], object]:
    script, folder = str(virtual_room.ROOT / "scripts/room"), str(it.folder.parent)
    subprocess.run([script, "stop", folder], check=True, timeout=30)
    return lambda: subprocess.run([script, "start", folder], check=True, timeout=30, stdout=subprocess.DEVNULL)


PARTS: dict[str, Callable[[Figures, argparse.Namespace], None]] = {
    part.__name__: part for part in (start, junk, devices, kills, soak)
}


def main() -> int:
    """Measure, print, and fail where a floor is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--starts", type=int, default=10, help="default 10")
    parser.add_argument("--minutes", type=float, default=60.0, help="of the soak, default 60")
    parser.add_argument("--removals", type=int, default=50, help="of devices, default 50")
    parser.add_argument("--kills", type=int, default=200, help="default 200")
    parser.add_argument("--seed", type=int, default=1, help="of what is random, default 1")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    figures = Figures()
    for part in options.parts or PARTS:
        print(f"measuring {part} ...", file=sys.stderr)
        PARTS[part](figures, options)
    Console().print(figures.table)
    return 0 if figures.passed else 1


if __name__ == "__main__":
    sys.exit(main())
