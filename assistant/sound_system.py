"""Nothing goes in; what the system has of sound devices at this moment comes out.

On a Mac CoreAudio is asked, on Linux the kernel, and the sound servers' sockets are looked at: those move streams by
themselves, and all there is to know is whether they are there.
"""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from assistant import core_audio
from assistant.plugged import Plug, Plugged

ASOUND = Path("/proc/asound")
_CARD = re.compile(r"^ *(\d+) \[.*\]: .* - (.*)$", re.MULTILINE)
_PCM = re.compile(r"^(\d+)-(\d+): ([^:\n]*) :(.*)$", re.MULTILINE)


def look() -> Plugged | None:
    """All of them; None where it cannot be told. May block where the system's sound hangs."""
    if sys.platform == "darwin":
        return core_audio.plugged(core_audio.load())
    return replace(from_kernel(ASOUND), servers=servers(os.environ))


def servers(environ: Mapping[str, str]) -> frozenset[tuple[str, int]]:
    """The sound servers that are reached from that environment, each with the time (ns) at which its socket was made.

    So one that began anew is another one. One on another computer is taken to be there, with no time.
    """
    there = {(name, 0) for name in environ.get("PULSE_SERVER", "").split() if "/" not in name}
    for socket in _sockets(environ):
        with suppress(OSError):
            there.add((str(socket), socket.stat().st_mtime_ns))
    return frozenset(there)


def _sockets(environ: Mapping[str, str]) -> Iterator[Path]:
    """Where libpulse and PipeWire look for them (PulseAudio's core-util.c, PipeWire's module-protocol-native.c)."""
    yield from (Path(name[name.index("/") :]) for name in environ.get("PULSE_SERVER", "").split() if "/" in name)
    yield Path("/run/pulse/native")
    runtime, home = environ.get("XDG_RUNTIME_DIR"), environ.get("HOME")
    if pulse := environ.get("PULSE_RUNTIME_PATH") or (runtime and f"{runtime}/pulse"):
        yield Path(pulse, "native")
    elif home:
        found: list[Path] = []
        with suppress(OSError):  # where no file descriptor is left
            found = list(Path(home, ".config/pulse").glob("*-runtime/native"))
        yield from found
    if pipewire := environ.get("PIPEWIRE_RUNTIME_DIR") or runtime:
        yield Path(pipewire, environ.get("PIPEWIRE_REMOTE") or "pipewire-0")


def from_kernel(asound: Path) -> Plugged:
    """What Linux tells in that folder, named as PortAudio names it; nothing where there is none, and no default."""
    cards = dict(_CARD.findall(_read(asound / "cards")))
    found = [
        Plug(
            id=int(card) * 1000 + int(device) + 1,  # 0 is nobody's, but would be the default
            name=f"{cards.get(str(int(card)), '').strip()}: {name.strip()} (hw:{int(card)},{int(device)})",
            inputs="capture" in rest,
            outputs="playback" in rest,
        )
        for card, device, name, rest in _PCM.findall(_read(asound / "pcm"))
    ]
    return Plugged(tuple(found))


def _read(file: Path) -> str:
    try:
        return file.read_text(errors="replace")
    except OSError:
        return ""
