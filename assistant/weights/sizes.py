"""Numbers of bytes go in, what a person reads comes out; how much disk is taken, and how much memory may be."""

import os
import re
from contextlib import suppress
from pathlib import Path

FOR_MODELS = 2 / 3
"""of the memory may be used: what Metal lets the GPU have on Macs of 16 and 32 GB (llama-cpp-python#687, ollama#434)"""


def size(count: float) -> str:
    """*count* bytes with two or three digits and a unit, in powers of 1000 as disks and the hub count: 14.3 GB."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:  # noqa: PLR2004 - what the prefixes mean
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def on_disk(path: Path) -> int:
    """Bytes of a file, or of all that is in a folder; 0 where nothing is."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def memory() -> int:
    """Bytes of memory this computer has."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def available(meminfo: Path = Path("/proc/meminfo")) -> int | None:
    """Bytes of memory that a program can still have; None where the system does not tell without help (a Mac)."""
    with suppress(OSError):
        if found := re.search(r"^MemAvailable: +(\d+) kB$", meminfo.read_text(), re.MULTILINE):
            return int(found[1]) * 1024
    return None


def fits(need: int, memory_bytes: int) -> bool:
    """Whether models that *need* so many bytes can be used with so much memory."""
    return need <= memory_bytes * FOR_MODELS
