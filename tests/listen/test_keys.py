import asyncio
import os
import sys
from contextlib import aclosing

import pytest

from assistant.listen.keys import enter_pressed
from assistant.listen.wake import Woken


@pytest.fixture
def keyboard(monkeypatch):
    """What is written to it stands on standard input."""
    reader, writer = os.pipe()
    with os.fdopen(reader) as stdin, os.fdopen(writer, "w", buffering=1) as keys:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield keys


def test_each_line_wakes_and_closing_leaves_standard_input_alone(keyboard):
    """On a real loop, for it waits for a real pipe."""

    async def main():
        async with aclosing(enter_pressed()) as presses:
            for _ in range(2):
                keyboard.write("\n")
                assert await anext(presses) == Woken("Enter", 0)
        assert not asyncio.get_running_loop().remove_reader(sys.stdin)

    asyncio.run(main())


@pytest.mark.parametrize(("typed", "left"), [(1, 0), (4, 3), (20, 7)])
def test_a_closed_terminal_ends_it_behind_what_was_typed(keyboard, typed, left):
    """As far as lines are kept, of which its end takes one place; and it does not spin, for an end is readable."""

    async def main():
        async with aclosing(enter_pressed()) as presses:
            keyboard.write("\n" * typed)
            assert await anext(presses) == Woken("Enter", 0)
            keyboard.close()
            for _ in range(2 * typed):
                await asyncio.sleep(0)
            async with asyncio.timeout(5):
                assert [press async for press in presses] == [Woken("Enter", 0)] * left
            assert not asyncio.get_running_loop().remove_reader(sys.stdin)

    asyncio.run(main())


def test_a_file_on_standard_input_wakes_nobody(monkeypatch, tmp_path):
    """As under a service manager: files cannot be waited for."""
    path = tmp_path / "input"
    path.write_text("\n\n")

    async def main():
        return [press async for press in enter_pressed()]

    with path.open() as file:
        monkeypatch.setattr(sys, "stdin", file)
        assert asyncio.run(main()) == []
