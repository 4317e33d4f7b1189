"""A scripted person talks with the real program in a virtual room; what came of it is recorded and checked.

    .venv/bin/python scripts/room_talk.py [--keep FOLDER] [--echo -10]

The person (espeak-ng) is not heard while it sleeps, wakes it, pauses in mid-sentence, is answered, coughs, interrupts,
says stop, walks away and wakes it again. Each step is checked in the recording and in what the program prints; the
script fails if one of them does. What is garbled while both speak, or a wake word that is missed, is said once more, as
people do. It takes a minute and a half and needs PulseAudio, espeak-ng and `make wake`.
FOLDER then holds talk.wav (left: what the microphone hears, right: the loudspeaker) and talk.txt, what happened when.
"""

import argparse
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import virtual_room
from virtual_room import RATE, Program, Tape, cough, play, silence, speak

VOICE = "en-us+m3"
RAISED = -6.0
"""dBFS of a voice that interrupts: twice as loud as one that asks, as people are who speak into somebody's speech"""
PATIENT = 10.0
"""seconds after which an answer that has not begun will not begin: the computer may be busy"""
FOLLOW_UP = 8.0
LOW_HZ, HIGH_HZ = 587.33, 880.0
"""the two tones of waking, the other way round of going to sleep (speak/earcon.py)"""


class Talk:
    """One conversation in the room: what is done in it, seen in it and held against what should be."""

    def __init__(self, environment: Mapping[str, str], tape: Tape, program: Program) -> None:
        self.tape = tape
        self.passed = True
        self._environment = environment
        self._program = program
        self._zero = time.monotonic() - tape.now
        self._step = 0.0
        self._noted: list[tuple[float, str]] = []

    def say(self, *parts: str | float, peak_dbfs: float = -12.0) -> float:
        """Say texts, with so many seconds of silence between them; when it began on the tape."""
        sounds = [
            silence(part) if isinstance(part, float) else speak(part, VOICE, peak_dbfs=peak_dbfs) for part in parts
        ]
        words = [f"({part} s)" if isinstance(part, float) else part for part in parts]
        return self.make(" ".join(words), np.concatenate(sounds))

    def make(self, name: str, sound: np.ndarray[Any, np.dtype[np.int16]]) -> float:
        """Let *sound* come out of the person's mouth; when it began on the tape."""
        self._step, began = time.monotonic(), self.tape.now
        self._note(f"person: {name}")
        play(self._environment, sound)
        return began

    def printed(self, start: str, holding: str = "", seconds: float = PATIENT) -> str:
        """A line that begins with *start* and holds a text, since the person last did something; empty without."""
        return self._program.wait_for(start, seconds, self._step, holding) or ""

    def check(self, name: str, *, good: bool, seen: object = "") -> None:
        """One line: what should be, whether it is, and what was seen."""
        self.passed &= good
        line = f"{'ok    ' if good else 'FAILED'} {name}" + (f" ({seen})" if seen else "")
        self._note(line)
        print(line)

    def transcript(self) -> str:
        """What happened, with the times on the tape."""
        printed = [(at - self._zero, f"program: {line}") for at, line in self._program.lines if line.strip()]
        happened = sorted([*self._noted, *printed])
        return "\n".join(f"{at:7.2f} {what}" for at, what in happened) + "\n"

    def _note(self, what: str) -> None:
        self._noted.append((time.monotonic() - self._zero, what))


def tones(tape: Tape, start: float, seconds: float) -> str:
    """Which of the two signs sounded from the loudspeaker from *start* on: "waking", "sleeping" or nothing."""
    heard = tape.loudspeaker()[round(start * RATE) : round((start + seconds) * RATE)].astype(float)
    frames = heard[: heard.size // 960 * 960].reshape(-1, 960)
    power = np.square(frames).sum(axis=1) + 1
    times = np.arange(960) / RATE
    strength = [
        np.abs(frames @ np.exp(-2j * np.pi * hertz * times)) ** 2 * 2 / 960 / power for hertz in (LOW_HZ, HIGH_HZ)
    ]
    audible = power / 960 > 200**2
    low, high = (np.flatnonzero((part > 0.8) & audible) for part in strength)
    if not low.size or not high.size:
        return ""
    return "waking" if low[0] < high[0] else "sleeping"


def asleep(talk: Talk) -> None:
    """Nothing is heard that is not for it."""
    began = talk.say("what is the capital of france")
    time.sleep(2.5)
    heard = talk.printed("you", seconds=0.0) or talk.tape.sounds(began)
    talk.check("asleep, it hears no question", good=not heard, seen=heard)


def woken(talk: Talk) -> None:
    """The wake word, and a question with a pause for thought in it."""
    began = talk.say("hey jarvis")
    talk.tape.wait_for_sound(PATIENT, began)
    time.sleep(0.4)
    sign = tones(talk.tape, began, talk.tape.now - began)
    talk.check("the wake word wakes it, and it says so", good=sign == "waking", seen=sign)
    began = talk.say("what is the capital", 0.6, "of france")
    asked, answered = talk.printed("you"), talk.printed("assistant", "Paris")
    good = "what is the capital of france" in asked and bool(answered)
    talk.check("a question with a pause of 0.6 s is one, and answered", good=good, seen=f"{asked} / {answered}")
    talk.tape.wait_for_sound(PATIENT, began)
    talk.tape.wait_for_silence(PATIENT)
    time.sleep(0.5)


def telling(talk: Talk) -> float:
    """Let it tell its story; when that began to sound."""
    began = talk.say("tell me a story")
    asked = talk.printed("you")
    talk.check("a follow-up needs no wake word", good="tell me a story" in asked, seen=asked)
    talk.tape.wait_for_sound(PATIENT, talk.tape.now)
    time.sleep(2.0)
    return began


def coughed(talk: Talk) -> None:
    """It speaks on behind a cough."""
    began = talk.make("(cough)", cough())
    time.sleep(2.5)
    sounds = talk.tape.sounds(began + 1.0, hole=0.5)
    heard = talk.printed("you", seconds=0.0)
    good = not heard and bool(sounds) and sounds[-1][1] > began + 2.0
    talk.check("a cough does not end its story", good=good, seen=heard or f"{len(sounds)} stretches of sound")


def interrupted(talk: Talk) -> None:
    """A question into the story; who is garbled, for both speak at first, says it again, as people do."""
    began = talk.say("what is the capital of peru", peak_dbfs=RAISED)
    asked, tries = talk.printed("you"), 1
    silent = pause_in(talk.tape, began)
    talk.check("a question into its story silences it", good=silent is not None and bool(asked), seen=silent)
    # Its first word they say at the same time, until the program has noticed.
    while not asked.endswith("capital of peru") and tries < 2:
        talk.tape.wait_for_silence(PATIENT, lasting=1.5)
        talk.say("what is the capital of peru", peak_dbfs=RAISED)
        asked, tries = talk.printed("you"), tries + 1
    answered = talk.printed("assistant", "Lima")
    good = asked.endswith("capital of peru") and bool(answered)
    talk.check("and is answered", good=good, seen=f"{asked} / {answered}, said {tries} times")
    talk.tape.wait_for_silence(PATIENT)
    time.sleep(0.5)


def stopped(talk: Talk) -> None:
    """Stop, and no answer to that; a story that went on, or a "what" in its place, and it is said once more."""
    good, seen, tries = False, "", 0
    while not good and tries < 2:
        if not tries or talk.tape.wait_for_silence(3.0, lasting=1.5):
            telling(talk)
        began, tries = talk.say("stop", peak_dbfs=RAISED), tries + 1
        time.sleep(3.0)
        sounds = talk.tape.sounds(began)
        last = sounds[-1][1] - began if sounds else 0.0
        heard = talk.printed("you", seconds=0.0)
        good = not heard and last < 2.0
        seen = f"{heard or f'last sound after {last:.2f} s'}, said {tries} times"
    talk.check("stop ends its story, and is not answered", good=good, seen=seen)


def left(talk: Talk) -> None:
    """It goes to sleep by itself."""
    began = talk.tape.now
    time.sleep(FOLLOW_UP)
    sign = tones(talk.tape, began, FOLLOW_UP)
    talk.check(
        f"nobody speaks for {FOLLOW_UP:.0f} s: it goes to sleep, and says so", good=sign == "sleeping", seen=sign
    )
    asleep(talk)


def woken_again(talk: Talk) -> None:
    """Wake word and question in one breath."""
    tries = 0
    while tries < 2 and not (tries and talk.printed("you", seconds=5.0)):
        # One wake word in twenty may be missed: people say it again.
        began, tries = talk.say("hey jarvis", 0.1, "what is the capital of spain"), tries + 1
    asked, answered = talk.printed("you"), talk.printed("assistant", "Madrid")
    good = asked.endswith(" what is the capital of spain") and bool(answered)
    seen = f"{asked} / {answered}, said {tries} times"
    talk.check("woken again, in one breath with a question", good=good, seen=seen)
    talk.tape.wait_for_sound(PATIENT, began)
    talk.tape.wait_for_silence(PATIENT)


def pause_in(tape: Tape, start: float) -> str | None:
    """Where the loudspeaker falls silent for half a second or more behind *start*."""
    sounds = tape.sounds(start, hole=0.1)
    begins = [*(begin for begin, _ in sounds[1:]), tape.now]
    for (_, end), begin in zip(sounds, begins, strict=False):
        if begin - end > 0.5:
            return f"silent after {end - start:.2f} s"
    return None


def whole_talk(talk: Talk) -> None:
    """All of it, in order."""
    asleep(talk)
    woken(talk)
    telling(talk)
    coughed(talk)
    interrupted(talk)
    stopped(talk)
    left(talk)
    woken_again(talk)


def main() -> int:
    """Talk, check, and say whether all went as people expect."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where talk.wav and talk.txt are kept")
    parser.add_argument("--echo", default="-10", help="dB from the loudspeaker to the microphone, default -10")
    options = parser.parse_args()
    with (
        virtual_room.room(options.echo) as environment,
        virtual_room.recorded(environment) as tape,
        virtual_room.running(environment, "-m", "assistant", "run", "--set", "listen.mode=wake") as program,
    ):
        if not program.wait_for("asleep", 60):
            print("the program did not start")
            return 1
        talk = Talk(environment, tape, program)
        try:
            whole_talk(talk)
        finally:
            if options.keep:
                options.keep.mkdir(parents=True, exist_ok=True)
                tape.wav(options.keep / "talk.wav")
                (options.keep / "talk.txt").write_text(talk.transcript())
            if complaints := program.complaints:
                print(f"It complained, the loudspeaker had {complaints.count('underrun')} holes:\n{complaints[-500:]}")
    return 0 if talk.passed else 1


if __name__ == "__main__":
    sys.exit(main())
