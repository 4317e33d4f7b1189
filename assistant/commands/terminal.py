"""Text and tables for people go in; what the terminal at hand can show of them comes out; nothing typed is lost."""

import codecs
import select
import signal
import socket
import sys
from dataclasses import dataclass
from io import TextIOWrapper

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

_NARROWEST = 80
"""columns that a table is laid out for: a narrower terminal breaks its lines, where rich would drop columns"""
_ANY = 10_000
"""columns that are as good as no limit"""

_INSTEAD = {"✓": "+", "✗": "x", "→": ">", "≤": "<", "≈": "~", "█": "#", "·": ".", "│": "|"}
"""what our own signs become where they cannot be shown; each as wide as it was, so that columns stay columns"""


@dataclass(frozen=True, slots=True)
class Whole:
    """A table as wide as it has to be, so that nothing of it is cut; what is to be copied is in a no_wrap column."""

    table: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """See rich's protocol."""
        longest_words = console.measure(self.table, options=options.update(width=_ANY)).minimum
        yield from console.render(self.table, options.update(width=max(_NARROWEST, options.max_width, longest_words)))


def show_what_can_be_shown() -> None:
    """Have standard output and errors write something else for what their encoding lacks, and not fail of it.

    Not all locales are UTF-8 (a Linux console in de_DE.ISO-8859-1), and names of files may be no text at all.
    """
    codecs.register_error("assistant", _instead)
    for stream in (sys.stdout, sys.stderr):
        # Neither is there where it was closed before the program began, and tests put other things in their place.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="assistant")


def typed_line() -> str:
    """The next line that is typed at the terminal. Raises EOFError at its end, KeyboardInterrupt for Ctrl-C.

    input() alone sits there until the next key when Ctrl-C comes between CPython's last look for signals and its read,
    2 to 3 times in 1,000 where it is pressed as the question appears. So signals write to a socket (set_wakeup_fd) that
    is waited for together with the keyboard.
    """
    woken, waker = socket.socketpair()
    with woken, waker:
        waker.setblocking(False)
        before = signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        try:
            while sys.stdin not in select.select([sys.stdin, woken], [], [])[0]:
                woken.recv(4096)
        finally:
            signal.set_wakeup_fd(before)
    return input()


def _instead(error: UnicodeError) -> tuple[str, int]:
    """What codecs asks an error handler for: other text, and where to go on."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(_INSTEAD.get(character, "?") for character in text), error.end
