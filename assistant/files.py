"""A path and a text go in; the file holds that text afterwards, or what it held before."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def replaced(path: Path, text: str) -> None:
    """Have *path* hold *text*, UTF-8, in one step: a crash, Ctrl-C or a full disk leaves the old or the new.

    A link stays one, and a file keeps its rights; a new one, and a folder made for it, is for its owner alone. Blocks
    until it is on the disk. Raises OSError.
    """
    path = path.resolve()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            Path(name).chmod(path.stat().st_mode & 0o777)
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
