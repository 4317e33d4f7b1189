"""Functions go in; their schemas for the model come out, and what became of a call."""

import asyncio
import inspect
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError, validate_call

from assistant import log
from assistant.flow import ToolCall

_logger = log.get(__name__)

UNKNOWN = "I can't do that yet."
MISUNDERSTOOD = "Sorry, I did not get the details right. Please say it again."
FAILED = "Sorry, that didn't work."


class Said(str):
    """A tool's result that is a sentence to be spoken as it is, without asking the model again.

    All our own tools give one: a second pass of a 24B model costs a second or more before the first sound, and a
    small model copies numbers wrong. A tool whose result the model shall weigh or combine returns plain text.
    """

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a call."""

    content: str
    """for the history, and for the model where it phrases the answer"""
    say: str | None = None
    """spoken as it is; None leaves the phrasing to the model"""


class Toolbox:
    """The tools of one assistant."""

    def __init__(
        self,
        functions: Sequence[Callable[..., str]],
        harmless: Collection[Callable[..., str]] = (),
        at_once: Collection[Callable[..., str]] = (),
    ) -> None:
        """Each function has a docstring, typed arguments, and returns text for the model or a Said.

        The *harmless* ones only tell: they may be called for a request that is perhaps not complete yet. Those *at
        once* wait for nothing and run in the event loop, as they must where it is theirs; the others run in a thread.
        """
        self._harmless = {function.__name__ for function in harmless}
        self._at_once = {function.__name__ for function in at_once}
        self._tools = {function.__name__: _checked(function) for function in functions}
        self._schemas = [_schema(function) for function in functions]

    def schemas(self) -> list[dict[str, Any]]:
        """All tools in OpenAI's form, always in the same order, so that the prompt stays the same."""
        return self._schemas

    def harmless(self, calls: Iterable[ToolCall]) -> bool:
        """Whether nothing is changed by *calls*; one of a tool that does not exist changes nothing."""
        return all(call.name in self._harmless or call.name not in self._tools for call in calls)

    async def call(self, call: ToolCall) -> Outcome:
        """Do what *call* asks for. Never raises: whatever goes wrong has a sentence."""
        tool = self._tools.get(call.name)
        if tool is None:
            return Outcome(UNKNOWN, UNKNOWN)
        if call.name in self._at_once:
            return _outcome(tool, call)
        # A disk may take its time: meanwhile we shall hear whoever interrupts.
        return await asyncio.to_thread(_outcome, tool, call)


def _outcome(tool: Callable[..., str], call: ToolCall) -> Outcome:
    try:
        # What a model leaves open it often calls null.
        result = tool(**{name: value for name, value in call.arguments.items() if value is not None})
    except ValidationError:
        return Outcome(MISUNDERSTOOD, MISUNDERSTOOD)
    except Exception as error:  # noqa: BLE001 - a tool that fails costs its answer, never the turn
        _logger.warning("tool.failed", tool=call.name, error=type(error).__name__)
        return Outcome(FAILED, FAILED)
    return Outcome(str(result), str(result) if isinstance(result, Said) else None)


def _checked(function: Callable[..., str]) -> Callable[..., str]:
    """*function* with its arguments checked, leniently: "12" is a number, 85 a text."""
    return validate_call(config=ConfigDict(coerce_numbers_to_str=True))(function)


def _schema(function: Callable[..., str]) -> dict[str, Any]:
    checked: Any = _checked(function)
    parameters = TypeAdapter(checked).json_schema()
    parameters.pop("additionalProperties", None)
    return {
        "type": "function",
        "function": {
            "name": function.__name__,
            "description": inspect.getdoc(function) or "",
            "parameters": parameters,
        },
    }
