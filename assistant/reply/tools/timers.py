"""Durations go in, sentences to be spoken come out: at once that a timer is set, and later that it is done."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from assistant.reply.tools.toolbox import Said

_MOST = 50
_LONGEST = 7 * 24 * 3600
"""seconds: a week; what is further off belongs in a calendar"""


@dataclass(frozen=True, slots=True)
class Timer:
    """One running timer."""

    due: float
    """seconds, loop's clock"""
    seconds: int
    """as it was set"""
    name: str

    @property
    def called(self) -> str:
        """What a person would call it: "pasta timer" or "12 minute timer"."""
        return f"{self.name or spoken_duration(self.seconds, adjective=True)} timer"


class Timers:
    """Timers that ring; they live as long as the program."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """*clock*: the event loop's, in seconds."""
        self._clock = clock
        self._running: list[Timer] = []
        self._changed = asyncio.Event()

    def set_timer(self, hours: float = 0, minutes: float = 0, seconds: float = 0, name: str = "") -> str:
        """Set a timer that rings after a duration; the name is optional, as in "pasta"."""
        total = hours * 3600 + minutes * 60 + seconds
        if not 0 < total <= _LONGEST:
            return Said("I can set timers from one second to one week.")
        if len(self._running) >= _MOST:
            return Said("There are too many timers already.")
        whole = max(1, round(total))
        timer = Timer(self._clock() + whole, whole, _tidy(name))
        self._running = sorted([*self._running, timer], key=lambda each: each.due)
        self._changed.set()
        what = f"{timer.name.capitalize()} timer" if timer.name else "Timer"
        return Said(f"{what} set for {spoken_duration(whole)}.")

    def cancel_timer(self, name: str = "") -> str:
        """Cancel the timer with this name, or all timers without one."""
        wanted = _tidy(name)
        gone = [timer for timer in self._running if not wanted or timer.name == wanted]
        if not gone:
            return Said("There is no timer running." if not wanted else f"There is no {wanted} timer.")
        self._running = [timer for timer in self._running if timer not in gone]
        self._changed.set()
        return Said("Timer cancelled." if len(gone) == 1 else f"{len(gone)} timers cancelled.")

    def timer_left(self) -> str:
        """Get how much time is left on each timer."""
        left = [(timer, spoken_duration(max(1, round(timer.due - self._clock())))) for timer in self._running]
        if not left:
            return Said("There is no timer running.")
        if len(left) == 1:
            return Said(f"You have {left[0][1]} left.")
        return Said("; ".join(f"{timer.called}: {duration}" for timer, duration in left) + ".")

    async def rings(self) -> AsyncGenerator[str, None]:
        """For ever: the sentence for each timer at the moment it is due."""
        while True:
            self._changed.clear()
            wait = max(0.0, self._running[0].due - self._clock()) if self._running else None
            try:
                async with asyncio.timeout(wait):
                    await self._changed.wait()
            except TimeoutError:
                pass
            # It may have been cancelled at the very moment it was due: so look again.
            if self._running and self._running[0].due <= self._clock():
                due, self._running = self._running[0], self._running[1:]
                yield f"Your {due.called} is done."


def spoken_duration(seconds: int, *, adjective: bool = False) -> str:
    """3725 as "1 hour, 2 minutes and 5 seconds"; as an adjective "1 hour 2 minute 5 second"."""
    amounts = (("hour", seconds // 3600), ("minute", seconds // 60 % 60), ("second", seconds % 60))
    parts = [f"{n} {unit}{'' if n == 1 or adjective else 's'}" for unit, n in amounts if n]
    if adjective:
        return " ".join(parts)
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def _tidy(name: str) -> str:
    words = "".join(letter if letter.isprintable() else " " for letter in name).lower().split()
    return " ".join(word for word in words if word != "timer")[:40]
