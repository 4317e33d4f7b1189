"""A serving program is killed at random moments, again and again; what is wrong with the next one comes out.

For `bench_life.py`.
"""

import json
import random
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import life_kept
import virtual_room
from life_served import QUESTIONS, Figures, Served, hears, loaded

from assistant.errors import ServiceError
from assistant.latency.journal import read
from assistant.listen.habits import KEPT
from assistant.service.protocol import Verb

LONGEST = 5.0
"""seconds that one lives at most: it loads for two of them, and answers in the others"""
LISTED = ("milk", "bread", "eggs", "butter", "apples", "coffee", "tea", "rice", "cheese", "bananas")


def kills(figures: Figures, count: int, seed: int) -> None:
    """Of the whole program, while it loads, listens, answers and is told something; and of who writes all it keeps."""
    dice = random.Random(seed)
    broken: list[str] = []
    with virtual_room.room() as room:
        promised: bool | None = False
        for _ in range(count):
            it = Served(room, "listen.learn_patience=true")
            promised = _lived(it, dice, promised, broken)
        last = Served(room)
        last.wait(loaded, "to its models")
        broken += _wrong(last, promised)
        last.do(Verb.UNMUTE)
        last.wait(hears, "to listening")
        last.answers()
        broken += ["it did not end well"] if last.end() else []
    on = f"kill -9 at random moments of at most {LONGEST:g} s (seed {seed}), the next start after each"
    _told(figures, f"{count} kills of the program: wrong", broken, on)
    broken = []
    for _ in range(count):
        with tempfile.TemporaryDirectory(prefix="kept-") as folder:
            broken += life_kept.killed(Path(folder), dice)
    _told(figures, f"{count} kills of who writes: wrong", broken, "all that is kept, written over and over")


def _lived(it: Served, dice: random.Random, promised: bool | None, broken: list[str]) -> bool | None:
    """One life, killed at its end; whether it was muted then, None where that had been asked for and not answered."""
    dies = time.monotonic() + dice.uniform(0.05, LONGEST)
    while time.monotonic() < dies:
        if (status := it.status()) is not None and loaded(status):
            broken += _wrong(it, promised)
            promised = _occupied(it, dice, dies, promised)
            break
        if it.child.poll() is not None:
            broken.append(f"it did not start: {it.child.returncode}")
            break
        time.sleep(0.02)
    it.end(signal.SIGKILL)
    return promised


def _occupied(it: Served, dice: random.Random, dies: float, muted: bool | None) -> bool | None:
    """Somebody asks, mutes and unmutes it until it dies; it begins *muted*."""
    asking = None
    while (left := dies - time.monotonic()) > 0:
        verb = dice.choice((Verb.MUTE, Verb.UNMUTE, Verb.UNMUTE))
        try:
            it.do(verb)
            muted = verb is Verb.MUTE
        except ServiceError:
            muted = None
        if asking is None or asking.poll() is not None:
            recording = virtual_room.RECORDINGS / f"{dice.choice(QUESTIONS)}.wav"
            asking = subprocess.Popen(["paplay", "--device=mouth", recording], env=it.room)
        time.sleep(min(left, dice.uniform(0.0, 2.0)))
    if asking is not None:
        asking.kill()
        asking.wait()
    return muted


def _wrong(it: Served, promised: bool | None) -> list[str]:
    """What one that has just started found, or what of it is not as it should be."""
    found = []
    muted = (it.status() or {}).get("muted")
    if promised is not None and muted is not promised:
        found.append(f"it is muted: {muted}, though {promised} was said")
    if unreadable := read(it.logs).unreadable:
        found.append(f"{unreadable} lines of the journal cannot be read")
    items = it.list.read_text().splitlines() if it.list.exists() else []
    if not all(item in LISTED for item in items) or len(set(items)) < len(items):
        found.append(f"the shopping list is {items}")
    lengths = json.loads(it.pauses.read_text()) if it.pauses.exists() else []
    if not all(isinstance(one, float | int) for one in lengths) or len(lengths) > KEPT:
        found.append(f"the pauses are {lengths}")
    return found


def _told(figures: Figures, what: str, broken: list[str], on: str) -> None:
    on = "; ".join(sorted(set(broken))) or on
    figures.add(what, str(len(broken)), "0", good=not broken, on=on)
