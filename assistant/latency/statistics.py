"""Turns go in, what they have in common comes out: percentiles of the gap and of each stage, shares, the slowest. Pure.

A percentile is the nearest rank: the p95 of 40 turns is the 38th fastest, a turn that really happened, nothing in
between. Of fewer than 20 turns that is the slowest, whatever it was, and so no p95 is told; of fewer than 100, no p99.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TypeVar

from assistant.latency.entry import Entry
from assistant.latency.marks import INTERRUPTED, STAGES, Marks

FEWEST_P95 = 20
FEWEST_P99 = 100
SLOWEST = 5
"""turns that are named: more nobody looks up"""

WAITING = frozenset({"pause", "turn_ended"})
"""the stages in which we wait whether somebody goes on; in the others something works"""

_ENDS = frozenset({"speech_end", "heard"})
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Span:
    """The time in which one stage was on its way."""

    stage: str
    begin: float
    """seconds since the question's last sound (or since the first stamp, where nothing was heard)"""
    end: float


@dataclass(frozen=True, slots=True)
class Spread:
    """How some times are spread, in seconds."""

    n: int
    p50: float
    p95: float | None
    """None of fewer than FEWEST_P95"""
    p99: float | None
    """None of fewer than FEWEST_P99"""
    slowest: float


@dataclass(frozen=True, slots=True)
class Summary:
    """What some turns have in common."""

    turns: int
    first: datetime
    last: datetime
    gap: Spread | None
    """None where no turn was measured; the stages are those of the measured turns, too"""
    took: Mapping[str, Spread]
    """by stage: how long it was on its way; since we work while we wait, that may be more than the gap in all"""
    reached: Mapping[str, Spread]
    """by stage: from the question's last sound"""
    unmeasured: Mapping[str, int]
    """turns by reason"""
    speculated: int
    """measured turns in which a reply was begun before the turn's end"""
    won: int
    """of those, the ones whose answer was such a reply"""
    interrupted: int
    """measured turns whose answer was cut off while it sounded"""
    counts: Mapping[str, int]
    """sums over all turns: tokens_reused, tool_calls, ..."""
    slowest: Sequence[Entry]
    setups: Mapping[str, int]
    """turns by what they were measured with"""

    @property
    def reused(self) -> float | None:
        """The share of the prompts' tokens that the model had read before; None where it read none."""
        reused, evaluated = self.counts.get("tokens_reused", 0), self.counts.get("tokens_evaluated", 0)
        return reused / (reused + evaluated) if reused + evaluated else None


def summary(entries: Sequence[Entry]) -> Summary:
    """What *entries* have in common; raises ValueError where there are none."""
    measured = [turn for turn in entries if turn.gap is not None]
    took: dict[str, list[float]] = {}
    reached: dict[str, list[float]] = {}
    for turn in measured:
        for span in spans(turn):
            took.setdefault(span.stage, []).append(span.end - span.begin)
            reached.setdefault(span.stage, []).append(span.end)
    return Summary(
        turns=len(entries),
        first=min(turn.when for turn in entries),
        last=max(turn.when for turn in entries),
        gap=spread([_gap(turn) for turn in measured]),
        took=_spreads(took),
        reached=_spreads(reached),
        unmeasured=_tally(turn.unmeasured for turn in entries if turn.unmeasured),
        speculated=sum(turn.counts.get("speculations", 0) > 0 for turn in measured),
        won=sum(turn.counts.get("speculation_won", 0) > 0 for turn in measured),
        interrupted=sum(INTERRUPTED in turn.at for turn in measured),
        counts=_sums(turn.counts for turn in entries),
        slowest=sorted(measured, key=_gap, reverse=True)[:SLOWEST],
        setups=_tally(turn.setup for turn in entries if turn.setup),
    )


def spans(turn: Entry | Marks) -> list[Span]:
    """The stages of *turn* until its first sound, in the order in which they began.

    Two things go on side by side: we wait whether the person goes on (until `pause`, then until `turn_ended`), and we
    work, each stage from where the one before it ended. The work begins at the pause, or at the turn's end; a reply
    that was not begun before that, and any sound, wait for it. What was done before the question's last sound took
    none of the gap, and is left out.
    """
    moments = _moments(turn.at)
    ended = moments.get("turn_ended", 0.0)
    paused = moments.get("pause", 0.0)
    early = turn.counts.get("speculation_won", 0) > 0
    worked = paused if "pause" in moments else ended
    before, made = 0.0, []
    for stage, end in moments.items():
        if stage in WAITING:
            made.append(Span(stage, min(paused, end) if stage == "turn_ended" else 0.0, end))
            continue
        if stage == "first_sound" or not (early or stage == "transcript"):
            worked = max(worked, ended)
        # Some work may have ended before what it should have waited for: then it did not wait.
        made.append(Span(stage, worked if worked <= end else before, end))
        worked = before = end
    return sorted(made, key=lambda span: (span.begin, STAGES.index(span.stage)))


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest of *values* that *share* (0-1) of them do not exceed. Raises ValueError where there are none."""
    return _nearest(sorted(values), share)


def spread(values: Iterable[float]) -> Spread | None:
    """How *values* are spread; None where there are none."""
    ordered = sorted(values)
    if not ordered:
        return None
    n = len(ordered)
    return Spread(
        n,
        _nearest(ordered, 0.5),
        _nearest(ordered, 0.95) if n >= FEWEST_P95 else None,
        _nearest(ordered, 0.99) if n >= FEWEST_P99 else None,
        ordered[-1],
    )


def turn_at(entries: Iterable[Entry], share: float) -> Entry:
    """The measured turn whose gap is that percentile. Raises ValueError where none was measured."""
    return _nearest(sorted((turn for turn in entries if turn.gap is not None), key=_gap), share)


def as_json(made: Summary) -> dict[str, object]:
    """*made* as a JSON-ready mapping; times in ms, and null for a percentile of too few turns."""
    return {
        "turns": made.turns,
        "first": made.first.isoformat(),
        "last": made.last.isoformat(),
        "gap_ms": _in_ms(made.gap),
        "stages": {
            stage: {"took_ms": _in_ms(made.took[stage]), "reached_ms": _in_ms(made.reached[stage])}
            for stage in made.took
        },
        "unmeasured": dict(made.unmeasured),
        "speculated": made.speculated,
        "speculation_won": made.won,
        "interrupted": made.interrupted,
        "tokens_reused_share": made.reused,
        "counts": dict(made.counts),
        "slowest": [{"when": t.when.isoformat(), "gap_ms": _ms(_gap(t)), "at": dict(t.at)} for t in made.slowest],
        "setups": dict(made.setups),
    }


def _moments(at: Mapping[str, float]) -> dict[str, float]:
    """Seconds from the question's last sound to each stage until the first sound, in the order of time."""
    start = at.get("speech_end", min(at.values(), default=0.0))
    until = at.get("first_sound", math.inf)
    happened = [stage for stage in STAGES if stage in at and start <= at[stage] <= until]
    return {stage: at[stage] - start for stage in sorted(happened, key=at.__getitem__) if stage not in _ENDS}


def _gap(turn: Entry) -> float:
    assert turn.gap is not None, "only measured turns are asked"
    return turn.gap


def _nearest(ordered: Sequence[T], share: float) -> T:
    if not ordered:
        raise ValueError("nothing has no percentile")
    # Rounded first: 0.07 * 100 is a little more than 7, and would be the 8th.
    return ordered[max(math.ceil(round(share * len(ordered), 9)), 1) - 1]


def _spreads(times: Mapping[str, list[float]]) -> dict[str, Spread]:
    made = {stage: spread(times[stage]) for stage in STAGES if stage in times}
    return {stage: one for stage, one in made.items() if one is not None}


def _tally(names: Iterable[str]) -> dict[str, int]:
    return dict(Counter(names).most_common())


def _sums(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return dict(total)


def _in_ms(times: Spread | None) -> dict[str, float | None] | None:
    if times is None:
        return None
    return {name: value if name == "n" or value is None else _ms(value) for name, value in asdict(times).items()}


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 1)
