"""What can be set, and what helps to set it: devices, thresholds, learned pauses."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from assistant.commands.common import DeviceName, Setting, config_from, console, flags, to_its_end
from assistant.commands.terminal import Whole
from assistant.errors import DeviceError, UsageError


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
    console.print(Whole(table))


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
    config = config_from(settings, device)
    from assistant import daemon, sessions
    from assistant.screen import Screen

    to_its_end(daemon.run(sessions.tune(config, recording, Screen(console))))


def forget_pauses(settings: Setting = None) -> None:
    """Forget what was learned of your pauses (listen.learn_patience): the patience is again what the settings say.

    Example: assistant forget-pauses
    """
    config = config_from(settings)
    from assistant.listen.habits import Habits

    try:
        Habits(config.listen.pauses).forget()
    except OSError as error:
        raise UsageError(f"{config.listen.pauses} cannot be deleted: {error.strerror}.") from error
    console.print("forgotten")


def show_config(settings: Setting = None) -> None:
    """Show every setting, its value, and where the value came from.

    Example: assistant config --set listen.patience_ms=800
    """
    from assistant.config import explain, load

    loaded = load(os.environ, flags(settings))
    table = Table("setting", "value", "from", "what it is", box=None)
    for row in explain(loaded):
        table.add_row(*(str(cell) for cell in row))
    console.print(f"settings file: {loaded.path}", markup=False)
    console.print(table)


def _yes(channels: int) -> str:
    return "yes" if channels else ""
