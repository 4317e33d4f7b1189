"""Messages that no program should send to the control socket come out, each of a kind, by chance but repeatable. Pure.

For `bench_life.py` and the tests.
"""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass

RIGHT = (
    {"v": 1, "do": "mute"},
    {"v": 1, "do": "say", "text": "I was not asked to say this."},
    {"v": 1, "do": "sleep", "id": 7},
    {"v": 1, "do": "reload"},
)
"""what would have an effect, if the nonsense in it were not seen"""
_LONG = 16 * 1024
"""bytes that a line may have (assistant/service/protocol.py)"""


@dataclass(frozen=True, slots=True)
class Nonsense:
    """One message."""

    kind: str
    data: bytes
    """a line with its end, or without where it has none"""
    ends: bool = False
    """whether whoever sent it hangs up behind it, and does not wait for an answer"""


def nonsense(dice: random.Random) -> Nonsense:
    """The next one."""
    return dice.choice(_KINDS)(dice)


def bytes_at_random(dice: random.Random) -> Nonsense:
    """No JSON, and mostly no text."""
    return Nonsense("bytes", dice.randbytes(dice.randrange(300)).replace(b"\n", b"") + b"\n")


def cut(dice: random.Random) -> Nonsense:
    """A right request that ends too soon."""
    line = _right(dice)
    return Nonsense("cut", line[: dice.randrange(len(line))] + b"\n")


def interrupted(dice: random.Random) -> Nonsense:
    """A right request whose sender hangs up in the middle of it, or just before its end."""
    line = _right(dice)
    return Nonsense("hung up", line[: dice.randrange(len(line) + 1)], ends=True)


def torn(dice: random.Random) -> Nonsense:
    """A right request with bytes in it that no JSON has anywhere."""
    line = _right(dice)
    at = dice.randrange(1, len(line))
    return Nonsense("torn", line[:at] + bytes(dice.choice(b"\x00\x07\x80\xff") for _ in range(3)) + line[at:] + b"\n")


def wrong_type(dice: random.Random) -> Nonsense:
    """A right request with a value that has no right to be there."""
    request: dict[str, object] = dict(dice.choice(RIGHT))
    key = dice.choice(("v", "do", "text", "id", "run"))
    wrong: object = dice.choice(
        ({}, [], [1], {"do": "mute"}, True, 1.5, -1, 10**400, "\ud800", "mute\u0000", "x" * 9000)
    )
    if key == "id" and wrong in (-1, "\ud800", "mute\u0000"):
        wrong = {}
    if key == "text":
        request["do"], wrong = "mute", wrong or "text"
    request[key] = wrong
    return Nonsense("wrong type", json.dumps(request).encode() + b"\n")


def not_a_request(dice: random.Random) -> Nonsense:
    """JSON, but no object of ours."""
    whole = (
        b"null",
        b"[]",
        b"{}",
        b'"mute"',
        b"1e999",
        b"NaN",
        b'{"v":1}',
        b'{"do":"mute"}',
        b'{"v":2,"do":"mute"}',
        b"9" * 5000,
    )
    return Nonsense("no request", dice.choice(whole) + b"\n")


def deep(dice: random.Random) -> Nonsense:
    """Brackets in brackets, as many as a line may have."""
    depth = dice.randrange(100, _LONG // 8)
    opening, closing = dice.choice(((b"[", b"]"), (b'{"v":', b"}")))
    inside = opening * depth + (b"1" + closing * depth if dice.random() < 0.5 else b"")
    return Nonsense("deep", inside + b"\n")


def huge(dice: random.Random) -> Nonsense:
    """A line that is longer than any may be, or has no end at all."""
    data = b'{"v":1,"do":"say","text":"' + b"a" * dice.randrange(_LONG, 8 * _LONG)
    return Nonsense("huge", data + dice.choice((b"", b'"}', b'"}\n')))


_KINDS: tuple[Callable[[random.Random], Nonsense], ...] = (
    bytes_at_random,
    cut,
    interrupted,
    torn,
    wrong_type,
    not_a_request,
    deep,
    huge,
)


def _right(dice: random.Random) -> bytes:
    return json.dumps(dice.choice(RIGHT)).encode()
