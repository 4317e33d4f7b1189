"""What was seen in a soak goes in, its figures come out, each with its floor. Pure; for `life_soak.py`.

A program that has gone deaf is as small and as quick as ever: so the answers are counted, and both windows of the gap
must have their own. No verdict on memory and gap is given on less than an hour.
"""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from assistant.latency.statistics import percentile

GROWTH, SLOWER, ANSWERED = 0.02, 0.10, 0.98
"""shares: memory and p95 gap may grow by so much; so many questions must be answered (one may fall on a loud moment)"""
EVERY = 20.0
"""seconds from one question to the next"""
WINDOW = 600.0
"""seconds at each end whose gaps are compared, and, behind the warm-up, the memory of both"""
WARM = 1200.0
"""seconds until heaps, caches and logs have found their sizes, and the conversation the length at which its oldest
turns are forgotten: llama.cpp touches its buffers as far as that is long (the starter's: 12 MB of cache; and of 43 MB
to compute in 7 MB more for each 500 tokens behind which 500 are read at once)"""
WHOLE = 3600.0
"""seconds below which there is no verdict on memory and gap"""


class Sample(NamedTuple):
    """What the program held when a question had been answered."""

    at: float
    """seconds since the first question"""
    memory: int
    """bytes in memory"""
    threads: int
    files: int
    """open ones, sockets and pipes as well"""


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of the table."""

    what: str
    measured: str
    floor: str = ""
    good: bool | None = None
    """whether the floor is held; None where there is no verdict"""
    on: str = ""


def verdict(samples: Sequence[Sample], gaps: Sequence[tuple[float, float]], seconds: float) -> Iterator[Figure]:
    """*samples*: one a question; *gaps*: (seconds since the first question, gap in seconds) of the answered ones."""
    yield Figure(
        "questions answered",
        f"{len(gaps)} of {len(samples)}",
        f"{ANSWERED:.0%}",
        len(gaps) >= ANSWERED * len(samples),
        f"in {seconds / 60:g} min",
    )
    whole = seconds >= WHOLE
    first, last = _ends(samples, seconds)
    before, now = _middle(first, "memory"), _middle(last, "memory")
    growth = now / before - 1
    on = f"{before / 1e6:.0f} to {now / 1e6:.0f} MB, medians of ten minutes" if whole else "too short"
    yield Figure("memory", f"{growth:+.1%}", f"+{GROWTH:.0%}", growth <= GROWTH if whole else None, on)
    for what in ("threads", "files"):
        more = _middle(last, what) - _middle(first, what)
        yield Figure(f"{what} more", f"{more:+.0f}", "0", more <= 0, f"{_middle(last, what):.0f} at last")
    windows = range(max(1, int(seconds // WINDOW) + (seconds % WINDOW > EVERY)))
    sizes = [[one for one in samples if (one.at - 1) // WINDOW == window] for window in windows]
    yield Figure("memory, by ten minutes", "", on=", ".join(_megabytes(part) for part in sizes) + " MB")
    spans = [[gap for at, gap in gaps if at // WINDOW == window] for window in windows]
    yield Figure("gap, by ten minutes", "", on=", ".join(_both(part) for part in spans) + " ms")
    yield _slower(spans[0], spans[-1], whole=whole)


def _ends(samples: Sequence[Sample], seconds: float) -> tuple[Sequence[Sample], Sequence[Sample]]:
    """Those of the first ten minutes behind the warm-up and of the last ten; halves, where it was shorter."""
    if seconds < WARM + 2 * WINDOW:
        half = max(1, len(samples) // 2)
        return samples[:half], samples[-half:]
    first = [sample for sample in samples if WARM <= sample.at < WARM + WINDOW]
    return first, [sample for sample in samples if sample.at >= seconds - WINDOW]


def _middle(samples: Sequence[Sample], what: str) -> float:
    return float(statistics.median(getattr(sample, what) for sample in samples))


def _megabytes(samples: Sequence[Sample]) -> str:
    return f"{_middle(samples, 'memory') / 1e6:.0f}" if samples else "-"


def _both(gaps: Sequence[float]) -> str:
    """Median and 95th percentile, ms."""
    return f"{1000 * statistics.median(gaps):.0f}/{1000 * percentile(gaps, 0.95):.0f}" if gaps else "-"


def _slower(first: Sequence[float], last: Sequence[float], *, whole: bool) -> Figure:
    """Share by which the p95 of the last ten minutes is above that of the first; silence is not called quick."""
    what, floor = "gap, last against first", f"+{SLOWER:.0%}"
    if not whole:
        return Figure(what, "", floor, on="too short")
    if min(len(first), len(last)) < ANSWERED * WINDOW / EVERY - 1:
        return Figure(what, "", floor, good=False, on=f"too few answers: {len(first)} and {len(last)}")
    slower = percentile(last, 0.95) / percentile(first, 0.95) - 1
    return Figure(what, f"{slower:+.0%}", floor, slower <= SLOWER, "95th percentiles of 10 min each")
