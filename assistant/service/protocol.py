"""Lines of the control socket: bytes go in, a checked Request comes out; replies and events go the other way. Pure.

One JSON object a line, UTF-8. A request is {"v": 1, "do": "say", "text": "...", "id": 7}: `text` with `say` alone, `id`
(text or a whole number) only where the reply shall carry it. A reply is {"v": 1, "id": 7, "ok": true, ...} or
{"v": 1, "id": null, "ok": false, "error": "a sentence"}; an event is {"v": 1, "event": "state", ...}. What comes in is
data: it names one of the verbs below, and is never a command line.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeGuard

from assistant.errors import UsageError

VERSION = 1
"""raised when a line that was understood is understood no more; what is only added does not raise it"""
LONGEST_LINE = 16 * 1024
"""bytes of a request: a text to say is the longest one, and has 2,000 characters of up to 4 bytes or an escape of 6"""
LONGEST_TEXT = 2000
"""characters: two minutes of speech"""
_LONGEST_ID = 64
_KEYS = frozenset({"v", "do", "id", "text"})


class Verb(Enum):
    """What can be asked for."""

    STATUS = "status"
    LISTEN = "listen"
    MUTE = "mute"
    UNMUTE = "unmute"
    SAY = "say"
    STOP_TALKING = "stop-talking"
    SLEEP = "sleep"
    RELOAD = "reload"
    EVENTS = "events"


_VERBS = {verb.value: verb for verb in Verb}


@dataclass(frozen=True, slots=True)
class Request:
    """One thing that is asked for."""

    do: Verb
    text: str = ""
    """what to say; empty with all other verbs"""
    id: str | int | None = None
    """as the asker called it"""


def parse(line: bytes) -> Request:
    """The request in *line*. Raises UsageError with a sentence that says what is wrong with it."""
    if len(line) > LONGEST_LINE:
        raise UsageError(f"A request has at most {LONGEST_LINE} bytes.")
    try:
        message = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):  # deeply nested brackets raise the latter
        raise UsageError('A request is one line of JSON, as in {"v": 1, "do": "status"}.') from None
    if not isinstance(message, dict):
        raise UsageError('A request is a JSON object, as in {"v": 1, "do": "status"}.')
    if unknown := sorted(message.keys() - _KEYS):
        raise UsageError(f"A request has no {unknown[0][:_LONGEST_ID]!r}: there is v, do, text and id.")
    if not _whole(version := message.get("v")) or version != VERSION:
        raise UsageError(f'This assistant speaks version {VERSION} of the protocol: say so with "v": {VERSION}.')
    verb = _verb(message.get("do"))
    return Request(verb, _text(message.get("text"), verb), _id(message.get("id")))


def request_line(request: Request) -> bytes:
    """*request* as a line, newline included."""
    message: dict[str, object] = {"v": VERSION, "do": request.do.value}
    if request.text:
        message["text"] = request.text
    if request.id is not None:
        message["id"] = request.id
    return _line(message)


def done_line(request: Request, result: Mapping[str, object]) -> bytes:
    """The reply to a request that was fulfilled, with what came of it; newline included."""
    return _line({"v": VERSION, "id": request.id, "ok": True, **result})


def refused_line(error: str, request: Request | None = None) -> bytes:
    """The reply to a request that was not, or was none; *error* is a sentence. Newline included."""
    return _line({"v": VERSION, "id": request.id if request else None, "ok": False, "error": error})


def event_line(event: str, fields: Mapping[str, object]) -> bytes:
    """Something that happened, for those who asked for events; newline included."""
    return _line({"v": VERSION, "event": event, **fields})


def _line(message: Mapping[str, object]) -> bytes:
    # ASCII only: a half of a surrogate pair, which texts from elsewhere may hold, is no UTF-8.
    return json.dumps(message, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def _verb(name: object) -> Verb:
    if isinstance(name, str) and name in _VERBS:
        return _VERBS[name]
    raise UsageError(f"A request's do is one of {', '.join(_VERBS)}.")


def _text(text: object, verb: Verb) -> str:
    if verb is not Verb.SAY:
        if text is not None:
            raise UsageError(f"There is no text with {verb.value}.")
        return ""
    if not isinstance(text, str) or not text.strip():
        raise UsageError("There is nothing to say: text is missing or empty.")
    if len(text) > LONGEST_TEXT:
        raise UsageError(f"A text to say has at most {LONGEST_TEXT} characters; this one has {len(text)}.")
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise UsageError("The text to say is no valid Unicode.")
    return text


def _id(given: object) -> str | int | None:
    if isinstance(given, str) and len(given) <= _LONGEST_ID:
        return given
    if given is None or (_whole(given) and abs(given) < 2**63):
        return given
    raise UsageError(f"A request's id is a whole number, or text of at most {_LONGEST_ID} characters.")


def _whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
