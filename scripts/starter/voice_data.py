"""The grammar -> sentences spoken by espeak-ng, analysed, in .starter/voice/train.pkl and held.pkl.

python voice_data.py .starter/voice --count 3600     # 4 minutes on a core of its own, 3 hours of speech
"""

import argparse
import pickle
import time
from pathlib import Path

import voice_texts
from voice_analysis import row_of
from voice_model import HOP, RATE

HELD = 60  # sentences training never sees


def main() -> None:
    """Write train.pkl and held.pkl."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=3600)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for name, count, held in (("held", HELD, True), ("train", arguments.count, False)):
        started = time.monotonic()
        made = [row for text in voice_texts.texts(count, arguments.seed, held=held) if (row := row_of(text))]
        with (arguments.folder / f"{name}.pkl").open("wb") as file:
            pickle.dump(made, file)
        minutes = sum(len(row.voiced) for row in made) * HOP / RATE / 60
        print(
            f"{name}: {len(made)} of {count} sentences, {minutes:.0f} min, made in {time.monotonic() - started:.0f} s"
        )


if __name__ == "__main__":
    main()
