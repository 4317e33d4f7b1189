"""Devices of a serving program are taken away and given back, in all ways a virtual room has; what it does comes out.

For `bench_life.py`. What each way is like on a real computer stands at it.
"""

import itertools
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import virtual_room
from life_served import PATIENT, Figures, Served, Status, hears, served

BACK_S = 3.0
AWAY = (0.2, 2.0, 5.0)
"""seconds for which a device is away, in turn: shorter than anybody notices, about as long, and longer"""
ASKED_EVERY = 6
"""removals from one question to the next, which has to be answered"""
BUSY_EVERY = 5
"""removals from one that comes while it answers to the next"""

Mend = Callable[[], object]


def removals(figures: Figures, count: int) -> None:
    """Take something away, give it back, wait until it is used again; now and then ask a question."""
    late: list[str] = []
    worst, slowest = 0.0, ""
    with served() as it:
        it.answers()
        before = it.hold()
        ways = itertools.cycle(itertools.product(AWAY, WAYS))
        for number, (away, way) in enumerate(itertools.islice(ways, count), 1):
            if number % BUSY_EVERY == 0:
                it.say("question")
            took = _survived(it, WAYS[way], away)
            if took > worst:
                worst, slowest = took, f"{way}, away for {away:g} s"
            if took > BACK_S:
                late.append(f"{way} {away:g} s")
            if number % ASKED_EVERY == 0 or number == count:
                it.answers()
        _settled(it, before.threads)
        after, ended = it.hold(), it.end()
    on = f"in {len(WAYS)} ways, away for {', '.join(f'{away:g}' for away in AWAY)} s; answers go on"
    figures.add("removals survived", str(count), str(count), good=ended == 0, on=on)
    figures.add("removals: used again, worst", f"{worst:.1f} s", f"{BACK_S:.0f} s", good=not late, on=slowest)
    if late:
        figures.add("removals: later than that", str(len(late)), "0", good=False, on="; ".join(sorted(set(late))))
    for what, more in (("threads", after.threads - before.threads), ("files", after.files - before.files)):
        figures.add(f"removals: {what} more", f"{more:+d}", "0", good=more <= 0)


def microphone_silent(room: Mapping[str, str]) -> Mend:
    """It is there and gives nothing: a Bluetooth headset out of reach, a computer that wakes up."""
    return _suspended(room, "source", "microphone")


def loudspeaker_stuck(room: Mapping[str, str]) -> Mend:
    """It is there and takes nothing."""
    return _suspended(room, "sink", "loudspeaker")


def microphone_unplugged(room: Mapping[str, str]) -> Mend:
    """There is another one, to which the system moves who listens, and back."""
    return _unloaded(room, "source", "microphone")


def loudspeaker_unplugged(room: Mapping[str, str]) -> Mend:
    """There is another one, to which the system moves who speaks, and back."""
    return _unloaded(room, "sink", "loudspeaker")


def nothing_left(room: Mapping[str, str]) -> Mend:
    """The only sound card is pulled out, and plugged in again."""
    loaded = [line.split("\t")[:3] for line in _pactl(room, "list", "short", "modules").splitlines()]
    taken = [module for module in loaded if "native-protocol" not in module[1]]
    for number, _, _ in reversed(taken):
        _pactl(room, "unload-module", number, check=False)  # a remap ends with its master

    def mend() -> None:
        for _, name, arguments in taken:
            _pactl(room, "load-module", name, arguments)
        _defaults(room)

    return mend


def server_restarted(room: Mapping[str, str]) -> Mend:
    """PulseAudio or coreaudiod crashes, and its manager starts it again."""
    script, folder = str(virtual_room.ROOT / "scripts/room"), str(Path(room["ASSISTANT_SERVICE_FOLDER"]).parent)
    subprocess.run([script, "stop", folder], check=True, timeout=30)
    return lambda: subprocess.run([script, "start", folder], check=True, timeout=30, stdout=subprocess.DEVNULL)


WAYS: dict[str, Callable[[Mapping[str, str]], Mend]] = {
    way.__name__.replace("_", " "): way
    for way in (
        microphone_silent,
        loudspeaker_stuck,
        microphone_unplugged,
        loudspeaker_unplugged,
        nothing_left,
        server_restarted,
    )
}


def used(it: Served) -> bool:
    """Whether it hears by the microphone, and has the loudspeaker, and says so."""
    return _well(it.status()) and _streams(it, "source") == ["microphone"] and _streams(it, "sink") == ["loudspeaker"]


def _survived(it: Served, take: Callable[[Mapping[str, str]], Mend], away: float) -> float:
    """Seconds from the moment its devices give sound again until it uses them.

    The virtual card computes in blocks of up to 2 s while nobody listens, and gives its first sound so late.
    """
    mend = take(it.room)
    time.sleep(away)
    mend()
    _sounds(it.room)
    mended = time.monotonic()
    while not used(it):
        if it.child.poll() is not None:
            raise RuntimeError(f"it ended by itself with {it.child.returncode}: see {it.logs}")
        if time.monotonic() - mended > PATIENT:
            streams = {kind: _streams(it, kind) for kind in ("source", "sink")}
            raise RuntimeError(f"behind {take.__name__} it does not use its devices again: {streams}, {it.status()}")
        time.sleep(0.05)
    return time.monotonic() - mended


def _sounds(room: Mapping[str, str]) -> None:
    command = ["parec", "--device=microphone", "--latency-msec=20"]
    with subprocess.Popen(command, env=room, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as another:
        assert another.stdout is not None
        another.stdout.read(100)
        another.terminate()


def _settled(it: Served, threads: int) -> None:
    """Closing a stream that is gone may take PulseAudio its own time limit of 30 s; nobody waits for it but here."""
    deadline = time.monotonic() + PATIENT
    while it.hold().threads > threads and time.monotonic() < deadline:
        time.sleep(0.5)


def _well(status: Status | None) -> bool:
    # A device that was lost three times in ten minutes is told of for so long, though it works.
    away = [trouble for trouble in status["degraded"] if trouble["why"].startswith("It is away")] if status else []
    return status is not None and hears(status) and not away


def _streams(it: Served, kind: str) -> list[str]:
    """The names of the sources it records from, or of the sinks it plays to."""
    names = dict(
        line.split("\t")[:2] for line in _pactl(it.room, "list", "short", f"{kind}s", check=False).splitlines()
    )
    streams = "source-outputs" if kind == "source" else "sink-inputs"
    lines = _pactl(it.room, "list", "short", streams, check=False).splitlines()
    return [names.get(line.split("\t")[1], "none") for line in lines if "protocol-native" in line]


def _suspended(room: Mapping[str, str], kind: str, name: str) -> Mend:
    _pactl(room, f"suspend-{kind}", name, "1")
    return lambda: _pactl(room, f"suspend-{kind}", name, "0")


def _unloaded(room: Mapping[str, str], kind: str, name: str) -> Mend:
    modules = [line.split("\t") for line in _pactl(room, "list", "short", "modules").splitlines()]
    number, module, arguments = next(one[:3] for one in modules if f"{kind}_name={name} " in one[2])
    _pactl(room, "unload-module", number)

    def mend() -> None:
        _pactl(room, "load-module", module, arguments)
        _defaults(room)

    return mend


def _defaults(room: Mapping[str, str]) -> None:
    _pactl(room, "set-default-sink", "loudspeaker")
    _pactl(room, "set-default-source", "microphone")


def _pactl(room: Mapping[str, str], *command: str, check: bool = True) -> str:
    done = subprocess.run(["pactl", *command], env=room, check=check, capture_output=True, text=True, timeout=30)
    return done.stdout
