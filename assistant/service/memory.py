"""Nothing goes in; how much memory this process takes comes out, in bytes."""

import resource
import sys
from pathlib import Path


def resident() -> int | None:
    """What it takes now; None where the system does not tell without another program's help (a Mac)."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * resource.getpagesize()


def peak() -> int:
    """The most it has ever taken."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024  # getrusage(2): bytes there, KiB on Linux
