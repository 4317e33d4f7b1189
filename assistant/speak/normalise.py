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
    r"\b[Nn]o\.\s?(?=\d)": "number ",
    r"\b24/7\b": "twenty four seven",
    r"\band/or\b": "and or",
    r"\b([CF])#": r"\1 sharp",
}

_CURRENCIES = {"$": ("dollar", "cent"), "€": ("euro", "cent"), "£": ("pound", "penny"), "¥": ("yen", "")}

_UNITS = {
    "km/h": "kilometer per hour",
    "kph": "kilometer per hour",
    "mph": "mile per hour",
    "m/s": "meter per second",
    "km²": "square kilometer",
    "m²": "square meter",
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

_VULGAR = {"½": "1/2", "¼": "1/4", "¾": "3/4", "⅓": "1/3", "⅔": "2/3", "⅛": "1/8"}
_SCALES = {"k": "thousand", "K": "thousand", "M": "million", "B": "billion"}

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
    r"±": " plus or minus ",
    r"√": " the square root of ",
    r"²|(?<=[\w)])\^two\b": " squared",
    r"³|(?<=[\w)])\^three\b": " cubed",
    r"(?<=[\w)])(?:\^|\*\*)(?=[\w(-])": " to the power of ",
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
    amount, scale = found["amount"], _SCALES.get(found["scale"] or "", found["scale"])
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


def _iso_date(found: re.Match[str]) -> str:
    year, month, day = (int(part) for part in found.groups())
    return _named(month, day, str(year)) or found[0]


def _slashed(found: re.Match[str]) -> str:
    """3/4/2026 with the month first, as Americans write it, unless only the other way makes a date."""
    month, day = int(found["month"]), int(found["day"])
    year = found.groupdict().get("year")
    return _named(month, day, year) or _named(day, month, year) or found[0]


def _named(month: int, day: int, year: str | None) -> str:
    """The date in words; nothing if there is no such date."""
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return ""
    return f"{_MONTHS[month - 1]} {_words(day, to='ordinal')}{_of_year(year)}"


def _of_year(year: str | None) -> str:
    return f", {_words(int(year), to='year')}" if year else ""


def _day(found: re.Match[str]) -> str:
    day = _words(int(found["day"]), to="ordinal")
    return f"{found['month']} {day}{_of_year(found['year'])}"


def _day_first(found: re.Match[str]) -> str:
    day = _words(int(found["day"]), to="ordinal")
    return f"the {day} of {found['month']}{_of_year(found['year'])}"


def _decade(found: re.Match[str]) -> str:
    """1960s, the 80s, the 1900s."""
    century, tens = found["century"], int(found["tens"])
    if not tens:
        return f"{_words(int(century) * 100, to='year')}s" if century else found[0]
    said = "tens" if tens == 1 else _words(tens * 10).removesuffix("y") + "ies"
    return f"{_words(int(century))} {said}" if century else said


def _phone(found: re.Match[str]) -> str:
    return ", ".join(" ".join(_words(int(digit)) for digit in group) for group in found[0].split("-"))


def _year(found: re.Match[str]) -> str:
    last = f"{found[3]}{_words(int(found[4]), to='year')}" if found[4] else ""
    return f"{found[1]} {_words(int(found[2]), to='year')}{last}"


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
    (re.compile(r"(?<![\w.])[-−](?=[\d$€£¥])"), "minus "),
    (re.compile(r"(?<=\d)\s[-–−]\s(?=\d)"), " minus "),
    (re.compile(r"\b\d+(?:\.\d+){2,}\b"), lambda found: " point ".join(map(_cardinal, found[0].split(".")))),
    (re.compile(r"(?<![\w-])(?:\d{3}-)?\d{3}-\d{4}(?![\w-])"), _phone),
    (re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b"), _iso_date),
    (re.compile(r"(?<=\d)[-–](?=[\d$€£])"), " to "),
    (re.compile(r"\b(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})\b"), _slashed),
    (re.compile(r"(?<=\bon )(?P<month>\d{1,2})/(?P<day>\d{1,2})\b(?!/|\sof\b)"), _slashed),
    (re.compile(r"\b(?P<century>1[1-9]|20)(?P<tens>\d)0s\b"), _decade),
    (re.compile(r"(?:(?<=\bthe )|['’]\b)(?P<century>)(?P<tens>[2-9])0s\b"), _decade),
    (re.compile(r"[½¼¾⅓⅔⅛]"), lambda found: " " + _VULGAR[found[0]]),
    (re.compile(r"\b(\d+)\s+(?=\d/\d{1,2}\b)"), r"\1 and "),
    (
        re.compile(
            rf"(?P<sign>[$€£¥])\s?(?P<amount>{_NUMBER})(?:\s?(?P<scale>thousand|million|billion|trillion|[kKMB])\b)?"
        ),
        _money,
    ),
    (re.compile(rf"(?P<amount>{_NUMBER})(?P<scale>)\s?(?P<sign>[€£])"), _money),
    (
        re.compile(
            rf"(?:\bthe )?\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?(?P<month>{_MONTH})\b(?:,? (?P<year>\d{{4}})\b)?"
        ),
        _day_first,
    ),
    (re.compile(rf"\b(?P<month>{_MONTH}) (?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (?P<year>\d{{4}})\b)?"), _day),
    (
        re.compile(r"\b(?P<hour>\d{1,2}):(?P<minute>\d\d)(?!\d)(?:\s?(?P<half>[aApP]\.[mM]\.|[aApP][mM]\b))?"),
        _time,
    ),
    (re.compile(r"\b(?P<hour>\d{1,2})(?P<minute>)\s?(?P<half>[aApP]\.[mM]\.|[aApP][mM]\b)"), _time),
    (re.compile(r"\b(\d+)(?:st|nd|rd|th)\b"), lambda found: _words(int(found[1]), to="ordinal")),
    (re.compile(rf"(?P<amount>{_NUMBER})\s?(?P<unit>{_UNIT})(?![\w/])"), _measure),
    (re.compile(r"(?<![\d/.])(\d{1,3})/(\d{1,3})(?![\d/])"), _fraction),
    (
        re.compile(
            r"\b(in|since|from|until|by|year|between|before|after|during) (1[1-9]\d\d|20\d\d)\b(?![.,]\d)"
            r"(?:( to | and )(1[1-9]\d\d|20\d\d)\b(?![.,]\d))?",
            re.IGNORECASE,
        ),
        _year,
    ),
]
