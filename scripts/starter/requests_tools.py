"""A random generator -> requests for the tools the program has: time, sums, timers, the shopping list (instant)."""

# ruff: noqa: SIM905 - a list of words reads best as words

import random

from ask import Request, Slot, ask, tool
from words import ITEMS, TIMER_NAMES, decimal, joined, number, plural

_LISTS = ["the shopping list", "my shopping list", "the list", "my list", "the grocery list", "my grocery list"]


def time(r: random.Random) -> Request:
    """What time is it."""
    template = r.choice(
        "what time is it|what is the time|tell me the time|what time is it now|do you know what time it is|"
        "can you tell me the time|what is the time now|what's the time|time please|"
        "can you tell me what time it is".split("|")
    )
    return ask(template, tool("get_time"))


def date(r: random.Random) -> Request:
    """What day is it."""
    template = r.choice(
        "what is the date today|what day is it|what day is it today|tell me the date|what is today's date|"
        "what is the date|what day of the week is it|can you tell me the date|which day is it".split("|")
    )
    return ask(template, tool("get_date"))


def timer(r: random.Random) -> Request:
    """Set a timer, with or without a name."""
    said, typed, lengths = _duration(r)
    length = Slot(said, typed)
    name = r.choice(TIMER_NAMES) if r.random() < 0.3 else ""
    if name:
        template = r.choice(
            [
                "set a {name} timer for {t}",
                "start a {name} timer for {t}",
                "set a timer for {t} for the {name}",
                "set a timer called {name} for {t}",
                "timer for {t} for the {name}",
            ]
        )
    else:
        template = r.choice(
            [
                "set a timer for {t}",
                "set a timer for {t}",
                "start a timer for {t}",
                "timer for {t}",
                "wake me in {t}",
                "set the timer for {t}",
                "set the timer to {t}",
                "{t} timer",
            ]
        )
    return ask(template, tool("set_timer", **lengths, name=name), t=length, name=name)


def short_timer(r: random.Random) -> Request:
    """Set a ten minute timer (the unit in the singular)."""
    unit = r.choice(["minute", "minute", "second", "hour"])
    count = r.randint(1, 12) if unit == "hour" else r.choice([*range(1, 61), 90])
    name = r.choice(TIMER_NAMES) if r.random() < 0.25 else ""
    start = r.choice(["set a", "start a", "give me a"])
    template = start + " {n} {unit} {name} timer" if name else start + " {n} {unit} timer"
    return ask(template, tool("set_timer", **{unit + "s": count}, name=name), n=count, unit=unit, name=name)


def cancel(r: random.Random) -> Request:
    """Cancel a timer, by name or not."""
    if r.random() < 0.5:
        name = r.choice(TIMER_NAMES)
        template = r.choice(["cancel the {} timer", "stop the {} timer", "cancel my {} timer", "delete the {} timer"])
        return ask(template.format(name), tool("cancel_timer", name=name))
    template = r.choice(
        "cancel the timer|stop the timer|cancel my timer|delete the timer|turn off the timer|stop my timer|"
        "cancel that timer|clear the timer|i do not need the timer".split("|")
    )
    return ask(template, tool("cancel_timer"))


def left(r: random.Random) -> Request:
    """How long does the timer still run."""
    template = r.choice(
        "how much time is left|how long is left on the timer|how much time is left on my timer|how long is left|"
        "how much longer|how long does the timer have left|when is the timer done|how much time is left on the timer|"
        "check the timer|is there a timer running|how many minutes are left".split("|")
    )
    return ask(template, tool("timer_left"))


def add(r: random.Random) -> Request:
    """Add one to three things to the list."""
    items = r.sample(ITEMS, r.choice([1, 1, 1, 2, 2, 3]))
    template = r.choice(
        [
            "add {i} to {l}",
            "add {i} to {l}",
            "put {i} on {l}",
            "put {i} on {l}",
            "add {i}",
            "i need {i}",
            "we need {i}",
            "buy {i}",
            "we are out of {i}",
        ]
    )
    return ask(template, tool("add_to_list", items=items), i=_spoken_list(items), l=r.choice(_LISTS))


def remove(r: random.Random) -> Request:
    """Take one to three things off the list."""
    items = r.sample(ITEMS, r.choice([1, 1, 1, 1, 2, 3]))
    template = r.choice(
        [
            "remove {i} from {l}",
            "take {i} off {l}",
            "delete {i} from {l}",
            "remove {i}",
            "i have {i}",
            "i do not need {i}",
        ]
    )
    return ask(template, tool("remove_from_list", items=items), i=_spoken_list(items), l=r.choice(_LISTS))


def read(r: random.Random) -> Request:
    """What is on the list."""
    template = r.choice(
        [
            "what is on {l}",
            "what is on {l}",
            "read {l}",
            "read me {l}",
            "what do i need to buy",
            "what do i need from the store",
            "tell me what is on {l}",
            "read {l} to me",
            "what do we need",
        ]
    )
    return ask(template, tool("read_list"), l=r.choice(_LISTS))


def clear(r: random.Random) -> Request:
    """Empty the list."""
    template = r.choice(
        ["clear {l}", "empty {l}", "delete everything on {l}", "start a new list", "clear everything from {l}"]
    )
    return ask(template, tool("clear_list"), l=r.choice(_LISTS))


def sums(r: random.Random) -> Request:
    """Arithmetic in words -> an expression for the calculator."""
    question = r.choice(["what is {}", "what is {}", "how much is {}", "calculate {}", "{}", "what does {} make"])
    said, typed, expression = r.choices([_two_numbers, _three_numbers, _percent, _power, _half], [12, 2, 3, 2, 1])[0](r)
    return Request(question.format(said), question.format(typed), tool("calculate", expression=expression))


def _duration(r: random.Random) -> tuple[str, str, dict[str, int]]:
    """A length of time as said, as typed, and as arguments."""
    kind = r.random()
    if kind < 0.1:
        said, lengths = r.choice(
            [
                ("half an hour", {"minutes": 30}),
                ("an hour", {"hours": 1}),
                ("a minute", {"minutes": 1}),
                ("an hour and a half", {"hours": 1, "minutes": 30}),
                ("one and a half hours", {"hours": 1, "minutes": 30}),
                ("a quarter of an hour", {"minutes": 15}),
                ("half a minute", {"seconds": 30}),
                ("a minute and a half", {"minutes": 1, "seconds": 30}),
                ("two and a half minutes", {"minutes": 2, "seconds": 30}),
                ("two and a half hours", {"hours": 2, "minutes": 30}),
            ]
        )
        return said, said, lengths
    if kind < 0.35:
        large, small = r.choice([("hour", "minute"), ("minute", "second")])
        a = r.randint(1, 5) if large == "hour" else r.randint(1, 20)
        b = r.choice([5, 10, 15, 20, 25, 30, 40, 45, 50, *range(1, 60)])
        middle = r.choice([" and ", " "])
        said = f"{number(a)} {plural(a, large)}{middle}{number(b)} {plural(b, small)}"
        return said, f"{a} {plural(a, large)}{middle}{b} {plural(b, small)}", {large + "s": a, small + "s": b}
    unit = r.choice(["minute", "minute", "minute", "second", "hour"])
    count = r.randint(1, 24) if unit == "hour" else r.choice([*range(1, 61), 75, 90, 100, 120])
    return f"{number(count)} {plural(count, unit)}", f"{count} {plural(count, unit)}", {unit + "s": count}


def _spoken_list(items: list[str]) -> Slot:
    """Commas are typed but not heard; three things are heard as "a b and c" or "a and b and c"."""
    said = " ".join(items[:-1]) + " and " + items[-1] if len(items) > 1 else items[0]
    return Slot(said, joined(items))


def _operand(r: random.Random) -> tuple[str, str]:
    """A number as said and as digits: mostly small, sometimes hundreds, thousands, decimals, below zero."""
    kind = r.random()
    if kind < 0.08:
        whole, digits = (
            r.randint(0, 20),
            str(r.randint(1, 9)) if r.random() < 0.7 else f"{r.randint(1, 99):02d}".rstrip("0"),
        )
        return decimal(whole, digits), f"{whole}.{digits}"
    if kind < 0.10:
        value = -r.randint(1, 20)
    elif kind < 0.20:
        value = r.randint(100, 999)
    elif kind < 0.25:
        value = r.choice([r.randint(1, 99) * 100, r.randint(1, 12) * 1000, r.randint(1000, 9999)])
    else:
        value = r.randint(0, r.choice([12, 20, 60, 100]))
    return number(value, with_and=r.random() < 0.3), str(value)


def _sign(r: random.Random) -> tuple[str, str]:
    """An operator as said, and as typed."""
    return r.choice(
        [
            ("plus", "+"),
            ("plus", "+"),
            ("minus", "-"),
            ("minus", "-"),
            ("times", "*"),
            ("divided by", "/"),
            ("over", "/"),
        ]
    )


def _two_numbers(r: random.Random) -> tuple[str, str, str]:
    (a_said, a), (b_said, b), (sign_said, sign) = _operand(r), _operand(r), _sign(r)
    typed = f"{a} {r.choice([sign, sign_said])} {b}"
    return f"{a_said} {sign_said} {b_said}", typed, f"{a} {sign} {b}"


def _three_numbers(r: random.Random) -> tuple[str, str, str]:
    (a_said, a), (b_said, b), (c_said, c) = _operand(r), _operand(r), _operand(r)
    (first_said, first), (second_said, second) = _sign(r), _sign(r)
    said = f"{a_said} {first_said} {b_said} {second_said} {c_said}"
    return said, f"{a} {first} {b} {second} {c}", f"{a} {first} {b} {second} {c}"


def _percent(r: random.Random) -> tuple[str, str, str]:
    (a_said, a), (b_said, b) = _operand(r), _operand(r)
    if r.random() < 0.7:
        value = r.choice([5, 10, 15, 20, 25, 30, 40, 50, 60, 75, 80, r.randint(1, 99)])
        a_said, a = number(value), str(value)
    return f"{a_said} percent of {b_said}", f"{a}{r.choice(['%', ' percent'])} of {b}", f"{a} / 100 * {b}"


def _power(r: random.Random) -> tuple[str, str, str]:
    base, power = r.randint(0, 30), r.randint(2, 10)
    kind = r.random()
    if kind < 0.4:
        return f"{number(base)} squared", f"{base} squared", f"{base} ** 2"
    if kind < 0.6:
        return f"{number(base)} cubed", f"{base} cubed", f"{base} ** 3"
    return f"{number(base)} to the power of {number(power)}", f"{base} to the power of {power}", f"{base} ** {power}"


def _half(r: random.Random) -> tuple[str, str, str]:
    (said, digits), (word, expression) = (
        _operand(r),
        r.choice([("half of", "{} / 2"), ("twice", "2 * {}"), ("double", "2 * {}")]),
    )
    return f"{word} {said}", f"{word} {digits}", expression.format(digits)


KINDS = {
    "time": (3, time),
    "date": (3, date),
    "timer": (9, timer),
    "short timer": (4, short_timer),
    "cancel": (3, cancel),
    "left": (3, left),
    "add": (8, add),
    "remove": (4, remove),
    "read": (3, read),
    "clear": (2, clear),
    "sums": (13, sums),
}
