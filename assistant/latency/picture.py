"""Turns go in, a picture in a file comes out: where the time of a turn went, and how the gaps are spread.

It must read in black and white: what waits is hatched and light, what works is plain and dark; the two colours are
told apart by every kind of eye (Okabe and Ito, https://jfly.uni-koeln.de/color).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.errors import UsageError
from assistant.latency.entry import Entry
from assistant.latency.machine import installer
from assistant.latency.report import NAMES, local
from assistant.latency.statistics import FEWEST_P95, WAITING, Span, percentile, spans, turn_at

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg", ".pdf")

_WORKS = "#0072B2"
_WAITS = "#F5C26B"
_INK = "#222222"
_AT_THE_SIDE = "#666666"
_FAINT = "#AAAAAA"
_PAPER = {"facecolor": "white", "edgecolor": "none", "pad": 1.0, "alpha": 0.85}
"""behind words, which would else be crossed by a line"""
_WIDTH = 8.0
"""inches"""
_ROW = 0.3
"""inches for a stage"""
_BARS = 30
"""of the distribution at most: more are a comb"""
_STEPS = (5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)
"""ms that a bar may stand for: numbers that one can count in"""


def check(path: Path) -> None:
    """Whether a picture can be drawn into *path*. Raises UsageError: a name of no known form, or no matplotlib."""
    if path.suffix.lower() not in FORMATS:
        raise UsageError(f"{path} should end in {', '.join(FORMATS[:-1])} or {FORMATS[-1]}: the forms of a picture.")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"{path} cannot be written: there is no folder {path.absolute().parent}.")
    try:
        import matplotlib  # noqa: F401, ICN001 - only to see whether it is there
    except ImportError as error:
        raise UsageError(f"Pictures need matplotlib, which is not here: {installer()} matplotlib") from error


def draw(entries: Sequence[Entry], path: Path) -> None:
    """Draw the measured ones of *entries*, of which there is at least one, into *path*: see check().

    Raises UsageError where the file cannot be written.
    """
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    measured = [turn for turn in entries if turn.gap is not None]
    shown = _shown(measured)
    heights = [_ROW * len(spans(one.turn)) + 0.9 for one in shown] + [2.4]
    layout = ConstrainedLayoutEngine(h_pad=0.12, w_pad=0.12)
    figure = Figure(figsize=(_WIDTH, sum(heights) + 0.4), layout=layout)
    axes = figure.subplots(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    widest = max(span.end for one in shown for span in spans(one.turn))
    for one, place in zip(shown, axes, strict=False):
        _waterfall(place, one, widest)
    _distribution(axes[-1], [1000 * turn.gap for turn in measured if turn.gap is not None])
    _save(figure, path)


@dataclass(frozen=True, slots=True)
class _Shown:
    title: str
    which: str
    turn: Entry


def _shown(measured: Sequence[Entry]) -> list[_Shown]:
    """The median turn, and the slow one that is worth a look: the p95, or the slowest of too few for that."""
    few = len(measured) < FEWEST_P95
    usual, slow = turn_at(measured, 0.5), turn_at(measured, 1.0 if few else 0.95)
    if len(measured) == 1:
        return [_Shown("The only turn", "", usual)]
    shown = [_Shown("A usual turn", "the median, ", usual)]
    if slow is not usual:
        shown.append(_Shown("The slowest turn" if few else "A slow turn", "" if few else "the 95th of 100, ", slow))
    return shown


def _waterfall(axes: "Axes", shown: _Shown, widest: float) -> None:
    made = spans(shown.turn)
    end = 1000 * (shown.turn.gap or 0.0)
    axes.axvline(end, color=_FAINT, linewidth=1, zorder=0)
    for row, span in enumerate(made):
        _bar(axes, row, span, widest)
    axes.set_yticks(range(len(made)), [NAMES[span.stage] for span in made])
    axes.set_ylim(len(made) - 0.4, -0.6)
    axes.set_xlim(0, 1000 * widest * 1.15)
    axes.set_xlabel("ms after your last sound")
    _titled(axes, f"{shown.title}: answered after {end:,.0f} ms", shown.which + local(shown.turn.when))


def _bar(axes: "Axes", row: int, span: Span, widest: float) -> None:
    waits = span.stage in WAITING
    took = 1000 * (span.end - span.begin)
    # A bar thinner than the eye sees would be taken for none.
    width = max(took, 1000 * widest / 300)
    axes.barh(
        row,
        width,
        left=1000 * span.begin,
        height=0.66,
        color=_WAITS if waits else _WORKS,
        hatch="///" if waits else None,
        edgecolor=_INK if waits else _WORKS,
        linewidth=0.6,
    )
    text = f"{took:,.0f} ms" + (" waiting" if waits else "")
    axes.annotate(
        text, (1000 * span.begin + width, row), (5, 0), textcoords="offset points", va="center", color=_INK, bbox=_PAPER
    )


def _distribution(axes: "Axes", gaps: Sequence[float]) -> None:
    """*gaps* in ms."""
    from matplotlib.ticker import MaxNLocator

    longest = max(gaps) * 1.12
    step = next((step for step in _STEPS if longest / step <= _BARS), longest / _BARS)
    edges = [step * number for number in range(math.ceil(longest / step) + 1)]
    axes.hist(gaps, bins=edges, color=_WORKS, edgecolor="white", linewidth=0.8)
    axes.set_xlim(0, edges[-1])
    # Room above the bars for words.
    axes.set_ylim(0, 1.45 * axes.dataLim.ymax)
    # The slower one's words stand above the other's line.
    for height, (words, gap) in zip((0.86, 1.0), _marked(gaps), strict=False):
        _flag(axes, gap, height, f"{words} {gap:,.0f} ms")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    axes.set_xlabel("ms from your last sound to the first of the answer")
    axes.set_ylabel(f"turns in each {step:,.0f} ms")
    _titled(axes, "How long the answers took", f"{len(gaps):,} turns" if len(gaps) > 1 else "1 turn")


def _marked(gaps: Sequence[float]) -> list[tuple[str, float]]:
    if len(gaps) == 1:
        return [("the only one took", gaps[0])]
    slow = (
        ("the slowest took", max(gaps))
        if len(gaps) < FEWEST_P95
        else ("95 of 100 took at most", percentile(gaps, 0.95))
    )
    return [("half took at most", percentile(gaps, 0.5)), slow]


def _flag(axes: "Axes", at: float, height: float, text: str) -> None:
    """A dashed line with words on whichever side of it there is more room; *height* is 1 at the top."""
    axes.axvline(at, ymax=height, color=_INK, linewidth=1, linestyle="--")
    right = at < axes.get_xlim()[1] / 2
    axes.annotate(
        text,
        (at, height),
        (5 if right else -5, -2),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        va="top",
        ha="left" if right else "right",
        color=_INK,
        bbox=_PAPER,
    )


def _titled(axes: "Axes", title: str, aside: str) -> None:
    axes.set_title(title, loc="left", fontweight="bold", fontsize=11, color=_INK)
    axes.set_title(aside, loc="right", fontsize=8.5, color=_AT_THE_SIDE)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _save(figure: "Figure", path: Path) -> None:
    try:
        figure.savefig(path, dpi=150)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error
