"""Rehearsing: questions go through the whole program in real time, and how long the answers took is shown and kept."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.commands.common import DeviceName, Setting, config_from, console, to_its_end
from assistant.commands.terminal import Whole
from assistant.errors import AssistantError, UsageError

if TYPE_CHECKING:
    from assistant.latency.chirp import Loopback, Spread
    from assistant.latency.compare import Comparison
    from assistant.latency.rehearsal import Rehearsal
    from assistant.latency.script import Asked
    from assistant.settings import Config

_DIFFERENCES = 12
"""that are told of two rehearsals: two machines differ in a few, and who compares unlike things need not read all"""


def rehearse(
    questions: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", help="Recorded questions; without them the configured voice has ten."),
    ] = None,
    count: Annotated[
        int,
        typer.Option(
            "-n", metavar="N", min=0, help="Questions to ask, over and over; each about 5 s. A p95 needs 20, a p99 100."
        ),
    ] = 20,
    compare: Annotated[
        Path | None, typer.Option("--compare", metavar="FILE", help="An earlier --json file to compare with.")
    ] = None,
    worse_than: Annotated[
        float,
        typer.Option(
            "--worse-than", metavar="SHARE", min=0, help="Share by which p95 may grow until that is a failure."
        ),
    ] = 0.2,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write all of it into this file.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Draw a picture into this file: .png, .svg or .pdf.")
    ] = None,
    devices: Annotated[
        bool, typer.Option("--devices", help="Ask by the loudspeaker, hear by the microphone: no headphones.")
    ] = False,
    loopback: Annotated[
        bool, typer.Option("--loopback", help="First measure with chirps how long the devices themselves take.")
    ] = False,
    device: DeviceName = None,
    settings: Setting = None,
) -> None:
    """Ask recorded questions in real time, and show how long the answers took, and which part took it.

    Exit code 1: p95 has grown by more than --worse-than, or nothing could be measured.

    Example: assistant rehearse --compare before.json
    """
    config = config_from(settings, device)
    if devices or loopback:
        _check_alone(config)
    from assistant import daemon
    from assistant.latency import compare as comparing
    from assistant.latency import picture
    from assistant.latency.rehearsal import Rehearsal, Wanted
    from assistant.latency.rehearse import rehearse as run

    before = comparing.read(compare) if compare is not None else None
    if plot is not None:
        picture.check(plot)
    if json_file is not None:
        _write(json_file, "", mode="a")  # what cannot be written is said at once, not after minutes
    rehearsal = Rehearsal(Wanted(questions or (), count, devices, loopback), config)
    ended = daemon.run(run(rehearsal, _note, lambda number, asked: _note(_line(number, count, asked))))
    if json_file is not None:
        _write(json_file, json.dumps(rehearsal.as_json(), indent=1) + "\n")
    _show(rehearsal, plot)
    to_its_end(ended)
    if count and not rehearsal.rehearsed.gaps:
        hint = "; is the loudspeaker loud enough, and are headphones off?" if devices else "."
        raise AssistantError(f"None of {count} questions could be measured, the reasons stand above{hint}")
    if before is not None and count:
        _judge(comparing.compare(before, rehearsal.rehearsed), compare, worse_than)


def _check_alone(config: "Config") -> None:
    """Raises UsageError where an assistant runs: it would hear the questions, too, and answer into them."""
    from assistant.service.lock import running_pid

    if (pid := running_pid(config.service.folder)) is not None:
        raise UsageError(
            f"The assistant in process {pid} would hear the questions as well, and answer: end it (Ctrl-C, or"
            " `assistant service stop`), and type this again."
        )


def _note(text: str) -> None:
    console.print(text, markup=False)


def _line(number: int, count: int, asked: "Asked") -> str:
    """What came of one question."""
    place = f"{number:>3} of {count}" if number else "warm-up".rjust(len(f"    of {count}"))
    gaps = [record["gap"] for record in asked.records]
    took = ", ".join(f"{1000 * gap:5,.0f} ms" for gap in gaps if isinstance(gap, float)) or "   -    "
    reasons = [str(record["unmeasured"]) for record in asked.records if record["gap"] is None]
    if asked.as_said is False and asked.understood:
        reasons.append(f"understood: {' '.join(asked.understood)}")
    return f"{place}  {took}  {asked.question.name}" + "".join(f"; {reason}" for reason in reasons)


def _show(rehearsal: "Rehearsal", plot: Path | None) -> None:
    """The tables, what is to be known of them, and the picture."""
    from assistant.latency import picture
    from assistant.latency.report import Waterfall, overview
    from assistant.latency.statistics import spans, summary, turn_at

    turns = rehearsal.turns
    if turns:
        console.print()
        console.print(Whole(overview(summary(turns))))
    if rehearsal.rehearsed.gaps:
        usual = turn_at(turns, 0.5)
        console.print("\na usual turn (the median):")
        console.print(Waterfall(spans(usual), f"gap {_ms(usual.gap or 0.0)} ms"))
    console.print()
    for remark in (*_remarks(rehearsal), *_ways(rehearsal)):
        _note(remark)
    if plot is not None and rehearsal.rehearsed.gaps:
        picture.draw(turns, plot)
        _note(f"drawn      {plot}")


def _remarks(rehearsal: "Rehearsal") -> Iterator[str]:
    results = rehearsal.results
    known = [asked for asked in results if asked.as_said is not None]
    if known:
        right = sum(bool(asked.as_said) for asked in known)
        yield f"understood to the word: {right} of {len(known)}, as said by the configured voice"
    if torn := sum(len(asked.turns) > 1 for asked in results):
        reason = "a pause was taken for the end, or our own voice for a question"
        yield f"answered more than once: {torn} of {len(results)} questions ({reason})"
    cores = os.cpu_count() or 1
    if rehearsal.load > cores:
        yield f"This computer was busy before it began (load {rehearsal.load:.1f} on {cores} cores): rehearse again."
    if rehearsal.holes:
        yield f"holes in the sound: {rehearsal.holes} blocks came too late, because the computer was busy"
    if results and not rehearsal.wanted.devices:
        yield "From files: a microphone and a loudspeaker add their own delay (--devices, --loopback)."


def _ways(rehearsal: "Rehearsal") -> Iterator[str]:
    """How long the devices take, and what that makes of the gap."""
    from assistant.latency.statistics import percentile

    found = rehearsal.loopback
    if found is None:
        return
    yield f"from loudspeaker to microphone: {_range(found.whole)}; {_heard(found)}"
    yield f"of that, left out by the devices' own times: {_range(found.unstated)}; 3 ms of it for each metre of air"
    gaps = rehearsal.rehearsed.gaps
    if gaps:
        more = found.unstated if rehearsal.wanted.devices else found.whole
        gap = percentile(gaps, 0.5)
        sum_ = f"{_ms(gap)} + {_ms(more.median)} = {_ms(gap + more.median)} ms"
        yield f"so at these devices you wait {sum_} for half of the answers"


def _heard(found: "Loopback") -> str:
    return f"{found.heard} of {found.played} chirps came back, {found.clear_db:.0f} dB above everything else"


def _range(spread: "Spread") -> str:
    return f"{_ms(spread.median)} ms ({_ms(spread.lowest)} to {_ms(spread.highest)})"


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.0f}"


def _judge(found: "Comparison", earlier: Path | None, worse_than: float) -> None:
    """Say how p95 has changed. Raises AssistantError where it has grown by more than *worse_than*."""
    from assistant.latency.compare import ENOUGH

    for difference in found.differences[:_DIFFERENCES]:
        _note(f"not alike: {difference}")
    if found.turns < ENOUGH:
        turns = "1 turn" if found.turns == 1 else f"{found.turns} turns"
        _note(f"p95 of {turns} may hang on one of them: believe it from {ENOUGH} turns on (-n {ENOUGH}).")
    changed = f"{abs(found.slower):.0%} {'more' if found.slower > 0 else 'less'}"
    numbers = f"p95 of the gap is {_ms(found.now)} ms, and was {_ms(found.before)} ms in {earlier}: {changed}"
    if found.slower > worse_than:
        raise AssistantError(f"Slower than it was: {numbers}, where {worse_than:.0%} more is allowed (--worse-than).")
    _note(f"{numbers}.")


def _write(path: Path, text: str, mode: str = "w") -> None:
    try:
        with path.open(mode, encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error
