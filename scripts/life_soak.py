"""A serving program is used for as long as is wanted, in real time: what grows in it, and in its gap, comes out.

For `bench_life.py`.
"""

import statistics
import time
from dataclasses import dataclass

from life_served import Figures, Hold, Served, served

from assistant.latency.journal import read
from assistant.latency.statistics import percentile

GROWTH, SLOWER = 0.02, 0.10
ASKED = ("question", "sum", "shopping", "hello")
"""recordings; no timer, whose ringing would be another turn each time"""
EVERY = 20.0
"""seconds from one question to the next"""
WINDOW = 600.0
"""seconds at each end whose gaps are compared, and, behind the warm-up, the memory of both"""
WARM = 1200.0
"""seconds until heaps, caches and logs have found their sizes, and the conversation the length at which its oldest
turns are forgotten: llama.cpp touches its buffers as far as that is long (13 MB of the starter's)"""
WHOLE = 3600.0
"""seconds below which there is no verdict on memory and gap"""


@dataclass(frozen=True, slots=True)
class Sample:
    """What it held when a question had been answered."""

    at: float
    """seconds since the first question"""
    hold: Hold


def soak(figures: Figures, minutes: float) -> None:
    """A turn every 20 s on real streams."""
    with served() as it:
        samples, asked = _used(it, minutes * 60)
        gaps = [(turn.when.timestamp(), turn.gap) for turn in read(it.logs).entries if turn.gap is not None]
        ended = it.end()
    whole = minutes * 60 >= WHOLE
    on = f"{asked} questions in {minutes:g} min, {len(gaps)} answered and measured"
    figures.add("soak: questions answered", f"{len(gaps)} of {asked}", on=on)
    figures.add("soak: exit code", str(ended), "0", good=ended == 0, on="after SIGTERM at the end")
    first, last = windows(samples, minutes * 60)
    before, now = _middle(first, "memory"), _middle(last, "memory")
    growth = now / before - 1
    on = f"{before / 1e6:.0f} to {now / 1e6:.0f} MB, medians of ten minutes" if whole else "too short"
    figures.add("soak: memory", f"{growth:+.1%}", f"+{GROWTH:.0%}", good=growth <= GROWTH if whole else None, on=on)
    for what in ("threads", "files"):
        more = _middle(last, what) - _middle(first, what)
        figures.add(f"soak: {what} more", f"{more:+.0f}", "0", good=more <= 0, on=f"{_middle(last, what):.0f} at last")
    figures.add("soak: memory, by ten minutes", "", on=", ".join(f"{part:.0f}" for part in _by_window(samples)) + " MB")
    figures.add("soak: gap, by ten minutes", "", on=_gaps_by_window(gaps))
    slower = _slower(gaps)
    good = slower <= SLOWER if whole else None
    on = "95th percentiles of 10 min each" if whole else "too short"
    figures.add("soak: gap, last against first", f"{slower:+.0%}", f"+{SLOWER:.0%}", good=good, on=on)


def windows(samples: list[Sample], seconds: float) -> tuple[list[Sample], list[Sample]]:
    """Those of the first ten minutes behind the warm-up and of the last ten; halves, where it was shorter."""
    if seconds < WARM + 2 * WINDOW:
        half = max(1, len(samples) // 2)
        return samples[:half], samples[-half:]
    first = [sample for sample in samples if WARM <= sample.at < WARM + WINDOW]
    return first, [sample for sample in samples if sample.at >= seconds - WINDOW]


def _used(it: Served, seconds: float) -> tuple[list[Sample], int]:
    samples: list[Sample] = []
    began, asked = time.monotonic(), 0
    while time.monotonic() - began < seconds:
        it.say(ASKED[asked % len(ASKED)])
        asked += 1
        time.sleep(max(0.0, began + asked * EVERY - time.monotonic()))
        samples.append(Sample(time.monotonic() - began, it.hold()))
    return samples, asked


def _middle(samples: list[Sample], what: str) -> float:
    return float(statistics.median(getattr(sample.hold, what) for sample in samples))


def _by_window(samples: list[Sample]) -> list[float]:
    """Medians of memory, MB."""
    parts = [
        [one for one in samples if one.at // WINDOW == number] for number in range(int(samples[-1].at // WINDOW) + 1)
    ]
    return [_middle(part, "memory") / 1e6 for part in parts if part]


def _gaps_by_window(gaps: list[tuple[float, float]]) -> str:
    """Median and 95th percentile, ms."""
    begin = gaps[0][0]
    parts: dict[int, list[float]] = {}
    for at, gap in gaps:
        parts.setdefault(int((at - begin) // WINDOW), []).append(1000 * gap)
    return ", ".join(f"{statistics.median(part):.0f}/{percentile(part, 0.95):.0f}" for part in parts.values()) + " ms"


def _slower(gaps: list[tuple[float, float]]) -> float:
    """Share by which the p95 of the last ten minutes is above that of the first; of halves, where it was shorter."""
    begin, end = gaps[0][0], gaps[-1][0]
    window = min(WINDOW, (end - begin) / 2)
    first = [gap for at, gap in gaps if at - begin <= window]
    last = [gap for at, gap in gaps if end - at <= window]
    return percentile(last, 0.95) / percentile(first, 0.95) - 1
