"""What was asked, called and heard goes in; the messages the model reads come out, cut to what fits its context."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from assistant.flow import Heard, ToolCall

Message: TypeAlias = Mapping[str, Any]
"""In OpenAI's form: role, content, tool_calls, tool_call_id; a call's arguments are a mapping, not JSON text."""

INTERRUPTED = " …"
"""Stands behind an answer that was cut off, so that the model knows the person has not heard the rest."""

BRIEFLY = "Answer in one short sentence, the most important word first."
"""Goes on with the system message where turns are too slow."""


@dataclass(frozen=True, slots=True)
class Chat:
    """One conversation. A value: each method gives a new one, so a turn that is cancelled leaves nothing half done."""

    system: str
    """who the assistant is; an empty text sends no system message"""
    past: tuple[Message, ...] = ()
    """all messages but the system's, oldest first"""
    calls_made: int = 0
    """tool calls in the whole conversation, forgotten ones too: the source of their ids"""

    brief: bool = False
    """ask for the shortest answers: where they come too late"""

    @property
    def messages(self) -> list[Message]:
        """All that the model shall read, the system message first."""
        system = " ".join(filter(None, (self.system, BRIEFLY if self.brief else "")))
        first: list[Message] = [{"role": "system", "content": system}] if system else []
        return [*first, *self.past]

    @property
    def unanswered(self) -> bool:
        """Whether the last word is the person's: nothing was said to it, and no tool called."""
        return bool(self.past) and self.past[-1]["role"] == "user"

    def asked(self, text: str) -> "Chat":
        """The person said *text*."""
        return self._with({"role": "user", "content": text})

    def called(self, calls: Sequence[ToolCall], results: Sequence[str]) -> "Chat":
        """The model made *calls*, and they gave *results*, one each in the same order."""
        ids = [_call_id(self.calls_made + number) for number in range(len(calls))]
        wanted = [
            {"type": "function", "id": id_, "function": {"name": call.name, "arguments": dict(call.arguments)}}
            for id_, call in zip(ids, calls, strict=True)
        ]
        told = [
            {"role": "tool", "content": result, "tool_call_id": id_} for id_, result in zip(ids, results, strict=True)
        ]
        longer = self._with({"role": "assistant", "content": "", "tool_calls": wanted}, *told)
        return replace(longer, calls_made=self.calls_made + len(calls))

    def answered(self, heard: Heard) -> "Chat":
        """The person heard this much of an answer; of one that never sounded nothing is kept."""
        if not heard.text.strip():
            return self
        text = heard.text.strip() + ("" if heard.complete else INTERRUPTED)
        return self._with({"role": "assistant", "content": text})

    def fitted(self, budget: int, measure: Callable[[Sequence[Message]], int]) -> "Chat":
        """The same conversation, its oldest turns forgotten where it *measure*s more than *budget*.

        It is cut down to half the budget at once: each cut makes the model read everything that is left anew, so it
        shall not happen every turn. The system message and the latest turn always stay, even where they do not fit.
        """
        if measure(self.messages) <= budget:
            return self
        turns = list(_turns(self.past))
        kept = self
        while len(turns) > 1:
            turns.pop(0)
            kept = replace(self, past=tuple(message for turn in turns for message in turn))
            if measure(kept.messages) <= budget // 2:
                break
        return kept

    def _with(self, *messages: Message) -> "Chat":
        return replace(self, past=(*self.past, *messages))


def _call_id(number: int) -> str:
    """Nine alphanumerics: Mistral's template refuses any other (llama.cpp#14349)."""
    return f"call{number % 100_000:05d}"


def _turns(messages: Sequence[Message]) -> Iterator[list[Message]]:
    """The messages in groups that begin with the person's; a tool's result so stays with its call."""
    turn: list[Message] = []
    for message in messages:
        if message["role"] == "user" and turn:
            yield turn
            turn = []
        turn.append(message)
    if turn:
        yield turn
