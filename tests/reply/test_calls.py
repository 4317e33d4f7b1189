import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.flow import ToolCall
from assistant.reply.calls import BROKEN, separate

CALL = '[{"name": "set_timer", "arguments": {"minutes": 12}}]'
TIMER = ToolCall("set_timer", {"minutes": 12})


def separated(text, sizes=()):
    """Text and calls of a stream given in pieces of *sizes*, the rest at once."""

    async def pieces():
        rest = text
        for size in sizes:
            yield rest[:size]
            rest = rest[size:]
        yield rest

    async def main():
        return [part async for part in separate(pieces())]

    parts = asyncio.run(main())
    spoken = "".join(part for part in parts if isinstance(part, str))
    return spoken, [part for part in parts if isinstance(part, ToolCall)]


STREAMS = {
    "[TOOL_CALLS]" + CALL: ("", [TIMER]),
    CALL: ("", [TIMER]),
    " " + CALL[1:-1]: ("", [TIMER]),
    "```json\n" + CALL + "\n```": ("", [TIMER]),
    "Let me see. [TOOL_CALLS]" + CALL: ("Let me see. ", [TIMER]),
    '[{"name": "a", "arguments": "{\\"x\\": 1}"}, {"name": "b", "parameters": {}}]': (
        "",
        [ToolCall("a", {"x": 1}), ToolCall("b", {})],
    ),
    "[TOOL_CALLS]" + CALL[:20]: ("", [BROKEN]),
    "Sure.\n" + CALL: ("Sure.\n", [TIMER]),
    "Like this:\n{x}\n[1]\n": ("Like this:\n{x}\n[1]\n", []),
    '[{"name": "a", "arguments": {"x": ' + "1" * 5000 + "}}]": ("", [BROKEN]),
    '[{"name": 7}]': ("", [BROKEN]),
    "[TOOL_CALLS]nonsense": ("", [BROKEN]),
    "It is [sic] a {brace}.": ("It is [sic] a {brace}.", []),
    "[1] is the first.": ("[1] is the first.", []),
    "Hello.": ("Hello.", []),
    "": ("", []),
}


@pytest.mark.parametrize("text", STREAMS)
def test_calls_are_called_and_text_is_spoken(text):
    """Never the other way round."""
    assert separated(text) == STREAMS[text]


@given(st.sampled_from(list(STREAMS)), st.lists(st.integers(1, 4), max_size=60))
def test_it_does_not_matter_where_tokens_split_the_stream(text, sizes):
    """Even inside the marker."""
    assert separated(text, sizes) == STREAMS[text]


@given(st.text(max_size=200))
def test_any_stream_comes_to_an_end(text):
    """Nothing raises."""
    separated("[TOOL_CALLS]" + text)
    separated(text)
