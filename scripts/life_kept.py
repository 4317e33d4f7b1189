"""All that the program keeps is written over and over until the process is killed; what is wrong on the disk comes out.

    .venv/bin/python scripts/life_kept.py FOLDER     writes, and prints the number of each round that is done

For `bench_life.py` and tests/slow/test_kill.py.
"""

import itertools
import json
import random
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

from assistant.errors import AssistantError
from assistant.latency.journal import Journal, read
from assistant.listen.habits import Habits
from assistant.reply.tools.shopping import ShoppingList
from assistant.service.lock import only_one
from assistant.service.mute import keep_muted, muted
from assistant.setup.progress import Progress, replaced, write
from assistant.setup.settings_file import merged

COMMENT = "# Mine, and it stays."
LATEST = 0.2
"""seconds after which it is killed at the latest: some twenty rounds"""
_JOURNAL = 2000
"""bytes of one of the journal's files, so that they are rotated every few rounds"""
_FIRST = 1000
"""ms: the patience of round 0"""


def killed(folder: Path, dice: random.Random) -> list[str]:
    """What is wrong in *folder*, which is empty, after a process was killed that wrote there at a random moment."""
    command = [sys.executable, __file__, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]) as writer:
        assert writer.stdout is not None
        done = [writer.stdout.readline()]
        time.sleep(dice.uniform(0.0, LATEST))
        writer.kill()
        done += writer.stdout.read().splitlines()
    return wrong(folder, int(done[-1]))


def wrong(folder: Path, done: int) -> list[str]:
    """Sentences: what in *folder* is neither as round *done* left it nor as the next one does."""
    return [f"{kept.__name__}: {found}" for kept in _KEPT if (found := _found(kept, folder, done))]


def journal(folder: Path, done: int) -> str:
    """Whole lines, and no more than there were turns; a thread writes them, some a little later."""
    reading = read(folder / "journal")
    if reading.unreadable:
        return f"{reading.unreadable} lines cannot be read"
    return f"{len(reading.entries)} turns of {done + 1}" if len(reading.entries) > done + 1 else ""


def shopping_list(folder: Path, done: int) -> str:
    """One item for each round."""
    lines = (folder / "list.txt").read_text().splitlines()
    whole = lines == [f"item {number}" for number in range(1, len(lines) + 1)]
    return "" if whole and len(lines) in {done, done + 1} else f"it is {lines[-3:]} behind round {done}"


def pauses(folder: Path, done: int) -> str:
    """The last one is that of the round."""
    last = json.loads((folder / "pauses.json").read_text())[-1]
    return "" if last in {_pause(done), _pause(done + 1)} else f"the last one is {last} behind round {done}"


def settings(folder: Path, done: int) -> str:
    """The patience of the round, and the comment."""
    text = (folder / "config.toml").read_text()
    patience = tomllib.loads(text)["listen"]["patience_ms"]
    good = patience - _FIRST in {done, done + 1} and text.startswith(COMMENT)
    return "" if good else f"{text!r} behind round {done}"


def setup(folder: Path, done: int) -> str:
    """The step of the round."""
    step = json.loads((folder / "setup.json").read_text())["done"]["step"]
    return "" if step in {str(done), str(done + 1)} else f"it is at {step} behind round {done}"


def mute(folder: Path, done: int) -> str:
    """What was said when it was last written, which the round under way may have changed."""
    return "" if muted(folder) in {_muted(done), _muted(done + 1)} else f"{muted(folder)} behind round {done}"


def lock(folder: Path, done: int) -> str:
    """It is held by nobody any more, and taken again here."""
    with only_one(folder):
        return "" if done else "nothing was done"


def _found(kept: Callable[[Path, int], str], folder: Path, done: int) -> str:
    try:
        return kept(folder, done)
    except (OSError, ValueError, LookupError, AssistantError) as error:  # it is damaged, or not there
        return repr(error)


_KEPT: tuple[Callable[[Path, int], str], ...] = (journal, shopping_list, pauses, settings, setup, mute, lock)


def main(folder: Path) -> None:
    """Write until killed."""
    turns = Journal(folder / "journal", {"source": "nobody"}, size=_JOURNAL)
    shopping, habits = ShoppingList(folder / "list.txt"), Habits(folder / "pauses.json")
    config = folder / "config.toml"
    replaced(config, f"{COMMENT}\n[listen]\npatience_ms = {_FIRST}\n")
    with only_one(folder):
        for number in itertools.count(1):
            turns.add({"gap": 0.3, "unmeasured": None, "at": {"speech_end": 0.0, "first_sound": 0.3}})
            shopping.add_to_list([f"item {number}"])
            habits.add([_pause(number)])
            replaced(config, merged(config.read_text(), {"listen.patience_ms": _FIRST + number}))
            write(folder / "setup.json", Progress().finished("step", str(number)))
            keep_muted(folder, _muted(number))
            print(number, flush=True)


def _pause(number: int) -> float:
    return (number % 400 + 1) / 100


def _muted(number: int) -> bool:
    return bool(number // 4 % 2)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
