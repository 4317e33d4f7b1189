"""A random generator -> requests for tools the program does not have: lights, weather, music, calls (instant).

The model still asks for the tool, by these names; the program answers "I can't do that yet." by itself.
"""

import random

from ask import Request, Slot, ask, tool
from words import CITIES, DAYS, GENRES, PEOPLE, ROOMS, TASKS, number


def weather(r: random.Random) -> Request:
    """The weather, somewhere or here."""
    place, day = r.choice(CITIES), r.choice([*("on " + day for day in DAYS), "today", "tomorrow"])
    if r.random() < 0.25:
        template = r.choice(
            ["what is the weather", "what is the weather {day}", "will it rain {day}", "how is the weather"]
        )
        return ask(template, tool("get_weather"), day=day)
    template = r.choice(
        [
            "what is the weather like in {place}",
            "what is the weather in {place} {day}",
            "how is the weather in {place}",
            "weather forecast for {place}",
            "what is the temperature in {place}",
            "will it rain in {place} {day}",
            "is it going to rain in {place} {day}",
            "will it snow in {place} {day}",
            "do i need an umbrella in {place} {day}",
        ]
    )
    return ask(template, tool("get_weather", place=place.title()), place=place, day=day)


def light(r: random.Random) -> Request:
    """Switch the lights of a room."""
    room, state = r.choice(ROOMS), r.choice(["on", "off"])
    template = r.choice(
        [
            "turn {state} the {room} lights",
            "turn {state} the {room} light",
            "switch {state} the lights in the {room}",
            "turn the {room} lights {state}",
            "switch {state} the {room} lamp",
        ]
    )
    return ask(template, tool("set_light", room=room, state=state), room=room, state=state)


def dim(r: random.Random) -> Request:
    """Dim the lights of a room."""
    room, percent = r.choice(ROOMS), 5 * r.randint(1, 20)
    template = r.choice(["dim the {room} lights to {n} percent", "set the {room} lights to {n} percent"])
    return ask(template, tool("dim_light", room=room, percent=percent), room=room, n=percent)


def heating(r: random.Random) -> Request:
    """Set the thermostat."""
    degrees = r.randint(50, 85)
    template = r.choice(
        ["set the thermostat to {n} degrees", "set the temperature to {n} degrees", "make it {n} degrees"]
    )
    return ask(template, tool("set_temperature", degrees=degrees), n=degrees)


def music(r: random.Random) -> Request:
    """Play a kind of music."""
    genre = r.choice(GENRES)
    template = r.choice(["play some {} music", "play {} music", "i want to hear some {} music", "put on some {} music"])
    return ask(template.format(genre), tool("play_music", genre=genre))


def player(r: random.Random) -> Request:
    """Next, pause, louder."""
    said, action = r.choice(
        [
            ("next song", "next"),
            ("skip this song", "next"),
            ("previous song", "previous"),
            ("pause the music", "pause"),
            ("stop the music", "pause"),
            ("resume the music", "resume"),
            ("turn up the volume", "louder"),
            ("turn down the volume", "quieter"),
            ("make it louder", "louder"),
            ("make it quieter", "quieter"),
            ("speak louder", "louder"),
            ("speak up", "louder"),
        ]
    )
    return ask(said, tool("player", action=action))


def volume(r: random.Random) -> Request:
    """Set the volume."""
    percent = 10 * r.randint(1, 10)
    template = r.choice(["set the volume to {n} percent", "set volume to {n} percent", "volume {n} percent"])
    return ask(template, tool("set_volume", percent=percent), n=percent)


def alarm(r: random.Random) -> Request:
    """Set an alarm for a time of day."""
    time = _clock(r)
    template = r.choice(["set an alarm for {t}", "wake me up at {t}", "set my alarm for {t}"])
    return ask(template, tool("set_alarm", time=time.typed), t=time)


def remind(r: random.Random) -> Request:
    """Remind me to do something, some time."""
    task = r.choice(TASKS)
    when = r.choice(["", "", " tomorrow", " today", " on " + r.choice(DAYS)])
    return ask("remind me to " + task + when, tool("remind", task=task))


def call(r: random.Random) -> Request:
    """Call someone."""
    person = r.choice(PEOPLE)
    return ask(
        r.choice(["call {}", "phone {}", "make a call to {}"]).format(person), tool("call", who=person.capitalize())
    )


def message(r: random.Random) -> Request:
    """Send someone a message."""
    person, task = r.choice(PEOPLE), r.choice(TASKS)
    template = r.choice(["send a message to {p} saying {t}", "tell {p} to {t}", "text {p} please {t}"])
    return ask(template, tool("send_message", who=person.capitalize(), text=task), p=person, t=task)


def note(r: random.Random) -> Request:
    """Take a note."""
    task = r.choice(TASKS)
    return ask(
        r.choice(["take a note {}", "make a note to {}", "add {} to my to do list"]).format(task),
        tool("take_note", text=task),
    )


def convert(r: random.Random) -> Request:
    """Miles to kilometers and the like."""
    value = r.randint(1, 50)
    unit, other = r.choice(
        [
            ("miles", "kilometers"),
            ("kilometers", "miles"),
            ("pounds", "kilograms"),
            ("inches", "centimeters"),
            ("feet", "meters"),
            ("cups", "liters"),
        ]
    )
    template = r.choice(["convert {n} {a} to {b}", "how many {b} are in {n} {a}"])
    return ask(template, tool("convert", value=value, unit=unit, to=other), n=value, a=unit, b=other)


def _clock(r: random.Random) -> Slot:
    """Half past the hour is said "six thirty", typed "6:30"."""
    hour, minute = r.randint(1, 12), r.choice([0, 0, 5, 10, 15, 20, 25, 30, 30, 40, 45, 50, 55])
    half = r.choice(["a m", "p m"])
    middle = {0: "", 5: " oh five"}.get(minute, " " + number(minute))
    return Slot(f"{number(hour)}{middle} {half}", f"{hour}:{minute:02d} {half.replace(' ', '').upper()}")


KINDS = {
    "weather": (3, weather),
    "light": (2, light),
    "dim": (1, dim),
    "heating": (1, heating),
    "music": (1.5, music),
    "player": (1.5, player),
    "volume": (1, volume),
    "alarm": (1.5, alarm),
    "remind": (1.5, remind),
    "call": (1, call),
    "message": (1, message),
    "note": (1, note),
    "convert": (1, convert),
}
