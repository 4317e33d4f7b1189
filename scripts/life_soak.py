"""A serving program is used for as long as is wanted, in real time: what grows in it, and in its gap, comes out.

For `bench_life.py`.
"""

import time

from life_served import Figures, Served, served
from soak_verdict import EVERY, Sample, verdict

from assistant.latency.journal import read

ASKED = ("question", "sum", "shopping", "hello")
"""recordings; no timer, whose ringing would be another turn each time"""


def soak(figures: Figures, minutes: float) -> None:
    """A turn every 20 s on real streams."""
    with served() as it:
        began = time.time()
        samples = _used(it, minutes * 60)
        entries = read(it.logs).entries
        ended = it.end()
    gaps = [(turn.when.timestamp() - began, turn.gap) for turn in entries if turn.gap is not None]
    figures.add("soak: exit code", str(ended), "0", good=ended == 0, on="after SIGTERM at the end")
    for one in verdict(samples, gaps, minutes * 60):
        figures.add(f"soak: {one.what}", one.measured, one.floor, good=one.good, on=one.on)


def _used(it: Served, seconds: float) -> list[Sample]:
    """A sample for each question that was asked."""
    samples: list[Sample] = []
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        it.say(ASKED[len(samples) % len(ASKED)])
        time.sleep(max(0.0, began + (len(samples) + 1) * EVERY - time.monotonic()))
        samples.append(Sample(time.monotonic() - began, *it.hold()))
    return samples
