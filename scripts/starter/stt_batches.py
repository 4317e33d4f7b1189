"""Examples -> batches of tensors with their labels, forever, every row disguised a little differently (1 ms a row)."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import stt_features
import stt_tokenizer
import torch
from stt_features import EARLY, LATE, Example
from stt_tokenizer import END, NO_SPEECH, NO_TIMESTAMPS, START
from tokenizers import Tokenizer

SECONDS_PER_STEP = 90  # of sound, with padding, while batches are as long as what they hold
PADDED_SECONDS_PER_STEP = 120  # where they are as long as a window
LONGEST_OF_A_PAIR = 450  # frames
IGNORED = -100
MEL_BANDS = 80
MISHEARD = 0.15
"""Share of the words going in that are other ones: the decoder must listen, not guess what follows."""
SMOOTHING, NEGATIVE_SMOOTHING = 0.03, 0.3
"""faster-whisper lets no transcript begin with its end, so where nobody speaks the first word must at least be
improbable: all words equally so. That is what so much label smoothing teaches, and segments under a mean of -1 fall."""


@dataclass(frozen=True)
class Batch:
    """`guides` holds row, token, first frame and the one behind the last of every word whose time is known."""

    features: torch.Tensor  # (rows, 80, frames)
    tokens: torch.Tensor  # (rows, tokens)
    labels: torch.Tensor  # (rows, tokens), IGNORED where there is none
    smoothing: torch.Tensor  # (rows, tokens)
    phonemes: torch.Tensor  # (rows, frames / 2), IGNORED where there is none
    guides: torch.Tensor  # (words, 4)


class Batcher:
    """Puts examples of about equal length together.

    `timestamped` is the share of the transcripts, among those whose words' times are known, that begin and end with
    a timestamp, as faster-whisper wants them when nobody tells it otherwise.
    """

    def __init__(
        self, tokenizer: Tokenizer, examples: list[Example], phonemes: dict[str, int], seed: int, timestamped: float
    ) -> None:
        self.tokenizer, self.examples, self.phonemes = tokenizer, examples, phonemes
        self.random, self.timestamped = random.Random(seed), timestamped
        self.token = tokenizer.token_to_id
        self.words = sorted({token for row in examples for token in stt_tokenizer.tokens(tokenizer, row.text)})

    def batches(self, windows: dict[int, float], joined: float = 0.0) -> Iterator[Batch]:
        """`windows`: which share of the batches is padded to so many frames, as it happens when the model is used.

        `joined`: which share is made of two utterances each, whoever speaks them.
        """
        frames, weights = [0, *windows], [1 - sum(windows.values()), *windows.values()]
        while True:
            groups = self._groups()
            self.random.shuffle(groups)
            for group in groups:
                if joined and self.random.random() < joined:
                    group = self._in_pairs(group)  # noqa: PLW2901 - what follows does not care
                window = self.random.choices(frames, weights)[0]
                most = max(2, PADDED_SECONDS_PER_STEP * 100 // window) if window else len(group)
                yield self.batch(self.random.sample(group, min(most, len(group))), window)

    def _groups(self) -> list[list[Example]]:
        rows = sorted(self.examples, key=lambda row: row.features.shape[1] + self.random.uniform(-15, 15))
        groups: list[list[Example]] = [[]]
        for row in rows:
            longest = max([row.features.shape[1], *(other.features.shape[1] for other in groups[-1])])
            if longest * (len(groups[-1]) + 1) > SECONDS_PER_STEP * 100:
                groups.append([])
            groups[-1].append(row)
        return groups

    def _in_pairs(self, group: list[Example]) -> list[Example]:
        """One behind the other, where together they are no longer than two sentences are."""
        if len(group) < 2 or group[-1].features.shape[1] > LONGEST_OF_A_PAIR:
            return group
        rows = self.random.sample(group, len(group) // 2 * 2)
        return [stt_features.one_after_another(*pair) for pair in zip(rows[::2], rows[1::2], strict=True)]

    def batch(self, rows: list[Example], window: int) -> Batch:
        """One step's tensors; beyond a row's own sound its features are zero, as faster-whisper pads them."""
        frames = max(window, *(row.features.shape[1] for row in rows))
        features = torch.zeros(len(rows), MEL_BANDS, frames)
        phonemes = torch.full((len(rows), frames // 2), IGNORED)
        for index, row in enumerate(rows):
            sound = self._disguised(row.features.astype(np.float32), frames)
            features[index, :, : sound.shape[1]] = torch.from_numpy(sound)
            ends = [start for _, start in row.phonemes[1:]] + [row.features.shape[1] // 2]
            for (name, start), end in zip(row.phonemes, ends, strict=True):
                phonemes[index, start:end] = self.phonemes.get(name, IGNORED)
        tokens, labels, smoothing = zip(*(self._targets(row) for row in rows), strict=True)
        return Batch(
            features,
            _stacked(tokens, self.token(END)),
            _stacked(labels, IGNORED),
            _stacked(smoothing, 0.0),
            phonemes,
            torch.tensor([guide for index, row in enumerate(rows) for guide in _guides(index, row)]).view(-1, 4),
        )

    def _disguised(self, features: np.ndarray, room: int) -> np.ndarray:
        """Another vocal tract, a missing band; and, where the window is long, a quiet time behind."""
        r = self.random
        if r.random() < 0.5:
            features = _warped(features, r.uniform(0.92, 1.1))
        band = r.randrange(MEL_BANDS - 4)
        features[band : band + r.randint(0, 8)] = 0
        spare = room - features.shape[1]
        if spare > 200 and r.random() < 0.5:
            quiet = np.full((MEL_BANDS, r.randrange(spare)), features.min(), np.float32)
            features = np.concatenate([features, quiet], axis=1)
        return features

    def _targets(self, row: Example) -> tuple[list[int], list[int], list[float]]:
        """Tokens in, tokens out, label smoothing."""
        r = self.random
        said = stt_tokenizer.tokens(self.tokenizer, row.text)
        if not said:
            return self._nothing()
        heard = [r.choice(self.words) if r.random() < MISHEARD else token for token in said]
        start, after = self.token(NO_TIMESTAMPS), []
        if self.timestamped and row.words and r.random() < self.timestamped:
            zero = start + 1  # Whisper counts its timestamps in 20 ms, as the encoder its frames
            start, after = zero + row.words[0][0] + EARLY, [zero + row.words[-1][1] - LATE]
        labels = [start, *said, *after, self.token(END)]
        return [self.token(START), start, *heard, *after], labels, [SMOOTHING] * len(labels)

    def _nothing(self) -> tuple[list[int], list[int], list[float]]:
        """Where nobody speaks; whatever words were made up, the end must follow."""
        invented = self.random.choices(self.words, k=self.random.randint(1, 3))
        labels = [self.token(NO_SPEECH)] + [self.token(END)] * (1 + len(invented))
        smoothing = [SMOOTHING, NEGATIVE_SMOOTHING] + [SMOOTHING] * len(invented)
        return [self.token(START), self.token(NO_TIMESTAMPS), *invented], labels, smoothing


def _guides(index: int, row: Example) -> list[tuple[int, int, int, int]]:
    """The token before a word is the one that must look at it."""
    return [(index, at + 1, first, max(end, first + 1)) for at, (first, end) in enumerate(row.words or [])]


def _warped(features: np.ndarray, factor: float) -> np.ndarray:
    """Stretch the frequency axis: a shorter or longer vocal tract."""
    at = np.minimum(np.arange(MEL_BANDS) * factor, MEL_BANDS - 1.001)
    low = at.astype(int)
    part = (at - low)[:, None].astype(np.float32)
    return features[low] * (1 - part) + features[low + 1] * part


def _stacked(rows: tuple[list, ...], filler: float) -> torch.Tensor:
    longest = max(map(len, rows))
    return torch.tensor([row + [filler] * (longest - len(row)) for row in rows])
