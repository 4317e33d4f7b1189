"""Recorded questions go through the whole program in real time; what the path adds to the engines comes out.

    .venv/bin/python scripts/bench_path.py [-n TURNS] [--memory-turns N]

Prints, over 20 turns (about a minute and a half): the gap; what is left of it without the patience and without the
time the engines' own threads were at work on the critical path (floor: 50 ms at p95); whether the first sound of a
long answer left before its last token came; and the memory after so many turns (floor: 700 MB, no growth; it settles in
the first tenth of them, while the conversation fills the model's context).
"""

import argparse
import asyncio
import contextlib
import ctypes
import resource
import sys
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1]))

from assistant.daemon import Assistant, loaded
from assistant.flow import Utterance
from assistant.latency.marks import Marks
from assistant.listen.recording import Recording
from assistant.reply.chat import Chat
from assistant.settings import Config
from assistant.speak.wav import PacedSink
from assistant.turn import Stage, take_turn

RECORDINGS = Path(__file__).parents[1] / "tests" / "recordings"
QUESTIONS = ("question", "timer", "sum", "shopping")
FLOOR_MS = 50.0
MEMORY_FLOOR_MB = 700.0
NOISE_MB = 5.0
"""what allocators keep for themselves between two looks; more than this over many turns is growth"""


class Busy:
    """When each engine's worker thread was at work: (begin, end) on the loop's clock."""

    def __init__(self) -> None:
        self.spans: list[tuple[float, float]] = []

    def watch(self, engine: Any) -> None:
        """Wrap the executor of *engine* so that every job in its thread is noted."""
        executor = engine._worker  # noqa: SLF001 - a benchmark looks inside; the program offers no such door
        submit = executor.submit

        def timed(job: Callable[..., Any], *arguments: Any) -> Any:
            def run() -> Any:
                begin = time.monotonic()
                try:
                    return job(*arguments)
                finally:
                    self.spans.append((begin, time.monotonic()))

            return submit(run)

        executor.submit = timed

    def within(self, begin: float, end: float) -> float:
        """Seconds between *begin* and *end* in which at least one engine was at work."""
        total, reached = 0.0, begin
        for start, stop in sorted(self.spans):
            start, stop = max(start, reached), min(stop, end)  # noqa: PLW2901 - clipped to the window
            if stop > start:
                total += stop - start
                reached = stop
        return total


async def gaps(assistant: Assistant, busy: Busy, turns: int) -> list[tuple[float, float]]:
    """(gap, what the path added) of each turn, in seconds."""
    clock = asyncio.get_running_loop().time
    found: list[tuple[float, float]] = []
    for turn in range(turns):
        told: list[Any] = []
        recording = Recording(RECORDINGS / f"{QUESTIONS[turn % len(QUESTIONS)]}.wav", silence_after=2.0)
        await assistant.talk(recording, PacedSink(22_050, clock), told.append)
        for marks in (notice for notice in told if isinstance(notice, Marks)):
            if marks.gap is None:
                continue
            begin, end = marks.at["turn_ended"], marks.at["first_sound"]
            found.append((marks.gap, end - begin - busy.within(begin, end)))
    return found


async def overlap(assistant: Assistant) -> tuple[float, float]:
    """When the first sound of a long answer left, and when its last token came (seconds after the question)."""
    # The starter model knows its story by heart at the start of a conversation, not behind twenty other turns.
    assistant.memory.chat = Chat(assistant.config.reply.system)
    clock = asyncio.get_running_loop().time
    told: list[Any] = []
    last_token = 0.0
    writer = assistant.engines.writer

    class Watched:
        context = writer.context
        count = staticmethod(writer.count)

        @staticmethod
        async def tokens(messages: Any, tools: Any, marks: Marks) -> AsyncGenerator[str, None]:
            nonlocal last_token
            async with contextlib.aclosing(writer.tokens(messages, tools, marks)) as pieces:
                async for piece in pieces:
                    last_token = clock()
                    yield piece

    watched = replace(assistant, engines=replace(assistant.engines, writer=Watched()))
    await watched.talk(Recording(RECORDINGS / "story.wav", silence_after=2.0), PacedSink(22_050, clock), told.append)
    marks = next(notice for notice in told if isinstance(notice, Marks))
    return marks.at["first_sound"] - marks.at["speech_end"], last_token - marks.at["speech_end"]


async def memory(assistant: Assistant, turns: int) -> Iterator[float]:
    """Resident memory in MB after each of *turns* turns, taken as fast as can be."""
    clock = asyncio.get_running_loop().time
    samples = np.concatenate([piece async for piece in _samples("question")])
    sizes = []
    for _ in range(turns):
        now = clock()
        ended = asyncio.get_running_loop().create_future()
        ended.set_result(Utterance(samples, 0, now, now))
        stage = Stage(PacedSink(22_050, clock, real_time=False), lambda _: None)
        words = assistant.engines.recogniser.transcribe(samples)
        await take_turn(words, ended, assistant.memory, assistant.engines, stage, Marks(clock))
        sizes.append(_resident_mb())
    return iter(sizes)


async def _samples(name: str) -> AsyncGenerator[Any, None]:
    async with contextlib.aclosing(Recording(RECORDINGS / f"{name}.wav", real_time=False).frames()) as frames:
        async for frame in frames:
            yield frame.samples


def _resident_mb() -> float:
    # What is free in the allocator's heap is nobody's: it is given back first, where the allocator can do that.
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize() / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # macOS counts bytes, and only the peak


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=20, help="turns in real time")
    parser.add_argument("--memory-turns", type=int, default=200)
    chosen = parser.parse_args()
    busy = Busy()
    async with loaded(Config()) as assistant:
        for engine in (assistant.engines.recogniser, assistant.engines.writer, assistant.engines.voice):
            busy.watch(engine)
        measured = await gaps(assistant, busy, chosen.n)
        first_sound, last_token = await overlap(assistant)
        sizes = list(await memory(assistant, chosen.memory_turns))
    _print(measured, first_sound, last_token, sizes)


def _print(measured: list[tuple[float, float]], first_sound: float, last_token: float, sizes: list[float]) -> None:
    gap, added = (1000 * np.array(column) for column in zip(*measured, strict=True))
    warm = sizes[len(sizes) // 10]
    table = Table("what", "measured", "floor", "", title=f"{len(measured)} turns in real time", box=None)
    table.add_row("gap, median / p95", f"{np.median(gap):.0f} / {np.percentile(gap, 95):.0f} ms", "", "")
    p95 = np.percentile(added, 95)
    table.add_row("added by the path, median", f"{np.median(added):.1f} ms", "", "")
    table.add_row("added by the path, p95", f"{p95:.1f} ms", f"{FLOOR_MS:.0f} ms", _verdict(p95 <= FLOOR_MS))
    ahead = f"{1000 * first_sound:.0f} ms / {1000 * last_token:.0f} ms"
    table.add_row("long answer: first sound / last token", ahead, "before", _verdict(first_sound < last_token))
    held = f"{sizes[-1]:.0f} MB"
    table.add_row("memory", held, f"{MEMORY_FLOOR_MB:.0f} MB", _verdict(sizes[-1] <= MEMORY_FLOOR_MB))
    growth = sizes[-1] - warm
    table.add_row(
        f"its growth over the last {len(sizes) * 9 // 10} turns",
        f"{growth:+.1f} MB",
        f"{NOISE_MB:.0f} MB",
        _verdict(growth <= NOISE_MB),
    )
    Console().print(table)


def _verdict(good: bool) -> str:
    return "ok" if good else "MISSED"


if __name__ == "__main__":
    asyncio.run(main())
