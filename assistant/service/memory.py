"""Nothing goes in; how much memory this process takes comes out, in bytes."""

import ctypes
import os
import resource
import sys
from pathlib import Path
from typing import Any

_RUSAGE_INFO_V0 = 0


class _Rusage(ctypes.Structure):
    """struct rusage_info_v0, of macOS's sys/resource.h."""

    _fields_ = (
        ("uuid", ctypes.c_uint8 * 16),
        ("user_time", ctypes.c_uint64),
        ("system_time", ctypes.c_uint64),
        ("package_wakeups", ctypes.c_uint64),
        ("interrupt_wakeups", ctypes.c_uint64),
        ("pageins", ctypes.c_uint64),
        ("wired", ctypes.c_uint64),
        ("resident", ctypes.c_uint64),
        ("footprint", ctypes.c_uint64),
        ("began", ctypes.c_uint64),
        ("ended", ctypes.c_uint64),
    )


def resident() -> int | None:
    """What it takes now; None where the system does not tell."""
    if sys.platform == "darwin":
        return by_rusage(ctypes.CDLL(None))
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * resource.getpagesize()


def by_rusage(system: Any) -> int | None:
    """As macOS tells it, whose *system* library (libproc.h) is given; not yet run on a Mac."""
    told = _Rusage()
    try:
        failed = system.proc_pid_rusage(os.getpid(), _RUSAGE_INFO_V0, ctypes.byref(told))
    except AttributeError:
        return None
    return None if failed else int(told.resident)


def peak() -> int:
    """The most it has ever taken."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024  # getrusage(2): bytes there, KiB on Linux
