"""A command line as a list goes in; its exit code and what it printed come out."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

NOT_FOUND = 127
"""the exit code of a program that is not there, as shells have it"""

LIMIT_S = 690.0
"""s after which a tool hangs: the slowest, `systemctl start`, waits 660 for large models to load"""


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    out: str = ""
    err: str = ""

    @property
    def said(self) -> str:
        """Its last line, for a sentence about what went wrong."""
        lines = (self.err.strip() or self.out.strip()).splitlines()
        return lines[-1].strip() if lines else f"exit code {self.code}"


class Run(Protocol):
    """Runs a command to its end. Tests put a fake of launchctl and the like here."""

    def __call__(self, command: Sequence[str], environ: Mapping[str, str] | None = None) -> Done:
        """*environ* is all the command sees of variables; None: what we see ourselves. Raises nothing."""
        ...


def run(command: Sequence[str], environ: Mapping[str, str] | None = None) -> Done:
    """Run *command* for real, without a shell and without a terminal to ask anything on."""
    try:
        done = subprocess.run(  # noqa: S603 - our own lists, with no text from outside in them
            command,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=LIMIT_S,
        )
    except subprocess.TimeoutExpired:
        return Done(1, err=f"{command[0]} did not end within {LIMIT_S:.0f} s")
    except OSError as error:
        return Done(NOT_FOUND, err=f"{command[0]}: {error.strerror}")
    return Done(done.returncode, done.stdout, done.stderr)
