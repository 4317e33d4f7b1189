"""A person asks recorded questions in a virtual room; what the judge heard and what the program's marks say comes out.

For `bench_gap.py` and tests/room/test_judge.py.
"""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import virtual_room
from judge import Asked, judge, levels
from virtual_room import RATE, RECORDINGS, Program, Tape, play

INSIDE = Path(__file__).parent / "gap_inside.py"
PATIENT = 15.0
"""seconds after which an answer that has not come will not come"""
BETWEEN = 2.0
"""seconds of silence between an answer and the next question: more than the judge allows within one question"""


@dataclass(frozen=True, slots=True)
class Turn:
    """One question, from outside and from inside."""

    question: str
    heard: Asked
    marks: Mapping[str, Any]
    """as Marks.record gives them; empty where the program took no turn"""
    starved: bool = False
    """whether the computer was too busy for sound in real time while these questions were asked"""

    @property
    def gap(self) -> float | None:
        """Seconds, by the recording."""
        return self.heard.gap

    @property
    def said_gap(self) -> float | None:
        """Seconds, by the marks."""
        return self.marks.get("gap")


def turns(
    environment: Mapping[str, str], questions: Sequence[str], *arguments: str, keep: Path | None = None
) -> list[Turn]:
    """Ask *questions* (names of tests/recordings) one after the other; *arguments* are gap_inside.py's.

    *keep* is where the recording is left. Raises RuntimeError where the program does not start.
    """
    with (
        virtual_room.recorded(environment) as tape,
        virtual_room.running(environment, INSIDE, *arguments) as program,
    ):
        if program.wait_for("{", 90) is None:
            raise RuntimeError(f"the program did not start: {program.complaints}")
        time.sleep(1.0)
        found = [_ask(environment, tape, program, question) for question in questions]
        if keep is not None:
            tape.wav(keep)
        starved = program.starved
        mouth = tape.mouth()
        both = np.stack([mouth, tape.loudspeaker()[: mouth.size]], axis=1)
    heard = judge(both, RATE)
    asked = zip(questions, found, strict=True)
    return [Turn(question, _of(began, heard), marks, starved) for question, (began, marks) in asked]


def pass_through(environment: Mapping[str, str], times: int = 12) -> list[float]:
    """Seconds a sound takes from the microphone to the loudspeaker where nothing is done with it, *times* times."""
    with (
        virtual_room.recorded(environment) as tape,
        virtual_room.running(environment, INSIDE, "--pass-through") as program,
    ):
        if program.wait_for("{", 30) is None:
            raise RuntimeError(f"nothing was passed through: {program.complaints}")
        time.sleep(1.0)
        for turn in range(times):
            play(environment, _burst())
            time.sleep(0.3 + 0.0037 * turn)
        time.sleep(0.5)
        came, went = (_onsets(levels(side, RATE)) for side in (tape.mouth(), tape.loudspeaker()))
    return [min(late) - onset for onset in came if (late := [at for at in went if 0 <= at - onset < 0.6])]


def _ask(
    environment: Mapping[str, str], tape: Tape, program: Program, question: str
) -> tuple[float, Mapping[str, Any]]:
    """When it was asked, on the tape, and the marks of the turn that came of it."""
    began, since = tape.now, time.monotonic()
    play(environment, RECORDINGS / f"{question}.wav")
    line = program.wait_for("{", PATIENT, since, '"turn"')
    tape.wait_for_silence(PATIENT)
    time.sleep(BETWEEN)
    return began, json.loads(line) if line else {}


def _of(began: float, heard: Sequence[Asked]) -> Asked:
    """What was heard of the question that was asked then: the tape may be 100 ms ahead or behind."""
    return next((asked for asked in heard if asked.begins > began - 0.2), Asked(began, began, None, "not heard"))


def _burst() -> virtual_room.Samples:
    """A tenth of a second of noise, int16 at 16 kHz."""
    return (np.random.default_rng(0).standard_normal(1600) * 4000).clip(-32768, 32767).astype(np.int16)


def _onsets(level: np.ndarray[Any, np.dtype[np.float64]]) -> list[float]:
    """Where sounds begin behind a tenth of a second of silence, in seconds."""
    loud = np.flatnonzero(level > 500)
    return [float(at) / 1000 for place, at in enumerate(loud) if not place or at - loud[place - 1] > 100]
