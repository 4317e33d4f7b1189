"""The settings go in; what all checks find comes out, in order: they run side by side, each with a time limit."""

import queue
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from assistant.config import Loaded
from assistant.doctor import computer, logged, look, models, running, scrub, sockets, sound, stock
from assistant.doctor.finding import Finding, State, right, unknown, wrong
from assistant.settings import Config

T = TypeVar("T")

LIMIT_S = 20.0
"""s for a check: all of them took 2 on two cores, so what takes ten times that, cold and busy, hangs"""
THOROUGH_S = 600.0
"""...for one that reads a model of 20 GB, from a disk with 35 MB/s at least"""
_PROCESS_S = LIMIT_S - 2.0
"""...for the process that a check may start: it is ended, and told of, before the check is given up"""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to find out."""

    name: str
    find: Callable[[], Sequence[Finding]]
    limit_s: float = LIMIT_S


class Once(Generic[T]):
    """What several checks want to know, found out once, by the first of them; the others wait for it."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: list[T] = []

    def __call__(self) -> T:
        """What *make* returned."""
        with self._lock:
            if not self._made:
                self._made.append(self._make())
            return self._made[0]


def checks(config: Config, *, thorough: bool) -> list[Check]:
    """All of them, in the order in which they are told; *thorough*: models are read whole, whatever their size."""
    return [*_of_the_computer(config), *_of_models(config, thorough), *_of_sound_and_service(config)]


def examine(
    given: Sequence[Check], waiting: Callable[[Sequence[str]], None], *, look_every: float = 0.1
) -> list[Finding]:
    """What *given* checks find, in their order; *waiting* is told, again and again, the names of those not done.

    One that takes longer than its limit is left to itself: no thread can be ended, so it must not be waited for.
    """
    found: dict[int, Sequence[Finding]] = {}
    done: queue.SimpleQueue[tuple[int, Sequence[Finding]]] = queue.SimpleQueue()
    began = time.monotonic()
    for number, check in enumerate(given):
        work = threading.Thread(target=_work, args=(number, check, done), name=f"check {check.name}", daemon=True)
        work.start()
    while len(found) < len(given):
        try:
            number, findings = done.get(timeout=look_every)
            found.setdefault(number, findings)
        except queue.Empty:
            waiting([check.name for number, check in enumerate(given) if number not in found])
        now = time.monotonic() - began
        late = [number for number, check in enumerate(given) if number not in found and now > check.limit_s]
        found |= {number: [_late(given[number])] for number in late}
    return [finding for number in range(len(given)) for finding in found[number]]


def unusable_settings(sentence: str) -> Finding:
    """What is said of settings that cannot be used, so that the defaults were examined instead."""
    told = "They cannot be used, so what follows is about the defaults."
    return wrong("settings", told, "Correct what is named above.", sentence)


def usable_settings(loaded: Loaded) -> Finding:
    """What is said of settings that can."""
    changed = sum(origin != "default" for origin in loaded.origin.values())
    told = "none differs from its default" if not changed else f"not the defaults: {changed}"
    return right("settings", f"All can be used; {told}.", detail=f"Settings file: {loaded.path}")


def _of_the_computer(config: Config) -> list[Check]:
    computing = Once(lambda: look.computing(config, _PROCESS_S))
    return [
        Check("Python", lambda: [computer.python(look.python())]),
        Check("libraries", lambda: [computer.wheels(look.wheels(config, _PROCESS_S))]),
        Check("language model's GPU", lambda: [computer.computing(computing())]),
        Check("memory", lambda: [computer.memory(stock.need(config), computing())]),
        Check("clock", lambda: [computer.clock(look.clock(config))]),
        Check("disk", lambda: [computer.disks(look.disks(config))]),
    ]


def _of_models(config: Config, thorough: bool) -> list[Check]:
    def check(setting: str) -> Check:
        return Check(
            f"model of {setting}",
            lambda: [models.model(stock.model(config, setting, thorough=thorough))],
            THOROUGH_S if thorough else LIMIT_S,
        )

    return [check(setting) for setting in stock.resolvers(config)]


def _of_sound_and_service(config: Config) -> list[Check]:
    asked = Once(lambda: look.the_running(config))
    service = Once(lambda: look.service(config))

    def capture() -> Finding:
        muted = look.ears(config, asked().status).muted
        return sound.capture(None if muted else look.hearing(config, _PROCESS_S), muted=muted)

    return [
        Check("sound devices", lambda: [sound.devices(look.sound_devices(config, _PROCESS_S)[1])]),
        Check("microphone", lambda: [capture()]),
        Check("microphone permission", lambda: [sound.permission(look.ears(config, asked().status))]),
        Check("voice", lambda: [sound.voice(look.voice(config, _PROCESS_S))]),
        Check("echo", lambda: [sound.echo(look.echo(asked().status))]),
        Check("running assistant", lambda: running.assistant(asked(), service())),
        Check("offline", lambda: [running.offline(sockets.sockets(look.pid(asked().status)))]),
        Check("service", lambda: [running.service(service()), *running.files(service(), asked())]),
        Check("log", lambda: [running.log(logged.last_day(config.log.folder, datetime.now(UTC)))]),
    ]


def _work(number: int, check: Check, done: "queue.SimpleQueue[tuple[int, Sequence[Finding]]]") -> None:
    try:
        found = check.find()
    except Exception as error:  # noqa: BLE001 - whatever breaks one check, the others are told
        *_, where = scrub.traceback("".join(traceback.format_tb(error.__traceback__)))
        told = f"The check itself failed: {type(error).__name__} in {where}."
        found = [Finding(check.name, State.UNKNOWN, told, "Please report it: assistant doctor --bundle", str(error))]
    done.put((number, found))


def _late(check: Check) -> Finding:
    return unknown(check.name, f"It was not found out within {check.limit_s:.0f} s.", "Type assistant doctor again.")
