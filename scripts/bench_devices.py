"""Sound goes from the loudspeaker's callback through a room to the microphone's; how late and how whole comes out.

    .venv/bin/python scripts/bench_devices.py [--seconds 8] [--busy 2] [--output 10 20 ...] [--input 40 ...]

One after the other it asks PortAudio for these latencies (milliseconds), for the loudspeaker and for the microphone,
and prints for each pair the blocks it was given, how long a sample takes from the block it is handed over in to the
block it comes back in, how often a callback was told of a hole, how many samples did not follow on the one before,
and how far the two devices' times disagree. --busy programs compute meanwhile. The defaults in `devices.py` are
chosen from it. It needs PulseAudio.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent))

import virtual_room

RATE = 48_000
"""Hz, the room's own: no resampler stands between, and a sample comes back as it was"""
NUMBERS = 60_000
"""samples (1.25 s) until their numbers begin anew"""
SETTLES = 4.0
"""seconds that PulseAudio takes to begin and to get its times right"""
INPUT_BLOCK = RATE // 50
BUSY = "while True: sum(range(10_000))"


@dataclass
class Given:
    """What the loudspeaker was given: for each block when (s), its first number, and when it said it would sound."""

    at: list[float] = field(default_factory=list)
    first: list[int] = field(default_factory=list)
    sounds_at: list[float] = field(default_factory=list)
    count: int = 0
    holes: int = 0

    def callback(self, outdata: Any, frames: int, times: Any, status: Any) -> None:
        """Samples that tell their own number."""
        now = time.monotonic()
        self.holes += bool(status)
        self.at.append(now)
        self.first.append(self.count)
        self.sounds_at.append(now + times.outputBufferDacTime - times.currentTime)
        outdata[:, 0] = np.arange(self.count, self.count + frames) % NUMBERS - NUMBERS // 2
        self.count += frames

    def block_of(self, number: int, now: float) -> int:
        """The latest block by *now* that held the sample whose number ends so."""
        latest = bisect_right(self.at, now) - 1
        last = self.first[latest + 1] - 1 if latest + 1 < len(self.first) else self.count - 1
        return bisect_right(self.first, last - (last - number) % NUMBERS) - 1


@dataclass
class Heard:
    """What the microphone gave: for each block when (s), its samples, and when it said they ended."""

    blocks: list[tuple[float, Any, float]] = field(default_factory=list)
    holes: int = 0

    def callback(self, indata: Any, frames: int, times: Any, status: Any) -> None:
        """Keep all of it."""
        now = time.monotonic()
        self.holes += bool(status)
        self.blocks.append(
            (now, indata[:, 0].copy(), now - times.currentTime + times.inputBufferAdcTime + frames / RATE)
        )


def measure(given_ms: float, heard_ms: float, seconds: float) -> dict[str, float]:
    """Both streams for so long, in this process's room."""
    import sounddevice

    given, heard = Given(), Heard()
    common = {"samplerate": RATE, "channels": 1, "dtype": "int16"}
    with (
        sounddevice.OutputStream(latency=given_ms / 1000, callback=given.callback, **common),
        sounddevice.InputStream(latency=heard_ms / 1000, blocksize=INPUT_BLOCK, callback=heard.callback, **common),
    ):
        time.sleep(SETTLES)
        begins, holes = len(heard.blocks), given.holes + heard.holes
        time.sleep(seconds)
        holes = given.holes + heard.holes - holes
    return found(given, heard.blocks[begins:]) | {"holes": holes}


def found(given: Given, blocks: list[tuple[float, Any, float]]) -> dict[str, float]:
    """What the blocks heard say of those given."""
    delays, apart = [], []
    for now, samples, ended_at in blocks:
        number = int(samples[-1]) + NUMBERS // 2
        block = given.block_of(number, now)
        place = (number - given.first[block]) % NUMBERS
        delays.append(now - given.at[block])
        apart.append(ended_at - given.sounds_at[block] - (place + 1) / RATE)
    steps = np.diff(np.concatenate([samples for _, samples, _ in blocks]).astype(int))
    return {
        "block": 1000 * float(np.median(np.diff(given.first))) / RATE,
        "delay": 1000 * float(np.median(delays)),
        "worst": 1000 * max(delays),
        "broken": int(((steps != 1) & (steps != 1 - NUMBERS)).sum()),
        "apart": 1000 * float(np.median(apart)),
    }


@contextmanager
def busy(count: int) -> Iterator[None]:
    """So many programs compute meanwhile."""
    children = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(count)]
    try:
        yield
    finally:
        for child in children:
            child.kill()
            child.wait()


def in_room(options: argparse.Namespace) -> list[dict[str, float]]:
    """All pairs, in a room of their own; its ear is the microphone."""
    command = [sys.executable, __file__, "--inside", "--seconds", str(options.seconds)]
    command += ["--output", *map(str, options.output), "--input", *map(str, options.input)]
    with virtual_room.room() as environment, busy(options.busy):
        done = subprocess.run(
            command, env={**environment, "PULSE_SOURCE": "ear"}, stdout=subprocess.PIPE, text=True, check=True
        )
    return [json.loads(line) for line in done.stdout.splitlines()]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=8.0, help="for each pair")
    parser.add_argument("--busy", type=int, default=0, help="programs that compute meanwhile")
    parser.add_argument("--output", type=float, nargs="+", default=[10, 15, 20, 25, 30, 40], help="ms")
    parser.add_argument("--input", type=float, nargs="+", default=[40], help="ms")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        for given_ms in options.output:
            for heard_ms in options.input:
                result = measure(given_ms, heard_ms, options.seconds)
                print(json.dumps({"output": given_ms, "input": heard_ms} | result), flush=True)
        return
    table = Table("output", "input", "block", "delay", "worst", "holes", "samples broken", "times apart", box=None)
    for row in in_room(options):
        milliseconds = [f"{row[name]:.0f} ms" for name in ("output", "input")]
        milliseconds += [f"{row[name]:.1f} ms" for name in ("block", "delay", "worst")]
        table.add_row(*milliseconds, str(row["holes"]), str(row["broken"]), f"{row['apart']:+.1f} ms")
    Console().print(table)
    print(f"{options.seconds:.0f} s each, {options.busy} busy programs, {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
