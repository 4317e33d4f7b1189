"""How well it lives: the serving program is started, used, robbed of its devices, killed, told nonsense.

    .venv/bin/python scripts/bench_life.py [PART ...] [--full]

    start      from the command to listening, also with none of its files in memory
    messages   nonsense to the control socket: no crash, no effect, and a question is answered behind it
    removals   microphone, loudspeaker, sound card and sound server taken away and given back, in six ways
    kills      kill -9 at random moments, of the program and of who writes all that it keeps
    ends       SIGTERM at random moments: how long until it has ended
    soak       a turn every 20 s in real time: memory, threads, files and the gap

All of them by default, each for a look (eight minutes together). --full is what the floors are about: 1 hour of soak,
50 removals, 200 kills, 100 ends, 10,000 messages, two hours and a half together; the soak needs an idle computer.
Prints each figure with its floor; fails where one is missed. It needs PulseAudio, and Linux: it looks into /proc.
"""

import argparse
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

sys.path.insert(0, str(Path(__file__).parent))

from life_ends import ends
from life_kills import kills
from life_messages import messages
from life_removals import removals
from life_served import Figures
from life_soak import soak
from life_start import start

from assistant.errors import AssistantError

PARTS: dict[str, Callable[[Figures, argparse.Namespace], None]] = {
    "start": lambda figures, wanted: start(figures, wanted.starts),
    "messages": lambda figures, wanted: messages(figures, wanted.messages, wanted.seed),
    "removals": lambda figures, wanted: removals(figures, wanted.removals),
    "kills": lambda figures, wanted: kills(figures, wanted.kills, wanted.seed),
    "ends": lambda figures, wanted: ends(figures, wanted.ends, wanted.seed),
    "soak": lambda figures, wanted: soak(figures, wanted.minutes),
}
LENGTHS = {
    "starts": (3, 10, "of each kind"),
    "messages": (1000, 10_000, "to the control socket"),
    "removals": (12, 50, "of devices"),
    "kills": (10, 200, "of the program, and as many of who writes"),
    "ends": (10, 100, "of the program by SIGTERM"),
    "minutes": (2.0, 60.0, "of the soak"),
}
"""by option: how many for a look, how many with --full"""


def main() -> int:
    """Measure, print, and fail where a floor is missed."""
    wanted = _wanted()
    figures = Figures()
    for part in wanted.parts or PARTS:
        print(f"measuring {part} ...", file=sys.stderr)
        try:
            PARTS[part](figures, wanted)
        except (RuntimeError, OSError, ValueError, AssistantError, subprocess.SubprocessError) as error:
            # What was measured before shall be seen.
            figures.add(part, "broken off", good=False, on=f"{type(error).__name__}: {error}")
    Console().print(figures.table)
    return 0 if figures.passed else 1


def _wanted() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--full", action="store_true", help="as long as the floors want it")
    for name, (short, full, what) in LENGTHS.items():
        parser.add_argument(f"--{name}", type=type(short), metavar="N", help=f"{what}: {short}, or {full} with --full")
    parser.add_argument("--seed", type=int, default=1, help="of what is random, default 1")
    wanted = parser.parse_args()
    if unknown := set(wanted.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    for name, lengths in LENGTHS.items():
        if getattr(wanted, name) is None:
            setattr(wanted, name, lengths[wanted.full])
    return wanted


if __name__ == "__main__":
    sys.exit(main())
