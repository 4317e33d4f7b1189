"""The settings and the turns of late go in; every fixed wait on the path comes out, and what it costs. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from assistant.devices import INPUT_LATENCY, OUTPUT_LATENCIES
from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE
from assistant.latency.budget import TOKENS_A_WORD, Budget, budget
from assistant.latency.entry import Entry, entry, measured_with
from assistant.latency.reasons import REASONS, Reason
from assistant.latency.statistics import summary
from assistant.listen.complete import Stages
from assistant.listen.interruption import DECIDE_AFTER
from assistant.pace import PACES
from assistant.reply.llama import PREFILL_CHUNK
from assistant.settings import Config
from assistant.speak.clauses import FIRST_LIMIT, FIRST_WAIT
from assistant.speak.piper import LEAD_SECONDS
from assistant.speak.playback import AHEAD

SILENCE = "The silence that says you are done"
ENGINES = "The engines, which begin at the pause"
SOUND = "The way of the sound"
INTERRUPTING = "When you interrupt, which is no part of the gap"

LATELY = 100
"""turns: what one remembers as lately, and `assistant latency` shows"""
_PATIENCE = {
    "sure": "listen.patience_sure_ms",
    "likely": "listen.patience_likely_ms",
    "unsure": "listen.patience_ms",
    "open": "listen.patience_open_ms",
}
_LATE = 0.010
"""seconds by which a turn may end before its stage's silence is over: times are rounded, and clocks differ"""


@dataclass(frozen=True, slots=True)
class Wait:
    """One wait on the path; times in seconds."""

    part: str
    """of the path"""
    name: str
    """the setting, or, where there is none, the constant in the program"""
    value: str
    waits: float | None = None
    """how long, at most; None where that is up to the machine"""
    costs: float | None = None
    """by how much an answer would come sooner without it; None where that is not known"""
    measured: float | None = None
    """how long its stage took, in the median of the turns of late"""
    share: float | None = None
    """of the turns of late in which it was waited for, where not in all"""

    @property
    def reason(self) -> Reason:
        """What it buys, and what breaks with less of it."""
        return REASONS[self.name]


@dataclass(frozen=True, slots=True)
class Explained:
    """All waits, and which turns they were measured in."""

    waits: Sequence[Wait]
    turns: int
    """with the models and the pace of the settings; 0 where none was measured"""
    setup: str
    gap: float | None
    """seconds, the median of those turns"""
    expected: Mapping[str, float]
    """by the setting of each stage of patience: seconds after which an answer should be heard"""


def explain(config: Config, stages: Stages, turn_model: str | None, entries: Sequence[Entry]) -> Explained:
    """Explain *config*: its *stages* of patience as habits have them, the name of its turn model's file, if any.

    Of the journal's *entries*, those that were measured with the same models and pace count, from the last one's
    source, and LATELY of them at most.
    """
    setup = entry(measured_with(config), datetime.now(UTC)).setup
    alike = [turn for turn in entries if turn.gap is not None and turn.setup.partition(", ")[2] == setup]
    lately = [turn for turn in alike if turn.setup == alike[-1].setup][-LATELY:]
    facts = _facts(config, stages, turn_model, lately)
    waits = (*_silence(facts), *_engines(facts), *_sound(facts), *_interrupting(facts))
    gap = summary(lately).gap if lately else None
    shown = lately[-1].setup if lately else ""
    return Explained(waits, len(lately), shown, gap.p50 if gap else None, _expected(facts))


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the rows are made of; times in seconds."""

    config: Config
    stages: Mapping[str, float]
    shares: Mapping[str, float]
    turn_model: str | None
    took: Mapping[str, float]
    """each stage, in the median of late"""
    usual: Budget
    """after the patience that was usual of late"""

    def without(self, stage: str, wait: float | None) -> float | None:
        """What it would save if this stage of the reply took no time, or so long less as the *wait* in it is."""
        if stage not in self.took:
            return None
        spared = self.took[stage] if wait is None else min(self.took[stage], wait)
        return self.usual.saved(replying=max(0.0, self.usual.replying - spared))


def _facts(config: Config, stages: Stages, turn_model: str | None, turns: Sequence[Entry]) -> _Facts:
    made = summary(turns) if turns else None
    took = {stage: times.p50 for stage, times in made.took.items()} if made else {}
    ended = made.reached.get("turn_ended") if made else None
    lasting = {name: getattr(stages, name) / SAMPLE_RATE for name in ("sure", "likely", "unsure", "open")}
    usual = budget(
        ended.p50 if ended else lasting["likely"],
        config.listen.pause_ms / 1000,
        took,
        PACES[config.engine.pace],
        speculate=config.reply.speculate,
    )
    return _Facts(config, lasting, _shares(lasting, turns), turn_model, took, usual)


def _expected(facts: _Facts) -> dict[str, float]:
    out = LEAD_SECONDS + (_seconds(OUTPUT_LATENCIES[0]) or 0.0)
    return {name: replace(facts.usual, patience=facts.stages[stage]).gap + out for stage, name in _PATIENCE.items()}


def _silence(facts: _Facts) -> Iterator[Wait]:
    usual, stages = facts.usual, facts.stages
    pause = str(facts.config.listen.pause_ms)
    yield Wait(SILENCE, "listen.pause_ms", pause, usual.pause, usual.saved(pause=0.0), facts.took.get("pause"))
    for stage, name in _PATIENCE.items():
        costs = replace(usual, patience=stages[stage]).saved(patience=0.0)
        yield Wait(SILENCE, name, f"{1000 * stages[stage]:.0f}", stages[stage], costs, share=facts.shares.get(stage))
    more = 0.0 if facts.turn_model else stages["likely"] - stages["sure"]
    costs = replace(usual, patience=stages["likely"]).saved(patience=stages["likely"] - more)
    yield Wait(SILENCE, "listen.turn_model", facts.turn_model or "none", more, costs)


def _engines(facts: _Facts) -> Iterator[Wait]:
    config, pace, took = facts.config, PACES[facts.config.engine.pace], facts.took
    hearing = facts.usual.saved(hearing=0.0) if facts.usual.hearing else None
    chunk = pace.evaluating(PREFILL_CHUNK) if config.reply.prefill else 0.0
    words = FIRST_LIMIT * TOKENS_A_WORD * pace.writing or FIRST_WAIT
    yield Wait(
        ENGINES,
        "listen.whisper",
        Path(config.listen.whisper).name,
        pace.hearing or None,
        hearing,
        took.get("transcript"),
    )
    yield Wait(
        ENGINES,
        "reply.speculate",
        _yes(config.reply.speculate),
        0.0 if config.reply.speculate else facts.usual.replying or None,
        facts.usual.saved(speculate=True),
    )
    for name, value, waits, stage in (
        # Behind a tool's call there is more in the stage than the wait for words.
        ("reply.prefill", _yes(config.reply.prefill), chunk or None, "prefill_done"),
        ("reply.model", Path(config.reply.model).name, pace.writing or None, "first_token"),
        ("clauses.FIRST_WAIT", f"{FIRST_WAIT} s", min(FIRST_WAIT + pace.writing, words), "first_clause"),
        ("speak.voice", Path(config.speak.voice).name, pace.speaking or None, "first_audio"),
    ):
        yield Wait(ENGINES, name, value, waits, facts.without(stage, waits), took.get(stage))


def _sound(facts: _Facts) -> Iterator[Wait]:
    frame, lead = FRAME_SAMPLES / SAMPLE_RATE, LEAD_SECONDS
    sounding = facts.took.get("first_sound")
    asked = _seconds(OUTPUT_LATENCIES[0])
    yield Wait(SOUND, "flow.FRAME_SAMPLES", f"{1000 * frame:.0f} ms", frame, frame / 2)
    yield Wait(SOUND, "devices.INPUT_LATENCY", _buffer(INPUT_LATENCY), _seconds(INPUT_LATENCY))
    yield Wait(SOUND, "piper.LEAD_SECONDS", f"{1000 * lead:.0f} ms", lead, lead)
    yield Wait(SOUND, "devices.OUTPUT_LATENCIES", _buffer(OUTPUT_LATENCIES[0]), asked, asked, sounding)


def _interrupting(facts: _Facts) -> Iterator[Wait]:
    start = facts.config.listen.start_ms
    yield Wait(INTERRUPTING, "listen.start_ms", str(start), start / 1000, 0.0)
    yield Wait(INTERRUPTING, "interruption.DECIDE_AFTER", f"{1000 * DECIDE_AFTER:.0f} ms", DECIDE_AFTER, 0.0)
    yield Wait(INTERRUPTING, "playback.AHEAD", f"{1000 * AHEAD:.0f} ms", 0.0, 0.0)


def _shares(stages: Mapping[str, float], turns: Sequence[Entry]) -> Mapping[str, float]:
    """Which share of *turns* ended in which stage: the longest one whose silence had passed by then."""
    ended = [turn.at["turn_ended"] for turn in turns if "turn_ended" in turn.at]
    ordered = sorted(stages, key=stages.__getitem__)
    of = [([ordered[0]] + [stage for stage in ordered if stages[stage] <= end + _LATE])[-1] for end in ended]
    return {stage: of.count(stage) / len(of) for stage in ordered} if of else {}


def _seconds(latency: object) -> float | None:
    """A device's buffer; None for "low", which is up to the device."""
    return latency if isinstance(latency, float) else None


def _buffer(latency: object) -> str:
    return f"{1000 * latency:.0f} ms" if isinstance(latency, float) else str(latency)


def _yes(on: bool) -> str:
    return "true" if on else "false"
