"""The places where a person's things are go in; what is there, and then nothing, comes out."""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant import log
from assistant.errors import UsageError
from assistant.latency import journal
from assistant.service.lock import LOCK, SOCKET
from assistant.service.mute import MUTED
from assistant.service.places import Places
from assistant.settings import Config
from assistant.weights.store import RECORD, UNFINISHED


@dataclass(frozen=True, slots=True)
class Remnant:
    """One thing that would be removed."""

    what: str
    path: Path
    size: int
    """bytes, of all that is in it"""


def remnants(where: Places, elsewhere: Iterable[tuple[str, Path]]) -> list[Remnant]:
    """What of the program's is there: its folders, and what is *elsewhere* (what it is, where the settings put it).

    Each path once, with nothing that lies in another of them; never the home folder, or one that it lies in.
    """
    known = [
        ("models, lists, learned pauses", where.data),
        ("settings", where.config),
        ("state", where.state),
        ("logs, measured times", where.log),
        ("cache", where.cache),
        *elsewhere,
    ]
    kept = {where.home, *where.home.parents}
    present = [(what, path) for what, path in known if path not in kept and (path.exists() or path.is_symlink())]
    paths = {path for _, path in present}
    outer = dict.fromkeys(path for _, path in present if paths.isdisjoint(path.parents))
    return [Remnant(_inside(path, present), path, size(path)) for path in outer]


def elsewhere(config: Config, file: Path) -> list[tuple[str, Path]]:
    """What the program has made where the settings say, and the settings' own *file*: (what it is, where).

    Of a folder that the settings name only what is ours in it: it may be full of other things. A setting, or
    ASSISTANT_CONFIG, may name a folder where a file is meant: that was never ours.
    """
    models = config.models.folder
    files = [
        ("settings", file),
        ("learned pauses", config.listen.pauses),
        ("shopping list", config.reply.shopping_list),
        *(("measured times", path) for path in sorted(config.latency.folder.glob(f"{journal.FILE}*"))),
        *(("log", path) for path in sorted(config.log.folder.glob(f"{log.FILE}*"))),
        *(("control socket", config.service.folder / name) for name in (SOCKET, LOCK, MUTED)),
    ]
    return [
        *((what, path) for what, path in files if not path.is_dir()),
        *(("model", record.parent) for record in sorted(models.glob(f"*/{RECORD}"))),
        ("unfinished models", models / UNFINISHED),
    ]


def size(path: Path) -> int:
    """Bytes of *path* and what is in it; links are not followed."""
    if path.is_symlink() or not path.is_dir():
        return path.lstat().st_size
    return sum(size(inside) for inside in path.iterdir())


def delete(found: Sequence[Remnant]) -> None:
    """Delete it all. Of a link, the link alone. Raises UsageError, behind the rest, for what cannot be deleted."""
    refused = []
    for remnant in found:
        try:
            if remnant.path.is_symlink() or not remnant.path.is_dir():
                remnant.path.unlink(missing_ok=True)
            else:
                shutil.rmtree(remnant.path)
        except OSError as error:
            refused.append(f"{remnant.path} cannot be removed: {error.strerror} ({error.filename})")
    if refused:
        raise UsageError("\n  ".join(["Something is left:", *refused]))


def _inside(folder: Path, present: Sequence[tuple[str, Path]]) -> str:
    """What *folder* holds: on a Mac several of these are one folder."""
    inside = (what for what, path in present if folder in (path, *path.parents))
    return ", ".join(dict.fromkeys(one for what in inside for one in what.split(", ")))
