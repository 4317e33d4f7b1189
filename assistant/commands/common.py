"""What all commands share: options, the configuration made of them, and where they print."""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, TextIO

import typer
from rich.console import Console

from assistant import log
from assistant.commands.terminal import typed_line
from assistant.errors import UsageError

if TYPE_CHECKING:
    from assistant.settings import Config

_ANSWERS = {"y": True, "yes": True, "n": False, "no": False, "": False}

INTERRUPTED = 130
"""exit code after Ctrl-C, as shells have it"""


class Printed(Console):
    """A console whose reader may leave, as `head` does: the command ends in its own order then, without complaint.

    rich would raise SystemExit, in the midst of a task. Typer makes exit code 1 of the error.
    """

    def on_broken_pipe(self) -> None:
        """Raise the BrokenPipeError; what is printed on the way out goes nowhere."""
        to_nowhere(sys.stdout)
        raise  # noqa: PLE0704 - rich calls this while it handles that error


def to_nowhere(stream: TextIO) -> None:
    """Have *stream* take everything from now on, and keep nothing."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


console = Printed(highlight=False, soft_wrap=True)

Output = Annotated[Path | None, typer.Option("--output", metavar="FILE", help="Write what is spoken to this WAV file.")]
DeviceName = Annotated[
    str | None, typer.Option("--device", metavar="NAME", help="Microphone and loudspeaker: a name or a number.")
]
Setting = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="A setting for this run, as in --set listen.patience_ms=800; may be given again for another one.",
    ),
]


def config_from(
    settings: list[str] | None,
    device: str | None = None,
    more: Mapping[str, object] = MappingProxyType({}),
    *,
    to_file: bool = False,
) -> "Config":
    """The settings as `settings_from` gives them; logs as they say, *to_file* as well. Raises UsageError."""
    config = settings_from(settings, device, more)
    log.set_up(config.log.level, config.log.folder if to_file else None)
    return config


def settings_from(
    settings: list[str] | None, device: str | None = None, more: Mapping[str, object] = MappingProxyType({})
) -> "Config":
    """The settings as they are now, with *settings*, *device* and *more* on top; changes nothing. Raises UsageError."""
    from assistant.config import load

    given = flags(settings) | dict(more)
    if device is not None:
        given |= {"listen.microphone": device, "speak.loudspeaker": device}
    return load(os.environ, given).config


def flags(settings: list[str] | None) -> dict[str, object]:
    """What --set said, by key. Raises UsageError."""
    given: dict[str, object] = {}
    for setting in settings or []:
        key, equals, value = setting.partition("=")
        if not equals:
            raise UsageError(f"--set wants KEY=VALUE, as in --set listen.patience_ms=800; {setting!r} has no '='.")
        given[key.strip()] = value.strip()
    return given


def worded(text: str) -> str:
    """*text*, if there is any. Raises UsageError."""
    if not text.strip():
        raise UsageError("There is nothing to say: the text is empty.")
    return text


def agreed(question: str) -> None:
    """Ask before something is deleted. Raises typer.Exit at a no, UsageError where nobody can answer."""
    present = sys.stdin is not None and sys.stdin.isatty()
    try:
        yes = _yes(question, typed_line if present else input)
    except (EOFError, RuntimeError):  # the latter where there is no standard input at all
        console.print()
        if present:
            raise typer.Abort from None  # Ctrl-D
        raise UsageError("Nothing is deleted: nobody answers here. Add --yes where that is meant.") from None
    except KeyboardInterrupt:
        console.print()
        raise
    if not yes:
        console.print("nothing is deleted")
        raise typer.Exit(1)


def _yes(question: str, line: Callable[[], str]) -> bool:
    """Whether the next *line* that is an answer says so; Enter alone is a no. Raises what *line* does."""
    while True:
        console.print(f"{question} [y/N]: ", end="", markup=False)
        said = line().strip().lower()
        if said in _ANSWERS:
            return _ANSWERS[said]
        console.print("Error: invalid input")


def to_its_end(ended: bool) -> None:
    """Ctrl-C leaves an answer unfinished, which a script wants to know; listening is meant to end like that."""
    if not ended:
        raise typer.Exit(INTERRUPTED)
