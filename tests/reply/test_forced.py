import json
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.reply.forced import CallWriter, certain, examples
from assistant.reply.tools.standard import standard
from assistant.reply.tools.timers import Timers

TOOLS = standard(Timers(lambda: 0.0), Path("list"), datetime.now).schemas()
MARKER = "[TOOL_CALLS]"


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("", '[{"name": "'),
        ('[{"', 'name": "'),
        ('[{"name": "get', "_"),
        ('[{"name": "get_t', 'ime", "arguments": {}}]'),
        ('[{"name": "set', '_timer", "arguments":'),
        ('[{"name": "set_timer", "arguments": {"', ""),
        ('[{"name": "set_timer", "arguments": {"mi', 'nutes":'),
        ('[{"name": "set_timer", "arguments": {"minutes": 12, "n', 'ame": "'),
        ('[{"name": "set_timer", "arguments": {"minutes": 12, "m', ""),
        ('[{"name": "set_timer", "arguments": {"name": "a \\", \\"mi', ""),
        ('[{"name": "calc', 'ulate", "arguments": {"expression": "'),
        ('[{"name": "add', '_to_list", "arguments": {"items": ["'),
        ('[{"name": "calculate", "arguments": {"expression": "4', ""),
        ('[{"name": "add_to_list", "arguments": {"items": ["milk", "', ""),
        ('[{"name": "launch_rocket", "arguments":', ""),
        ("I would rather talk", ""),
    ],
)
def test_only_what_must_follow_is_certain(text, more):
    """Names and their signs; never a value, nor a name that two tools may have, nor anything in an unknown tool."""
    assert certain(text, TOOLS) == more


def test_examples_are_beginnings_of_calls_and_the_likeliest_is_the_last():
    """Whole where a number follows; of two arguments the first is named first by whoever made the tool."""
    timer = next(tool["function"] for tool in TOOLS if tool["function"]["name"] == "set_timer")
    only = {"minutes": timer["parameters"]["properties"]["minutes"], "name": {"type": "string"}}
    call = '[{"name": "set_timer", "arguments": {"'
    made = examples({"name": "set_timer", "parameters": {"properties": only}})
    assert made == f'{call}name": "{call}minutes": 5}}}}]'
    assert examples({"name": "get_time", "parameters": {}}) == ""


def test_an_example_is_given_once_it_can_be_told_which_tool_is_called():
    writer = CallWriter(MARKER, TOOLS)
    assert [writer.push(MARKER), writer.example] == ['[{"name": "', ""]
    writer.push("add")
    assert writer.example == '[{"name": "add_to_list", "arguments": {"items": ["'


CALLS = [
    ("get_time", {}),
    ("get_date", {}),
    ("set_timer", {"minutes": 12}),
    ("set_timer", {"hours": 1, "seconds": 30, "name": 'mum\'s "best" {pasta}, "minutes": 3'}),
    ("cancel_timer", {}),
    ("cancel_timer", {"name": "egg"}),
    ("calculate", {"expression": "(47 + 38) * 2"}),
    ("add_to_list", {"items": ["milk", "bread, brown"]}),
]


@given(st.sampled_from(CALLS), st.lists(st.integers(1, 9), min_size=1, max_size=40))
def test_a_model_that_is_helped_writes_the_same_call_as_one_that_is_not(call, lengths):
    """However its tokens are cut, and it is stopped at the end of the list."""
    name, arguments = call
    whole = json.dumps([{"name": name, "arguments": arguments}], ensure_ascii=False)
    writer, written, own = CallWriter(MARKER, TOOLS), "", MARKER
    place = 0
    while not writer.done:
        more = writer.push(own)
        written += ("" if own == MARKER else own) + more
        assert whole.startswith(written)
        own = whole[len(written) : len(written) + lengths[place % len(lengths)]]
        place += 1
    assert written == whole


def test_most_of_a_call_need_not_be_written():
    """Letters of its own, one by one: g, t for the time; c, a, l, the sum and what closes it for a calculation."""
    for name, arguments, own in (("get_time", {}, 2), ("calculate", {"expression": "1+1"}, 3 + 3 + 4)):
        whole = json.dumps([{"name": name, "arguments": arguments}])
        writer, written, number, piece = CallWriter(MARKER, TOOLS), "", 0, MARKER
        while not writer.done:
            written += ("" if piece == MARKER else piece) + writer.push(piece)
            piece = whole[len(written) : len(written) + 1]
            number += not writer.done
        assert number == own


def test_an_answer_without_a_call_is_left_alone():
    """Even one that shows JSON."""
    writer = CallWriter(MARKER, TOOLS)
    assert [writer.push(piece) for piece in ("Look: ", '[{"name": "get')] == ["", ""]
    assert not writer.done


def test_without_tools_nothing_is_certain():
    assert CallWriter(MARKER, []).push(MARKER) == ""
