"""A folder goes in; whether it is missing because the disk that it is on is, comes out."""

from contextlib import suppress
from pathlib import Path

from assistant.errors import AwayError
from assistant.weights.store import default_folder

PLUGGED_IN = (Path("/Volumes"), Path("/media"), Path("/run/media"), Path("/mnt"))
"""where macOS and Linux have disks that come and go"""


def away(folder: Path) -> bool:
    """Whether *folder*, which may be a link, seems to be on a disk that is not here.

    In PLUGGED_IN that is so where nothing is mounted and nothing is in it: what is named in /etc/fstab leaves an empty
    folder behind. Elsewhere a disk may be mounted, too: where not even the folder is here that it would be in.
    """
    with suppress(OSError, RuntimeError):  # of what cannot be looked at nothing is claimed
        real = folder.resolve()
        root = next((one for one in PLUGGED_IN if one in real.parents), None)
        if root is None:
            return folder != default_folder() and not real.exists() and not real.parent.exists()
        mounted = any(one.is_mount() for one in (real, *real.parents) if one.is_relative_to(root))
        return not mounted and not (real.exists() and any(real.iterdir()))
    return False


def check_here(folder: Path) -> None:
    """Raises AwayError where *folder* is `away`: what is fetched into it would lie on another disk, if anywhere."""
    if away(folder):
        # Not of a disk's own place: made there, it would be on the system's disk.
        make = "" if any(one in folder.resolve().parents for one in PLUGGED_IN) else ", or make the folder"
        raise AwayError(
            f"The disk that {folder} is on seems to be away: plug it in{make}, or correct models.folder (`assistant"
            " config` shows where it is set)."
        )
