"""The tools that come with the assistant; the starter model was taught these names and arguments."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from assistant.reply.tools.calculator import calculate
from assistant.reply.tools.clock import Clock
from assistant.reply.tools.shopping import ShoppingList
from assistant.reply.tools.timers import Timers
from assistant.reply.tools.toolbox import Toolbox


def standard(timers: Timers, list_path: Path, now: Callable[[], datetime]) -> Toolbox:
    """Clock, calculator, timers and a shopping list kept at *list_path*."""
    clock = Clock(now)
    shopping = ShoppingList(list_path)
    at_once: list[Callable[..., str]] = [
        clock.get_time,
        clock.get_date,
        calculate,
        timers.set_timer,
        timers.cancel_timer,
        timers.timer_left,
    ]
    on_disk: list[Callable[..., str]] = [
        shopping.add_to_list,
        shopping.remove_from_list,
        shopping.clear_list,
        shopping.read_list,
    ]
    return Toolbox(
        [*at_once, *on_disk],
        harmless=[clock.get_time, clock.get_date, calculate, timers.timer_left, shopping.read_list],
        at_once=at_once,
    )
