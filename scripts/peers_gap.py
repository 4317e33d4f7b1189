"""Another voice assistant is asked the same in the same room, on the same models; both gaps come out.

    .venv/bin/python -m venv .venv-peers
    .venv-peers/bin/pip install pipecat-ai pyaudio faster-whisper llama-cpp-python piper-tts
    .venv/bin/python scripts/peers_gap.py [--turns 12] [--pace m2-max] [--keep FOLDER]

PyAudio compiles against PortAudio's headers (Debian: portaudio19-dev). pipecat runs with its defaults (Silero with
200 ms, smart-turn, PyAudio), ours without tools, for pipecat has none here. They take turns, half of the questions each
time, so that a busy hour hits both; each is asked once beforehand, which does not count. With --pace every engine of
both lasts as long as on the Mac of that name, though pipecat's recogniser pads all to 30 s and would need longer there.
The judge is the recording alone (judge.py). Two and a half minutes for 12 turns; PulseAudio, and an idle computer.
"""

import argparse
import itertools
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

import gap_room
import virtual_room
from judge import Asked, judge, read
from virtual_room import RECORDINGS, ROOT, play, recorded, running

from assistant.pace import PACES

PYTHON = ROOT / ".venv-peers" / "bin" / "python"
PEER = Path(__file__).parent / "peers_pipecat.py"
QUESTIONS = ("question", "another_voice")
"""what needs no tool"""
PORT = 8129
ROUNDS = 2
NAMES = ("pipecat", "assistant")


def theirs(environment: Mapping[str, str], questions: Sequence[str], pace: str, tape_file: Path) -> list[Asked]:
    """What the judge hears of pipecat's answers."""
    other = "import os, sys; os.execv(sys.argv[1], sys.argv[1:])"
    command = ("-c", other, PYTHON, "-u", PEER, "--pace", pace)
    with (
        running(environment, *command, "--serve", PORT) as server,
        recorded(environment) as tape,
        running(environment, *command, "--port", PORT) as program,
    ):
        if not server.wait_for("serving", 60) or not program.wait_for("listening", 90):
            raise RuntimeError(f"pipecat did not start: {server.complaints}{program.complaints}")
        time.sleep(3.0)  # it says so before its devices run
        for question in questions:
            began = tape.now
            play(environment, RECORDINGS / f"{question}.wav")
            tape.wait_for_sound(gap_room.PATIENT, began)
            tape.wait_for_silence(gap_room.PATIENT, lasting=gap_room.BETWEEN)
        tape.wav(tape_file)
    return judge(*read(tape_file))


def ours(environment: Mapping[str, str], questions: Sequence[str], pace: str, tape_file: Path) -> list[Asked]:
    """...and of ours."""
    settings = ("--set", "reply.tools=false", "--set", f"engine.pace={pace}")
    turns = gap_room.turns(environment, questions, *settings, keep=tape_file)
    return [turn.heard for turn in turns]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=12, help="of each, default 12")
    parser.add_argument("--pace", choices=PACES, default="own", help="of the engines of both, default own")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="for the room's recordings")
    chosen = parser.parse_args()
    if not PYTHON.exists():
        parser.error(f"{PYTHON} is missing: see above how to install it")
    questions = list(itertools.islice(itertools.cycle(QUESTIONS), chosen.turns // ROUNDS + 1))
    found: dict[str, list[Asked]] = {name: [] for name in NAMES}
    with tempfile.TemporaryDirectory() as folder, virtual_room.room() as environment:
        keep = chosen.keep or Path(folder)
        for turn in range(ROUNDS):
            for name, talk in zip(NAMES, (theirs, ours), strict=True):
                print(f"measuring {name} ...", file=sys.stderr)
                found[name] += talk(environment, questions, chosen.pace, keep / f"{name}-{turn}.wav")[1:]
    _show(found)


def _show(found: Mapping[str, Sequence[Asked]]) -> None:
    table = Table("", "gap, median", "p95", "from - to", "measured", "why not", box=None)
    for name, turns in found.items():
        gaps = 1000 * np.array([asked.gap for asked in turns if asked.gap is not None] or [np.nan])
        reasons = "; ".join(sorted({asked.unmeasured for asked in turns if asked.unmeasured}))
        measured = f"{np.count_nonzero(~np.isnan(gaps))} of {len(turns)}"
        spread = f"{gaps.min():.0f} - {gaps.max():.0f} ms"
        table.add_row(name, f"{np.median(gaps):.0f} ms", f"{np.percentile(gaps, 95):.0f} ms", spread, measured, reasons)
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
