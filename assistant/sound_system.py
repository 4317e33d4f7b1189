"""Nothing goes in; what the system has of sound devices at this moment comes out.

On a Mac CoreAudio is asked, on Linux the kernel: the sound servers there move streams by themselves.
"""

import re
import sys
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
    return from_kernel(ASOUND)


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
