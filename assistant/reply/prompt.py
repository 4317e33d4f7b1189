"""Messages and tools go in, the token ids the model reads come out: append-only, so that its KV cache stays good."""

import itertools
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from assistant.errors import EngineError, ModelError
from assistant.reply.chat import Message

T = TypeVar("T")

TOOL_CALLS = "[TOOL_CALLS]"
"""Mistral's control token for what follows it: calls of tools as JSON."""

MISTRAL_V7_TEKKEN = (
    "{{ bos_token }}"
    "{%- for m in messages if m.role == 'system' %}[SYSTEM_PROMPT]{{ m.content }}[/SYSTEM_PROMPT]{% endfor %}"
    "{%- if tools %}[AVAILABLE_TOOLS]{{ tools | tojson }}[/AVAILABLE_TOOLS]{% endif %}"
    "{%- for m in messages %}"
    "{%- if m.role == 'user' %}[INST]{{ m.content }}[/INST]"
    "{%- elif m.role == 'tool' %}[TOOL_RESULTS]"
    "{%- if has_tool_content %}{{ m.tool_call_id }}[TOOL_CONTENT]{{ m.content }}"
    '{%- else %}{{ {"content": m.content, "call_id": m.tool_call_id} | tojson }}{% endif %}[/TOOL_RESULTS]'
    "{%- elif m.role == 'assistant' and m.tool_calls %}[TOOL_CALLS]["
    "{%- for c in m.tool_calls %}"
    '{{- {"name": c.function.name, "arguments": c.function.arguments, "id": c.id} | tojson }}'
    "{%- if not loop.last %}{{ ', ' }}{% endif %}{% endfor %}]{{ eos_token }}"
    "{%- elif m.role == 'assistant' %}{{ m.content }}{{ eos_token }}{% endif %}"
    "{%- endfor %}"
)
"""For Mistral Small 3 2501, whose own template refuses tools although the model was trained on them.

Markers and their contents as in mistral-common's InstructTokenizerV7 (tokens/tokenizers/instruct.py): no blanks around
them, a result is its call's id, [TOOL_CONTENT], the content. One thing differs: V7 puts the tools before the *last*
question, which moves with every turn and would void the cache; here they stand behind the system prompt, where V7 has
them in a conversation's first turn (V13 fixed them there for good).
"""

_TOOL_MARKERS = {TOOL_CALLS, "[AVAILABLE_TOOLS]"}
_SEGMENTS_KEPT = 1024
"""Tokenised texts remembered: more than the messages of any context; then all are forgotten at once."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a prompt needs to know of a model's tokens."""

    tokenise: Callable[[str], list[int]]
    """text to ids; markers in it become their control tokens, and nothing is put before it"""
    markers: frozenset[str]
    """the texts of all control tokens: nothing a person or a tool says may contain one"""
    bos: str
    eos: str


class Prompt:
    """A model's chat template with its vocabulary; remembers what it tokenised, so a longer chat costs only its end.

    Raises ModelError when *template*, the Jinja source from the model's file, is missing or is no template. *started*
    is what the template gets for now: a prompt that tells the time would differ every time.
    """

    def __init__(
        self, template: str | None, vocabulary: Vocabulary, started: datetime, name: str = "The model"
    ) -> None:
        if not template:
            raise ModelError(f"{name} has no chat template: it is not made for talking; choose an instruct model.")
        compiled = _compiled(template, started, name)
        teach = "tools" not in template and vocabulary.markers >= _TOOL_MARKERS
        self._template = compiled
        self._with_tools = _compiled(MISTRAL_V7_TEKKEN, started, name) if teach else compiled
        self._vocabulary = vocabulary
        self._marker = _pattern(vocabulary.markers)
        self._ids: dict[str, list[int]] = {}
        self._tools: list[Any] = []
        self._rendered: list[tuple[Message, str | None]] = []

    def tokens(self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]] = ()) -> list[int]:
        """The ids of *messages* with *tools* (in OpenAI's form), up to where the model's answer begins.

        Each message's text is tokenised by itself where the template only appends, so that those before it keep their
        ids whatever follows. Raises EngineError when the template refuses the messages.
        """
        ids: list[int] = []
        for segment in self._segments([*messages], [*tools]):
            if segment not in self._ids:
                if len(self._ids) >= _SEGMENTS_KEPT:
                    self._ids.clear()
                self._ids[segment] = self._vocabulary.tokenise(segment)
            ids += self._ids[segment]
        return ids

    def beginning(
        self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]] = (), said: str = ""
    ) -> list[int]:
        """The ids with which every prompt begins where, behind *messages*, the person begins with *said* (whole words).

        Raises EngineError when the template refuses the messages.
        """
        either, other = (
            self.tokens([*messages, {"role": "user", "content": f"{said}{end}"}], tools) for end in ("", " and so on")
        )
        return either[: common(either, other)]

    def _segments(self, messages: list[Message], tools: list[Any]) -> list[str]:
        """The whole text, cut wherever a shorter chat's text ends."""
        try:
            whole = self._render(messages, tools, answering=True)
        except _refusals() as error:
            raise EngineError(f"The model's chat template refuses the conversation: {error}.") from error
        ends = [len(text) for text in self._texts(messages, tools) if text is not None and whole.startswith(text)]
        edges = sorted({0, *ends, len(whole)})
        return [whole[start:end] for start, end in itertools.pairwise(edges)]

    def _texts(self, messages: list[Message], tools: list[Any]) -> list[str | None]:
        """For each message the text of the chat up to it; None where the template wants more of it."""
        if tools != self._tools:
            self._tools, self._rendered = tools, []
        same = 0
        for (known, _), message in zip(self._rendered, messages, strict=False):
            if known != message:
                break
            same += 1
        del self._rendered[same:]
        for length in range(same + 1, len(messages) + 1):
            self._rendered.append((messages[length - 1], self._tried(messages[:length], tools)))
        return [text for _, text in self._rendered]

    def _tried(self, messages: list[Message], tools: list[Any]) -> str | None:
        try:
            return self._render(messages, tools, answering=False)
        except _refusals():
            return None

    def _render(self, messages: list[Message], tools: list[Any], *, answering: bool) -> str:
        template = self._with_tools if tools else self._template
        text: str = template.render(
            messages=[self._defused(message) for message in messages],
            tools=self._defused(tools) or None,
            add_generation_prompt=answering,
            bos_token=self._vocabulary.bos,
            eos_token=self._vocabulary.eos,
            has_tool_content="[TOOL_CONTENT]" in self._vocabulary.markers,
        )
        return text

    def _defused(self, value: Any) -> Any:
        """*value* with a blank inside every marker in its texts: what people and tools say is data, not structure."""
        if isinstance(value, str):
            while self._marker.search(value):
                value = self._marker.sub(lambda found: f"{found[0][0]} {found[0][1:]}", value)
            return value
        if isinstance(value, Mapping):
            # A call's argument names are the model's words, too.
            return {self._defused(key): self._defused(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._defused(item) for item in value]
        return value


def common(known: Sequence[object], wanted: Sequence[object]) -> int:
    """How many ids, or letters, both begin with."""
    return next(
        (place for place, (a, b) in enumerate(zip(known, wanted, strict=False)) if a != b), min(len(known), len(wanted))
    )


def _pattern(markers: Collection[str]) -> re.Pattern[str]:
    """Matches any marker; none of a single character, which could not be broken."""
    breakable = sorted((marker for marker in markers if len(marker) > 1), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, breakable)) or r"(?!)")


def _refusals() -> tuple[type[Exception], ...]:
    """What a template raises at messages it was not written for."""
    from jinja2 import TemplateError

    return (TemplateError, TypeError, ValueError, LookupError, ArithmeticError)


def _compiled(source: str, started: datetime, name: str) -> Any:
    """A template as transformers would run it (utils/chat_template_utils.py), but for the clock, which stands still."""
    from jinja2 import TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    def refuse(reason: str) -> None:
        raise TemplateError(reason)

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
    environment.filters["tojson"] = _to_json
    environment.globals["raise_exception"] = refuse
    environment.globals["strftime_now"] = started.strftime
    try:
        return environment.from_string(source)
    except TemplateError as error:
        raise ModelError(f"{name} has a chat template that cannot be read: {error}.") from error


def _to_json(value: Any, indent: int | None = None) -> str:
    """Jinja's own filter escapes <, > and & for HTML and sorts keys: a model reads neither."""
    return json.dumps(value, ensure_ascii=False, indent=indent)
