"""Noises go past the detector of voices, alone and with speech in them; what it makes of them comes out as a table.

    .venv/bin/python scripts/bench_activity.py [--seconds 60] [--above-noise 5]

For each noise: turns it opens on its own (floor: none), and how many of the recorded requests are found in it at so
many dB above it (floor: all at 20 and 10), with the share of their loud frames that counts as speech. It takes a
minute or so.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1]))

from assistant.audio import read_blocks, to_float
from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE
from assistant.listen.activity import Activity
from assistant.listen.endpoint import Endpointer, Patience, SpeechStarted
from tests import noises

RECORDINGS = Path(__file__).parents[1] / "tests" / "recordings"
NAMES = ("question", "timer", "shopping", "sum", "story", "stop", "yes", "hello", "help", "two", "another_voice")
RATIOS = (20, 15, 10, 5)
ALL_FOUND_AT = (20, 10)
LEAD = 3.0
"""seconds of noise before a request, and half as many behind it"""
NOT_IN = ("digital silence", "beyond full scale, +6")
"""there is nothing to be louder than in the one, and nothing louder than the other"""

Sound = NDArray[np.float64]


def listen(sound: Sound, above_noise: float) -> tuple[list[int], NDArray[np.bool_]]:
    """The samples at which turns were opened, and whether each frame was speech."""
    activity, endpointer = Activity(above_noise=above_noise), Endpointer(Patience())
    opened, speech = [], []
    for frame in noises.frames(sound):
        speech.append(activity.push(frame))
        event = endpointer.push(frame.position, speech[-1])
        if isinstance(event, SpeechStarted):
            opened.append(event.position)
    return opened, np.array(speech)


def loud_frames(voice: Sound) -> NDArray[np.bool_]:
    """Which frames of *voice* lie within 25 dB of the loudest."""
    powers = np.mean(np.square(voice[: voice.size // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)), axis=1)
    loud: NDArray[np.bool_] = powers > powers.max() * 10**-2.5
    return loud


def found(name: str, voice: Sound, ratio: float, above_noise: float) -> tuple[bool, float]:
    """Whether a turn begins within 0.5 s of the voice, and the share of its loud frames that is speech."""
    noise = noises.NOISES[name](LEAD * 1.5 + voice.size / SAMPLE_RATE)
    opened, speech = listen(noises.mixed(voice, noise, ratio, LEAD), above_noise)
    loud = loud_frames(voice)
    at = round(LEAD * SAMPLE_RATE)
    first = at + int(np.argmax(loud)) * FRAME_SAMPLES
    there = speech[at // FRAME_SAMPLES :][: loud.size]
    return any(abs(start - first) < SAMPLE_RATE / 2 for start in opened), float(there[loud].mean())


def row(name: str, voices: list[Sound], seconds: float, above_noise: float) -> Iterator[tuple[str, bool]]:
    """The cells of one noise, and whether each is as good as it must be."""
    opened, _ = listen(noises.NOISES[name](seconds), above_noise)
    yield str(len(opened)), not opened
    for ratio in RATIOS:
        if name in NOT_IN:
            yield "", True
            continue
        hits, shares = zip(*(found(name, voice, ratio, above_noise) for voice in voices), strict=True)
        yield f"{sum(hits)}/{len(voices)}  {np.mean(shares):.2f}", all(hits) or ratio not in ALL_FOUND_AT


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="of each noise alone")
    parser.add_argument("--above-noise", type=float, default=5.0, help="listen.above_noise_db")
    chosen = parser.parse_args()
    voices = [to_float(np.concatenate(list(read_blocks(RECORDINGS / f"{name}.wav")))).astype(float) for name in NAMES]
    table = Table("noise", "opens", *(f"{ratio} dB" for ratio in RATIOS), box=None)
    good = True
    for name in noises.NOISES:
        cells = list(row(name, voices, chosen.seconds, chosen.above_noise))
        good = good and all(fine for _, fine in cells)
        table.add_row(name, *(text for text, _ in cells))
    Console().print(table)
    print("noise opens nothing, and all requests are found at 20 and 10 dB:", "ok" if good else "MISSED")


if __name__ == "__main__":
    main()
