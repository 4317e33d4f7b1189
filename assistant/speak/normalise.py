"""Text as a model writes it goes in, without markup; numbers, units and symbols come out as words to be spoken.

The only importer of num2words (chosen over our own tables: it counts in forty languages and is kept up).
"""

import re
from collections.abc import Callable
from typing import Any

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_MONTH = "|".join(_MONTHS)

_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"

_ABBREVIATIONS = {
    r"\bi\.\s?e\.,?": "that is,",
    r"\be\.\s?g\.,?": "for example,",
    r"\betc\.(?=\s+[a-z,])": "et cetera",
    r"\betc\.": "et cetera.",
    r"\bDr\.(?=\s)": "Doctor",
    r"\bMr\.(?=\s)": "Mister",
    r"\bMrs\.(?=\s)": "Missus",
    r"\bMs\.(?=\s)": "Miz",
    r"\bSt\.(?=\s[A-Z])": "Saint",
    r"\bvs\.?(?=\s)": "versus",
    r"\bapprox\.(?=\s)": "approximately",
    r"\bno\.\s?(?=\d)": "number ",
}

_CURRENCIES = {"$": ("dollar", "cent"), "€": ("euro", "cent"), "£": ("pound", "penny"), "¥": ("yen", "")}

_UNITS = {
    "km/h": "kilometer per hour",
    "kph": "kilometer per hour",
    "mph": "mile per hour",
    "m/s": "meter per second",
    "km": "kilometer",
    "cm": "centimeter",
    "mm": "millimeter",
    "m": "meter",
    "mi": "mile",
    "ft": "foot",
    "kg": "kilogram",
    "mg": "milligram",
    "g": "gram",
    "lbs": "pound",
    "lb": "pound",
    "oz": "ounce",
    "ml": "milliliter",
    "mL": "milliliter",
    "l": "liter",
    "L": "liter",
    "GB": "gigabyte",
    "MB": "megabyte",
    "KB": "kilobyte",
    "TB": "terabyte",
    "GHz": "gigahertz",
    "MHz": "megahertz",
    "kHz": "kilohertz",
    "Hz": "hertz",
    "kWh": "kilowatt hour",
    "kW": "kilowatt",
    "W": "watt",
    "V": "volt",
    "ms": "millisecond",
    "min": "minute",
    "hrs": "hour",
    "hr": "hour",
    "h": "hour",
    "sec": "second",
    "s": "second",
    "°C": "degree Celsius",
    "°F": "degree Fahrenheit",
    "°": "degree",
}
_SAME_IN_PLURAL = ("hertz", "gigahertz", "megahertz", "kilohertz")
_UNIT = "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))

_DENOMINATORS = {2: "half", 3: "third", 4: "quarter", 5: "fifth", 6: "sixth", 8: "eighth", 10: "tenth"}

_SYMBOLS = {
    r"(?<=\w)&(?=\w)": " and ",
    r"&": "and",
    r"(?<=\w)@(?=\w)": " at ",
    r"@": "at",
    r"=": " equals ",
    r"[×]|(?<=\s)\*(?=\s)|(?<=\w)\*(?=\w)": " times ",
    r"÷": " divided by ",
    r"\+": " plus ",
    r"≈|~": " about ",
    r"≤": " at most ",
    r"≥": " at least ",
    r"%": " percent",
    r"#(?=\w)": "number ",
    r"(?<=\w)/(?=\w)": " or ",
    r"→|->|=>": " to ",
    r"(?<=[A-Za-z])_(?=[A-Za-z])": " ",
    r"[*_#`~|<>{}\\^/\[\]=+]": " ",
}


def spoken(text: str, language: str = "en") -> str:
    """*text* as it is said, in words; its sentence punctuation stays, since the voice reads it as prosody.

    English is spelled out in full; in other languages numbers are, as far as num2words counts in them. Never raises.
    """
    if language.startswith("en"):
        for pattern, rule in _ENGLISH:
            text = pattern.sub(rule, text)
    text = re.sub(r"(?<=[A-Za-z])(?=\d)", " ", text)
    text = re.sub(_NUMBER, lambda found: _cardinal(found[0], language), text)
    # What is left are digits of other scripts.
    text = re.sub(r"\d", lambda found: f" {_words(int(found[0]), language)} ", text)
    if language.startswith("en"):
        for symbol, words in _SYMBOLS.items():
            text = re.sub(symbol, words, text)
    text = re.sub(r"\s+([,.;:!?…])", r"\1", text)
    return " ".join(text.split())


def _words(number: Any, language: str = "en", **how: Any) -> str:
    import num2words

    try:
        said: str = num2words.num2words(number, lang=language, **how)
    except (NotImplementedError, OverflowError, ArithmeticError, ValueError, TypeError, IndexError, KeyError):
        return " ".join(_words(int(digit)) for digit in str(number) if digit.isdigit())
    return said.replace("-", " ").replace(",", "")


def _cardinal(digits: str, language: str = "en") -> str:
    """A number such as "1,250.5" as words; what is not read as one ("007", a phone number) digit by digit."""
    whole, _, decimals = digits.replace(",", "").partition(".")
    if len(whole) > 12 or (len(whole) > 1 and whole.startswith("0")):
        said = " ".join(_words(int(digit), language) for digit in whole)
    else:
        said = _words(int(whole), language)
    if decimals:
        point = "point" if language.startswith("en") else ","
        said += f" {point} " + " ".join(_words(int(digit), language) for digit in decimals)
    return said


def _money(found: re.Match[str]) -> str:
    name, small = _CURRENCIES[found["sign"]]
    amount, scale = found["amount"], found["scale"]
    if scale:
        return f"{_cardinal(amount)} {scale} {_plural(name, 2)}"
    whole, _, cents = amount.replace(",", "").partition(".")
    parts = []
    if int(whole) or not cents.strip("0"):
        parts.append(f"{_words(int(whole))} {_plural(name, int(whole))}")
    if small and len(cents) == 2 and int(cents):
        parts.append(f"{_words(int(cents))} {_plural(small, int(cents))}")
    elif cents.strip("0"):
        return f"{_cardinal(amount)} {_plural(name, 2)}"
    return " and ".join(parts)


def _plural(name: str, n: float) -> str:
    first, *rest = name.split(" per ") if " per " in name else [name]
    if n != 1 and first not in (*_SAME_IN_PLURAL, "yen"):
        if first.startswith("degree"):
            first = first.replace("degree", "degrees")
        else:
            first = {"penny": "pence", "foot": "feet"}.get(first, first + "s")
    return " per ".join([first, *rest])


def _time(found: re.Match[str]) -> str:
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    half = f" {found['half'][0].lower()} m" if found["half"] else ""
    if hour > 24 or minute > 59:
        return found[0]
    if half and found["half"].endswith(".") and found.end() == len(found.string):
        half += "."
    if not minute:
        return _words(hour) + (half or " o'clock")
    return f"{_words(hour)} {'oh ' if minute < 10 else ''}{_words(minute)}{half}"


def _date(found: re.Match[str]) -> str:
    year, month, day = (int(part) for part in found.groups())
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return found[0]
    return f"{_MONTHS[month - 1]} {_words(day, to='ordinal')}, {_words(year, to='year')}"


def _day(found: re.Match[str]) -> str:
    year = f", {_words(int(found['year']), to='year')}" if found["year"] else ""
    return f"{found['month']} {_words(int(found['day']), to='ordinal')}{year}"


def _year(found: re.Match[str]) -> str:
    return f"{found[1]} {_words(int(found[2]), to='year')}"


def _fraction(found: re.Match[str]) -> str:
    top, bottom = int(found[1]), int(found[2])
    if bottom not in _DENOMINATORS:
        return f"{_words(top)} over {_words(bottom)}"
    name = _DENOMINATORS[bottom]
    if top != 1:
        name = "halves" if name == "half" else name + "s"
    return f"{_words(top)} {name}"


def _measure(found: re.Match[str]) -> str:
    amount = found["amount"].replace(",", "")
    return f"{_cardinal(amount)} {_plural(_UNITS[found['unit']], float(amount))}"


_Rule = str | Callable[[re.Match[str]], str]

_ENGLISH: list[tuple[re.Pattern[str], _Rule]] = [
    *((re.compile(pattern), words) for pattern, words in _ABBREVIATIONS.items()),
    (
        re.compile(rf"(?P<sign>[$€£¥])\s?(?P<amount>{_NUMBER})(?:\s(?P<scale>thousand|million|billion|trillion)\b)?"),
        _money,
    ),
    (re.compile(rf"(?P<amount>{_NUMBER})(?P<scale>)\s?(?P<sign>[€£])"), _money),
    (re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b"), _date),
    (re.compile(rf"\b(?P<month>{_MONTH}) (?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (?P<year>\d{{4}})\b)?"), _day),
    (
        re.compile(r"\b(?P<hour>\d{1,2}):(?P<minute>\d\d)(?!\d)(?:\s?(?P<half>[aApP]\.[mM]\.|[aApP][mM]\b))?"),
        _time,
    ),
    (re.compile(r"\b(?P<hour>\d{1,2})(?P<minute>)\s?(?P<half>[aApP]\.[mM]\.|[aApP][mM]\b)"), _time),
    (re.compile(r"\b(\d+)(?:st|nd|rd|th)\b"), lambda found: _words(int(found[1]), to="ordinal")),
    (re.compile(rf"(?P<amount>{_NUMBER})\s?(?P<unit>{_UNIT})(?![\w/])"), _measure),
    (re.compile(r"(?<![\d/.])(\d{1,3})/(\d{1,3})(?![\d/])"), _fraction),
    (re.compile(r"½"), "one half"),
    (re.compile(r"\b(in|since|from|until|by|year) (1[1-9]\d\d|20\d\d)\b(?![.,]\d)", re.IGNORECASE), _year),
    (re.compile(r"(?<![\w.])[-−](?=\d)"), "minus "),
]
