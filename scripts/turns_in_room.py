"""A person speaks into the program's own speech in a virtual room; how it bears that comes out.

For `bench_turns.py`.
"""

import json
import random
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import virtual_room
from virtual_room import RATE, RECORDINGS, Program, Samples, Tape, place, play, speak

INSIDE = Path(__file__).parent / "turns_inside.py"
ECHO_DB = -10.0
VOICES = ("en-us+m3", "en-us+f3", "en-gb-scotland", "en-us+m5")
SAID = (
    "what is the capital of peru",
    "set a timer for ten minutes",
    "how many planets are there",
    "what time is it",
    "add milk to the shopping list",
    "how far away is the moon",
)
"""what the person says: requests of the starter models' grammar (scripts/starter/facts.py, requests_tools.py)"""
SILENT = 4.0
"""seconds without a sound after which its story does not go on: it holds its breath for two at most"""
IN_TIME = 1.0
"""seconds after its first sound in which an interruption must have been heard: behind that people say it again"""


@dataclass
class Own:
    """What its own speech did to it, while nobody else spoke."""

    seconds: float
    erle: float
    pauses: int
    """times it held its breath for itself"""
    dips: int
    """times it spoke softer for itself, and no more than that"""
    turns: list[str]
    """what made it interrupt itself, and when"""
    silences: int
    """times it fell silent for good"""
    underflows: int


@dataclass
class Barged:
    """What came of speaking into its speech."""

    count: int
    heard: int = 0
    taken: int = 0
    """times the floor was left to the person"""
    ducked: list[float] = field(default_factory=list)
    """seconds from the first sound of the person until the loudspeaker is 6 dB softer"""
    silent: list[float] = field(default_factory=list)
    """...until it is silent"""
    missed: list[str] = field(default_factory=list)
    """what was said where the floor was not left, and what was understood instead"""


class Visit:
    """A person in the room, with the program that tells its story there."""

    def __init__(self, environment: Mapping[str, str], tape: Tape, told: Program) -> None:
        self._environment = environment
        self._tape = tape
        self._told = told
        self._said = ""

    def begin(self) -> None:
        """Ask for the story."""
        if not self._told.wait_for("{", 90):
            raise RuntimeError("the program did not start")
        began = self._tape.now
        play(self._environment, RECORDINGS / "story.wav")
        if not self._tape.wait_for_sound(20, began):
            raise RuntimeError("the program did not answer")

    def own(self, seconds: float) -> Own:
        """Listen to it for so long, and say nothing but to have it go on where it fell silent."""
        time.sleep(1.0)
        began, silences = time.monotonic(), 0
        while time.monotonic() < began + seconds:
            time.sleep(1.0)
            if not self._tape.sounds(self._tape.now - SILENT):
                silences += 1
                self.begin()
        stopped = [event for event in self._events("floor", began) if "Do.CANCEL" in event["done"]]
        levels = self._events("levels")[-1]
        return Own(
            seconds,
            levels["erle"] or 0.0,
            len(self._events("pause", began)),
            len(self._events("duck", began)),
            [f"{event['text']!r} at {event['at'] - began:.1f} s" for event in stopped],
            silences,
            levels["underflows"],
        )

    def near(self) -> float:
        """The level, int16 root mean square, at which a person is as loud in the microphone as its echo is."""
        return rms(self._tape.loudspeaker()[-20 * RATE :]) * 10 ** (ECHO_DB / 20)

    def barge(self, count: int, near: float | None) -> Barged:
        """Speak into its speech so many times; *near*: how loud (else as loud as people usually are)."""
        barged, random_ = Barged(count), random.Random(1)
        for attempt in range(count):
            self._tape.wait_for_sound(20, self._tape.now)
            time.sleep(1.5 + random_.random())
            words = speak(SAID[attempt % len(SAID)], VOICES[attempt % len(VOICES)])
            if near is not None:
                words = (words * (near / rms(words, 160))).clip(-32768, 32767).astype(np.int16)
            self._said = f"{SAID[attempt % len(SAID)]!r} by {VOICES[attempt % len(VOICES)]}"
            self._barge(words, barged)
        return barged

    def _events(self, what: str, since: float = 0.0, until: float = float("inf")) -> list[dict[str, Any]]:
        """What `turns_inside.py` told about *what* within that time (time.monotonic)."""
        told = [json.loads(line) for _, line in self._told.lines if line.startswith("{")]
        return [event for event in told if event["what"] == what and since <= event["at"] <= until]

    def _barge(self, words: Samples, barged: Barged) -> None:
        began, at = time.monotonic(), self._tape.now
        play(self._environment, words)
        time.sleep(1.5)
        onset = place(words, self._tape.mouth(), at - 0.5, self._tape.now)
        first = onset - at + began
        heard = bool(self._events("pause", first, first + IN_TIME + 0.1))
        barged.heard += heard
        taken = bool(self._events("understood", first))
        barged.taken += taken
        if heard:
            played = self._tape.loudspeaker()
            barged.silent.append(end_of_sound(played, onset) - onset)
            barged.ducked.append(softer(played, onset) - onset)
        if not (heard and taken):
            barged.missed.append(f"{'' if heard else 'not heard: '}{self._said}")


def rms(samples: Samples, frame: int = 480) -> float:
    """How loud the loud parts are: of frames within 30 dB of the loudest."""
    power = np.square(samples[: samples.size // frame * frame].reshape(-1, frame).astype(float)).mean(axis=1)
    return float(np.sqrt(power[power > power.max() / 1000].mean()))


def end_of_sound(samples: Samples, onset: float) -> float:
    """Where the first silence of a fifth of a second behind *onset* begins, to the millisecond; in seconds."""
    first = round(onset * RATE)
    pieces = samples[first : first + 3 * RATE]
    sounds = np.abs(pieces[: pieces.size // 48 * 48].reshape(-1, 48).astype(int)).max(axis=1) > 150
    last = 0
    for at in np.flatnonzero(sounds):
        if at - last > 200:
            break
        last = int(at) + 1
    return onset + last / 1000


def softer(samples: Samples, onset: float) -> float:
    """Where behind *onset* the first 5 ms begin that are 6 dB below the 200 ms in front of it; in seconds."""
    first, piece = round(onset * RATE), RATE // 200
    before = samples[first - RATE // 5 : first].astype(float)
    behind = samples[first : first + RATE].astype(float)
    power = np.convolve(np.square(behind), np.ones(piece) / piece, "valid")
    return onset + int(np.argmax(power < np.square(before).mean() / 4)) / RATE


def visit(kind: str, seconds: float, attempts: int, *, echo: bool, keep: Path | None = None) -> tuple[Own, Barged]:
    """Listen to the program's own speech for so many *seconds*, then speak into it so many times.

    *keep*: a folder for events.jsonl and canceller.raw (int16 at 16 kHz: microphone, reference, what was left).
    """
    with (
        virtual_room.room(f"{ECHO_DB:.0f}" if echo else "") as environment,
        virtual_room.recorded(environment) as tape,
        virtual_room.running(environment, INSIDE, kind, *([keep] if keep else [])) as told,
    ):
        visitor = Visit(environment, tape, told)
        try:
            visitor.begin()
            own = visitor.own(seconds)
            return own, visitor.barge(attempts, visitor.near() if kind == "story" else None)
        finally:
            if keep:
                (keep / "events.jsonl").write_text("\n".join(line for _, line in told.lines) + "\n")
                (keep / "complaints").write_text(told.complaints)


def silences() -> tuple[list[float], int]:
    """Seconds from the decision to the last sound at the room's ear; and underflows."""
    with virtual_room.room() as environment:
        command = [sys.executable, str(INSIDE), "silence"]
        done = subprocess.run(
            command, env={**environment, "PULSE_SOURCE": "ear"}, capture_output=True, text=True, timeout=120, check=True
        )
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return [event["after"] for event in told], told[-1]["underflows"]
