"""The model's text stream goes in, text to be spoken and tool calls come out; JSON is never spoken."""

import json
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from assistant.flow import ToolCall
from assistant.reply.prompt import TOOL_CALLS

LONGEST = 8192
"""characters held back at most: more arguments than any tool has"""
BROKEN = ToolCall("", {})
"""A call that cannot be read: no tool has an empty name, so it ends as one that does not exist."""

_OPENING = re.compile(r"\s*(?:```(?:json)?\s*)?(?:\[\s*)?\{")
_MAYBE_OPENING = tuple(fence + opening for fence in ("```json", "```", "") for opening in ("[{", "{"))
# Behind text only what names a tool is a call: an answer may show JSON that somebody asked for.
_LATER_OPENING = re.compile(r"\s*(?:\[\s*)?\{\s*\"name\"")
_MAYBE_LATER_OPENING = ('[{"name"', '{"name"')


class Separator:
    """Feed it pieces of text; it gives what may be spoken at once and keeps calls until they are whole.

    A call begins with TOOL_CALLS; some files hide that, and the JSON alone has to be recognised.
    """

    def __init__(self) -> None:
        self._held = ""
        self._in_call = False
        self._spoken = False
        self._line_start = True

    def push(self, piece: str) -> str:
        """What can be spoken by now."""
        self._held += piece
        if not self._in_call and (at := self._held.find(TOOL_CALLS)) >= 0:
            before, self._held = self._held[:at], self._held[at + len(TOOL_CALLS) :]
            self._in_call = True
            return self._speak(before)
        if self._in_call:
            self._held = self._held[: LONGEST + 1]
            return ""
        return self._lines()

    def end(self) -> tuple[str, list[ToolCall]]:
        """The rest of the text, and the calls."""
        if self._in_call:
            return "", read_calls(self._held)
        return self._speak(self._take(len(self._held))), []

    def _lines(self) -> str:
        """What can be spoken of the lines held; a call begins where a line does."""
        said = ""
        while self._held and not self._in_call:
            if self._line_start and (_LATER_OPENING if self._spoken else _OPENING).match(self._held):
                self._in_call = True
                break
            if self._line_start and self._maybe_call():
                break
            line_end = self._held.find("\n") + 1
            part = self._take(line_end or len(self._held) - self._undecided())
            said += self._speak(part)
            self._line_start = part.endswith("\n") or (self._line_start and not part.strip())
            if not line_end:
                break
        return said

    def _maybe_call(self) -> bool:
        """Whether all that is held may still turn out to be the beginning of a call."""
        start = "".join(self._held.split())
        if not start:
            return not self._spoken
        return any(whole.startswith(start) for whole in (_MAYBE_LATER_OPENING if self._spoken else _MAYBE_OPENING))

    def _undecided(self) -> int:
        """How many characters at the end may still turn out to be the beginning of the marker."""
        return next((n for n in range(len(TOOL_CALLS) - 1, 0, -1) if self._held.endswith(TOOL_CALLS[:n])), 0)

    def _take(self, n: int) -> str:
        taken, self._held = self._held[:n], self._held[n:]
        return taken

    def _speak(self, text: str) -> str:
        self._spoken = self._spoken or bool(text.strip())
        return text


async def separate(pieces: AsyncGenerator[str, None]) -> AsyncGenerator[str | ToolCall, None]:
    """Pass text on as it comes; calls follow when the stream has ended."""
    separator = Separator()
    async with aclosing(pieces):
        async for piece in pieces:
            if text := separator.push(piece):
                yield text
    text, calls = separator.end()
    if text:
        yield text
    for call in calls:
        yield call


def read_calls(text: str) -> list[ToolCall]:
    """The calls in *text*, a JSON list or object with a fence around it or not; [BROKEN] if it cannot be read."""
    start = min((at for at in (text.find("["), text.find("{")) if at >= 0), default=0)
    try:
        found, _ = json.JSONDecoder().raw_decode(text[start:])
    except (ValueError, RecursionError):
        # Not only JSONDecodeError: an integer of 5000 digits is a plain ValueError.
        return [BROKEN]
    entries = found if isinstance(found, list) else [found]
    return [_call(entry) for entry in entries] or [BROKEN]


def _call(entry: Any) -> ToolCall:
    if not isinstance(entry, dict):
        return BROKEN
    entry = entry.get("function", entry) if isinstance(entry.get("function", entry), dict) else entry
    arguments = entry.get("arguments", entry.get("parameters", {}))
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except (ValueError, RecursionError):
            return BROKEN
    name = entry.get("name")
    if not isinstance(name, str) or not isinstance(arguments, dict):
        return BROKEN
    return ToolCall(name, arguments)
