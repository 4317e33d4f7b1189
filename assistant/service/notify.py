"""What the service manager wants to know goes in; systemd gets it where it asked for it, launchd never asks."""

import asyncio
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

_PARTS = 3
"""A beat at each third of the time that systemd waits: one may come late, and one get lost."""


class Notifier:
    """One way to the service manager, as sd_notify(3) says; a manager that does not listen costs nothing."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._address = address(environ)
        self.every = beat(environ, os.getpid())
        """seconds between two beats; None where no watchdog was asked for"""

    def tell(self, **fields: str) -> None:
        """`tell(READY="1")`; raises nothing."""
        if self._address is None:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as way:
            way.setblocking(False)
            way.connect(self._address)
            way.send("\n".join(f"{key}={value}" for key, value in fields.items()).encode())

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Tell, for as long as the block lasts, that the event loop runs: where it hangs, the beats stop as well."""
        loop = asyncio.get_running_loop()
        waiting: list[asyncio.TimerHandle] = []

        def tick() -> None:
            assert self.every is not None
            self.tell(WATCHDOG="1")
            waiting[:] = [loop.call_later(self.every, tick)]

        if self.every is not None and self._address is not None:
            tick()
        try:
            yield
        finally:
            for one in waiting:
                one.cancel()


def address(environ: Mapping[str, str]) -> str | None:
    """Where systemd listens; None where it does not, or on something else than a Unix socket."""
    named = environ.get("NOTIFY_SOCKET", "")
    if named.startswith("@"):
        return "\0" + named[1:]  # of Linux's abstract namespace
    return named if named.startswith("/") else None


def beat(environ: Mapping[str, str], pid: int) -> float | None:
    """Seconds between two beats of the watchdog; None where none is asked for, or of another process."""
    microseconds = environ.get("WATCHDOG_USEC", "")
    meant = environ.get("WATCHDOG_PID", str(pid)) == str(pid)
    return int(microseconds) / 1e6 / _PARTS if meant and microseconds.isdecimal() and int(microseconds) else None
