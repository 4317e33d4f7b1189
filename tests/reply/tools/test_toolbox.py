import asyncio
import threading
from contextlib import aclosing
from datetime import UTC, datetime

import pytest

from assistant.flow import ToolCall
from assistant.reply.tools import Outcome, Said, Toolbox
from assistant.reply.tools.clock import Clock
from assistant.reply.tools.standard import standard
from assistant.reply.tools.timers import Timers
from tests.virtual_time import run


def paint(colour: str, coats: int = 1) -> str:
    """Paint the wall."""
    return Said(f"Painted {colour}, {coats} times.")


def look() -> str:
    """Look out of the window."""
    return "rain"


def explode() -> str:
    """Do not call."""
    raise RuntimeError("secret words")


def call(name, **arguments):
    return asyncio.run(Toolbox([paint, look, explode]).call(ToolCall(name, arguments)))


def test_a_typed_function_with_a_docstring_is_a_tool():
    """Its schema is what OpenAI's form wants."""
    schema = Toolbox([paint]).schemas()[0]["function"]
    assert (schema["name"], schema["description"]) == ("paint", "Paint the wall.")
    assert schema["parameters"]["required"] == ["colour"]
    assert schema["parameters"]["properties"]["coats"]["type"] == "integer"


def test_a_sentence_is_spoken_and_a_result_goes_to_the_model():
    """Said or str."""
    assert call("paint", colour="red", coats="2") == Outcome("Painted red, 2 times.", "Painted red, 2 times.")
    assert call("look") == Outcome("rain")


def test_arguments_are_read_leniently():
    """A number for a text, null for what is left open."""
    assert call("paint", colour=7, coats=None).say == "Painted 7, 1 times."


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("fly", {}, "I can't do that yet."),
        ("", {}, "I can't do that yet."),
        ("paint", {}, "Sorry, I did not get the details right."),
        ("paint", {"colour": "red", "coats": "many"}, "Sorry, I did not get the details right."),
        ("paint", {"colour": "red", "hue": 3}, "Sorry, I did not get the details right."),
        ("explode", {}, "Sorry, that didn't work."),
    ],
)
def test_whatever_goes_wrong_has_a_sentence(name, arguments, said):
    """And never raises."""
    assert call(name, **arguments).say.startswith(said)


def test_what_a_failing_tool_says_is_not_logged(capsys):
    """An exception's text may hold what people said."""
    call("explode")
    captured = capsys.readouterr()
    assert "secret" not in captured.out + captured.err


def test_a_tool_that_waits_for_a_disk_lets_the_loop_go_on():
    released = threading.Event()

    def write() -> str:
        """Write."""
        return Said("Written." if released.wait(5) else "Nobody went on.")

    async def main():
        asyncio.get_running_loop().call_soon(released.set)
        return await Toolbox([write]).call(ToolCall("write", {}))

    assert run(main()).say == "Written."


def test_the_standard_timers_ring_however_they_were_set(tmp_path):
    """They belong to the event loop, which nobody may touch from a thread."""

    async def main():
        timers = Timers(asyncio.get_running_loop().time)
        box = standard(timers, tmp_path / "list.txt", lambda: datetime.now(UTC))
        async with aclosing(timers.rings()) as rings:
            ring = asyncio.ensure_future(anext(rings))
            await asyncio.sleep(1)
            assert (await box.call(ToolCall("set_timer", {"minutes": 1}))).say == "Timer set for 1 minute."
            return await ring, asyncio.get_running_loop().time()

    assert run(main()) == ("Your 1 minute timer is done.", 61.0)


@pytest.mark.parametrize(("hour", "said"), [(0, "12:05 AM"), (9, "9:05 AM"), (12, "12:05 PM"), (16, "4:05 PM")])
def test_the_clock_is_read_as_people_do(hour, said):
    """Twelve hours, AM and PM."""
    clock = Clock(lambda: datetime(2026, 11, 24, hour, 5, tzinfo=UTC))
    assert clock.get_time() == f"It is {said}."
    assert clock.get_date() == "Today is Tuesday, November 24, 2026."


def test_the_standard_tools_have_the_names_the_starter_model_knows(tmp_path):
    """In a fixed order, so that the prompt stays the same."""
    box = standard(Timers(lambda: 0.0), tmp_path / "list.txt", lambda: datetime.now(UTC))
    names = [schema["function"]["name"] for schema in box.schemas()]
    assert names == [
        *("get_time", "get_date", "calculate", "set_timer", "cancel_timer", "timer_left"),
        *("add_to_list", "remove_from_list", "clear_list", "read_list"),
    ]
    assert all(schema["function"]["description"] for schema in box.schemas())
    added = asyncio.run(box.call(ToolCall("add_to_list", {"items": ["milk", "bread"]})))
    assert added.say == "Added milk and bread to your shopping list."
