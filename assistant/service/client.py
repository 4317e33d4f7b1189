"""A request goes to the assistant that runs; its reply, or the events that follow, come back. Blocks."""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from assistant.errors import NotRunningError, ServiceError
from assistant.service.lock import running_pid, socket_in
from assistant.service.protocol import Request, Verb, request_line

PATIENCE = 5.0
"""seconds for a reply: nothing but loading models takes longer"""
LOADING = 600.0
"""...and for what waits for them: a model of 24B parameters from a slow disk"""


def ask(folder: Path, request: Request) -> Mapping[str, Any]:
    """The reply to *request*. Raises NotRunningError, and ServiceError with the sentence of a refusal."""
    with _lines(folder, request, LOADING if request.do is Verb.RELOAD else PATIENCE) as lines:
        return next(lines)


def follow(folder: Path) -> Iterator[Mapping[str, Any]]:
    """The state of things, then every event, until the assistant ends. Raises as `ask` does."""
    with _lines(folder, Request(Verb.EVENTS), PATIENCE, then=None) as lines:
        yield from lines


@contextmanager
def _lines(
    folder: Path, request: Request, patience: float, then: float | None = PATIENCE
) -> Iterator[Iterator[Mapping[str, Any]]]:
    """What comes back: the first line within *patience* seconds, each further one within *then* (None: for ever)."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as way:
        way.settimeout(patience)
        try:
            way.connect(str(socket_in(folder)))
        except OSError as error:
            raise _silent(folder) from error
        # It may have hung up at once, with its reason to be read.
        with suppress(BrokenPipeError):
            way.sendall(request_line(request))
        yield _read(way, folder, then)


def _read(way: socket.socket, folder: Path, then: float | None) -> Iterator[Mapping[str, Any]]:
    with way.makefile("rb") as file:
        first = True
        while line := _next(file, folder):
            yield _understood(line)
            way.settimeout(then)
            first = False
        if first:
            raise ServiceError("The assistant hung up: it is about to end.")


def _next(file: Any, folder: Path) -> bytes:
    try:
        return bytes(file.readline())
    except TimeoutError as error:
        raise _silent(folder) from error
    except OSError:  # it hung up
        return b""


def _understood(line: bytes) -> Mapping[str, Any]:
    try:
        message = json.loads(line)
    except ValueError:
        message = None
    if not isinstance(message, dict):
        raise ServiceError("What answered is not the assistant, or another version of it: start it again.")
    if message.get("ok") is False:
        raise ServiceError(str(message.get("error")))
    return message


def _silent(folder: Path) -> Exception:
    if (pid := running_pid(folder)) is not None:
        return ServiceError(
            f"The assistant (process {pid}) does not answer: it is just starting or ending, or it hangs;"
            f" `kill {pid}` ends it."
        )
    return NotRunningError(
        "The assistant does not run: start it with `assistant serve`, or with `assistant run` in a terminal."
    )
