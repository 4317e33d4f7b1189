"""The service: started at login, for months; and removing it, or all there is of the program, again."""

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Column, Table

from assistant import log
from assistant.commands.common import Setting, agreed, config_from, console
from assistant.commands.terminal import Whole
from assistant.errors import ServiceError, UsageError

if TYPE_CHECKING:
    from assistant.service.manager import Manager, Status
    from assistant.service.permission import Hearing
    from assistant.service.removal import Remnant
    from assistant.settings import Config

app = typer.Typer(
    help="Run it in the background, from login on: launchd on a Mac, systemd on Linux.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def install() -> None:
    """Make the assistant start when you log in, and start it. Typed again, it mends or renews what is there.

    Example: assistant service install
    """
    config = config_from(None)
    from assistant.service.guarded import sentence
    from assistant.service.here import findable, kept_back
    from assistant.service.interpreter import left_behind

    findable(config)
    for name in left_behind(os.environ):
        console.print(f"note: the service does not see {name} of this shell: put it into the settings file")
    if kept := kept_back(config):
        console.print(f"note: {sentence(kept)}", markup=False)
    _begin(config, lambda service: service.install(_tell))
    console.print("from now on it starts at each login; assistant service status shows how it is")


@app.command()
def uninstall() -> None:
    """Stop it, and make it start no more; settings, models and logs stay.

    Example: assistant service uninstall
    """
    config = config_from(None)
    _manager(config).uninstall()
    console.print("uninstalled")
    _tell_of_one_that_runs(config)


@app.command()
def start() -> None:
    """Start it now.

    Example: assistant service start
    """
    _begin(config_from(None), lambda service: service.start())


@app.command()
def stop() -> None:
    """Stop it until the next login, or until it is started.

    Example: assistant service stop
    """
    _manager(config_from(None)).stop()
    console.print("stopped")


@app.command()
def restart() -> None:
    """Stop it and start it, as after changing settings that a reload does not reach.

    Example: assistant service restart
    """
    _begin(config_from(None), lambda service: service.restart())


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
) -> None:
    """Show whether it is installed and runs, and what is not as it should be. The exit code is 4 if it does not run.

    Example: assistant service status
    """
    config = config_from(None)
    found = _manager(config).status()
    if as_json:
        typer.echo(json.dumps(asdict(found), indent=2))
    else:
        _show(found, config.log.folder / log.FILE)
    if not found.running:
        raise typer.Exit(4)


@app.command()
def logs(
    lines: Annotated[int, typer.Option("--lines", "-n", metavar="N", min=0, help="How many lines from the end.")] = 50,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Show what comes as well, until Ctrl-C.")] = False,
) -> None:
    """Show what the service has logged; never what was said, unless log.words is on.

    Example: assistant service logs --lines 100
    """
    config = config_from(None)
    own = config.log.folder / log.FILE
    for command in _manager(config).logs(lines, follow=follow):
        try:
            subprocess.run(command, check=False)  # noqa: S603 - our own list, a number and paths in it
        except OSError as error:
            raise ServiceError(f"{command[0]} cannot be started ({error.strerror}); the log is in {own}.") from error


@app.command(hidden=True)
def launched() -> None:
    """Serve, as launchd starts it: ask for the microphone first, and end quietly where a new start cannot help.

    Example: assistant service launched
    """
    try:
        _serve_where_heard()
    except UsageError as error:
        # launchd knows no exit code after which not to start again, but 0: "done".
        typer.echo(f"assistant: {error}", err=True)


@app.command(hidden=True)
def hear(report: Path) -> None:
    """Listen for a moment, and write what came of it to a file: inside of the app, so that macOS asks in its name.

    Example: assistant service hear /tmp/microphone.json
    """
    _heard(config_from(None), report, only_if_asked=False)


def remove(
    everything: Annotated[
        bool, typer.Option("--all", help="Remove settings, models, lists and logs as well, without a trace.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    settings: Setting = None,
) -> None:
    """Remove the service and, with --all, everything the program has ever written; lists it first, and asks.

    Example: assistant uninstall --all
    """
    from assistant.config import config_path
    from assistant.service.places import places
    from assistant.service.removal import delete, elsewhere, remnants

    config = _config_or_defaults(settings)
    service = _manager(config)
    found = remnants(places(), elsewhere(config, config_path(os.environ))) if everything else []
    installed = service.status().installed
    if found:
        from assistant.service.here import alone

        alone(service, config.service.folder)  # said before anything is done: it would write again what is deleted
    console.print("the service" if installed else "no service is installed")
    if found:
        console.print(Whole(_remnants(found)))
    if (installed or found) and not yes:
        agreed("Remove this?")
    service.uninstall()  # also what one that is no longer installed has left
    if found:
        alone(service, config.service.folder)  # somebody may have started one meanwhile
        delete(found)
    removed = "removed" if installed or found else "there is nothing to remove"
    if everything:
        console.print(f"{removed}; the program itself goes with what brought it, as in: pipx uninstall assistant")
    else:
        console.print(f"{removed}; settings, models and logs stay: assistant uninstall --all removes them, too")
        _tell_of_one_that_runs(config)


def _manager(config: "Config") -> "Manager":
    from assistant.service.here import manager

    return manager(config.log.folder)


def _serve_where_heard() -> None:
    from assistant.commands.control import serve, told_to_the_log

    with told_to_the_log():
        _need_to_hear(config_from(None, to_file=True))
    serve()


def _need_to_hear(config: "Config") -> None:
    """Raises UsageError where macOS lets nobody hear, with what to do."""
    from assistant.service.launchd import emptied
    from assistant.service.mute import muted
    from assistant.service.permission import Permission, advice, asked
    from assistant.service.places import places

    where = places()
    emptied(where.outputs)
    if muted(config.service.folder) and asked() is Permission.NOT_ASKED:
        return  # to ask, it would have to be opened: macOS does when it is unmuted
    heard = _heard(config, where.permission, only_if_asked=True)
    if not heard.works and not heard.trouble:  # else there is none yet: it is waited for, and macOS asks when it comes
        # macOS tells nobody when that changes: whoever allows it types what the advice says.
        raise UsageError(advice(heard))


def _config_or_defaults(settings: list[str] | None) -> "Config":
    """The settings; where they are wrong, which is no reason to keep the program, what they are by default."""
    try:
        return config_from(settings)
    except UsageError as error:
        from assistant.settings import Config

        console.print(f"{error}\nWhat they name is not looked for; the usual places are.", markup=False)
        return Config()


def _begin(config: "Config", act: Callable[["Manager"], None]) -> None:
    """Start the service by *act*, and say what came of it. Raises ServiceError."""
    from assistant.service.here import alone, begun

    service, folder = _manager(config), config.service.folder
    alone(service, folder)
    act(service)
    console.print(begun(service, folder))


def _tell_of_one_that_runs(config: "Config") -> None:
    """Tell of one that goes on listening: after su a service cannot be stopped, only be taken away."""
    from assistant.service.lock import running_pid

    if (pid := running_pid(config.service.folder)) is not None:
        console.print(f"an assistant still runs, in process {pid}: kill {pid} ends it")


def _tell(line: str) -> None:
    console.print(line, markup=False)


def _heard(config: "Config", report: Path, *, only_if_asked: bool) -> "Hearing":
    """What the microphone gives, or *only_if_asked* what macOS says, unless it has not been asked yet; kept."""
    import asyncio

    from assistant.listen.microphone import Microphone
    from assistant.service.permission import Hearing, Permission, asked, hear, keep

    permission = asked()
    if only_if_asked and permission is not Permission.NOT_ASKED:
        heard = Hearing(permission, None)
    else:
        listen = config.listen
        heard = asyncio.run(hear(lambda: Microphone(listen.microphone, headset=listen.headset_microphone)))
    keep(heard, report)
    return heard


def _show(found: "Status", own_log: Path) -> None:
    table = Table(show_header=False, box=None)
    table.add_row("manager", found.manager)
    table.add_row("installed", "yes" if found.installed else "no: type assistant service install")
    table.add_row("runs", f"yes, process {found.pid}" if found.running else "no")
    if found.starts is not None:
        table.add_row("starts", str(found.starts))
    if found.last_exit is not None and not found.running:
        table.add_row("last exit", found.last_exit)
    table.add_row("log", escape(str(own_log)))
    for complaint in found.complaints:
        table.add_row("attention", escape(complaint))
    console.print(Whole(table))


def _remnants(found: "list[Remnant]") -> Table:
    from assistant.weights.sizes import size

    table = Table("what", Column("where", no_wrap=True), "size", box=None)
    for remnant in found:
        table.add_row(remnant.what, escape(str(remnant.path)), size(remnant.size))
    return table
