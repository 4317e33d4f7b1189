"""This computer goes in; what decides which models it can carry comes out, and what to tell of it."""

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from assistant.devices import Device, present
from assistant.doctor.computer import NO_GPUS, OLDEST_MACOS
from assistant.errors import DeviceError, ModelError
from assistant.latency.machine import processor
from assistant.reply.gguf import devices as computing
from assistant.weights import sizes


@dataclass(frozen=True, slots=True)
class Machine:
    """What there is to know of a computer before anything is chosen for it."""

    processor: str
    cores: int
    memory: int
    """bytes"""
    free: int
    """bytes free on the disk that models go to"""
    system: str
    """macOS 15.1, Linux 6.1.0, ..."""
    gpu: str
    """what llama.cpp computes on besides the processor; "" where there is nothing"""
    devices: tuple[Device, ...]
    """microphones and loudspeakers"""
    no_sound: str = ""
    """why the devices cannot be listed, in a sentence"""

    @property
    def microphones(self) -> tuple[Device, ...]:
        """What records."""
        return tuple(one for one in self.devices if one.inputs)

    @property
    def loudspeakers(self) -> tuple[Device, ...]:
        """What plays."""
        return tuple(one for one in self.devices if one.outputs)


def look(models: Path) -> Machine:
    """This computer; *models* is models.folder, which need not exist. Blocks for a second, raises nothing expected."""
    found, no_sound = _devices()
    return Machine(
        processor=processor(sys.platform) or platform.machine(),
        cores=os.cpu_count() or 1,
        memory=sizes.memory(),
        free=shutil.disk_usage(next(place for place in (models, *models.parents) if place.exists())).free,
        system=_system(),
        gpu=_gpu(),
        devices=found,
        no_sound=no_sound,
    )


def lines(machine: Machine) -> Iterator[str]:
    """What a person wants to know of it, a line for each thing."""
    memory, free = sizes.size(machine.memory), sizes.size(machine.free)
    yield f"{machine.processor}, {machine.cores} cores, {memory} of memory, {free} of disk free, {machine.system}"
    yield f"language models run on {machine.gpu or 'the processor alone'}"
    yield (
        machine.no_sound or f"microphones: {_names(machine.microphones)}; loudspeakers: {_names(machine.loudspeakers)}"
    )
    name, _, version = machine.system.partition(" ")
    major = version.partition(".")[0]
    if name == "macOS" and major.isdigit() and int(major) < OLDEST_MACOS:
        yield f"{machine.system} is too old: the engines need macOS {OLDEST_MACOS} or newer, and may fail below"


def _names(devices: tuple[Device, ...]) -> str:
    return ", ".join(dict.fromkeys(one.name for one in devices)) or "none"


def _devices() -> tuple[tuple[Device, ...], str]:
    try:
        return tuple(present()), ""
    except DeviceError as error:
        return (), str(error)


def _system() -> str:
    mac = platform.mac_ver()[0]
    return f"macOS {mac}" if mac else f"{platform.system()} {platform.release()}"


def _gpu() -> str:
    with suppress(ModelError):
        return ", ".join(one.name for one in computing() if one.name not in NO_GPUS)
    return ""
