"""Clients of the control socket go in, checked requests reach one function, replies and events go back.

Nobody can hold it up: a line, the clients, and what waits to be read by one of them are all bounded, and who exceeds
that is dropped. Clients are programs of the same user; others are hung up on.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from assistant import log
from assistant.errors import AssistantError, ServiceError
from assistant.service.peers import peer_uid
from assistant.service.protocol import (
    LONGEST_LINE,
    Request,
    Verb,
    done_line,
    event_line,
    parse,
    refused_line,
)

_logger = log.get(__name__)

MOST_CLIENTS = 16
"""at once: a menu bar, a terminal or two, a script; more is a script that forgets to hang up"""
IDLE = 60.0
"""seconds in which a client that does not follow the events has to ask for something: else it has forgotten us"""
SLOW = 5.0
"""seconds in which a client has to read a reply"""
UNREAD = 64 * 1024
"""bytes of events that may wait for one client: some hundred of them; who is further behind reads no more"""
_LEAVING = 1.0
"""seconds that clients have to read the last event when we stop"""

Answer = Callable[[Request], Awaitable[Mapping[str, object]]]
"""Fulfils a request and gives what came of it. Raises AssistantError with the sentence for the one who asked."""


class Control:
    """The clients that are connected."""

    def __init__(self, answer: Answer, uid: int, *, idle: float = IDLE, slow: float = SLOW) -> None:
        """*uid*: whose programs may connect; *idle*, *slow*: seconds, as IDLE and SLOW say."""
        self._answer = answer
        self._uid = uid
        self._idle = idle
        self._slow = slow
        self._clients: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}
        self._following: set[asyncio.StreamWriter] = set()

    @property
    def followed(self) -> bool:
        """Whether anybody follows the events."""
        return bool(self._following)

    def tell(self, event: str, **fields: object) -> None:
        """Send an event to all who follow; returns at once."""
        line = event_line(event, fields)
        for writer in list(self._following):
            if writer.transport.get_write_buffer_size() > UNREAD:
                _logger.warning("control.slow_reader", hint="a program that follows the events does not read them")
                self._following.discard(writer)
                writer.transport.abort()
            else:
                writer.write(line)

    async def attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client until it hangs up, or has to be dropped."""
        if (refusal := self._refusal(writer)) is not None:
            writer.write(refusal)
            writer.close()
            return
        task = asyncio.current_task()
        assert task is not None
        self._clients[writer] = task
        try:
            with suppress(ConnectionError):
                while await self._served(reader, writer):
                    pass
        except TimeoutError:
            writer.transport.abort()
        except asyncio.CancelledError:
            pass  # by `close`: this task is asyncio's own, and until Python 3.12 it takes a cancelled one for a crash
        finally:
            del self._clients[writer]
            self._following.discard(writer)
            writer.close()

    async def close(self) -> None:
        """Hang up on all; they may read what was told them until then."""
        clients = dict(self._clients)
        for writer, task in clients.items():
            writer.close()
            task.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LEAVING):
                for writer in clients:
                    with suppress(ConnectionError):
                        await writer.wait_closed()
        for writer in clients:
            writer.transport.abort()
        if clients:
            await asyncio.wait(clients.values())

    def _refusal(self, writer: asyncio.StreamWriter) -> bytes | None:
        """What to tell a client that is not served; None if it is."""
        uid = peer_uid(writer.get_extra_info("socket"))
        if uid is not None and uid != self._uid:
            _logger.warning("control.stranger", uid=uid)
            return refused_line("This assistant serves the user it runs for, and nobody else.")
        if len(self._clients) >= MOST_CLIENTS:
            return refused_line(f"{MOST_CLIENTS} programs are connected already: end one of them.")
        return None

    async def _served(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One line; whether the client may send another."""
        try:
            async with asyncio.timeout(None if writer in self._following else self._idle):
                line = await reader.readline()
        except ValueError:
            # Where its next line would begin, nobody can tell.
            writer.write(refused_line(f"A request has at most {LONGEST_LINE} bytes."))
            return False
        if not line.endswith(b"\n"):
            return False  # it has hung up
        writer.write(await self._reply(line, writer))
        async with asyncio.timeout(self._slow):
            await writer.drain()
        return True

    async def _reply(self, line: bytes, writer: asyncio.StreamWriter) -> bytes:
        request = None
        try:
            request = parse(line)
            result = await self._answer(request)
        except AssistantError as error:
            return refused_line(str(error), request)
        if request.do is Verb.EVENTS:
            self._following.add(writer)
        return done_line(request, result)


@asynccontextmanager
async def serving(path: Path, answer: Answer) -> AsyncIterator[Control]:
    """Listen at *path*, in a folder that is private and ours alone, for as long as the block lasts.

    Raises ServiceError where the socket cannot be made.
    """
    control = Control(answer, os.getuid())
    server = await asyncio.start_unix_server(control.attend, sock=_bound(path), limit=LONGEST_LINE)
    try:
        yield control
    finally:
        server.close()
        await control.close()
        _gone(path)


def _bound(path: Path) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # What one left that was killed: we hold the lock, so nobody listens there.
        _gone(path)
        listening.bind(str(path))
        # Before it listens, so that nobody can have connected.
        path.chmod(0o600)
    except OSError as error:
        listening.close()
        raise ServiceError(f"The control socket {path} cannot be made: {error.strerror or error}.") from error
    return listening


def _gone(path: Path) -> None:
    path.unlink(missing_ok=True)
