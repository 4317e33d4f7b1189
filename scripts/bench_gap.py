"""How long people wait for an answer, and what of that is the program's doing: all of issue 4's floors in one run.

    .venv/bin/python scripts/bench_gap.py [PART ...] [--turns 20] [--mac-turns 8] [--keep FOLDER]

Parts, all by default: room (the starter models in a virtual room, judged from its recording alone), mac (the same
program with each engine slowed to the published speeds of an M2 Max with Mistral Small 24B, without devices, so that no
room adds anything), history (a Mac's time to first token behind 3,000 tokens), stt (scripts/bench_stt.py). Prints each
figure with its floor, and what it was measured on; fails where a floor is missed. It takes eight minutes in real time,
and needs an idle computer, PulseAudio, and smart-turn's file in models/. --keep leaves the room's recording in a
folder, left what the microphone heard, right the loudspeaker.
"""

import argparse
import asyncio
import itertools
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

import gap_mac
import gap_room
import virtual_room
from bench_turns import Figures

from assistant.commands.common import config_from
from assistant.pace import PACES
from assistant.weights import turn_model

QUESTIONS = ("question", "timer", "sum", "shopping")
GAP_MS, GAP_P95_MS = 330.0, 450.0
ADDED_MS, ADDED_P95_MS = 30.0, 60.0
AGREE_MS = 30.0
SHARE, ABOVE_PATH_MS, HISTORY_TIMES = 0.5, 20.0, 1.1
HISTORY = 3000
MAC = ("engine.pace=m2-max",)
PACE = PACES["m2-max"]
OFF = ("reply.speculate=false", "reply.prefill=false")
PEER = "pipecat 1.14, 12 turns in this kind of room, quoted from issue 4; scripts/peers_gap.py measures it beside ours"


def room(figures: Figures, options: argparse.Namespace) -> None:
    """The real program on real audio streams; a person asks, and a recording tells what was in the air."""
    with virtual_room.room() as environment:
        passed = 1000 * np.array(gap_room.pass_through(environment))
        keep = options.keep / "gap.wav" if options.keep else None
        questions = asked(options.turns)
        turns = gap_room.turns(environment, questions, *flags([*options.settings]), keep=keep)
    through = float(np.median(passed))
    figures.add("the room's own pass-through", f"{through:.0f} ms", on=f"PortAudio in to out, {passed.size} times")
    good = [turn for turn in turns if turn.gap is not None and turn.said_gap is not None]
    said(figures, turns, good)
    if not good:
        return
    gaps = ms(turn.gap for turn in good)
    on = f"{len(good)} turns in the room's recording, turn model {'there' if turn_model('auto') else 'MISSING'}"
    floors(figures, "starter: gap", gaps, (GAP_MS, GAP_P95_MS), on)
    figures.add("...the peer's, NOT measured here", "440 ms (320-565)", on=PEER)
    patience = ms(turn.marks["patience"] for turn in good)
    on = f"the same; patience was {', '.join(f'{value:.0f}' for value in sorted(set(patience)))} ms"
    floors(figures, "starter: gap - patience - pass-through", gaps - patience - through, (ADDED_MS, ADDED_P95_MS), on)
    if options.show:
        print(*(f"{turn.question}: {turn.heard}, {turn.marks}" for turn in turns), sep="\n")
    apart = float(np.median(np.abs(gaps - ms(turn.said_gap for turn in good))))
    figures.add("recording against marks, median", f"{apart:.0f} ms", f"{AGREE_MS:.0f} ms", good=apart <= AGREE_MS)


def mac(figures: Figures, options: argparse.Namespace) -> None:
    """Speculation and prefill against neither, and against what the engines' times allow.

    Neither can mean two things: that a prompt is read when it is asked, all of it; or that the cache is used, as
    llama.cpp's own server does, but nothing is read before the words are known. The floor is about the first.
    """
    with_both, without, unread = (
        asyncio.run(gap_mac.turns([*MAC, *settings, *options.settings], asked(options.mac_turns), forgets=forgets))
        for settings, forgets in (((), False), (OFF, False), (OFF, True))
    )
    gaps, gaps_without, gaps_unread = (ms(turn.marks.gap for turn in turns) for turns in (with_both, without, unread))
    on = f"{gaps.size} turns inside, without devices; {', '.join(QUESTIONS)}"
    figures.add("Mac: gap, median / p95", middle_and_worst(gaps), on=on)
    share = float(np.median(gaps) / np.median(gaps_unread))
    on = f"{middle_and_worst(gaps_unread)}, {gaps_unread.size} turns; each prompt is read whole"
    what = "Mac: ...of that without speculation and prefill"
    figures.add(what, f"{share:.2f} x", f"{SHARE} x", good=share <= SHARE, on=on)
    on = f"{middle_and_worst(gaps_without)}, {gaps_without.size} turns; what was said before is in the cache"
    share = float(np.median(gaps) / np.median(gaps_without))
    figures.add("Mac: ...of that without speculation and reading ahead", f"{share:.2f} x", on=on)
    pause, works = config_from(None).listen.pause_ms / 1000, [gap_mac.compute(turn, PACE) for turn in with_both]
    least = ms(gap_mac.critical_path(turn.patience, pause, work) for turn, work in zip(with_both, works, strict=True))
    above = float(np.median(gaps - least))
    on = f"of {np.median(least):.0f} ms, {np.median(ms(works)):.0f} of it work behind the pause, medians"
    good = above <= ABOVE_PATH_MS
    figures.add("Mac: gap above the critical path", f"{above:+.0f} ms", f"{ABOVE_PATH_MS:.0f} ms", good=good, on=on)
    if options.show:
        print(*(f"{turn.question}: least {path:.0f}" for turn, path in zip(with_both, least, strict=True)), sep="\n")
        print(*(turn.marks.record() for turn in [*with_both, *without]), sep="\n")


def history(figures: Figures, options: argparse.Namespace) -> None:
    """From the words to the first token, behind a long conversation and at the start of one."""
    settings = [*MAC, "reply.context=8192", *options.settings]
    # The first turn reads the history, which is what would have been read when it happened.
    none, long = (
        np.median(ms(turn.took("first_token", "transcript") for turn in turns[1:]))
        for turns in (asyncio.run(gap_mac.turns(settings, ["question"] * 5, tokens)) for tokens in (0, HISTORY))
    )
    on = f"{none:.0f} ms at the start, {long:.0f} ms behind {HISTORY} tokens; 4 turns each"
    figures.add(
        "Mac: time to first token", f"{long / none:.2f} x", f"{HISTORY_TIMES} x", good=long <= 1.1 * none, on=on
    )


def stt(figures: Figures, _options: argparse.Namespace) -> None:
    """What scripts/bench_stt.py finds, which prints a table of its own."""
    script = Path(__file__).with_name("bench_stt.py")
    done = subprocess.run([sys.executable, str(script)], check=False, capture_output=True, text=True)
    print(done.stdout, done.stderr)
    found = "held" if done.returncode == 0 else "missed"
    figures.add("STT on 3 s, trimmed against stock", found, "4 x faster", good=not done.returncode, on="table above")


def floors(figures: Figures, what: str, found: np.ndarray, limits: tuple[float, float], on: str) -> None:
    """A line for the median and one for the 95th percentile, each with its floor in ms."""
    for name, share, limit in zip(("median", "p95"), (50, 95), limits, strict=True):
        value = float(np.percentile(found, share))
        figures.add(f"{what}, {name}", f"{value:.0f} ms", f"{limit:.0f} ms", good=value <= limit, on=on)


def middle_and_worst(found: np.ndarray) -> str:
    """The median and the 95th percentile."""
    return f"{np.median(found):.0f} / {np.percentile(found, 95):.0f} ms"


def asked(count: int) -> list[str]:
    """So many questions, of all kinds in turn."""
    return list(itertools.islice(itertools.cycle(QUESTIONS), count))


def ms(seconds: Iterable[float | None]) -> np.ndarray:
    """As an array in milliseconds."""
    return 1000 * np.array([value for value in seconds if value is not None])


def flags(settings: Sequence[str]) -> list[str]:
    """As gap_inside.py takes them."""
    return [word for setting in settings for word in ("--set", setting)]


def said(figures: Figures, turns: Sequence[gap_room.Turn], good: Sequence[gap_room.Turn]) -> None:
    """How many turns could be measured, and why the others could not: each may be a false end, or nothing heard."""
    reasons = [turn.heard.unmeasured or turn.marks.get("unmeasured") or "no turn" for turn in turns if turn not in good]
    figures.add("turns with a gap", f"{len(good)} of {len(turns)}", on="; ".join(sorted(set(reasons))))


PARTS: dict[str, Callable[[Figures, argparse.Namespace], None]] = {
    part.__name__: part for part in (room, mac, history, stt)
}


def main() -> int:
    """Measure, print, and fail where a floor is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--turns", type=int, default=20, help="in the room, default 20")
    parser.add_argument("--mac-turns", type=int, default=8, help="at a Mac's pace, with and without, default 8")
    parser.add_argument("--set", action="append", default=[], dest="settings", metavar="KEY=VALUE")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="for the room's recording")
    parser.add_argument("--show", action="store_true", help="print every turn")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    figures = Figures()
    with tempfile.TemporaryDirectory() as folder:
        # What is asked for in here is nobody's to buy.
        options.settings = [*options.settings, f"reply.shopping_list={folder}/list.txt"]
        for part in options.parts or PARTS:
            print(f"measuring {part} ...", file=sys.stderr)
            PARTS[part](figures, options)
    Console(width=170).print(figures.table)
    return 0 if figures.passed else 1


if __name__ == "__main__":
    sys.exit(main())
