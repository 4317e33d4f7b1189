"""A room's noise goes past the ear; what that costs comes out: CPU time in percent of one core.

    .venv/bin/python scripts/bench_idle.py [--seconds 60] [--real-time]

Frames of a quiet room, of a fan and of speech go through the listening path as it is in the program, as fast as can be:
the ear with its detector, with wake words, and with echo control while we are silent. Floors, where nobody speaks: 3 %
of one core, 15 % with wake words (left out without `make wake`). With --real-time a frame comes every 20 ms, as from a
device: that counts the waking up and the cold caches, too, but not the driver of the sound device.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1]))

from assistant.audio import read_blocks, to_float
from assistant.daemon import activity, patience
from assistant.errors import UsageError
from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE, Frame, Samples
from assistant.listen.ear import Ear
from assistant.listen.echo import EchoCanceller, without_echo
from assistant.listen.wake import WakeWords
from assistant.settings import Config
from tests import noises

QUESTION = Path(__file__).parents[1] / "tests" / "recordings" / "question.wav"
FLOOR, WAKE_FLOOR = 3.0, 15.0


class Silent:
    """What a loudspeaker plays while we say nothing."""

    hole_ended_at = float("-inf")

    def between(self, _start: float, count: int) -> Samples:
        """Zeros."""
        return np.zeros(count, np.int16)


async def frames(sound: NDArray[np.float64], *, real_time: bool) -> AsyncGenerator[Frame, None]:
    """*sound* in frames, as a source gives them."""
    clock = asyncio.get_running_loop().time
    started_at = clock()
    for frame in noises.frames(sound):
        at = started_at + (frame.position + FRAME_SAMPLES) / SAMPLE_RATE
        if real_time:
            await asyncio.sleep(at - clock())
        yield Frame(frame.samples, frame.position, at)


async def cost(sound: NDArray[np.float64], wake: WakeWords | None, *, echo: bool, real_time: bool) -> float:
    """Percent of one core that listening to *sound* takes, the first second aside, in which things warm up."""
    ear = Ear(activity(Config()), patience(Config()), wake)
    ear.asleep = wake is not None
    if wake is not None:
        wake.reset()

    async def hear(part: NDArray[np.float64]) -> None:
        source = frames(part, real_time=real_time)
        async for _ in ear.hear(without_echo(source, EchoCanceller(Silent())) if echo else source):
            pass

    await hear(sound[:SAMPLE_RATE])
    before = time.process_time()
    await hear(sound)
    return 100 * (time.process_time() - before) / (sound.size / SAMPLE_RATE)


def speech(seconds: float) -> NDArray[np.float64]:
    """One question again and again in a quiet room, a second between them."""
    question = to_float(np.concatenate([*read_blocks(QUESTION), np.zeros(SAMPLE_RATE, np.int16)])).astype(np.float64)
    count = round(seconds * SAMPLE_RATE)
    return np.tile(question, count // question.size + 1)[:count] + noises.quiet_room(seconds)


def load_wake() -> WakeWords | None:
    """The usual wake word, where its libraries are."""
    try:
        return WakeWords.load(["hey jarvis"])
    except UsageError:
        return None


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="of each sound")
    parser.add_argument("--real-time", action="store_true", help="a frame every 20 ms")
    chosen = parser.parse_args()
    sounds = {
        "a quiet room": noises.quiet_room(chosen.seconds),
        "a fan": noises.fan(chosen.seconds),
        "somebody speaks": speech(chosen.seconds),
    }
    wake = load_wake()
    table = Table("% of one core", "ear", "with a wake word", "with echo control", box=None)
    good = True
    for name, sound in sounds.items():
        alone = await cost(sound, None, echo=False, real_time=chosen.real_time)
        woken = await cost(sound, wake, echo=False, real_time=chosen.real_time) if wake else None
        without = await cost(sound, None, echo=True, real_time=chosen.real_time)
        good = good and (name == "somebody speaks" or (alone <= FLOOR and (woken or 0) <= WAKE_FLOOR))
        table.add_row(name, f"{alone:.2f}", "-" if woken is None else f"{woken:.2f}", f"{without:.2f}")
    Console().print(table)
    print(
        f"where nobody speaks: at most {FLOOR:.0f} %, {WAKE_FLOOR:.0f} % with a wake word:", "ok" if good else "MISSED"
    )


if __name__ == "__main__":
    asyncio.run(main())
