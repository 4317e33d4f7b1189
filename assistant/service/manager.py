"""What launchd and systemd have in common: the verbs, and what there is to know of the service."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

Tell = Callable[[str], None]
"""takes a line for the person who waits"""


@dataclass(frozen=True, slots=True)
class Status:
    """How the service is; None is what the manager does not say."""

    manager: str
    installed: bool
    running: bool = False
    pid: int | None = None
    starts: int | None = None
    """how often it was started since it was loaded"""
    last_exit: str | None = None
    complaints: tuple[str, ...] = ()
    """what is not as it should be, each with what to type"""


class Manager(Protocol):
    """The system's service manager. All of it blocks, and raises ServiceError in a sentence for a person."""

    def install(self, tell: Tell) -> None:
        """Make it start at login, and start it; doing it again mends or renews it."""

    def uninstall(self) -> None:
        """Stop it, and take all of it away that `install` made; nothing happens where nothing is."""

    def start(self) -> None:
        """Start it, if it does not run; returns when it runs."""

    def stop(self) -> None:
        """Stop it until the next login or `start`; returns when it has stopped."""

    def restart(self) -> None:
        """Stop it if it runs, and start it."""

    def status(self) -> Status:
        """How it is."""
        ...

    def logs(self, lines: int, *, follow: bool) -> list[list[str]]:
        """The commands that show the last *lines* of what it logged and, to *follow*, the last one what comes."""
        ...
