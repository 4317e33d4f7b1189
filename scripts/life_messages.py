"""Nonsense goes to a serving program's control socket; what it does about it, and whether it still works, comes out.

For `bench_life.py`.
"""

import json
import random
import socket
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from life_nonsense import Nonsense, nonsense
from life_served import Figures, Served, Status, served

from assistant.service.lock import SOCKET
from assistant.service.protocol import Request, Verb, request_line

LASTING = ("pid", "state", "muted", "mode", "models", "turns", "degraded")
"""what of its status has to be the same afterwards"""
_PATIENT = 10.0
"""seconds for one reply"""


class Line:
    """A connection that is made anew whenever it has been hung up."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._way: socket.socket | None = None
        self._replies = b""

    def send(self, message: Nonsense) -> str:
        """What came of it: "refused", "hung up" or, if it was taken for a request, "obeyed"."""
        way = self._connected()
        # It may hang up in the middle of a message that is too long.
        with suppress(BrokenPipeError, ConnectionResetError):
            way.sendall(message.data)
        if message.ends:
            self.close()
            return "hung up"
        reply = self._reply(way)
        if reply is None:
            self.close()
            return "hung up"
        return "refused" if reply.get("ok") is False else "obeyed"

    def close(self) -> None:
        """Hang up."""
        if self._way is not None:
            self._way.close()
        self._way, self._replies = None, b""

    def _connected(self) -> socket.socket:
        if self._way is None:
            self._way = socket.socket(socket.AF_UNIX)
            self._way.settimeout(_PATIENT)
            self._way.connect(str(self._path))
        return self._way

    def _reply(self, way: socket.socket) -> Mapping[str, object] | None:
        while b"\n" not in self._replies:
            try:
                got = way.recv(65536)
            except ConnectionResetError:
                return None
            if not got:
                return None
            self._replies += got
        line, _, self._replies = self._replies.partition(b"\n")
        found: Mapping[str, object] = json.loads(line)
        return found


def messages(figures: Figures, count: int, seed: int) -> None:
    """Of each kind, one after another, while somebody follows what happens; then a question."""
    dice = random.Random(seed)
    came: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    with served() as it, socket.socket(socket.AF_UNIX) as follower:
        _follow(it, follower)
        before = it.status() or {}
        line = Line(it.folder / SOCKET)
        for _ in range(count):
            message = nonsense(dice)
            kinds[message.kind] += 1
            came[line.send(message)] += 1
        line.close()
        after = it.status() or {}
        events = _events(follower)
        it.answers()
        ended = it.end()
    on = ", ".join(f"{number} {kind}" for kind, number in kinds.most_common())
    figures.add("messages obeyed", str(came["obeyed"]), "0", good=not came["obeyed"], on=on)
    changed = changes(before, after) + events
    on = "; ".join(changed) or f"{came['refused']} refused, {came['hung up']} hung up; status and events looked at"
    figures.add(f"{count} messages: effects", str(len(changed)), "0", good=not changed, on=on)
    on = f"exit code {ended}"
    figures.add("messages: a question behind them", "answered", "answered", good=ended == 0, on=on)


def changes(before: Status, after: Status) -> list[str]:
    """What of the status is not as it was."""
    return [f"{key} was {before[key]}, is {after[key]}" for key in LASTING if before[key] != after[key]]


def _follow(it: Served, way: socket.socket) -> None:
    """Follow its events; read how things stand."""
    way.settimeout(_PATIENT)
    way.connect(str(it.folder / SOCKET))
    way.sendall(request_line(Request(Verb.EVENTS)))
    told = b""
    while not told.endswith(b"\n"):
        told += way.recv(65536)


def _events(way: socket.socket) -> list[str]:
    """The events that have come since."""
    way.setblocking(False)
    later = b""
    with suppress(BlockingIOError):
        while got := way.recv(65536):
            later += got
    return [f"event {line.decode()}" for line in later.splitlines()]
