"""A serving program is asked to end at random moments, again and again; how long it takes to comes out.

For `bench_life.py`.
"""

import random
import subprocess
import time

import virtual_room
from life_served import QUESTIONS, Figures, Served

LONGEST = 8.0
"""seconds from where it first answers to where it is asked to end, at most: in two of them it loads"""
WITHIN = 2.0
"""seconds that it may take (scenario 32)"""


def ends(figures: Figures, count: int, seed: int) -> None:
    """By SIGTERM, while it loads, listens, understands, thinks and speaks."""
    dice = random.Random(seed)
    took: list[float] = []
    codes: list[int] = []
    met: set[str] = set()
    with virtual_room.room() as room:
        for _ in range(count):
            it = Served(room)
            it.wait(lambda _: True, "to an answer")
            state, seconds, code = _ended(it, dice)
            met.add(state)
            took.append(seconds)
            codes.append(code)
    on = f"SIGTERM at random moments (seed {seed}), it was {', '.join(sorted(met))}"
    wrong = sum(code != 0 for code in codes)
    figures.add(f"{count} ends: exit codes other than 0", str(wrong), "0", good=not wrong, on=on)
    figures.add(f"{count} ends: longest", f"{max(took):.2f} s", f"{WITHIN:.0f} s", good=max(took) <= WITHIN)


def _ended(it: Served, dice: random.Random) -> tuple[str, float, int]:
    """What it was doing, how long it took to end (seconds), and its exit code."""
    ends_at = time.monotonic() + dice.uniform(0.0, LONGEST)
    asking = None
    while (left := ends_at - time.monotonic()) > 0:
        if asking is None or asking.poll() is not None:
            recording = virtual_room.RECORDINGS / f"{dice.choice(QUESTIONS)}.wav"
            asking = subprocess.Popen(["paplay", "--device=mouth", recording], env=it.room)
        time.sleep(min(left, 0.2))
    state = str((it.status() or {}).get("state"))
    asked = time.monotonic()
    code = it.end()
    took = time.monotonic() - asked
    if asking is not None:
        asking.kill()
        asking.wait()
    return state, took, code
