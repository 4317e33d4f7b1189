"""What can be set, and what helps to set it: devices, thresholds, learned pauses."""

import json
import os
import textwrap
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from assistant.commands.common import DeviceName, Setting, config_from, console, flags, to_its_end
from assistant.commands.manual import WIDTH
from assistant.commands.terminal import Whole
from assistant.errors import DeviceError, UsageError

_EVIDENT = ("text", "a path", "true or false")
"""which nobody has to be told who sees the value"""


def devices() -> None:
    """List microphones and loudspeakers.

    Example: assistant devices
    """
    from assistant.devices import present

    found = present()
    if not found:
        raise DeviceError("There is no sound device on this computer; sound files work (`assistant run --input`).")
    table = Table("number", "name", "microphone", "loudspeaker", "rate", "default", box=None)
    for one in found:
        row = (str(one.index), one.name, _yes(one.inputs), _yes(one.outputs), f"{one.rate} Hz", one.default)
        table.add_row(*row)
    console.print(Whole(table))


def tune(
    recording: Annotated[
        Path | None, typer.Option("--input", metavar="FILE", help="Judge this sound file instead of the microphone.")
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
    console.print(f"settings file: {loaded.path}", markup=False)
    for row in explain(loaded):
        console.print(f"\n{row.key} = {_toml(row.value)}  # {row.origin}", style="cyan", markup=False)
        meaning = row.description if row.allowed in _EVIDENT else f"{row.description}; {row.allowed}"
        console.print(textwrap.indent(textwrap.fill(meaning, min(console.width, WIDTH) - 4), "    "), markup=False)


def _toml(value: object) -> str:
    """*value* as it is written in the settings file: what is shown can be copied there."""
    return json.dumps(str(value) if isinstance(value, Path) else value, ensure_ascii=False)


def _yes(channels: int) -> str:
    return "yes" if channels else ""
