"""Places of files go in; the folders that macOS lets no program read until its person allows it come out. Pure.

Of a service it asks in the app's name, or refuses without a word (TCC, facts A): from the terminal nobody sees which.
"""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

PROGRAM = "the program"
"""what is named so is no setting's"""

_ALLOW = (
    "if macOS asks, allow it; if not, allow Assistant in System Settings > Privacy & Security > Files and Folders and"
    " type assistant service restart"
)
_INSTALL = (
    "put the program elsewhere: type uv tool install . in the folder it was cloned to, and then assistant service"
    " install"
)
_MOVE = "move the files to another folder of yours and correct their settings"

_FOLDERS = ("Desktop", "Documents", "Downloads", "Library/CloudStorage", "Library/Mobile Documents")
"""of a home: the last two are of what syncs with a cloud, iCloud Drive among them"""
_VOLUMES = Path("/Volumes")
"""other disks: removable ones and those in the network"""


def guarded(home: Path, path: Path) -> Path | None:
    """The guarded folder, or disk, that *path* lies in, if it lies in one; neither has links in it."""
    if path.is_relative_to(_VOLUMES) and path != _VOLUMES:
        return Path(*path.parts[:3])
    # As the disk of a Mac has it: Downloads and downloads are one folder.
    ours = _folded(path)
    return next((home / name for name in _FOLDERS if ours.is_relative_to(_folded(home / name))), None)


def kept_from(home: Path, named: Iterable[tuple[str, Path]]) -> Mapping[str, Path]:
    """Of what is *named* (a setting, and a path without links) that which macOS guards: by setting, in which folder."""
    return {key: folder for key, path in named if (folder := guarded(home, path)) is not None}


def advice(kept: Collection[str]) -> str:
    """What to do about what is `kept_from` a service, by name: the program, what settings name, or both."""
    ways = [_INSTALL] * (PROGRAM in kept) + [_MOVE] * any(name != PROGRAM for name in kept)
    return ", or ".join([_ALLOW, *ways])


def sentence(kept: Mapping[str, Path]) -> str:
    """What to say of a service that may be `kept_from` files; empty where there are none."""
    folders = " and ".join(dict.fromkeys(map(str, kept.values())))
    return f"macOS may keep the service out of {folders} ({', '.join(kept)}): {advice(kept)}" if kept else ""


def _folded(path: Path) -> Path:
    return Path(str(path).casefold())
