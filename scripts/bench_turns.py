"""How well it takes turns: synthetic people speak to the program, in a virtual room and as fast as can be.

    .venv/bin/python scripts/bench_turns.py [PART ...] [--sentences 60] [--own 60] [--attempts 50] [--wake-minutes 30]

Parts, all by default: room (its own speech at -10 dB, barge-in), duck (onset to silence), silence (decision to
silence), ends (false ends of turns and the wait behind finished ones), wake (scripts/bench_wake.py). Prints each figure
with its floor, and what it was measured on; fails where a floor is missed. About 15 minutes, of which the room needs an
idle computer: it runs in real time. The floor for its own speech is for 10 minutes (--own 600).

It needs PulseAudio, espeak-ng, flite and scipy (`.venv/bin/python -m pip install scipy`); part wake `make wake`.
"""

import argparse
import asyncio
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent))

import turns_in_room

DUCK_MS, SILENCE_MS, ERLE_DB, BARGE_SHARE = 120.0, 60.0, 25.0, 0.95
FALSE_ENDS = {True: 0.05, False: 0.15}
"""with and without the turn model"""
WAIT_MS = {True: 200.0, False: 350.0}
WAKE_SHARE = 0.95
DUCKS = 15
"""interruptions of a voice without pauses: more tell the median no better"""


class Figures:
    """The table, and whether all floors are held."""

    def __init__(self) -> None:
        self.table = Table("what", "measured", "floor", "", "on", box=None)
        self.passed = True

    def add(self, what: str, measured: str, floor: str = "", *, good: bool | None = None, on: str = "") -> None:
        """One line; *good*: whether the floor is held, where there is one."""
        self.passed &= good is not False
        self.table.add_row(what, measured, floor, "" if good is None else "ok" if good else "MISSED", on)


def room(figures: Figures, options: argparse.Namespace) -> None:
    """Its own voice, which the microphone hears at -10 dB, and a person who is as loud there."""
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
    own, barged = turns_in_room.visit("story", options.own, options.attempts, echo=True, keep=options.keep)
    on = f"{own.seconds:.0f} s of its own speech in the room, {own.underflows} underflows"
    figures.add("ERLE, far end only", f"{own.erle:.1f} dB", f"{ERLE_DB:.0f} dB", good=own.erle >= ERLE_DB, on=on)
    figures.add("it interrupted itself", f"{len(own.turns)} times", "0 in 10 min", good=not own.turns, on=on)
    figures.add("it fell silent", f"{own.silences} times", "0", good=not own.silences, on=on)
    figures.add("it held its breath for itself", f"{own.pauses} times", on=on)
    figures.add("it spoke softer for itself", f"{own.dips} times", on=on)
    if options.show:
        print("\n".join([*own.turns, *barged.missed]))
    if not barged.count:
        return
    share = barged.heard / barged.count
    on = f"{barged.count} requests in 4 voices, 0 dB near/far"
    figures.add("barge-in heard within 1 s", f"{share:.0%}", f"{BARGE_SHARE:.0%}", good=share >= BARGE_SHARE, on=on)
    figures.add("...and the floor was left", f"{barged.taken / barged.count:.0%}", on=on)
    middle = 1000 * float(np.median(barged.silent or [np.nan]))
    figures.add("...onset to silent, median", f"{middle:.0f} ms", on="the same; 20 ms of it the way to the ear")


def duck(figures: Figures, _options: argparse.Namespace) -> None:
    """From a person's first sound until the loudspeaker is softer, and until it is silent."""
    _, barged = turns_in_room.visit("hum", 3.0, DUCKS, echo=False)
    times, silent = (1000 * np.array(found or [np.nan]) for found in (barged.ducked, barged.silent))
    on = f"{len(barged.ducked)} of {barged.count} requests at -12 dBFS, no echo, the room's recording"
    middle, worst = np.median(times), times.max()
    floor = f"{DUCK_MS:.0f} ms"
    figures.add("speech onset to ducked, median", f"{middle:.0f} ms", floor, good=middle <= DUCK_MS, on=on)
    figures.add("speech onset to ducked, worst", f"{worst:.0f} ms", on=on)
    figures.add("speech onset to silent, median", f"{np.median(silent):.0f} ms", on=on)


def silence(figures: Figures, _options: argparse.Namespace) -> None:
    """From the decision to pause to the last sound at the room's ear."""
    found, underflows = turns_in_room.silences()
    times = 1000 * np.array(found)
    on = f"{times.size} pauses of a noise, the room's ear, {underflows} underflows"
    good = float(np.median(times)) <= SILENCE_MS
    figures.add("decision to silence, median", f"{np.median(times):.0f} ms", f"{SILENCE_MS:.0f} ms", good=good, on=on)
    figures.add("decision to silence, worst", f"{times.max():.0f} ms", on=on)


def ends(figures: Figures, options: argparse.Namespace) -> None:
    """Where turns end, by the ear, the recogniser and the turn model where its file is."""
    import turns_by_ear

    for model, found in asyncio.run(turns_by_ear.measured(options.sentences)).items():
        name = "with turn model" if model else "without"
        for kind, count in found.false_ends.items():
            share, floor = count / found.count, FALSE_ENDS[model]
            on = f"{found.count} held-out sentences, a pause of 600 ms at a {kind} place"
            figures.add(f"false ends, {name}", f"{share:.0%}", f"{floor:.0%}", good=share <= floor, on=on)
        wait, floor = 1000 * float(np.median(found.waits)), WAIT_MS[model]
        on = f"{len(found.waits)} finished ones; a judgement took {1000 * found.took:.0f} ms"
        figures.add(f"wait, {name}, median", f"{wait:.0f} ms", f"{floor:.0f} ms", good=wait <= floor, on=on)
        if options.show:
            print("\n".join(found.cut))


def wake(figures: Figures, options: argparse.Namespace) -> None:
    """What scripts/bench_wake.py finds."""
    script = Path(__file__).with_name("bench_wake.py")
    command = [sys.executable, str(script), "--minutes", str(options.wake_minutes)]
    printed = subprocess.run(command, check=False, capture_output=True, text=True).stdout
    heard = re.search(r"heard\W+(\d+) of (\d+)", printed)
    false = re.search(r"false wakes in (\d+) minutes\W+(\d+)", printed)
    if heard is None or false is None:
        figures.add("wake words", "not measured", good=False, on=f"{script.name} says why")
        return
    share = int(heard[1]) / int(heard[2])
    on = f"{heard[2]} utterances in 6 voices"
    figures.add("wake word heard", f"{share:.0%}", f"{WAKE_SHARE:.0%}", good=share >= WAKE_SHARE, on=on)
    on = f"{false[1]} minutes of speech and noise"
    figures.add("false wakes", false[2], "0 in 30 min", good=false[2] == "0", on=on)


PARTS: dict[str, Callable[[Figures, argparse.Namespace], None]] = {
    part.__name__: part for part in (duck, silence, room, ends, wake)
}


def main() -> int:
    """Measure, print, and fail where a floor is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--sentences", type=int, default=60, help="of each kind, default 60")
    parser.add_argument("--own", type=float, default=60.0, help="seconds of its own speech, default 60")
    parser.add_argument("--attempts", type=int, default=50, help="to interrupt it, default 50")
    parser.add_argument("--wake-minutes", type=float, default=30.0, help="of speech without the wake word, default 30")
    parser.add_argument("--show", action="store_true", help="print every false end, and who was not heard")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="of part room: what happened, and the sound of it")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    figures = Figures()
    for part in options.parts or PARTS:
        print(f"measuring {part} ...", file=sys.stderr)
        PARTS[part](figures, options)
    Console(width=150).print(figures.table)
    return 0 if figures.passed else 1


if __name__ == "__main__":
    sys.exit(main())
