"""This computer and the settings go in; its service manager comes out, and whether the service can begin, and has."""

import os
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from assistant import weights
from assistant.errors import ServiceError, UsageError
from assistant.service.client import ask
from assistant.service.guarded import kept_from
from assistant.service.interpreter import carried, this
from assistant.service.launchd import Launchd
from assistant.service.lock import running_pid
from assistant.service.manager import Manager
from assistant.service.places import places
from assistant.service.protocol import Request, Verb
from assistant.service.runner import run
from assistant.service.systemd import Systemd
from assistant.settings import Config

_POLL_S = 0.2
_BEGINS_WITHIN = 30.0
"""seconds in which it is waited for: it takes its lock within one, or later where macOS asks for the microphone; then
it loads its models, which takes seconds, or minutes from a slow disk"""
_ENDED_LOOKS = 5
"""1 s in which it is not seen running, after which it has ended: one that is being started is not seen yet"""


def manager(logs: Path) -> Manager:
    """That of launchd or of systemd; *logs* is log.folder. Raises ServiceError on a system with neither."""
    where = replace(places(), log=logs)
    match platform.system():
        case "Darwin":
            return Launchd(where, this(), carried(os.environ), os.getuid(), run, time.sleep)
        case "Linux":
            return Systemd(where, this(), carried(os.environ), run)
        case system:
            raise ServiceError(f"There is no service for {system}: start `assistant serve` by other means.")


def alone(service: Manager, folder: Path) -> None:
    """Raises ServiceError where an assistant runs that is not *service*'s; *folder* is service.folder."""
    pid = running_pid(folder)
    if pid is not None and pid != service.status().pid:
        raise ServiceError(f"An assistant runs already, in process {pid}: end it, and type this again.")


def findable(config: Config) -> None:
    """Raises UsageError where a model is missing, or is found from here alone: better said now than in a log.

    Raises AwayError where the disk of one is not here.
    """
    for key, place in _named(config).items():
        if not place.is_absolute():
            raise UsageError(
                f"The service starts in another folder, and does not find {place} from there: set {key} to"
                f" {place.absolute()}"
            )


def kept_back(config: Config) -> Mapping[str, Path]:
    """What macOS may keep from a service: of the program, and by their settings of files, in which folder it lies.

    Nothing elsewhere. Raises ModelError, AwayError.
    """
    if platform.system() != "Darwin":
        return {}
    program = [weights.ROOT, *this().sites]
    files = {key: place for key, place in _named(config).items() if not place.is_relative_to(weights.ROOT)}
    named = [*(("the program", place) for place in program), *files.items()]
    return kept_from(places().home.resolve(), ((key, place.resolve()) for key, place in named))


def _named(config: Config) -> Mapping[str, Path]:
    """The files and folders that a service uses, by the setting that says where. Raises ModelError, AwayError."""
    folder, listen = config.models.folder, config.listen
    named = {
        "models.folder": folder,
        "listen.whisper": weights.whisper(listen.whisper, folder),
        "listen.turn_model": weights.turn_model(listen.turn_model, folder),
        "reply.model": weights.chat(config.reply.model, folder),
        "speak.voice": weights.voice(config.speak.voice, folder),
        "listen.pauses": listen.pauses,
        "reply.shopping_list": config.reply.shopping_list,
        "latency.folder": config.latency.folder,
        "log.folder": config.log.folder,
        "service.folder": config.service.folder,
    }
    return {key: place for key, place in named.items() if place is not None}


def begun(
    service: Manager,
    folder: Path,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> str:
    """What has become of *service*, which was just started, in words. Raises ServiceError: it ended.

    A manager may call running what is about to end because of its settings, or its models.
    """
    until, not_seen, locked = clock() + _BEGINS_WITHIN, 0, False
    while clock() < until:
        status = service.status()
        not_seen = 0 if status.running else not_seen + 1
        if not_seen == _ENDED_LOOKS:
            raise ServiceError("The service has started, and ended: assistant service logs says why.")
        locked = status.running and status.pid == running_pid(folder)
        if locked and _serves(folder):
            return "it runs"
        sleep(_POLL_S)
    if locked:
        return "it loads its models; assistant status shows when it has"
    return "it has not begun yet: see assistant service status"


def _serves(folder: Path) -> bool:
    """Whether the one that runs has loaded its models, and its devices are heard or known to be away (serving.py)."""
    try:
        status = ask(folder, Request(Verb.STATUS))
    except ServiceError:  # it is about to listen to its socket, or to end
        return False
    if status["state"] == "loading":
        return bool(status["degraded"])  # by a loudspeaker, which is waited for: nothing else is known before
    return status["muted"] or status["devices"]["hears"] is not None
