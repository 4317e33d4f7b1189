import asyncio
import os
import socket
import tempfile
from contextlib import contextmanager

import pytest

from assistant.service.notify import Notifier, address, beat
from tests.virtual_time import run


@contextmanager
def manager():
    """What systemd is to a service: a datagram socket; and the environment that names it."""
    with tempfile.TemporaryDirectory(prefix="sd-") as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as way:
        way.bind(folder + "/notify")
        way.setblocking(False)
        yield way, {"NOTIFY_SOCKET": folder + "/notify", "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}


def told(way):
    """All that waits there."""
    letters = []
    try:
        while True:
            letters.append(way.recv(4096).decode())
    except BlockingIOError:
        return letters


def test_fields_arrive_in_one_letter_as_the_manual_says():
    with manager() as (way, environ):
        Notifier(environ).tell(READY="1", STATUS="listening")
        assert told(way) == ["READY=1\nSTATUS=listening"]


def test_the_watchdog_hears_three_beats_in_the_time_it_waits_and_none_behind_the_end():
    """Thirty seconds: at 0, 10, 20 and 30."""

    async def main():
        with Notifier(environ).beating():
            await asyncio.sleep(30.5)
        await asyncio.sleep(30)

    with manager() as (way, environ):
        run(main())
        assert told(way) == ["WATCHDOG=1"] * 4


def test_a_manager_that_does_not_listen_costs_nothing():
    """None at all, one that is gone, one whose queue is full."""
    Notifier({}).tell(READY="1")
    with manager() as (way, environ):
        for _ in range(5000):
            Notifier(environ).tell(STATUS="x" * 100)
        assert told(way)
    Notifier(environ).tell(STOPPING="1")


@pytest.mark.parametrize(
    ("given", "meant"), [("/run/notify", "/run/notify"), ("@abstract", "\0abstract"), ("vsock:2:1", None), ("", None)]
)
def test_only_unix_sockets_are_known(given, meant):
    assert address({"NOTIFY_SOCKET": given}) == meant


@pytest.mark.parametrize(
    ("environ", "every"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 10.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"}, 10.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_is_meant_for_the_process_it_names(environ, every):
    assert beat(environ, 7) == every
