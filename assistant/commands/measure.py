"""Measuring: how long answers took, and where the time went."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.commands.common import Setting, config_from, console
from assistant.commands.terminal import Whole
from assistant.errors import UsageError

if TYPE_CHECKING:
    from assistant.settings import Config

_USUAL = 100
"""turns: what one remembers as lately, and as many as a p99 needs"""


def latency(
    last: Annotated[
        int | None, typer.Option("--last", metavar="N", min=1, help=f"The last so many turns; {_USUAL} if not told.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help='Turns since then: "2 hours", 2026-11-24.')
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts; times are in ms.")] = False,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Draw a picture into this file: .png, .svg or .pdf.")
    ] = None,
    settings: Setting = None,
) -> None:
    """Show how long your answers took, from your last sound to the first of the answer, and which part took it.

    Example: assistant latency --since "2 hours" --plot latency.png
    """
    config = config_from(settings)
    from assistant.latency import picture, statistics
    from assistant.latency.journal import moment, read

    if plot is not None:
        picture.check(plot)
    earliest = moment(since, datetime.now(UTC)) if since is not None else None
    reading = read(config.latency.folder, last=last or (None if since else _USUAL), since=earliest)
    if not reading.entries:
        if plot is not None:
            raise UsageError(_none(config, since))
        typer.echo(json.dumps({"turns": 0}) if as_json else _none(config, since))
        return
    made = statistics.summary(reading.entries)
    if plot is not None:
        if made.gap is None:
            raise UsageError("There is nothing to draw: not one of these turns could be measured.")
        picture.draw(reading.entries, plot)
    if as_json:
        typer.echo(json.dumps(statistics.as_json(made) | {"unreadable": reading.unreadable}, indent=2))
        return
    from assistant.latency.report import overview

    console.print(Whole(overview(made)))
    if reading.unreadable:
        lines = "1 line" if reading.unreadable == 1 else f"{reading.unreadable} lines"
        console.print(f"{lines} in {config.latency.folder} cannot be read and is left out", markup=False)
    if plot is not None:
        console.print(f"drawn      {plot}", markup=False)


def _none(config: "Config", since: str | None) -> str:
    """Why there is no turn to tell of, and how to come by one."""
    if not config.latency.journal:
        return "No turns are kept: latency.journal is false. Set it to true, talk with `assistant run`, and ask again."
    where = f"in {config.latency.folder}" + (f" since {since}" if since else "")
    return f"There are no turns {where}: talk with `assistant run`, and each turn leaves its times there."
