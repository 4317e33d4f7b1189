"""Nothing goes in; what this computer is, as far as it decides how long an answer takes, comes out."""

import ctypes
import importlib.util
import os
import platform
import shlex
import sys
from contextlib import suppress
from pathlib import Path

_LONGEST = 256
"""bytes of a processor's name, far more than any has"""


def machine() -> dict[str, object]:
    """JSON-ready: processor, cores, memory in GiB, system, Python. Nothing that tells whose it is."""
    return {
        "processor": processor(sys.platform) or platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": _memory(),
        "system": f"{platform.system()} {platform.mac_ver()[0] or platform.release()} {platform.machine()}",
        "python": platform.python_version(),
    }


def installer() -> str:
    """What to type before the names of packages for this Python: an environment that uv made has no pip of its own."""
    python = shlex.quote(sys.executable)
    return f"{python} -m pip install" if importlib.util.find_spec("pip") else f"uv pip install --python {python}"


def processor(system: str, cpuinfo: Path = Path("/proc/cpuinfo")) -> str | None:
    """The processor's name on *system* (as in sys.platform), None where nobody tells it."""
    if system == "darwin":
        return _sysctl(b"machdep.cpu.brand_string")
    with suppress(OSError):
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return " ".join(value.split())
    return None


def _sysctl(name: bytes) -> str | None:
    """A text that a Mac's kernel knows under *name* (`man 3 sysctlbyname`)."""
    text = ctypes.create_string_buffer(_LONGEST)
    size = ctypes.c_size_t(_LONGEST)
    with suppress(AttributeError, OSError):
        if ctypes.CDLL(None).sysctlbyname(name, text, ctypes.byref(size), None, ctypes.c_size_t(0)) == 0:
            return text.value.decode(errors="replace") or None
    return None


def _memory() -> float | None:
    with suppress(ValueError, OSError):
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    return None
