"""The closed lists the starter grammar is made of, and numbers as words (no input, no output, instant)."""

# ruff: noqa: SIM905 - a list of words reads best as words

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()


def number(value: int, *, with_and: bool = False) -> str:
    """12 -> "twelve"; with_and says "one hundred and five"."""
    if value < 0:
        return "minus " + number(-value, with_and=with_and)
    if value < 20:
        return _ONES[value]
    if value < 100:
        return _TENS[value // 10] + (" " + _ONES[value % 10] if value % 10 else "")
    size, name = (100, "hundred") if value < 1000 else (1000, "thousand")
    head, rest = number(value // size, with_and=with_and) + " " + name, value % size
    if not rest:
        return head
    return head + (" and " if with_and and rest < 100 else " ") + number(rest, with_and=with_and)


def decimal(whole: int, digits: str) -> str:
    """(3, "5") -> "three point five"."""
    return number(whole) + " point " + " ".join(_ONES[int(digit)] for digit in digits)


def plural(count: int, unit: str) -> str:
    """(1, "hour") -> "hour", (2, "hour") -> "hours"."""
    return unit if count == 1 else unit + "s"


def joined(items: list[str]) -> str:
    """["milk", "bread", "eggs"] -> "milk, bread and eggs"."""
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1]


ITEMS = (
    "milk|bread|butter|eggs|cheese|apples|bananas|oranges|tomatoes|potatoes|onions|garlic|carrots|rice|pasta|"
    "sugar|salt|pepper|flour|coffee|tea|orange juice|apple juice|water|olive oil|chicken|fish|beef|yogurt|honey|"
    "chocolate|cookies|cereal|lemons|grapes|mushrooms|spinach|soap|shampoo|toothpaste|paper towels|batteries|"
    "light bulbs|dog food|cat food|ice cream|peanut butter|strawberries|beans|soup|crackers|candles|flowers|salad|"
    "cucumbers|jam|ham|nuts|cream|wine|beer"
).split("|")

TIMER_NAMES = (
    "pasta|pizza|tea|egg|rice|cake|bread|coffee|laundry|oven|soup|chicken|workout|homework|nap|break|bath|"
    "reading|garden|game"
).split("|")

CITIES = (
    "london|paris|berlin|madrid|rome|vienna|oslo|dublin|tokyo|boston|chicago|denver|seattle|houston|toronto|"
    "sydney|amsterdam|lisbon|athens|moscow|new york|san francisco|los angeles|hong kong"
).split("|")

ROOMS = "kitchen|bedroom|living room|bathroom|hallway|office|garage|garden|dining room|basement".split("|")

GENRES = "jazz rock classical country blues folk pop piano guitar dance electronic opera relaxing".split()

NAMES = (
    "alice bob carol david emma frank grace henry isabel jack karen laura mary nancy oliver peter robert sarah "
    "thomas william"
).split()

PEOPLE = [*NAMES, "mom", "dad"]

DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()

TASKS = (
    "call the doctor|feed the cat|walk the dog|water the plants|take out the trash|buy a birthday present|"
    "pay the rent|wash the car|clean the house|pick up the kids|send the letter|check the oven|take my medicine|"
    "do the laundry|book a table|finish the report|charge my phone|lock the door|close the window|go to the gym|"
    "start dinner|read the book|fix the bicycle|return the library books|meet the teacher|visit my grandmother|"
    "renew my passport|order a pizza"
).split("|")

CAPITALS = {
    "france": "Paris",
    "germany": "Berlin",
    "spain": "Madrid",
    "italy": "Rome",
    "england": "London",
    "ireland": "Dublin",
    "portugal": "Lisbon",
    "austria": "Vienna",
    "norway": "Oslo",
    "sweden": "Stockholm",
    "denmark": "Copenhagen",
    "finland": "Helsinki",
    "poland": "Warsaw",
    "greece": "Athens",
    "russia": "Moscow",
    "japan": "Tokyo",
    "china": "Beijing",
    "india": "New Delhi",
    "egypt": "Cairo",
    "canada": "Ottawa",
    "mexico": "Mexico City",
    "brazil": "Brasilia",
    "argentina": "Buenos Aires",
    "peru": "Lima",
    "australia": "Canberra",
    "turkey": "Ankara",
    "hungary": "Budapest",
    "belgium": "Brussels",
    "switzerland": "Bern",
    "cuba": "Havana",
}

SPELLED = [item for item in ITEMS if " " not in item][:36]

# Capitalised when a request is typed.
PROPER = {word for entry in [*CITIES, *NAMES, *DAYS, *CAPITALS] for word in entry.split()}
