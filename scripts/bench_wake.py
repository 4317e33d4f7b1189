"""Synthetic speech goes past the wake words; how many are heard, and what is taken for one, comes out.

    .venv/bin/python scripts/bench_wake.py [--word "micro:hey jarvis"] [--sensitivity 0.5] [--minutes 30]

Says the word 60 times in six voices of espeak-ng and flite, at five speeds, half of the times with a request behind it,
now with a comma's pause between them and now without; then plays requests and noises without it. Floors: 95 % heard,
nothing in 30 minutes taken for it, 15 % of one core. 30 minutes take about 4 on an idle machine.

Beside `make wake` it needs espeak-ng, flite, and scipy (`.venv/bin/python -m pip install scipy`), as the scripts of the
starter models do, whose sentences and noises these are.
"""

import argparse
import itertools
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent / "starter"))

import espeak
import grammar
import sounds
import stt_voices

from assistant.audio import to_int16
from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE, Frame, Samples
from assistant.listen.wake import WakeWords, Woken

VOICES = ("en-us", "en-us+f3", "en-gb-scotland", "en-gb-x-rp+m5", "slt", "awb")
WORDS_PER_MINUTE = (125, 135, 145, 155, 165)
FLITE_WORDS_PER_MINUTE = 150
"""what a stretch of 1 comes to, about"""
ROOM_DBFS = -60.0
HEARD_FLOOR, CPU_FLOOR = 0.95, 0.15


@dataclass(frozen=True)
class Said:
    """The wake word, said once, with 1 s of the room's noise on either side; times in samples."""

    samples: Samples
    word_end: int
    request: int | None
    """where the request begins that follows, if one does"""
    pause: bool
    """whether there is one behind the word"""


@dataclass
class Listened:
    """What came of a stretch of sound."""

    woken: list[Woken]
    seconds: float
    cpu_seconds: float


def speak(text: str, voice: str, words_per_minute: int) -> stt_voices.Speech:
    """One utterance with the times of its phonemes."""
    if voice in (*stt_voices.FLITE_VOICES, stt_voices.HELD_OUT_FLITE_VOICE):
        return stt_voices.flite(text, voice, stretch=FLITE_WORDS_PER_MINUTE / words_per_minute)
    spoken = espeak.speak(text, voice, rate=words_per_minute)
    phonemes = [(start, name or stt_voices.SILENCE) for start, name in spoken.phonemes]
    return stt_voices.Speech(text, espeak.at_16k(spoken.audio), None, phonemes)


def say_word(word: str, request: str, voice: str, words_per_minute: int, random_: random.Random) -> Said:
    """*word*, and *request* behind it unless it is empty."""
    alone = speak(word, voice, words_per_minute)
    count = len(sounding(alone))
    speech = speak(f"{word}{request}", voice, words_per_minute) if request else alone
    after = speech.phonemes[speech.phonemes.index(sounding(speech)[count - 1]) + 1 :]
    word_end = after[0][0] if after else speech.seconds
    loud = sounds.level(speech.audio, random_.uniform(-20, -6))
    # Up to a chunk more of silence, so that the word falls anywhere between the engine's looks.
    before = SAMPLE_RATE + random_.randrange(1280)
    samples = in_a_room(np.pad(loud, (before, SAMPLE_RATE)), random_)
    begins = before + round(sounding(speech)[count][0] * SAMPLE_RATE) if request else None
    return Said(samples, before + round(word_end * SAMPLE_RATE), begins, pause=not request.startswith(" "))


def sounding(speech: stt_voices.Speech) -> list[tuple[float, str]]:
    """Its phonemes without the pauses."""
    return [phoneme for phoneme in speech.phonemes if phoneme[1] != stt_voices.SILENCE]


def in_a_room(audio: np.ndarray, random_: random.Random) -> Samples:
    """The same with soft brown noise beneath it."""
    noise = sounds.brown(len(audio) / SAMPLE_RATE, np.random.default_rng(random_.randrange(2**32)))
    noise = noise[: len(audio)] / noise.std() * 10 ** (ROOM_DBFS / 20)
    return to_int16(audio + np.pad(noise, (0, len(audio) - len(noise))))


def other_sounds(random_: random.Random) -> Iterator[np.ndarray]:
    """Requests in any voice and noises, for ever, none of them with the wake word."""
    noises = np.random.default_rng(random_.randrange(2**32))
    while True:
        if random_.random() < 0.75:
            said = stt_voices.training_voice(grammar.sample(random_, held=None).said, random_, flite_share=0.3).audio
            yield sounds.level(said, random_.uniform(-25, -3))
            yield sounds.silence(random_.uniform(0.1, 1.5))
        else:
            seconds, kind = random_.uniform(1, 6), random_.choice([sounds.white, sounds.brown, sounds.clicks, "hum"])
            noise = sounds.hum(seconds, noises, random_.choice([50, 60])) if kind == "hum" else kind(seconds, noises)
            yield sounds.level(noise, random_.uniform(-40, -6))


def listen(wake: WakeWords, blocks: Iterator[Samples], seconds: float) -> Listened:
    """Let *wake* hear so many *seconds* of *blocks*; what makes them costs nothing here."""
    listened, waiting, position = Listened([], 0.0, 0.0), np.zeros(0, np.int16), 0
    while position < seconds * SAMPLE_RATE and (block := next(blocks, None)) is not None:
        waiting = np.concatenate([waiting, block])
        whole = waiting.size // FRAME_SAMPLES * FRAME_SAMPLES
        begun = time.process_time()
        for start in range(0, whole, FRAME_SAMPLES):
            woken = wake.push(Frame(waiting[start : start + FRAME_SAMPLES], position + start, 0.0))
            if woken:
                listened.woken.append(woken)
        listened.cpu_seconds += time.process_time() - begun
        position, waiting = position + whole, waiting[whole:]
    listened.seconds = position / SAMPLE_RATE
    return listened


def word_rows(wake: WakeWords, word: str, table: Table) -> bool:
    """Say the word 60 times; whether enough are heard."""
    random_ = random.Random(24)
    heard, twice, missed, cuts = 0, 0, [], []
    # Alone, with a pause, alone, without: so for each voice and speed one of the two with a request.
    behind = itertools.cycle(["", ", ", "", " "])
    total = list(itertools.product(VOICES, WORDS_PER_MINUTE, range(2)))
    for (voice, speed, _), between in zip(total, behind, strict=False):
        request = between + grammar.sample(random_, held=None).said if between else ""
        said = say_word(word, request, voice, speed, random_)
        wake.reset()
        woken = listen(wake, iter([said.samples]), 60).woken
        heard, twice = heard + bool(woken), twice + (len(woken) > 1)
        if woken:
            cuts.append((said, woken[0].position))
        else:
            missed.append(f"missed: {voice} at {speed}: {word}{request}")
    passed = heard >= HEARD_FLOOR * len(total)
    table.add_row("heard", f"{heard} of {len(total)}", f"{HEARD_FLOOR:.0%}", verdict(passed))
    table.add_row("heard twice", f"{twice}", "", "")
    for name in missed:
        table.add_row("", name, "", "")
    end_rows(cuts, table)
    return passed


def end_rows(cuts: list[tuple[Said, int]], table: Table) -> None:
    """How well the end of the word is found."""
    for name, pause in (("before a pause", True), ("in one breath", False)):
        tails = [max(0, said.word_end - at) / 16 for said, at in cuts if said.pause == pause]
        table.add_row(f"left of the word {name}", spread(tails), "", "")
        lost = [max(0, at - said.request) / 16 for said, at in cuts if said.request is not None and said.pause == pause]
        table.add_row(f"lost of the request {name.replace('before', 'behind')}", spread(lost), "", "")


def spread(milliseconds: list[float]) -> str:
    """Median, 95th percentile and maximum."""
    middle, late, most = np.percentile(milliseconds or [np.nan], [50, 95, 100])
    return f"{middle:.0f} ms, p95 {late:.0f} ms, at most {most:.0f} ms"


def other_rows(wake: WakeWords, minutes: float, table: Table) -> bool:
    """Requests and noises without the word, a quiet room, a silent device; whether none wakes, and at what cost."""
    random_ = random.Random(30)
    quiet = (in_a_room(sounds.silence(5), random_) for _ in itertools.count())
    silent = (np.zeros(SAMPLE_RATE, np.int16) for _ in itertools.count())
    passed = True
    wake.reset()
    others = listen(wake, (in_a_room(sound, random_) for sound in other_sounds(random_)), minutes * 60)
    table.add_row(f"false wakes in {minutes:.0f} minutes", f"{len(others.woken)}", "0 in 30", verdict(not others.woken))
    for woken in others.woken:
        table.add_row("", f"at {woken.position / SAMPLE_RATE:.1f} s", "", "")
    for name, listened in (
        ("speech and noise", others),
        ("a quiet room", listen(wake, quiet, 60)),
        ("digital silence", listen(wake, silent, 60)),
    ):
        share = listened.cpu_seconds / listened.seconds
        passed &= share <= CPU_FLOOR
        table.add_row(f"CPU, {name}", f"{share:.1%}", f"{CPU_FLOOR:.0%}", verdict(share <= CPU_FLOOR))
    return passed and not others.woken


def verdict(passed: bool) -> str:
    """One word."""
    return "ok" if passed else "MISSED"


def main() -> int:
    """Measure, print, and fail where a floor is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--word", default="hey jarvis", help='default "hey jarvis"; "micro:hey jarvis"; "okay nabu"')
    parser.add_argument("--sensitivity", type=float, default=0.5, help="0-1, default 0.5")
    parser.add_argument("--minutes", type=float, default=30.0, help="of speech and noise without the word, default 30")
    options = parser.parse_args()
    wake = WakeWords.load([options.word], sensitivity=options.sensitivity)
    table = Table("", "measured", "floor", "", title=f"{options.word}, sensitivity {options.sensitivity}")
    passed = word_rows(wake, wake.words[0], table)
    passed &= other_rows(wake, options.minutes, table)
    Console().print(table)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
