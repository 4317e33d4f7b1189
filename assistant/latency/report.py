"""The marks of one turn go in, a small waterfall for the terminal comes out: which stage took how long, and when."""

from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from assistant.latency.marks import STAGES, Marks

_NAMES = {
    "turn_ended": "turn ended",
    "transcript": "transcript (STT)",
    "prefill_done": "prompt read",
    "first_token": "first token",
    "first_clause": "first clause",
    "first_audio": "first audio (TTS)",
    "first_sound": "first sound",
}
_NAME_WIDTH = 17
_MS_WIDTH = 9
"""Up to 99,999 ms: longer than any answer may take to begin."""
_WIDEST = 100
"""Columns, of however many there are: a bar that is longer than the eye's span says no more."""


def waterfall(marks: Marks) -> "Waterfall":
    """Show one turn from the last sound of the question to the first sound of the answer."""
    return Waterfall(spans(marks), _verdict(marks))


@dataclass(frozen=True, slots=True)
class Span:
    """The time between one stage and the one before it."""

    stage: str
    begin: float
    """seconds since the question's last sound (or since the first stamp, where nothing was heard)"""
    end: float


def spans(marks: Marks) -> list[Span]:
    """Return the stages until the first sound in the order of time, each from where the last one ended."""
    start = marks.at.get("speech_end", min(marks.at.values(), default=0.0))
    until = marks.at.get("first_sound", float("inf"))
    happened = [stage for stage in STAGES if stage in _NAMES and start <= marks.at.get(stage, -1.0) <= until]
    moments = sorted((marks.at[stage] - start, STAGES.index(stage)) for stage in happened)
    begins = [0.0, *(moment for moment, _ in moments)]
    return [Span(STAGES[index], begin, end) for begin, (end, index) in zip(begins, moments, strict=False)]


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
            style = "yellow" if span.stage == "turn_ended" else "cyan"
            yield Text.assemble(
                f"{_NAMES[span.stage]:<{_NAME_WIDTH}} ", (f"{bar:<{width}}", style), f" {ms:>{_MS_WIDTH}}", no_wrap=True
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
