"""Recorded requests go through a Whisper model with its whole window and with ours; words wrong and times come out.

    .venv/bin/python scripts/bench_stt.py [--rounds 15] [MODEL...]

MODEL is `starter` or the folder of any CTranslate2 Whisper. The whole window is faster-whisper as it comes, which pads
every utterance to 30 s; ours is what the program does. Both decode in the same way (one beam, no timestamps) with as
many threads, and take turns with every recording, so that a busy machine slows both. About ten seconds for the starter.
Floor: an utterance of 3 s, with the same words, at least 4 times faster.
"""

import argparse
import asyncio
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent / "starter"))

from edits import distance

from assistant import weights
from assistant.audio import read_blocks, to_float
from assistant.flow import SAMPLE_RATE, Samples
from assistant.listen.whisper import Whisper, default_threads
from assistant.speak.normalise import spoken

RECORDINGS = Path(__file__).parents[1] / "tests" / "recordings"
SAID: Mapping[str, str] = MappingProxyType(
    {
        "question": "what is the capital of france",
        "timer": "set a timer for twelve minutes",
        "story": "tell me a story",
        "sum": "what is forty seven plus thirty eight",
        "shopping": "add milk and bread to the shopping list",
        "variant": "read me my grocery list",
        "another_voice": "tell me the capital of france",
        "two": "cancel the pizza timer what is the capital of peru",
        "yes": "yes",
        "stop": "stop",
        "hello": "hello",
        "help": "help",
    }
)
TIMED = ("question", "timer", "story", "sum", "shopping", "variant", "another_voice")
"""These end before 3 s, and are timed at that length; the others are there for their words."""
SECONDS = 3.0
FLOOR = 4.0

Hear = Callable[[Samples], str]


@dataclass(frozen=True, slots=True)
class Figures:
    """What one model did in one run."""

    whole_ms: float
    """median over all timed utterances of SECONDS, with the whole window"""
    ours_ms: float
    ratio: float
    """median of the pairs' ratios"""
    wrong: tuple[int, int]
    """words wrong with the whole window, with ours"""
    words: int
    differ: tuple[str, ...]
    """the recordings that are heard otherwise with our window"""

    @property
    def good(self) -> bool:
        """Whether the floor is reached."""
        return self.ratio >= FLOOR and not self.differ


def measure(folder: Path, rounds: int) -> Figures:
    """Both windows on the model in *folder*, each timed recording *rounds* times with either. Raises ModelError."""
    ours = Whisper.load(folder, window_s=weights.window(folder))
    ours.warm_up()
    try:
        hear: tuple[Hear, Hear] = (_stock(folder), lambda samples: asyncio.run(ours.transcribe(samples)).text)
        heard = {name: tuple(_words(way(samples)) for way in hear) for name, samples in _recordings()}
        times = np.array([pair for name in TIMED for pair in _timed(hear, _exactly(name), rounds)])
    finally:
        ours.close()
    wrong = [sum(distance(SAID[name].split(), both[way]) for name, both in heard.items()) for way in (0, 1)]
    return Figures(
        *(float(ms) for ms in np.median(times, axis=0) * 1000),
        ratio=float(np.median(times[:, 0] / times[:, 1])),
        wrong=(wrong[0], wrong[1]),
        words=sum(len(text.split()) for text in SAID.values()),
        differ=tuple(name for name, (whole, short) in heard.items() if whole != short),
    )


def main() -> None:
    """Measure and print; exits with 1 where the floor is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=[weights.STARTER], metavar="MODEL")
    parser.add_argument("--rounds", type=int, default=15)
    chosen = parser.parse_args()
    table = Table("model", "30 s window", "ours", "faster", "floor", "words wrong", "", box=None)
    good = True
    for model in chosen.models:
        found = measure(weights.whisper(model), chosen.rounds)
        good &= found.good
        table.add_row(
            model,
            f"{found.whole_ms:.0f} ms",
            f"{found.ours_ms:.0f} ms",
            f"{found.ratio:.1f} x",
            f"{FLOOR:.0f} x",
            f"{found.wrong[0]} and {found.wrong[1]} of {found.words}",
            "ok" if found.good else "MISSED" + (f": {', '.join(found.differ)} heard otherwise" if found.differ else ""),
        )
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    table.title = f"utterances of {SECONDS:.0f} s, {len(TIMED) * chosen.rounds} of each kind, {load}"
    Console(soft_wrap=True).print(table)
    sys.exit(not good)


def _stock(folder: Path) -> Hear:
    """faster-whisper as it comes, decoding as the program does."""
    from faster_whisper import WhisperModel

    threads = default_threads(os.cpu_count() or 1)
    model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True)

    def hear(samples: Samples) -> str:
        segments, _ = model.transcribe(
            to_float(samples),
            language="en",
            beam_size=1,
            temperature=0.0,
            without_timestamps=True,
            condition_on_previous_text=False,
            vad_filter=False,
        )
        return " ".join(segment.text.strip() for segment in segments)

    return hear


def _timed(hear: tuple[Hear, Hear], samples: Samples, rounds: int) -> Iterator[list[float]]:
    """The seconds that either way takes, one after the other, *rounds* times."""
    for _ in range(rounds):
        pair = []
        for way in hear:
            begin = time.perf_counter()
            way(samples)
            pair.append(time.perf_counter() - begin)
        yield pair


def _recordings() -> Iterator[tuple[str, Samples]]:
    for name in SAID:
        yield name, np.concatenate(list(read_blocks(RECORDINGS / f"{name}.wav")))


def _exactly(name: str) -> Samples:
    """The recording at SECONDS: what is cut off or added is the silence behind it."""
    wanted = round(SECONDS * SAMPLE_RATE)
    samples = dict(_recordings())[name][:wanted]
    return np.pad(samples, (0, wanted - samples.size))


def _words(text: str) -> list[str]:
    """*text* as its bare spoken words: a large model writes "12 minutes"."""
    return re.findall(r"[a-z']+", spoken(text).lower())


if __name__ == "__main__":
    main()
