"""The commands: what a person types goes in, what a person reads comes out. All work is done by the daemon."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from assistant import __version__, log
from assistant.errors import AssistantError, DeviceError, UsageError

if TYPE_CHECKING:
    from assistant.config import Config

app = typer.Typer(
    help="A fully local voice assistant: you talk, it answers aloud, nothing leaves the computer.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

_INTERRUPTED = 130
"""exit code after Ctrl-C, as shells have it"""

_screen = Console(highlight=False, soft_wrap=True)
_errors = Console(stderr=True, highlight=False, soft_wrap=True)

Output = Annotated[Path | None, typer.Option("--output", help="Write what is spoken to this WAV file.")]
DeviceName = Annotated[str | None, typer.Option("--device", help="Microphone and loudspeaker: a name or a number.")]
Setting = Annotated[
    list[str] | None, typer.Option("--set", help="A setting for this run, as in --set listen.patience_ms=800.")
]


def main() -> None:
    """Run the command line; an expected failure is one sentence on standard error and its exit code."""
    try:
        app(standalone_mode=False)
    except AssistantError as error:
        _errors.print(f"assistant: {error}", style="red", markup=False)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:
        sys.exit(0)
    except Exception as error:
        # click's own usage errors know how to show themselves; anything else is a bug and keeps its traceback.
        show = getattr(error, "show", None)
        if show is None:
            raise
        show()
        sys.exit(getattr(error, "exit_code", 2))


def _version(wanted: bool) -> None:
    if wanted:
        _screen.print(f"assistant {__version__}")
        raise typer.Exit


@app.callback()
def _assistant(
    _version_flag: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Talk with your computer; nothing leaves it."""


@app.command()
def run(
    recording: Annotated[
        Path | None, typer.Option("--input", help="Hear this sound file instead of the microphone.")
    ] = None,
    output: Output = None,
    device: DeviceName = None,
    then_listen: Annotated[
        bool, typer.Option("--then-listen", help="After --input go on with the microphone, if there is one.")
    ] = False,
    show: Annotated[
        bool, typer.Option("--show", help="Show what it hears and does in one live line, on a terminal.")
    ] = False,
    no_aec: Annotated[bool, typer.Option("--no-aec", help="No echo control: for headphones.")] = False,
    settings: Setting = None,
) -> None:
    """Talk: listen to the microphone until Ctrl-C, or hear a sound file and answer it.

    Example: assistant run --input question.wav --output answer.wav
    """
    config = _config(settings, device, {"listen.echo_control": False} if no_aec else {})
    from assistant import daemon, sessions
    from assistant.screen import Screen

    screen = Screen(_screen, live=show)
    daemon.run(sessions.converse(config, recording, output, screen, then_listen=then_listen))


@app.command()
def ask(question: str, output: Output = None, settings: Setting = None) -> None:
    """Answer a typed question in text, without microphone or loudspeaker; with --output spoken as well.

    Example: assistant ask "What is the capital of France?"
    """
    config = _config(settings)
    from assistant import daemon, sessions
    from assistant.screen import Screen

    _to_its_end(daemon.run(sessions.ask(config, _worded(question), output, Screen(_screen, names=False))))


@app.command()
def say(text: str, output: Output = None, device: DeviceName = None, settings: Setting = None) -> None:
    """Speak a text, aloud or into a WAV file.

    Example: assistant say "Dinner is at 7:30 pm." --output dinner.wav
    """
    config = _config(settings, device)
    from assistant import daemon, sessions
    from assistant.screen import Screen

    _to_its_end(daemon.run(sessions.speak(config, _worded(text), output, Screen(_screen, names=False))))


@app.command()
def transcribe(files: list[Path], settings: Setting = None) -> None:
    """Print what is said in sound files, a line for each utterance.

    Example: assistant transcribe memo.wav
    """
    config = _config(settings)
    from assistant import daemon, sessions
    from assistant.screen import Screen

    _to_its_end(daemon.run(sessions.transcribe(config, files, Screen(_screen))))


@app.command()
def devices() -> None:
    """List microphones and loudspeakers.

    Example: assistant devices
    """
    from assistant.devices import present

    found = present()
    if not found:
        raise DeviceError("There is no sound device on this computer; sound files work (--input, --output).")
    table = Table("number", "name", "microphone", "loudspeaker", "rate", "default", box=None)
    for one in found:
        row = (str(one.index), one.name, _yes(one.inputs), _yes(one.outputs), f"{one.rate} Hz", one.default)
        table.add_row(*row)
    _screen.print(table)


@app.command()
def tune(
    recording: Annotated[
        Path | None, typer.Option("--input", help="Judge this sound file instead of the microphone.")
    ] = None,
    device: DeviceName = None,
    settings: Setting = None,
) -> None:
    """Listen to ten seconds of your room in silence, and say which thresholds fit it, and why; nothing is changed.

    Example: assistant tune
    """
    config = _config(settings, device)
    from assistant import daemon, sessions
    from assistant.screen import Screen

    _to_its_end(daemon.run(sessions.tune(config, recording, Screen(_screen))))


@app.command("forget-pauses")
def forget_pauses(settings: Setting = None) -> None:
    """Forget what was learned of your pauses (listen.learn_patience): the patience is again what the settings say.

    Example: assistant forget-pauses
    """
    config = _config(settings)
    from assistant.listen.habits import Habits

    try:
        Habits(config.listen.pauses).forget()
    except OSError as error:
        raise UsageError(f"{config.listen.pauses} cannot be deleted: {error.strerror}.") from error
    _screen.print("forgotten")


@app.command("config")
def show_config(settings: Setting = None) -> None:
    """Show every setting, its value, and where the value came from.

    Example: assistant config --set listen.patience_ms=800
    """
    from assistant.config import explain, load

    loaded = load(os.environ, _flags(settings))
    table = Table("setting", "value", "from", "what it is", box=None)
    for row in explain(loaded):
        table.add_row(*(str(cell) for cell in row))
    _screen.print(f"settings file: {loaded.path}", markup=False)
    _screen.print(table)


def _config(
    settings: list[str] | None, device: str | None = None, more: Mapping[str, object] = MappingProxyType({})
) -> "Config":
    from assistant.config import load

    flags = _flags(settings) | dict(more)
    if device is not None:
        flags |= {"listen.microphone": device, "speak.loudspeaker": device}
    config = load(os.environ, flags).config
    log.set_up(config.log.level)
    return config


def _flags(settings: list[str] | None) -> dict[str, object]:
    flags: dict[str, object] = {}
    for setting in settings or []:
        key, equals, value = setting.partition("=")
        if not equals:
            raise UsageError(f"--set wants KEY=VALUE, as in --set listen.patience_ms=800; {setting!r} has no '='.")
        flags[key.strip()] = value.strip()
    return flags


def _worded(text: str) -> str:
    if not text.strip():
        raise UsageError("There is nothing to say: the text is empty.")
    return text


def _to_its_end(ended: bool) -> None:
    """Ctrl-C leaves an answer unfinished, which a script wants to know; listening is meant to end like that."""
    if not ended:
        raise typer.Exit(_INTERRUPTED)


def _yes(channels: int) -> str:
    return "yes" if channels else ""
