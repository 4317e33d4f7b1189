"""Lines typed at the terminal go in; each wakes the assistant, as a wake word does."""

import asyncio
import sys
from collections.abc import AsyncGenerator

from assistant.listen.wake import Woken

_LINES = 8
"""lines that wait: more is somebody leaning on the keyboard, and one is enough to wake us"""


async def enter_pressed() -> AsyncGenerator[Woken, None]:
    """A Woken for each line on standard input, until its end; where that is no terminal or pipe, none at all."""
    lines: asyncio.Queue[str] = asyncio.Queue(_LINES)
    loop = asyncio.get_running_loop()

    def read() -> None:
        line = sys.stdin.readline()
        if not line:
            loop.remove_reader(sys.stdin)
            if lines.full():
                lines.get_nowait()
        if not lines.full():
            lines.put_nowait(line)

    try:
        loop.add_reader(sys.stdin, read)
    except (PermissionError, ValueError):
        return  # a file, which is always readable, or nothing at all
    try:
        while await lines.get():
            yield Woken("Enter", 0)
    finally:
        loop.remove_reader(sys.stdin)
