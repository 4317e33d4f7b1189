"""Talking: with a microphone or a recording, from typed words, into a file, or only listening."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from assistant.commands import control
from assistant.commands.common import (
    DeviceName,
    Output,
    Setting,
    config_from,
    console,
    settings_from,
    to_its_end,
    worded,
)
from assistant.errors import UsageError

Words = Annotated[
    list[str], typer.Argument(metavar="WORDS", help="In quotes, or the shell takes ? and * for names of files.")
]


def run(
    recording: Annotated[
        Path | None, typer.Option("--input", metavar="FILE", help="Hear this sound file instead of the microphone.")
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
    if recording is not None and output is not None and recording.exists() and output.exists():
        _check_apart(recording, output)
    more = {"listen.echo_control": False} if no_aec else {}
    config_from(settings, device, more)
    from assistant import daemon, sessions
    from assistant.screen import Screen

    screen = Screen(console, live=show)
    read = partial(settings_from, settings, device, more)
    daemon.run(sessions.converse(read, recording, output, screen, then_listen=then_listen))


def _check_apart(recording: Path, output: Path) -> None:
    """Raises UsageError where two names are of one file, which the answer would replace."""
    if output.samefile(recording):
        raise UsageError(f"{output} is what is to be heard, and the answer would replace it: name another --output.")


def ask(question: Words, output: Output = None, settings: Setting = None) -> None:
    """Answer a typed question in text, without microphone or loudspeaker; with --output spoken as well.

    Example: assistant ask "What is the capital of France?"
    """
    config = config_from(settings)
    from assistant import daemon, sessions
    from assistant.screen import Screen

    to_its_end(daemon.run(sessions.ask(config, worded(" ".join(question)), output, Screen(console, names=False))))


def say(text: Words, output: Output = None, device: DeviceName = None, settings: Setting = None) -> None:
    """Speak a text, aloud or into a WAV file. Where the assistant runs, it is the one who says it.

    2,000 characters at most, then.

    Example: assistant say "Dinner is at 7:30 pm." --output dinner.wav
    """
    config = config_from(settings, device)
    whole = worded(" ".join(text))
    if (output, device, settings) == (None, None, None) and control.said(config, whole):
        console.print(whole, markup=False)
        return
    from assistant import daemon, sessions
    from assistant.screen import Screen

    to_its_end(daemon.run(sessions.speak(config, whole, output, Screen(console, names=False))))


def transcribe(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="WAV, FLAC, OGG or MP3.")],
    settings: Setting = None,
) -> None:
    """Print what is said in sound files, a line for each utterance.

    Example: assistant transcribe memo.wav
    """
    config = config_from(settings)
    from assistant import daemon, sessions
    from assistant.screen import Screen

    to_its_end(daemon.run(sessions.transcribe(config, files, Screen(console))))
