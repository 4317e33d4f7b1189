"""Speaking to the assistant that runs: how it is, what it shall do; and running it as a service does."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from assistant import log
from assistant.commands.common import Setting, config_from, console, settings_from
from assistant.commands.terminal import Whole
from assistant.errors import AssistantError, NotRunningError, RunningError, UsageError

if TYPE_CHECKING:
    from assistant.service.protocol import Verb
    from assistant.settings import Config

FOLDER = "ASSISTANT_SERVICE_FOLDER"
"""the setting service.folder in the environment"""

_logger = log.get(__name__)

Json = Annotated[bool, typer.Option("--json", help="As JSON, for scripts.")]


def serve(settings: Setting = None) -> None:
    """Listen and answer until it is ended, as a service does: without a screen; commands like status speak to it.

    Example: assistant serve
    """
    with told_to_the_log():
        config_from(settings, to_file=True)
        from assistant import daemon, sessions

        daemon.run(sessions.serve(partial(settings_from, settings)))


@contextmanager
def told_to_the_log() -> Iterator[None]:
    """Have the log tell as well what ends the block, and passes: nobody reads the standard error of a service."""
    try:
        yield
    except AssistantError as error:
        # One that runs already is no failure; and the log is its own.
        if not isinstance(error, RunningError):
            _refused(error)
        raise
    except Exception:
        _to_file()
        _logger.exception("service.crashed", shown=True)
        raise


def _refused(error: AssistantError) -> None:
    """Once, however often it is tried again for the same reason: a disk may be away for days."""
    _to_file()
    kind, why = type(error).__name__, str(error)
    last = log.last()
    if last is None or (last.get("event"), last.get("why")) != ("service.refused", why):
        _logger.error("service.refused", error=kind, why=why, exit_code=error.exit_code, shown=True)


def _to_file() -> None:
    """Where the settings are wrong no log has been set up by them: then it is where it is by default."""
    if not log.kept():
        log.set_up("warning", default_log())


def default_log() -> Path:
    """The folder of the log where the settings do not say one."""
    from assistant.settings import Config

    return Config().log.folder


def status(as_json: Json = False, settings: Setting = None) -> None:
    """Show how the assistant that runs is: what it does, its models, its memory, how fast it answers, what is amiss.

    Example: assistant status
    """
    from assistant.service.protocol import Verb

    try:
        found = _ask(settings, Verb.STATUS)
    except NotRunningError:
        if as_json:
            console.print(json.dumps({"running": False}), markup=False)
        raise
    if as_json:
        console.print(json.dumps({"running": True, **_plain(found)}), markup=False)
        return
    table = Table(box=None, show_header=False)
    for name, value in _rows(found):
        table.add_row(name, value)
    console.print(Whole(table))


def listen(settings: Setting = None) -> None:
    """Wake the assistant, as its wake word does: it listens now.

    Example: assistant listen
    """
    from assistant.service.protocol import Verb

    _ask(settings, Verb.LISTEN)
    console.print("it listens")


def mute(settings: Setting = None) -> None:
    """Close the microphone, until it is unmuted: a restart does not open it.

    Example: assistant mute
    """
    from assistant.service.protocol import Verb

    _ask(settings, Verb.MUTE)
    console.print("muted; `assistant unmute` opens the microphone", markup=False)


def unmute(settings: Setting = None) -> None:
    """Open the microphone again.

    Example: assistant unmute
    """
    from assistant.service.protocol import Verb

    _ask(settings, Verb.UNMUTE)
    console.print("no longer muted")


def stop_talking(settings: Setting = None) -> None:
    """Have the assistant say no more, as saying "stop" does.

    Example: assistant stop-talking
    """
    from assistant.service.protocol import Verb

    _ask(settings, Verb.STOP_TALKING)
    console.print("it is silent")


def sleep(settings: Setting = None) -> None:
    """Have the assistant listen for its wake word alone, or for `assistant listen`.

    Example: assistant sleep
    """
    from assistant.service.protocol import Verb

    _ask(settings, Verb.SLEEP)
    console.print("it sleeps; `assistant listen` wakes it", markup=False)


def reload(settings: Setting = None) -> None:
    """Have the assistant read its settings anew; only models of which something has changed are loaded again.

    Example: assistant reload
    """
    from assistant.service.protocol import Verb

    found = _ask(settings, Verb.RELOAD)
    changed, loaded = found.get("changed") or [], found.get("loaded") or []
    console.print(f"changed: {', '.join(changed) or 'nothing'}", markup=False)
    if loaded:
        console.print(f"loaded anew: {', '.join(loaded)}", markup=False)
    if hangs := found.get("hangs"):
        console.print(f"left out: {hangs}, which does not open; nobody is heard before it does", markup=False)


def events(as_json: Json = False, settings: Setting = None) -> None:
    """Show what the assistant does as it does it, until Ctrl-C; first how it is.

    Example: assistant events --json
    """
    from assistant.service.client import follow

    for message in follow(_folder(settings)):
        plain = _plain(message)
        if as_json:
            console.print(json.dumps(plain), markup=False)
        else:
            console.print(_line(plain), markup=False)


def said(config: "Config", text: str) -> bool:
    """Have the assistant that runs say *text*; False where none runs. Raises ServiceError where it refuses."""
    from assistant.service.client import ask
    from assistant.service.protocol import Request, Verb

    try:
        ask(config.service.folder, Request(Verb.SAY, text))
    except NotRunningError:
        return False
    return True


def _ask(settings: list[str] | None, verb: "Verb") -> Mapping[str, Any]:
    from assistant.service.client import ask
    from assistant.service.protocol import Request

    return ask(_folder(settings), Request(verb))


def _folder(settings: list[str] | None) -> Path:
    """Where the assistant that runs is spoken to, also when the settings have been spoilt since it began."""
    try:
        return config_from(settings).service.folder
    except UsageError:
        if settings or FOLDER in os.environ:
            raise
        from assistant.settings import Service

        return Service().folder


def _plain(message: Mapping[str, Any]) -> dict[str, Any]:
    """Without what belongs to the protocol."""
    return {key: value for key, value in message.items() if key not in {"v", "id", "ok"}}


def _line(message: Mapping[str, Any]) -> str:
    """An event in one line; the state of things at the beginning is told by its state alone."""
    what = message.get("event", "state")
    fields = {"state": message.get("state")} if "event" not in message else message
    # A state is told by its name alone: "state  state speaking" says nothing more.
    told = ", ".join(
        str(value) if key == what else f"{key} {value}"
        for key, value in fields.items()
        if key != "event" and value is not None
    )
    return f"{what:<12} {told}".rstrip()


def _rows(found: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    memory, gap = found["memory_mb"], found["gap_ms"]
    yield "state", f"muted, {found['state']}" if found["muted"] else found["state"]
    yield "running", f"for {_duration(found['up_s'])}, process {found['pid']}, version {found['version']}"
    yield "listens", {"open": "always", "wake": "after the wake word", "push": "after a key"}[found["mode"]]
    yield from found["models"].items()
    heard = found["devices"]["heard_s_ago"]
    yield "microphone", found["devices"]["microphone"] + ("" if heard is None else f", heard {heard} s ago")
    yield "loudspeaker", found["devices"]["loudspeaker"] or "not open"
    now = f"{memory['now']} MB, " if memory["now"] is not None else ""
    yield "memory", f"{now}at most {memory['most']} MB"
    if gap is None:
        yield "gap", "no turn yet"
    else:
        late = "too few turns for a 95th percentile" if gap["p95"] is None else f"95 % within {gap['p95']} ms"
        yield "gap", f"{gap['p50']} ms median, {late}; {gap['turns']} turns"
    for trouble in found["degraded"]:
        yield "amiss", f"{trouble['part']}: {trouble['why']}"
    if not found["degraded"]:
        yield "amiss", "nothing"


def _duration(seconds: int) -> str:
    for size, unit in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} seconds"
