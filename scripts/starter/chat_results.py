"""A tool call -> what the tool might answer, and the sentence to say then (random, microseconds each)."""

# ruff: noqa: SIM905 - a list of words reads best as words

import random

from ask import Call
from words import ITEMS, joined, plural

_MONTHS = "January February March April May June July August September October November December".split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()

SUPPORTED = (
    "get_time get_date calculate set_timer cancel_timer timer_left add_to_list remove_from_list clear_list read_list"
).split()


def result(call: Call, r: random.Random, strange: list[str]) -> tuple[str, str]:
    """(content of the tool's message, sentence to say); `strange` are words to copy that no request holds."""
    maker = {
        "get_time": _time,
        "get_date": _date,
        "calculate": _number,
        "timer_left": _left,
    }.get(call.name)
    if maker:
        return maker(r)
    if call.name == "read_list":
        return _list(r, strange)
    sentence = _confirmation(call, r, strange) if call.name in SUPPORTED else "I can't do that yet."
    return sentence, sentence


def _time(r: random.Random) -> tuple[str, str]:
    text = f"{r.randint(1, 12)}:{r.randint(0, 59):02d} {r.choice(['AM', 'PM'])}"
    return text, f"It is {text}."


def _date(r: random.Random) -> tuple[str, str]:
    text = f"{r.choice(_DAYS)}, {r.choice(_MONTHS)} {r.randint(1, 31)}, {r.randint(2024, 2039)}"
    return text, f"Today is {text}."


def _number(r: random.Random) -> tuple[str, str]:
    if r.random() < 0.1:
        return r.choice(
            [
                "error: division by zero",
                "error: division by zero",
                "error: not a number",
                "error: too large",
                "error: cannot be read",
            ]
        ), "I can't work that out."
    size = r.choice([10, 100, 100, 1000, 10_000, 1_000_000, 10**9])
    text = str(r.randint(0, size))
    if r.random() < 0.3:
        text += "." + "".join(r.choices("0123456789", k=r.randint(0, 5))) + r.choice("123456789")
    if r.random() < 0.15:
        text = "-" + text
    return text, f"The answer is {text}."


def _left(r: random.Random) -> tuple[str, str]:
    if r.random() < 0.15:
        return "no timer", "There is no timer running."
    units = r.choice(
        [
            ["minute", "second"],
            ["minute", "second"],
            ["second"],
            ["minute"],
            ["hour", "minute"],
            ["hour", "minute", "second"],
        ]
    )
    parts = [f"{count} {plural(count, unit)}" for unit in units for count in [r.randint(1, 59)]]
    text = joined(parts)
    return text, f"There {'is' if text.startswith('1 ') else 'are'} {text} left."


def _list(r: random.Random, strange: list[str]) -> tuple[str, str]:
    if r.random() < 0.15:
        return "empty", "Your shopping list is empty."
    text = joined([_item(r, strange) for _ in range(r.choice([1, 2, 3, 3, 4, 5, 6]))])
    return text, f"On your list: {text}."


def _item(r: random.Random, strange: list[str]) -> str:
    if r.random() < 0.75:
        return r.choice(ITEMS)
    return " ".join(r.choices(strange, k=r.choice([1, 1, 2])))


def _confirmation(call: Call, r: random.Random, strange: list[str]) -> str:
    """The program's own words are copied as they are; their wording may change, so many are trained."""
    arguments = call.arguments
    if r.random() < 0.15:
        return " ".join(r.choices(strange, k=r.randint(2, 7))).capitalize() + "."
    if call.name == "set_timer":
        length = joined(
            [f"{n} {plural(n, u[:-1])}" for u in ("hours", "minutes", "seconds") if (n := arguments.get(u))]
        )
        name = arguments.get("name", "")
        return r.choice(
            [
                f"Timer set for {length}.",
                f"Your {name} timer is set for {length}." if name else f"Okay, {length}, starting now.",
            ]
        )
    if call.name == "cancel_timer":
        name = arguments.get("name", "")
        return r.choice(
            [
                f"Cancelled the {name} timer." if name else "Timer cancelled.",
                "Okay, I stopped the timer.",
                "There is no timer running.",
            ]
        )
    if call.name == "clear_list":
        return r.choice(["Your shopping list is empty now.", "Cleared your shopping list."])
    items = joined(arguments.get("items", ["milk"]))
    if call.name == "add_to_list":
        return r.choice(
            [f"Added {items} to your shopping list.", f"Okay, I added {items}.", f"{items.capitalize()} added."]
        )
    return r.choice(
        [f"Removed {items} from your shopping list.", f"There is no {items} on your list.", f"Okay, I removed {items}."]
    )
