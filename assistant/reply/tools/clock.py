"""The clock on the wall goes in, the time of day and the date come out as sentences."""

from collections.abc import Callable
from datetime import datetime

from assistant.reply.tools.toolbox import Said


class Clock:
    """Tools that read the clock on the wall."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """*now* gives the local time."""
        self._now = now

    def get_time(self) -> str:
        """Get the current time of day."""
        now = self._now()
        half = "AM" if now.hour < 12 else "PM"  # noqa: PLR2004 - noon
        return Said(f"It is {now.hour % 12 or 12}:{now.minute:02d} {half}.")

    def get_date(self) -> str:
        """Get today's day of the week and date."""
        now = self._now()
        return Said(f"Today is {now:%A}, {now:%B} {now.day}, {now.year}.")
