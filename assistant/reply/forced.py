"""What a model has written of a tool call goes in; what can only follow comes out, so that nobody waits for it. Pure.

A call is mostly names and signs that the tools themselves dictate: of the twenty tokens of a timer's, five are the
model's own. What is certain is read by the model in one pass, like a prompt, where writing it would take a pass for
each token: 80 ms of a 24B model on an M2 Max. ("Jump-forward decoding": SGLang, Zheng et al. 2024.) Nothing is forced
on a model that goes another way: what begins no call of a known tool is left as it is.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from assistant.reply.prompt import common

HEAD = '[{"name": "'
"""As Mistral's models write it, and `json.dumps`: nothing they would write as one token is cut in two."""
ARGUMENTS = '", "arguments":'
NOTHING = " {}}]"


class CallWriter:
    """Follows one answer, piece by piece; knows what comes next once a tool call has begun."""

    def __init__(self, marker: str, tools: Sequence[Mapping[str, Any]]) -> None:
        """*marker* stands before calls; *tools* are in OpenAI's form."""
        self._marker = marker
        self._tools = tools
        self._text: str | None = None

    def push(self, piece: str) -> str:
        """The model has written *piece*: the text that can only follow, perhaps none, which counts as written."""
        if self._text is None:
            if piece != self._marker:
                return ""
            self._text = ""
        else:
            self._text += piece
        more = certain(self._text, self._tools)
        self._text += more
        return more

    @property
    def example(self) -> str:
        """Calls of the tool that is being called, of which the model may write one; "" before it can be told."""
        called = _called(self._text or "", self._tools)
        return examples(called) if called is not None else ""

    @property
    def done(self) -> bool:
        """Whether the list of calls has been closed: nothing that matters can follow."""
        return self._text is not None and _is_whole(self._text)


def certain(text: str, tools: Sequence[Mapping[str, Any]]) -> str:
    """What must follow *text*, the beginning of a list of calls, if it shall call one of *tools*; "" if several may."""
    more = ""
    while step := _step(text + more, tools):
        more += step
    return more


def examples(function: Mapping[str, Any]) -> str:
    """A call of *function* with each of its arguments alone, up to where only the model knows; the first one last."""
    values = {"number": " 5}}]", "integer": " 5}}]", "boolean": " true}}]"}
    keys = [(_key(name, schema), values.get(schema.get("type", ""), "")) for name, schema in _properties(function)]
    return "".join(f"{HEAD}{function['name']}{ARGUMENTS} {{{key}{value}" for key, value in reversed(keys))


def _step(text: str, tools: Sequence[Mapping[str, Any]]) -> str:
    if more := _certain(text, map(_head, tools)):
        return more
    called = _called(text, tools)
    if called is None:
        return ""
    arguments = text[len(HEAD) + len(called["name"]) + len(ARGUMENTS) :]
    key, used = _open_key(arguments)
    return _certain(key, [_key(name, of) for name, of in _properties(called) if name not in used]) if key else ""


def _called(text: str, tools: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The function that is called in *text*, the beginning of a list of calls; None before it can be told."""
    return next((tool["function"] for tool in tools if text.startswith(_head(tool))), None)


def _properties(function: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Names and schemas of its arguments, in the order in which a prompt tells them."""
    return list(function.get("parameters", {}).get("properties", {}).items())


def _head(tool: Mapping[str, Any]) -> str:
    function = tool["function"]
    parameters = function.get("parameters", {})
    # An object that may be empty is left to the model from its brace on: "{}}]" is another token than "{".
    after = ' {"' if parameters.get("required") else "" if parameters.get("properties") else NOTHING
    return f"{HEAD}{function['name']}{ARGUMENTS}{after}"


def _key(name: str, schema: Mapping[str, Any]) -> str:
    texts = schema.get("items", {}).get("type") == "string"
    return f'"{name}":' + {"string": ' "', "array": ' ["' if texts else ""}.get(schema.get("type", ""), "")


def _certain(text: str, wholes: Iterable[str]) -> str:
    """What all of *wholes* that begin with *text* have in common behind it."""
    rests = sorted(whole[len(text) :] for whole in wholes if whole.startswith(text))
    return rests[0][: common(rests[0], rests[-1])] if rests else ""  # those between them begin alike, too


def _open_key(arguments: str) -> tuple[str, set[str]]:
    """The key that is being written at the end of a JSON object, from its quote on ("" if none), and those before."""
    used: set[str] = set()
    start: int | None = None
    depth, awaited, quoted, escaped = 0, False, False, False
    for place, sign in enumerate(arguments):
        if quoted:
            quoted, escaped = sign != '"' or escaped, sign == "\\" and not escaped
        elif sign == '"':
            quoted = True
            if awaited:
                start, awaited = place, False
        elif sign == ":" and start is not None:
            used.add(arguments[start + 1 : place].rstrip().removesuffix('"'))
            start = None
        else:
            depth += (sign in "{[") - (sign in "}]")
            awaited = (awaited and sign == " ") or (depth == 1 and sign in "{,")
    return (arguments[start:] if start is not None else ""), used


def _is_whole(text: str) -> bool:
    try:
        return isinstance(json.loads(text), list)
    except (ValueError, RecursionError):
        return False
