"""A serving program is started, and the time until it listens comes out.

For `bench_life.py`.
"""

import os
import statistics
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import virtual_room
from life_served import Figures, Served, hears

START_S = 3.0


def start(figures: Figures, count: int) -> None:
    """From the command to the first moment in which it listens: files in the system's cache, and not."""
    with virtual_room.room() as room:
        _started(room)
        warm = [_started(room) for _ in range(count)]
        files = list(_files())
        cold = []
        for _ in range(count):
            _forget(files)
            cold.append(_started(room))
    for what, times, files_are in (
        ("start to listening, median", warm, "files in the system's cache"),
        ("start to listening, cold, median", cold, f"{len(files)} files of models and libraries not in it"),
    ):
        middle, worst = statistics.median(times), max(times)
        on = f"worst of {len(times)}: {worst:.1f} s; starter models, {files_are}"
        figures.add(what, f"{middle:.1f} s", f"{START_S:.0f} s", good=middle <= START_S, on=on)


def _started(room: dict[str, str]) -> float:
    it = Served(room)
    try:
        return it.wait(hears, "to listening")
    finally:
        it.end()


def _files() -> Iterable[Path]:
    """What a start may read: models, voices, our code and the libraries."""
    folders = (
        virtual_room.ROOT / "models",
        virtual_room.ROOT / "voices",
        virtual_room.ROOT / "assistant",
        Path(np.__file__).parents[1],
    )
    return (file for folder in folders for file in folder.rglob("*") if file.is_file())


def _forget(files: Iterable[Path]) -> None:
    """Have the system read them from the disk again; what another program uses at this moment stays in memory."""
    for file in files:
        handle = os.open(file, os.O_RDONLY)
        try:
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(handle)
