"""What is right and wrong with the program on this computer, and what to type; a zip of it for a bug report."""

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from assistant import log
from assistant.commands.common import Setting, console, flags
from assistant.errors import UsageError

if TYPE_CHECKING:
    from assistant.config import Loaded
    from assistant.doctor.finding import Finding, State

_PROGRESS_AFTER = 2.0
"""s that nobody wonders what it does"""


_BUNDLE = Path("assistant-report.zip")
"""what --bundle makes where no other name is given, in the folder it is typed in"""


def doctor(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help=f"The zip that --bundle makes; {_BUNDLE} if not told.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Read every byte of the models, too: a minute for 15 GB.")
    ] = False,
    bundle: Annotated[
        bool, typer.Option("--bundle", help="Make a zip for a bug report, without a word that was said.")
    ] = False,
    settings: Setting = None,
) -> None:
    """Check all that can be wrong, and say what to type; exit 0 where nothing is.

    Example: assistant doctor
    """
    from assistant.doctor.bundle import check_name
    from assistant.doctor.finding import State

    report = _report(file, wanted=bundle)
    if report is not None:
        check_name(report)
    loaded, first = _loaded(settings)
    log.set_up(loaded.config.log.level)
    findings = [first, *_examined(loaded, thorough=thorough)]
    if as_json:
        typer.echo(json.dumps([_plain(finding) for finding in findings], indent=2))
    else:
        _show(findings)
    if report is not None:
        from assistant.doctor.bundle import write

        held = write(report, loaded, findings)
        if not as_json:
            console.print(
                f"written    {report}: {', '.join(held)}; please look into it before you send it", markup=False
            )
    if any(finding.state is State.WRONG for finding in findings):
        raise typer.Exit(1)


def _report(file: Path | None, *, wanted: bool) -> Path | None:
    """The zip that is to be made; None where none is *wanted*."""
    if file is not None and not wanted:
        raise UsageError(f"{file} would be the name of a bug report's zip: add --bundle, if you want one.")
    return (file or _BUNDLE) if wanted else None


def _loaded(given: list[str] | None) -> "tuple[Loaded, Finding]":
    """The settings, or where they are wrong their defaults, and what there is to say of them."""
    from assistant.config import load
    from assistant.doctor.examine import unusable_settings, usable_settings

    chosen = flags(given)
    try:
        loaded = load(os.environ, chosen)
    except UsageError as error:
        if given:
            raise
        return load({}, {}, Path(os.devnull)), unusable_settings(str(error))
    return loaded, usable_settings(loaded)


def _examined(loaded: "Loaded", *, thorough: bool) -> "list[Finding]":
    from assistant.doctor.examine import checks, examine

    with _progress() as waiting:
        return examine(checks(loaded.config, thorough=thorough), waiting)


@contextmanager
def _progress() -> Iterator[Callable[[Sequence[str]], None]]:
    """Takes the names of what is not done yet; shown on a terminal once it takes long."""
    began = time.monotonic()
    status = console.status("")

    def waiting(names: Sequence[str]) -> None:
        if console.is_terminal and time.monotonic() - began > _PROGRESS_AFTER:
            status.update(f"checking: {', '.join(names)} ...")
            status.start()

    try:
        yield waiting
    finally:
        status.stop()


def _show(findings: "Sequence[Finding]") -> None:
    """A paragraph each; what is to be typed stands in a line of its own, which nothing breaks: it is copied."""
    from assistant.doctor.finding import SIGNS

    widest = max(len(finding.name) for finding in findings)
    for finding in findings:
        row = Table.grid(padding=(0, 1))
        row.add_column()
        row.add_column(min_width=widest)
        row.add_column(overflow="fold")
        told = f"{finding.meaning}\n{finding.detail}".rstrip()
        row.add_row(f"[{_style(finding.state)}]{SIGNS[finding.state]}[/]", finding.name, escape(told))
        console.print(row)
        if finding.remedy:
            console.print(f"{' ' * (widest + 3)}→ {finding.remedy}", markup=False)
    console.print(_summary(findings))


def _style(state: "State") -> str:
    return {"right": "green", "wrong": "red", "unknown": "yellow"}[state.value]


def _summary(findings: "Sequence[Finding]") -> str:
    from assistant.doctor.finding import State

    amiss = sum(finding.state is State.WRONG for finding in findings)
    open_ = sum(finding.state is State.UNKNOWN for finding in findings)
    told = "nothing is wrong" if not amiss else f"{amiss} wrong" if amiss > 1 else "1 is wrong"
    return f"\n{told}" + (f"; {open_} could not be told here" if open_ else "")


def _plain(finding: "Finding") -> dict[str, str]:
    return {
        "name": finding.name,
        "state": finding.state.value,
        "meaning": finding.meaning,
        "detail": finding.detail,
        "remedy": finding.remedy,
    }
