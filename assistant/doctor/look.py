"""The settings go in; facts about this computer and the program on it come out, for the pure files to judge. Blocks."""

import importlib.util
import os
import platform
import plistlib
import shutil
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

import assistant
from assistant import weights
from assistant.devices import Device
from assistant.doctor import computer, running, sound
from assistant.doctor.ask import TROUBLE, ask
from assistant.doctor.probe import LIBRARIES, WAKE
from assistant.errors import AssistantError, AwayError, ModelError, NotRunningError, ServiceError, UsageError
from assistant.latency import journal
from assistant.latency.machine import installer, processor
from assistant.service.bundle import IDENTIFIER
from assistant.service.client import ask as ask_the_running
from assistant.service.here import kept_back, manager
from assistant.service.mute import muted
from assistant.service.permission import Hearing, Permission, asked, kept
from assistant.service.places import places
from assistant.service.protocol import Request, Verb
from assistant.settings import Config
from assistant.weights.catalog import our_catalog
from assistant.weights.disk import away

_MOMENT_S = 1.0
"""s for which the clocks are watched: a step is made at once, and a slower one is none"""


def python() -> computer.Python:
    """This Python."""
    version = sys.version_info
    return computer.Python(
        (version.major, version.minor, version.micro),
        platform.system(),
        platform.machine(),
        processor(sys.platform) or platform.processor(),
        platform.mac_ver()[0],
    )


def wheels(config: Config, limit: float) -> computer.Wheels:
    """The libraries that *config* needs."""
    packages = [*LIBRARIES, *(WAKE if config.listen.mode == "wake" else ())]
    answer = ask("wheels", *packages, limit=limit)
    broken = {answer.trying: answer.trouble.rstrip(".")} if answer.trying else answer.said.get("broken", {})
    trouble = "" if answer.trying else answer.trouble
    return computer.Wheels(answer.said.get("versions", {}), broken, installer(), sys.platform, trouble)


def computing(config: Config, limit: float) -> computer.Computing:
    """What llama.cpp computes on."""
    answer = ask("computing", limit=limit)
    devices, offload = answer.said.get("devices", {}), bool(answer.said.get("offload"))
    layers = config.reply.gpu_layers
    return computer.Computing(platform.system(), devices, offload, layers, installer(), answer.trouble)


def clock(config: Config) -> computer.Clock:
    """The clocks over a second."""
    wall, steady = time.time(), time.monotonic()
    time.sleep(_MOMENT_S)
    wall_s, steady_s = time.time() - wall, time.monotonic() - steady
    written = datetime.fromtimestamp(Path(assistant.__file__).stat().st_mtime, UTC)
    return computer.Clock(datetime.now(UTC), wall_s, steady_s, written, _last_turn(config.latency.folder))


def disks(config: Config) -> list[computer.Disk]:
    """The folders that are written to; where one is not there yet, what it would be made in."""
    folders = (
        ("models", "models.folder", config.models.folder),
        ("log", "log.folder", config.log.folder),
        ("times of your turns", "latency.folder", config.latency.folder),
        ("control socket", "service.folder", config.service.folder),
    )
    found = []
    for what, setting, folder in folders:
        gone = setting == "models.folder" and bool(_fetched(config)) and away(folder)
        here = next(place for place in (folder, *folder.absolute().parents) if place.exists())
        free, writable = shutil.disk_usage(here).free, here.is_dir() and os.access(here, os.W_OK)
        found.append(computer.Disk(what, setting, folder, free, writable, gone))
    return found


def sound_devices(config: Config, limit: float) -> tuple[list[Device], sound.Sound]:
    """All sound devices, and those that *config* means."""
    answer = ask("devices", config.listen.microphone, config.speak.loudspeaker, _headset(config), limit=limit)
    found = [Device(**device) for device in answer.said.get("found", ())]
    said = answer.said
    return found, sound.chosen(found, said.get("microphone"), said.get("loudspeaker"), answer.trouble)


def hearing(config: Config, limit: float) -> Hearing | None:
    """What a second of the microphone gives, opened from here; None where there is none."""
    answer = ask("hear", config.listen.microphone, _headset(config), limit=limit)
    if answer.trouble:
        return Hearing(Permission.UNKNOWN, 0, answer.trouble)
    heard = answer.said["heard"]
    return heard and Hearing(Permission(heard["permission"]), heard["peak"], heard[TROUBLE])


def voice(config: Config, limit: float) -> sound.Voice:
    """A sentence by the voice of *config*, unheard."""
    piper = importlib.util.find_spec("piper")
    data = Path(piper.origin).parent / "espeak-ng-data" if piper and piper.origin else None
    present = data is not None and (data / "phontab").is_file()
    try:
        path = weights.voice(config.speak.voice, config.models.folder)
    except AssistantError as error:
        return sound.Voice(sys.platform, data, present, 0.0, str(error))
    answer = ask("voice", str(path), limit=limit)
    return sound.Voice(sys.platform, data, present, answer.said.get("seconds", 0.0), answer.trouble)


def the_running(config: Config) -> running.Running:
    """What the assistant that runs says of itself."""
    try:
        status = ask_the_running(config.service.folder, Request(Verb.STATUS))
    except NotRunningError:
        return running.Running(None, assistant.__version__)
    except (ServiceError, UsageError) as error:
        return running.Running(None, assistant.__version__, str(error))
    return running.Running(status, assistant.__version__)


def pid(status: Mapping[str, Any] | None) -> int | None:
    """The process of the assistant that told *status*."""
    return int(status["pid"]) if status is not None else None


def ears(config: Config, status: Mapping[str, Any] | None) -> sound.Ears:
    """What is known of the permission; *status* as the running assistant told it, None where none did."""
    devices = (status or {}).get("devices", {})
    inside = devices.get("permission")
    known = {permission.value: permission for permission in Permission}
    return sound.Ears(
        platform.system(),
        running=status is not None,
        muted=bool(status["muted"]) if status is not None else muted(config.service.folder),
        inside=known.get(inside),
        heard_s_ago=devices.get("heard_s_ago"),
        lost=devices.get("hears") is False,
        told=kept(places().permission),
        here=asked(),
    )


def echo(status: Mapping[str, Any] | None) -> sound.Echo:
    """What the running assistant measured of its own voice."""
    if status is None:
        return sound.Echo(running=False)
    measured = status.get("echo")
    return sound.Echo(running=True, used=True, **measured) if measured else sound.Echo(running=True)


def service(config: Config) -> running.Service:
    """The service, as its manager sees it."""
    try:
        status = manager(config.log.folder).status()
    except ServiceError as error:
        return running.Service(None, trouble=str(error))
    kept: Mapping[str, Path] = {}
    with suppress(ModelError, AwayError):  # which is told of where models are
        kept = kept_back(config)
    return running.Service(status, process_type(places().agents / f"{IDENTIFIER}.plist"), kept=kept)


def process_type(plist: Path) -> str | None:
    """What launchd's property list says; None where there is none, Standard where it does not say (launchd.plist)."""
    try:
        read = plistlib.loads(plist.read_bytes())
    except (OSError, ValueError, ExpatError):
        return None
    return str(read.get("ProcessType", "Standard")) if isinstance(read, dict) else None


def _fetched(config: Config) -> set[str]:
    """The models of the catalog that the settings name."""
    named = {config.listen.whisper, config.listen.turn_model, config.reply.model, config.speak.voice}
    return named & our_catalog().models.keys()


def _headset(config: Config) -> str:
    return "yes" if config.listen.headset_microphone else "no"


def _last_turn(folder: Path) -> datetime | None:
    with suppress(UsageError):
        for entry in journal.read(folder, last=1).entries:
            return entry.when
    return None
