"""A seed -> a file of training examples: who says what, as it was recorded, as features (20 ms of a core each).

python stt_data.py .starter/stt/first-1.pkl --seed 101 --count 4000 --flite 0.25
"""

import argparse
import pickle
import random
import time
from collections.abc import Callable
from pathlib import Path

import grammar
import stt_augment
import stt_features
import stt_voices
from facts import ONE_OFFS
from words import number

LONGEST_SECONDS = 10.0
SHARES = {"sentence": 0.72, "two": 0.10, "cut off": 0.12, "no speech": 0.06}
ONE_WORD = [said for said in ONE_OFFS if " " not in said]


def main() -> None:
    """Write the file; the same seed gives the same file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--flite", type=float, default=0.25, help="share of utterances that flite speaks")
    arguments = parser.parse_args()
    started = time.monotonic()
    rows = examples(arguments.count, random.Random(arguments.seed), arguments.flite)
    arguments.file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = arguments.file.with_suffix(".part")
    unfinished.write_bytes(pickle.dumps(rows))
    unfinished.rename(arguments.file)
    hours = sum(row.features.shape[1] for row in rows) / 100 / 3600
    timed = sum(row.words is not None for row in rows) / len(rows)
    print(
        f"{arguments.file}: {len(rows)} utterances, {hours:.2f} h, word times known in {timed:.0%}, "
        f"{time.monotonic() - started:.0f} s",
        flush=True,
    )


def examples(count: int, r: random.Random, flite_share: float) -> list[stt_features.Example]:
    """`count` utterances in the shares above."""
    words = grammar.vocabulary()
    rows: list[stt_features.Example] = []
    while len(rows) < count:
        kind = r.choices(list(SHARES), list(SHARES.values()))[0]
        speech = _speech(kind, lambda: stt_voices.training_voice(text(r, words), r, flite_share), r)
        if speech.seconds <= LONGEST_SECONDS:
            rows.append(stt_features.example(speech))
    return rows


def text(r: random.Random, words: list[str]) -> str:
    """What to say: a request, or words in no order, which nobody can guess and every word comes up in equally often."""
    while True:
        said = _text(r, words)
        if not grammar.held_out(said):
            return said


def _text(r: random.Random, words: list[str]) -> str:
    chance = r.random()
    if chance < 0.40:
        return grammar.sample(r).said
    if chance < 0.60:
        return grammar.sample(r, kinds=[r.choice(list(grammar.KINDS))]).said
    if chance < 0.64:
        return r.choice(ONE_WORD)
    if chance < 0.70:
        return " ".join(number(r.randint(0, 10 ** r.randint(1, 4) - 1)) for _ in range(r.randint(1, 3)))
    return " ".join(r.choices(words, k=r.choice([1, 2, 2, 3, 3, 4, 5, 6, 7])))


def _speech(kind: str, speak: Callable[[], stt_voices.Speech], r: random.Random) -> stt_voices.Speech:
    if kind == "no speech":
        return stt_augment.no_speech(r)
    speech = speak()
    if kind == "cut off":
        cut = stt_augment.cut_off(speech, r)
        return stt_augment.recorded(speech if grammar.held_out(cut.text) else cut, r, after=r.uniform(0, 0.1))
    if kind == "two":
        speech = stt_augment.one_after_another(speech, speak(), r.uniform(0.15, 1.0))
    return stt_augment.recorded(speech, r, after=r.uniform(0.4, 1.2) if r.random() < 0.3 else r.uniform(0.05, 0.4))


if __name__ == "__main__":
    main()
