"""Explaining: which settings make an answer wait, how long, and what for."""

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from assistant.commands.common import Setting, config_from, console

if TYPE_CHECKING:
    from assistant.latency.explain import Explained, Wait
    from assistant.settings import Config


class Topic(StrEnum):
    """What can be explained."""

    LATENCY = "latency"


def explain(
    topic: Annotated[Topic, typer.Argument(help="What to explain.")] = Topic.LATENCY,  # noqa: ARG001 - the only one
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts; times are in ms.")] = False,
    settings: Setting = None,
) -> None:
    """Show what an answer waits for, setting by setting: how long, what that buys, and what breaks with less.

    Example: assistant explain latency --set engine.pace=m2-max
    """
    found = _explained(config_from(settings))
    if as_json:
        typer.echo(json.dumps(_as_json(found), indent=2))
        return
    for line in _remarks(found):
        console.print(line, markup=False)
    for part in dict.fromkeys(wait.part for wait in found.waits):
        console.print()
        console.print(_table(part, [wait for wait in found.waits if wait.part == part], at_most=not found.turns))


def _explained(config: "Config") -> "Explained":
    from assistant import daemon, weights
    from assistant.latency.explain import explain as explained
    from assistant.latency.journal import read
    from assistant.listen.habits import learned

    manner = daemon.manner(config)
    stages = learned(manner.habits.pauses, manner.stages) if manner.habits is not None else manner.stages
    model = weights.turn_model(config.listen.turn_model, config.models.folder)
    return explained(config, stages, model.name if model else None, read(config.latency.folder).entries)


def _remarks(found: "Explained") -> list[str]:
    """What the numbers mean, and what they come to."""
    sooner = "costs: by how much an answer would come sooner without it, since some waits run side by side"
    if found.gap is None:
        measured = "took: nothing was measured yet, so costs are at most so much; talk with `assistant run` first"
    else:
        turns = "turn" if found.turns == 1 else f"{found.turns} turns"
        measured = f"took: the median of your last {turns} like this: {found.setup}"
    bounds = [_ms(seconds) for seconds in found.expected.values()]
    total = f"In all: from {bounds[0]} ms for a request that surely is complete to {bounds[-1]} ms for one that is not"
    return [
        "All in ms. waits: as long at most; a dash is up to the machine",
        sooner,
        measured,
        total + ("" if found.gap is None else f"; measured in the median: {_ms(found.gap)} ms"),
    ]


def _table(part: str, waits: "list[Wait]", *, at_most: bool) -> Table:
    table = Table(part, box=None, pad_edge=False)
    for heading in ("waits", "costs", "took"):
        table.add_column(heading, justify="right", no_wrap=True)
    for wait in waits:
        name = Text(f"{wait.name} = {wait.value}", style="cyan")
        costs = ("≤ " if at_most and wait.costs else "") + _ms(wait.costs)
        table.add_row(name, _ms(wait.waits), costs, _ms(wait.measured))
        share = "" if wait.share is None else f" ({wait.share:.0%} of the turns)"
        table.add_row(Padding(Text(f"{wait.reason.buys}{share}\n{wait.reason.less}"), (0, 0, 0, 2)))
    return table


def _as_json(found: "Explained") -> dict[str, object]:
    return {
        "turns": found.turns,
        "setup": found.setup,
        "gap_ms": _number(found.gap),
        "expected_ms": {name: _number(seconds) for name, seconds in found.expected.items()},
        "waits": [
            {
                "part": wait.part,
                "name": wait.name,
                "value": wait.value,
                "waits_ms": _number(wait.waits),
                "costs_ms": _number(wait.costs),
                "took_ms": _number(wait.measured),
                "share": wait.share,
                **wait.reason._asdict(),
            }
            for wait in found.waits
        ],
    }


def _ms(seconds: float | None) -> str:
    return "-" if seconds is None else f"{1000 * seconds:,.0f}"


def _number(seconds: float | None) -> float | None:
    return None if seconds is None else round(1000 * seconds, 1)
