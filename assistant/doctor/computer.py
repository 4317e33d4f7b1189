"""What this computer and its Python are goes in; whether the program can do with them comes out. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from assistant.devices import missing_portaudio
from assistant.doctor.finding import Finding, right, unknown, wrong
from assistant.weights.fetch import SPARE_BYTES
from assistant.weights.footprint import Footprint
from assistant.weights.sizes import FOR_MODELS, fits, size

MAC = "Darwin"
"""as platform.system() calls it"""
OLDEST_MACOS = 14
"""the oldest for which the wheels of all engines are (`make mac`)"""
NO_GPUS = frozenset({"CPU", "BLAS"})
"""the processor, and on a Mac its Accelerate library, which llama.cpp lists as a device of its own"""

_OLDEST_PYTHON = (3, 11)
_STEP_S = 0.1
"""s by which the two clocks may part within a second: a steered clock (NTP slews 0.0005) stays far below"""
_AHEAD = timedelta(minutes=5)
"""by which a kept time may lie in the future before a clock must have been set back"""
_METAL = ("Metal", "MTL")
"""how llama.cpp's device of a Mac's GPU is called, in older and newer versions"""
_REBUILD = (
    'CMAKE_ARGS="-DGGML_METAL=on" {installer} --force-reinstall --no-deps --no-cache-dir'
    " --no-binary llama-cpp-python llama-cpp-python"
)


@dataclass(frozen=True, slots=True)
class Python:
    """The Python that runs, and what it runs on."""

    version: tuple[int, int, int]
    system: str
    """as platform.system() says: Darwin, Linux"""
    machine: str
    """what it was built for: arm64, x86_64, ..."""
    processor: str
    """the processor's own name"""
    macos: str
    """14.5 or the like; empty elsewhere"""


@dataclass(frozen=True, slots=True)
class Wheels:
    """What became of importing each library, in a process of its own."""

    versions: Mapping[str, str]
    """by package, of those that are installed and can be imported"""
    broken: Mapping[str, str]
    """by package, why not"""
    installer: str
    """what to type before the names of packages for this Python"""
    platform: str
    """as sys.platform says"""
    trouble: str = ""
    """why nothing could be imported at all"""


@dataclass(frozen=True, slots=True)
class Computing:
    """What llama.cpp computes on."""

    system: str
    devices: Mapping[str, int]
    """bytes a program may have, by llama.cpp's name of the device; the processor is one"""
    offload: bool
    """llama_supports_gpu_offload()"""
    gpu_layers: int
    """the setting reply.gpu_layers"""
    installer: str
    """as in Wheels"""
    trouble: str = ""
    """why it could not be asked"""


@dataclass(frozen=True, slots=True)
class Need:
    """What memory the models of the settings take."""

    total: int
    """bytes, with cache and engines"""
    chat: int
    """bytes of it that lie on the GPU, where there is one: the language model and its cache"""
    memory: int
    """bytes this computer has"""
    fitting: str
    """the profile that fits it"""
    language: Footprint = field(default_factory=Footprint)
    """of the language model: how much of `chat` is its cache"""


@dataclass(frozen=True, slots=True)
class Clock:
    """How the clocks went for a moment."""

    now: datetime
    wall_s: float
    steady_s: float
    """s that passed by the wall clock, and by the one that is never set"""
    written: datetime
    """when this program was written or installed: no clock shows an earlier time"""
    last_turn: datetime | None
    """the newest turn in the journal"""


@dataclass(frozen=True, slots=True)
class Disk:
    """A folder of ours, and the disk it is on."""

    what: str
    setting: str
    folder: Path
    free: int
    """bytes"""
    writable: bool
    away: bool = False
    """whether it is on a disk that is not here; then the others are about where it would be made"""


def python(facts: Python) -> Finding:
    """Whether this Python is one the engines are built for."""
    name, version = "Python", ".".join(map(str, facts.version))
    if facts.version[:2] < _OLDEST_PYTHON:
        return wrong(name, f"Python {version} is too old.", "Install Python 3.11 or newer, and the program with it.")
    if facts.system == MAC:
        return _python_on_a_mac(name, version, facts)
    return right(name, f"Python {version} on {facts.system}, {facts.machine}.")


def wheels(facts: Wheels) -> Finding:
    """Whether every library is there and can be loaded."""
    if facts.trouble:
        return unknown("libraries", "They cannot be tried.", detail=facts.trouble)
    if facts.broken:
        told = "; ".join(f"{package}: {why}" for package, why in sorted(facts.broken.items()))
        remedy = f"{facts.installer} --force-reinstall {' '.join(sorted(facts.broken))}"
        remedy += "  (or install the program again)"
        if facts.broken.keys() == {"sounddevice"}:
            # Its wheel for Linux is whole without PortAudio: installing it again brings nothing.
            remedy = missing_portaudio(facts.platform)
        return wrong("libraries", f"Cannot be loaded: {', '.join(sorted(facts.broken))}.", remedy, told)
    return right("libraries", f"All {len(facts.versions)} can be loaded.")


def computing(facts: Computing) -> Finding:
    """Whether llama.cpp uses the GPU of a Mac; elsewhere, what it uses."""
    name = "language model's GPU"
    if facts.trouble:
        return unknown(name, "llama.cpp cannot be asked.", detail=facts.trouble)
    gpus = {device: memory for device, memory in facts.devices.items() if device not in NO_GPUS}
    if facts.system == MAC and not (facts.offload and any(device.startswith(_METAL) for device in gpus)):
        return wrong(
            name,
            "llama.cpp was built without Metal, or finds no GPU: every answer takes many times as long.",
            _REBUILD.format(installer=facts.installer),
        )
    if gpus and facts.gpu_layers == 0:
        return wrong(
            name,
            f"There is {_named(gpus)}, and reply.gpu_layers = 0 keeps the model off it.",
            "Remove reply.gpu_layers from the settings file (assistant config says where it is set).",
        )
    if gpus:
        part = "all layers" if facts.gpu_layers < 0 else f"{facts.gpu_layers} layers"
        return right(name, f"llama.cpp puts {part} on {_named(gpus)}.")
    return right(name, "llama.cpp computes on the processor; it was built without a GPU, or finds none.")


def memory(need: Need, facts: Computing) -> Finding:
    """Whether the models fit the memory, and the language model what the GPU may have of it."""
    name = "memory"
    metal = [memory for device, memory in facts.devices.items() if device.startswith(_METAL)]
    remedy = f"assistant models pull {need.fitting}  (and use what it says)"
    if metal and facts.gpu_layers and need.chat > metal[0]:
        return wrong(
            name,
            f"The language model needs {size(need.chat)} with its memory of the talk, and macOS lets the GPU have"
            f" {size(metal[0])}: it fails with kIOGPUCommandBufferCallbackErrorOutOfMemory, or crawls.",
            f"{remedy}{_or_less(need, metal[0])}",
        )
    if not fits(need.total, need.memory):
        return wrong(
            name,
            f"The models need {size(need.total)}, and of {size(need.memory)} two thirds can be theirs.",
            f"{remedy}{_or_less(need, need.memory * FOR_MODELS - (need.total - need.chat))}",
        )
    limit = f"; the GPU may have {size(metal[0])}, the language model takes {size(need.chat)}" if metal else ""
    return right(name, f"The models need {size(need.total)} of {size(need.memory)}{limit}.")


def clock(facts: Clock) -> Finding:
    """Whether the time of day can be right, and stands still for nobody's hand."""
    name, remedy = "clock", "Let the system set the clock (Date & Time in the settings; timedatectl on Linux)."
    if facts.now < facts.written:
        return wrong(name, f"It shows {facts.now:%Y-%m-%d}, and this program is newer than that.", remedy)
    step = facts.wall_s - facts.steady_s
    if abs(step) > _STEP_S:
        return wrong(name, f"It was set by {step:+.1f} s just now: what is logged shows wrong times.", remedy)
    if facts.last_turn is not None and facts.last_turn > facts.now + _AHEAD:
        ahead = f"{facts.last_turn:%Y-%m-%d %H:%M}"
        return wrong(name, f"The last turn was at {ahead} (UTC), which is still to come: it was set back.", remedy)
    return right(name, "The time can be right, and goes as evenly as it should.")


def disks(facts: Sequence[Disk]) -> Finding:
    """Whether there is room where something is written."""
    for disk in facts:
        if disk.away:
            told = f"The disk with the folder for {disk.what} is not here."
            return wrong("disk", told, f"Plug it in, or name another folder with {disk.setting}.", str(disk.folder))
        if not disk.writable:
            told = f"The folder for {disk.what} cannot be written."
            return wrong("disk", told, f"Name another one with {disk.setting}.", str(disk.folder))
    least = min(facts, key=lambda disk: disk.free)
    if least.free < SPARE_BYTES:
        return wrong(
            "disk",
            f"The folder for {least.what} has {size(least.free)} free: what is written there will be lost soon.",
            f"Make room, or name a folder on another disk with {least.setting}.",
            str(least.folder),
        )
    return right("disk", f"At least {size(least.free)} free where models, logs and times are written.")


def _or_less(need: Need, room: float) -> str:
    """What to set instead, where the language model fits *room* bytes but for its cache."""
    less = need.language.context_within(room)
    return f"; or set reply.context, which is {need.language.context}, to {less}" if less else ""


def _python_on_a_mac(name: str, version: str, facts: Python) -> Finding:
    if facts.machine != "arm64" and facts.processor.startswith("Apple"):
        return wrong(
            name,
            f"Python {version} is built for {facts.machine}, so macOS translates it: all of it is slow, and Metal"
            " cannot be used.",
            "Install a Python for arm64 (python.org, or Homebrew in /opt/homebrew), and the program with it.",
        )
    if facts.machine != "arm64":
        return unknown(name, f"Python {version} on a Mac with {facts.processor}: nobody has tried that.")
    if int(facts.macos.partition(".")[0] or 0) < OLDEST_MACOS:
        return wrong(
            name, f"macOS {facts.macos} is older than the engines are built for.", f"Update to macOS {OLDEST_MACOS}."
        )
    return right(name, f"Python {version} for {facts.machine} on macOS {facts.macos}, {facts.processor}.")


def _named(gpus: Mapping[str, int]) -> str:
    return ", ".join(f"{device} ({size(memory)})" for device, memory in gpus.items())
