"""Marks of a turn, or statistics of many, go in; a waterfall or a table for the terminal comes out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.table import Table
from rich.text import Text

from assistant.latency.entry import Entry
from assistant.latency.marks import Marks
from assistant.latency.statistics import FEWEST_P95, FEWEST_P99, WAITING, Span, Spread, Summary, spans

NAMES = {
    "pause": "pause noticed",
    "turn_ended": "turn ended",
    "transcript": "transcript (STT)",
    "prefill_done": "prompt read",
    "first_token": "first token",
    "first_clause": "first clause",
    "first_audio": "first audio (TTS)",
    "first_sound": "first sound",
}
"""What a person calls the stages before the first sound."""
_NAME_WIDTH = 17
_MS_WIDTH = 9
"""Up to 99,999 ms: longer than any answer may take to begin."""
_WIDEST = 100
"""Columns, of however many there are: a bar that is longer than the eye's span says no more."""


def waterfall(marks: Marks) -> "Waterfall":
    """Show one turn from the last sound of the question to the first sound of the answer."""
    return Waterfall(spans(marks), _verdict(marks))


def overview(made: Summary) -> Group:
    """Show what many turns have in common: how long the answers took, where the time went, which were slowest."""
    return Group(Text(_span_of(made)), Text(), _stages(made), Text(), *(Text(line) for line in _remarks(made)))


@dataclass(frozen=True, slots=True)
class Waterfall:
    """A renderable for rich: blocks on a terminal, plain ASCII where the output is piped or cannot show them."""

    spans: list[Span]
    verdict: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield one line per stage on one time axis, and the gap below."""
        width = min(options.max_width, _WIDEST) - _NAME_WIDTH - _MS_WIDTH - 2
        plain = options.ascii_only or not options.is_terminal
        for span in self.spans:
            left, right = _columns(span, self.spans[-1].end, width)
            bar = " " * left + ("#" if plain else "█") * (right - left)
            ms = f"{1000 * (span.end - span.begin):,.0f} ms"
            style = "yellow" if span.stage in WAITING else "cyan"
            yield Text.assemble(
                f"{NAMES[span.stage]:<{_NAME_WIDTH}} ", (f"{bar:<{width}}", style), f" {ms:>{_MS_WIDTH}}", no_wrap=True
            )
        yield Text(self.verdict, style="bold")


def _columns(span: Span, last: float, width: int) -> tuple[int, int]:
    """Where a bar begins and ends; even the shortest stage is one column wide."""
    scale = width / last if last else 0.0
    left = min(round(span.begin * scale), width - 1)
    return left, max(round(span.end * scale), left + 1)


def _verdict(marks: Marks) -> str:
    if marks.gap is None:
        return f"gap not measured: {marks.record()['unmeasured']}"
    patience = marks.at.get("turn_ended", marks.at["speech_end"]) - marks.at["speech_end"]
    return f"gap {1000 * marks.gap:,.0f} ms from the question's last sound, {1000 * patience:,.0f} ms of it patience"


def _span_of(made: Summary) -> str:
    measured = made.gap.n if made.gap else 0
    when = local(made.first) if made.first == made.last else f"{local(made.first)} to {local(made.last)}"
    return f"{_counted(made.turns, 'turn')}, {when}; {measured} measured"


def _stages(made: Summary) -> Table:
    table = Table("ms", box=None, pad_edge=False)
    for heading in ("turns", "p50", "p95", "p99", "slowest", "reached (p50)"):
        table.add_column(heading, justify="right")
    for stage, took in made.took.items():
        table.add_row(NAMES[stage], *_row(took), _ms(made.reached[stage].p50))
    if made.gap is not None:
        table.add_row("gap", *_row(made.gap), "", style="bold")
    return table


def _row(times: Spread) -> tuple[str, ...]:
    return (str(times.n), *(_ms(seconds) for seconds in (times.p50, times.p95, times.p99, times.slowest)))


def _remarks(made: Summary) -> Iterator[str]:
    yield "The gap runs from your last sound to the first of the answer; a stage, from the one that it waited for."
    yield f"A dash: too few turns to tell (p95 needs {FEWEST_P95}, p99 {FEWEST_P99})."
    if made.speculated:
        share = f"{made.won} of {made.speculated} turns ({made.won / made.speculated:.0%})"
        yield f"speculation: in {share} the answer begun before the turn's end was the one that sounded"
        yield from _wasted(made.counts)
    if made.reused is not None:
        yield f"tokens: {made.reused:.0%} of what the model had to read was there from before"
    if made.interrupted:
        yield f"interrupted: {made.interrupted} of {_counted(made.gap.n if made.gap else 0, 'answer')} while it sounded"
    for reason, turns in made.unmeasured.items():
        yield f"not measured: {_counted(turns, 'turn')}: {reason}"
    if len(made.setups) > 1:
        yield "measured with different set-ups (--since tells them apart): " + "; ".join(
            f"{setup} ({turns})" for setup, turns in made.setups.items()
        )
    if made.slowest:
        yield ""
        yield "slowest turns:"
    yield from (_slow(turn) for turn in made.slowest)


def _wasted(counts: Mapping[str, int]) -> Iterator[str]:
    """What working ahead has cost."""
    begun, won = counts.get("speculations", 0), counts.get("speculation_won", 0)
    wasted = counts.get("tokens_wasted", 0)
    if written := counts.get("tokens_generated", 0) + wasted:
        share = f"{wasted:,} of {written:,} tokens written ({wasted / written:.0%})"
        yield f"for nothing: {begun - won} of {_counted(begun, 'answer')} begun so; {share}"


def _slow(turn: Entry) -> str:
    longest = max(spans(turn), key=lambda span: span.end - span.begin)
    took = _ms(longest.end - longest.begin)
    return f"{local(turn.when)}  {_ms(turn.gap):>7} ms; longest: {NAMES[longest.stage]}, {took} ms"


def local(when: datetime) -> str:
    """*when* on this computer's clock."""
    return f"{when.astimezone():%Y-%m-%d %H:%M:%S}"


def _ms(seconds: float | None) -> str:
    return "-" if seconds is None else f"{1000 * seconds:,.0f}"


def _counted(n: int, what: str) -> str:
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"
