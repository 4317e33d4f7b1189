"""A recording of a room goes in, the microphone left and the loudspeaker right; how long answers took comes out.

Both are on one clock, and what is in the air alone counts: nothing is asked of the program.

    eval "$(scripts/room start /tmp/room)"
    scripts/room record both.wav /tmp/room &          (or any stereo sound file of that kind)
    .venv/bin/python scripts/judge.py both.wav [--json]

The gap lasts from the last audible millisecond of a question to the first one of the answer. What it holds is what a
person waits: the program's own time, and the way through the devices on both sides.
"""

import argparse
import json
import sys
import wave
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

Samples = np.ndarray[Any, np.dtype[np.int16]]
Levels = np.ndarray[Any, np.dtype[np.float64]]
"""int16 amplitude of each millisecond"""
Flags = np.ndarray[Any, np.dtype[np.bool_]]
"""for each millisecond: is there sound?"""

AUDIBLE = 100.0
"""int16 amplitude (-50 dBFS) that is heard in a silent room; from there on the program calls its answer audible, too"""
FADED = 10 ** (-30 / 20)
"""of a voice's peaks: what is softer adds nothing to being understood (ANSI S3.5, speech intelligibility index); a
question's last sound must be louder than that, or a recording's own hiss would be its end"""
PEAKS = 99
"""per cent of a voice's milliseconds that are softer than its peaks, in the same standard"""
ABOVE_NOISE = 4.0
"""...and how many times the middle of a noisy room: peaks of a steady noise reach twice that, a voice ten times"""
QUIET_SHARE = 20
"""per cent of a recording at least in which nobody speaks: the noise is the level up to which it stays that long"""
ABOVE_ECHO = 2.0
"""how many times the loudest echo a voice must be to be told from it: 6 dB, as its level strays by half of that"""
ECHO_LASTS = 300
"""ms for which a sound from the loudspeaker may come back: 40 for the way in our room, the rest for its walls"""
CLICK = 15
"""ms of sound that are a click, or a plosive at most, and begin or end nothing; a vowel has 50"""
WITHIN_SOUND = 60
"""ms of silence inside one sound: a plosive's closure; what is left over between two of them is a click or a word"""
WITHIN_TURN = 1500
"""ms of silence inside one question: the longest patience is 1200, so behind more than that an answer was due"""
WITHIN_ANSWER = 500
"""ms of silence inside one answer: between sentences there are 200 to 400"""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question, and what came of it; all times in seconds of the recording."""

    begins: float
    ends: float
    answered: float | None = None
    """the first sound of the answer; None where none was found"""
    unmeasured: str = ""
    """why there is no gap"""

    @property
    def gap(self) -> float | None:
        """Seconds from the last sound of the question to the first one of the answer."""
        return None if self.answered is None or self.unmeasured else self.answered - self.ends


def judge(both: Samples, rate: int) -> list[Asked]:
    """Every question in int16 (n, 2) at *rate* Hz, in order.

    Raises ValueError where there are not two channels, or nobody asks anything.
    """
    if both.ndim != 2 or both.shape[1] != 2:
        raise ValueError("the recording needs two channels: the microphone's and the loudspeaker's")
    microphone, loudspeaker = levels(both[:, 0], rate), levels(both[:, 1], rate)
    answers = joined(sounds(loudspeaker > threshold(loudspeaker)), WITHIN_ANSWER)
    heard = microphone > np.maximum(threshold(microphone), echo(microphone, loudspeaker))
    questions = [_faded(question, microphone, heard) for question in joined(sounds(heard), WITHIN_TURN)]
    if not questions:
        raise ValueError("nobody says anything in the recording: is its left channel the microphone's?")
    nexts = [begins for begins, _ in questions[1:]] + [len(heard)]
    return [_answered(question, until, answers) for question, until in zip(questions, nexts, strict=True)]


def levels(samples: Samples, rate: int) -> Levels:
    """The largest amplitude of each millisecond of int16 (n,) at *rate* Hz."""
    size = rate // 1000
    found: Levels = np.abs(samples[: samples.size // size * size].astype(float)).reshape(-1, size).max(axis=1)
    return found


def threshold(level: Levels) -> float:
    """The amplitude from which something is heard there, above what is always heard."""
    noise = float(np.percentile(level, QUIET_SHARE)) if level.size else 0.0
    return max(AUDIBLE, ABOVE_NOISE * noise)


def echo(microphone: Levels, loudspeaker: Levels) -> Levels:
    """How loud the microphone may be for what the loudspeaker plays, at each millisecond; zeros where it hears nothing.

    How much of it comes back is seen where it plays: mostly nobody speaks into it, so the loudest tenth of the ratio is
    left to those who do.
    """
    if not loudspeaker.size:
        return np.zeros_like(microphone)
    padded = np.concatenate([np.zeros(ECHO_LASTS), loudspeaker])
    lately = np.lib.stride_tricks.sliding_window_view(padded, ECHO_LASTS + 1).max(axis=1)
    plays = lately > threshold(loudspeaker)
    if not plays.any():
        return np.zeros_like(microphone)
    back = float(np.percentile(microphone[plays] / lately[plays], 90))
    return np.where(plays, ABOVE_ECHO * back * lately, 0.0)


def sounds(heard: Flags) -> list[tuple[int, int]]:
    """From when to when (ms) there is sound; clicks are none."""
    edges = np.flatnonzero(np.diff(heard.astype(np.int8), prepend=0, append=0))
    pieces = joined([(int(begin), int(end)) for begin, end in edges.reshape(-1, 2)], WITHIN_SOUND)
    return [(begin, end) for begin, end in pieces if np.count_nonzero(heard[begin:end]) > CLICK]


def joined(pieces: list[tuple[int, int]], hole: int) -> list[tuple[int, int]]:
    """*pieces* in order, made one where no more than *hole* lies between them."""
    found: list[tuple[int, int]] = []
    for begin, end in pieces:
        if found and begin - found[-1][1] <= hole:
            found[-1] = found[-1][0], end
        else:
            found.append((begin, end))
    return found


def _faded(question: tuple[int, int], microphone: Levels, heard: Flags) -> tuple[int, int]:
    """*question* (ms) up to where its voice has faded away."""
    begins, ends = question
    level = microphone[begins:ends]
    loud = heard[begins:ends] & (level > FADED * np.percentile(level[heard[begins:ends]], PEAKS))
    return begins, begins + int(np.flatnonzero(loud)[-1]) + 1


def _answered(question: tuple[int, int], until: int, answers: list[tuple[int, int]]) -> Asked:
    """What came of *question* before the next one began at *until*; all in ms."""
    begins, ends = question
    over = [start for start, _ in answers if begins <= start < ends]
    behind = [start for start, _ in answers if ends <= start < until]
    if over:
        return Asked(begins / 1000, ends / 1000, over[0] / 1000, "the loudspeaker spoke before the question was over")
    if not behind:
        return Asked(begins / 1000, ends / 1000, None, "no answer was heard")
    return Asked(begins / 1000, ends / 1000, behind[0] / 1000)


def read(path: Path) -> tuple[Samples, int]:
    """The int16 samples (n, channels) and the rate in Hz of a WAV file. Raises ValueError where it is no such file."""
    try:
        with wave.open(str(path), "rb") as file:
            if file.getsampwidth() != 2:
                raise ValueError(f"{path} does not hold samples of 16 bits")
            samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
            return samples.reshape(-1, file.getnchannels()), file.getframerate()
    except (OSError, EOFError, wave.Error) as error:
        raise ValueError(f"{path} cannot be read ({error})") from error


def main() -> int:
    """Print what is found; fail where no question has an answer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recording", type=Path)
    parser.add_argument("--json", action="store_true", help="one object for each question, for scripts")
    chosen = parser.parse_args()
    try:
        found = judge(*read(chosen.recording))
    except ValueError as error:
        print(f"{error}.", file=sys.stderr)
        return 1
    if chosen.json:
        print(json.dumps([asdict(asked) | {"gap": asked.gap} for asked in found]))
    else:
        _show(found)
    return 0 if any(asked.gap is not None for asked in found) else 1


def _show(found: list[Asked]) -> None:
    table = Table("question", "ends", "answer", "gap", box=None)
    for asked in found:
        gap = asked.unmeasured or f"{1000 * (asked.gap or 0.0):,.0f} ms"
        answer = "" if asked.answered is None else f"{asked.answered:.3f} s"
        table.add_row(f"{asked.begins:.3f} s", f"{asked.ends:.3f} s", answer, gap)
    Console().print(table)
    if gaps := [1000 * asked.gap for asked in found if asked.gap is not None]:
        print(f"{len(gaps)} gaps: median {np.median(gaps):,.0f} ms, p95 {np.percentile(gaps, 95):,.0f} ms")


if __name__ == "__main__":
    sys.exit(main())
