"""The commands: what a person types goes in, what a person reads comes out. All work is done by the daemon."""

import errno
import sys
from collections.abc import Callable, Mapping
from typing import Annotated

import typer
from rich.console import Console

from assistant import __version__
from assistant.commands import control, doctor, explain, measure, models, rehearse, service, settings, setup, talk
from assistant.commands.common import INTERRUPTED, console, to_nowhere
from assistant.commands.manual import WIDTH, Manual
from assistant.commands.terminal import show_what_can_be_shown
from assistant.errors import AssistantError
from assistant.weights.remedy import tells_of_memory

app = typer.Typer(
    cls=Manual,
    help="A fully local voice assistant: you talk, it answers aloud, nothing leaves the computer.",
    epilog="Each command's --help tells more of it, and shows an example: assistant run --help",
    context_settings={"max_content_width": WIDTH},
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

_SECTIONS: Mapping[str, Mapping[str, Callable[..., None] | typer.Typer]] = {
    "Talk": {
        "run": talk.run,
        "ask": talk.ask,
        "say": talk.say,
        "transcribe": talk.transcribe,
    },
    "Set up": {
        "setup": setup.setup,
        "doctor": doctor.doctor,
        "models": models.app,
        "uninstall": service.remove,
    },
    "Settings": {
        "config": settings.show_config,
        "devices": settings.devices,
        "tune": settings.tune,
        "forget-pauses": settings.forget_pauses,
    },
    "Service": {
        "service": service.app,
        "serve": control.serve,
        "status": control.status,
        "listen": control.listen,
        "stop-talking": control.stop_talking,
        "sleep": control.sleep,
        "mute": control.mute,
        "unmute": control.unmute,
        "reload": control.reload,
        "events": control.events,
    },
    "Measure": {
        "latency": measure.latency,
        "rehearse": rehearse.rehearse,
        "explain": explain.explain,
    },
}
"""In the order in which `assistant --help` lists them."""

_errors = Console(stderr=True, highlight=False, soft_wrap=True)


def main() -> None:
    """Run the command line; an expected failure is one sentence on standard error and its exit code."""
    show_what_can_be_shown()
    try:
        # What typer.Exit was given comes back like this; nothing does otherwise.
        if code := app(standalone_mode=False):
            sys.exit(code)
    except AssistantError as error:
        _errors.print(f"assistant: {error}", style="red", markup=False)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(INTERRUPTED)
    except Exception as error:
        # click's own usage errors know how to show themselves.
        if (show := getattr(error, "show", None)) is not None:
            show()
            sys.exit(getattr(error, "exit_code", 2))
        if (lacking := _lacking(error)) is None:
            raise  # anything else is a bug, and keeps its traceback
        if isinstance(error, OSError):
            to_nowhere(sys.stdout)  # Python would try to write the rest as it ends, and complain in its own words
        _errors.print(f"assistant: {lacking}", style="red", markup=False)
        sys.exit(AssistantError.exit_code)


def _lacking(error: Exception) -> str | None:
    """What this computer has too little of, in a sentence; None where *error* is about something else."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "No room is left where this is written to: make some, and type it again."
    if tells_of_memory(error):
        return (
            "The system gives no more memory: end what else is large, or take a profile that needs less (`assistant"
            " setup` changes to it)."
        )
    return None


def _version(wanted: bool) -> None:
    if wanted:
        console.print(f"assistant {__version__}")
        raise typer.Exit


@app.callback()
def _assistant(
    _version_flag: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Talk with your computer; nothing leaves it."""


for _section, _commands in _SECTIONS.items():
    for _name, _command in _commands.items():
        if isinstance(_command, typer.Typer):
            app.add_typer(_command, name=_name, cls=Manual, rich_help_panel=_section)
        else:
            app.command(_name, rich_help_panel=_section)(_command)
