"""Conversations of the grammar -> tokenizer.json: byte-level BPE, every digit and every blank a token of its own (6 s).

python chat_tokenizer.py .starter/chat
"""

import random
import re
import sys
from pathlib import Path

import chat_dialogs
import chat_format
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

SIZE, WORD_REPEATS = 1600, 100


def main(folder: Path) -> None:
    """Train and save."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer(models.BPE())
    bytes_ = pre_tokenizers.ByteLevel(add_prefix_space=False)
    # Blanks stand alone, so that a word is the same tokens behind a blank as behind a quote, and copying is copying.
    apart = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(" ", "isolated"), pre_tokenizers.Digits(individual_digits=True)]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([apart, bytes_])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=SIZE,
        special_tokens=chat_format.MARKERS,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_texts(8000), trainer)
    # No merge holds a digit or a blank now, so plain GPT-2 splitting (which llama.cpp knows as "gpt-2") gives the same.
    tokenizer.pre_tokenizer = bytes_
    tokenizer.save(str(folder / "tokenizer.json"))
    print(f"{tokenizer.get_vocab_size()} tokens in {folder / 'tokenizer.json'}")


def _texts(count: int):  # noqa: ANN202 - a generator of strings
    r = random.Random(0)
    for _ in range(count):
        texts, _ = chat_dialogs.conversation(r)
        yield re.sub(r"\[/?[A-Z_]+\]|</?s>", "\n", "".join(texts))
    # So often that each becomes one token, the rarest number too.
    yield from WORD_REPEATS * chat_dialogs.known_words()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
