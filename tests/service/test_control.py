import asyncio
import json
import random
import socket
import stat
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from assistant.errors import ServiceError
from assistant.service import control as module
from assistant.service.control import MOST_CLIENTS, UNREAD, serving
from assistant.service.protocol import LONGEST_LINE, Verb, event_line

STATUS = b'{"v": 1, "do": "status"}\n'
EVENTS = b'{"v": 1, "do": "events"}\n'


@pytest.fixture
def folder():
    """Not under tmp_path: the path of a socket may have 103 bytes at most."""
    with tempfile.TemporaryDirectory(prefix="ctl-") as made:
        yield Path(made)


class Desk:
    """Fulfils what it is told; notes what was asked."""

    def __init__(self, refusal=None):
        self.asked = []
        self.refusal = refusal

    async def __call__(self, request):
        self.asked.append(request)
        if self.refusal is not None:
            raise self.refusal
        return {"asked": len(self.asked)}


@asynccontextmanager
async def client(folder):
    reader, writer = await asyncio.open_unix_connection(folder / "s", limit=2**20)
    try:
        yield reader, writer
    finally:
        writer.close()


async def exchange(folder, line):
    """What comes back for one line, until it is hung up or answered."""
    async with client(folder) as (reader, writer):
        writer.write(line)
        return json.loads(await reader.readline())


async def until(so):
    while not so():  # noqa: ASYNC110 - what other programs do to a socket has no event here
        await asyncio.sleep(0)


def run(folder, scenario, desk=None):
    """Run *scenario*, given the control, while the socket is served; nothing may be left, or go unseen."""
    unseen = []

    async def main():
        asyncio.get_running_loop().set_exception_handler(lambda _, context: unseen.append(context))
        async with asyncio.timeout(30), serving(folder / "s", desk or Desk()) as control:
            await scenario(control)
        return [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]

    assert asyncio.run(main()) == []
    assert unseen == []
    assert not (folder / "s").exists()


def test_only_its_user_may_connect(folder):
    """The socket has no rights for others, from before anybody could have connected."""

    async def scenario(_):
        assert stat.S_IMODE((folder / "s").stat().st_mode) == 0o600
        assert (await exchange(folder, STATUS))["ok"] is True

    run(folder, scenario)


def test_a_program_of_another_user_is_hung_up_on(folder, monkeypatch):
    """Where the kernel tells whose it is; a root's process may pass the folder's rights."""
    monkeypatch.setattr(module, "peer_uid", lambda _: 12345)
    desk = Desk()

    async def scenario(_):
        assert "nobody else" in (await exchange(folder, STATUS))["error"]

    run(folder, scenario, desk)
    assert desk.asked == []


def test_a_refusal_is_told_and_the_client_may_go_on_asking(folder):
    """What cannot be done, and what is no request."""
    desk = Desk(ServiceError("The microphone is muted."))

    async def scenario(_):
        async with client(folder) as (reader, writer):
            writer.write(b'{"v": 1, "do": "listen", "id": 3}\n')
            refused = {"v": 1, "id": 3, "ok": False, "error": "The microphone is muted."}
            assert json.loads(await reader.readline()) == refused
            writer.write(b"listen\n")
            assert "JSON" in json.loads(await reader.readline())["error"]
            desk.refusal = None
            writer.write(STATUS)
            assert json.loads(await reader.readline())["ok"] is True

    run(folder, scenario, desk)


def test_ten_thousand_malformed_lines_have_no_effect(folder):
    """Bytes, cut and nested JSON, wrong verbs and types: each is refused, and none reaches the assistant."""
    dice = random.Random(5)
    desk = Desk()
    bad = [
        lambda: dice.randbytes(dice.randrange(200)).replace(b"\n", b"") + b"\n",
        lambda: STATUS[: dice.randrange(len(STATUS) - 2)] + b"\n",
        lambda: b'{"v":' * dice.randrange(1, 900) + b"\n",
        lambda: b'{"v": 1, "do": "%d"}\n' % dice.randrange(10**9),
        lambda: b'{"v": %d, "do": "listen"}\n' % dice.randrange(2, 10**9),
        lambda: b'{"v": 1, "do": "say", "text": %d}\n' % dice.randrange(10**9),
        lambda: b'{"v": 1, "do": "mute", "and": "unmute"}\n',
    ]

    async def scenario(_):
        async with client(folder) as (reader, writer):
            for _ in range(10_000):
                writer.write(dice.choice(bad)())
                assert json.loads(await reader.readline())["ok"] is False
        assert (await exchange(folder, STATUS))["ok"] is True

    run(folder, scenario, desk)
    assert [request.do for request in desk.asked] == [Verb.STATUS]


def test_a_line_without_end_is_cut_off(folder):
    """No more of it is kept than a request may have."""
    desk = Desk()

    async def scenario(_):
        async with client(folder) as (reader, writer):
            writer.write(b"a" * (2 * LONGEST_LINE))
            assert "bytes" in json.loads(await reader.readline())["error"]
            assert await reader.read() == b""

    run(folder, scenario, desk)
    assert desk.asked == []


def test_who_hangs_up_in_the_middle_of_a_line_has_asked_for_nothing(folder):
    desk = Desk()

    async def scenario(_):
        async with client(folder) as (_, writer):
            writer.write(STATUS[:-1])
            await writer.drain()
        await exchange(folder, STATUS)

    run(folder, scenario, desk)
    assert len(desk.asked) == 1


def test_a_client_that_asks_for_nothing_is_let_go(folder, monkeypatch):
    """But not one that follows the events."""
    monkeypatch.setattr(module.Control.__init__, "__kwdefaults__", {"idle": 0.05, "slow": 5.0})

    async def scenario(control):
        async with client(folder) as (idle, _), client(folder) as (reader, writer):
            writer.write(EVENTS)
            await reader.readline()
            assert await idle.read() == b""
            control.tell("state", state="asleep")
            assert json.loads(await reader.readline())["state"] == "asleep"

    run(folder, scenario)


def test_a_client_that_asks_and_does_not_read_is_let_go(folder, monkeypatch):
    """Its reply waits for as long as there is hope, and no longer."""
    monkeypatch.setattr(module.Control.__init__, "__kwdefaults__", {"idle": 5.0, "slow": 0.05})

    class Wordy(Desk):
        async def __call__(self, request):
            return {"much": "a" * 2**22}

    async def scenario(control):
        with socket.socket(socket.AF_UNIX) as deaf:
            deaf.connect(str(folder / "s"))
            deaf.sendall(STATUS)
            await until(lambda: control._clients)
            await until(lambda: not control._clients)

    run(folder, scenario, Wordy())


def test_events_follow_the_state_of_things_in_order(folder):
    """And to those only who asked for them."""

    async def scenario(control):
        async with client(folder) as (reader, writer), client(folder) as (other, asking):
            asking.write(STATUS)
            await other.readline()
            assert not control.followed
            writer.write(EVENTS)
            assert json.loads(await reader.readline())["ok"] is True
            assert control.followed
            for n in range(100):
                control.tell("tick", n=n)
            assert [json.loads(await reader.readline())["n"] for _ in range(100)] == list(range(100))
            asking.write(STATUS)
            assert "event" not in json.loads(await other.readline())

    run(folder, scenario)


def test_a_follower_that_does_not_read_is_dropped_and_holds_up_nobody(folder):
    """What waits for it stays within bounds; the other one misses nothing."""
    size = len(event_line("tick", {"n": 1000}))

    async def scenario(control):
        async with client(folder) as (reader, writer):
            with socket.socket(socket.AF_UNIX) as deaf:
                deaf.connect(str(folder / "s"))
                deaf.sendall(EVENTS)
                writer.write(EVENTS)
                await reader.readline()
                await until(lambda: len(control._following) == 2)
                for n in range(50 * UNREAD // size):
                    control.tell("tick", n=n)
                    assert json.loads(await reader.readline())["n"] == n
                    waiting = [one.transport.get_write_buffer_size() for one in control._following]
                    assert max(waiting) <= UNREAD + size
                assert len(control._following) == 1

    run(folder, scenario)


def test_more_clients_than_it_serves_are_told_so(folder):
    """And there is room again when one has hung up."""

    async def scenario(control):
        held = [await asyncio.open_unix_connection(folder / "s") for _ in range(MOST_CLIENTS)]
        for reader, writer in held:
            writer.write(STATUS)
            await reader.readline()
        assert "connected already" in (await exchange(folder, STATUS))["error"]
        for _, writer in held:
            writer.close()
        await until(lambda: not control._clients)
        assert (await exchange(folder, STATUS))["ok"] is True

    run(folder, scenario)


def test_its_end_hangs_up_on_all_behind_the_last_event(folder):
    """Also on one that waits for a reply."""

    class Endless(Desk):
        async def __call__(self, request):
            if request.do is Verb.RELOAD:
                await asyncio.Event().wait()
            return {}

    kept = []

    async def scenario(control):
        for line in (EVENTS, b'{"v": 1, "do": "reload"}\n'):
            reader, writer = await asyncio.open_unix_connection(folder / "s")
            kept.append((reader, writer))
            writer.write(line)
        await kept[0][0].readline()
        control.tell("stopping")

    async def ended():
        return [await reader.read() for reader, _ in kept]

    async def both():
        async with serving(folder / "s", Endless()) as control:
            await scenario(control)
        last = await ended()
        for _, writer in kept:
            writer.close()
        return last

    assert asyncio.run(both()) == [event_line("stopping", {}), b""]


def test_what_a_killed_one_left_is_replaced(folder):
    """A socket nobody listens at, or anything else of that name."""
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(folder / "s"))

    async def scenario(_):
        assert (await exchange(folder, STATUS))["ok"] is True

    run(folder, scenario)


def test_a_socket_that_cannot_be_made_is_a_sentence(folder):
    async def main():
        async with serving(folder / "no" / "s", Desk()):
            pass

    with pytest.raises(ServiceError, match="cannot be made"):
        asyncio.run(main())
