"""The grammar's vocabulary -> tokenizer.json: byte-level BPE in which every word is one token (5 s).

python stt_tokenizer.py .starter/stt
"""

# ruff: noqa: SIM905 - a list of words reads best as words

import sys
from pathlib import Path

import grammar
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

END, START, NO_SPEECH, NO_TIMESTAMPS = "<|endoftext|>", "<|startoftranscript|>", "<|nospeech|>", "<|notimestamps|>"
SPECIALS = [END, START, *"<|en|> <|translate|> <|transcribe|> <|startoflm|> <|startofprev|>".split()]
SPECIALS += [NO_SPEECH, NO_TIMESTAMPS]
"""Whisper's, in its order: faster-whisper takes whatever comes behind <|endoftext|> for no text."""
TIMESTAMPS = 1501
"""Every 20 ms of 30 s. They stand behind the last special token and need no entry in tokenizer.json."""
BLANK = "Ġ"  # a space, as byte-level tokens are written
MOST_MERGES = 6000


def main(folder: Path) -> None:
    """Train, save, and see to it that no word is split."""
    words = grammar.vocabulary()
    tokenizer = build(words)
    split = [word for word in words if len(tokens(tokenizer, word)) != 1]
    if split:
        message = f"more than one token: {split}"
        raise RuntimeError(message)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    print(f"{len(words)} words, {tokenizer.get_vocab_size()} tokens in {folder / 'tokenizer.json'}")


def build(words: list[str]) -> Tokenizer:
    """Merges until every word is whole; the alphabet holds all bytes, so other text can be written too."""
    tokenizer = Tokenizer(models.BPE())
    # At spaces only: GPT-2's own rule would split "what's" in two.
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(" ?[^ ]+"), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=MOST_MERGES,
        min_frequency=2,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator((" " + word for word in words for _ in range(2)), trainer)
    tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in SPECIALS])
    return tokenizer


def tokens(tokenizer: Tokenizer, text: str) -> list[int]:
    """A transcript's tokens: Whisper begins each word, the first one too, with a space."""
    return tokenizer.encode(" " + text, add_special_tokens=False).ids if text else []


if __name__ == "__main__":
    main(Path(sys.argv[1]))
