"""Examples -> a Whisper's weights in .starter/stt/listener.pt (one thread: 0.8 s a step with avx512_bf16).

python stt_train.py .starter/stt --stage 1

Three losses: the next word; the phoneme of every encoder frame; and how much of a word's cross-attention falls into
that word's time. The last two come from the synthesisers' own timing, and are why it listens after minutes, not days.
"""

import argparse
import math
import pickle
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import torch
from stt_batches import IGNORED, Batch, Batcher
from stt_features import Example
from stt_model import MOST_PHONEMES, Listener
from tokenizers import Tokenizer
from torch.nn import functional


@dataclass(frozen=True)
class Stage:
    """`data` are the seeds of the files trained on; `timestamped`, `windows` and `joined` as in stt_batches.

    The rate falls along a cosine over `planned` steps, 0 for all of them: a stage may end before it has fallen.
    Utterances of at least `twice_from` frames (10 ms) are there twice, 0 for none: two sentences in one clip are hard.
    """

    seed: int
    steps: int
    peak_rate: float
    data: range | list[int]
    planned: int = 0
    timestamped: float = 0.0
    twice_from: int = 0
    windows: dict[int, float] = field(default_factory=dict)
    joined: float = 0.0


STAGES = {
    1: Stage(seed=1, steps=600, planned=1500, peak_rate=2.5e-3, data=range(101, 105)),
    2: Stage(
        seed=2,
        steps=800,
        planned=1500,
        peak_rate=1.8e-3,
        data=[*range(101, 107), *range(201, 205)],
        timestamped=0.1,
        windows={1000: 0.12, 3000: 0.06},
    ),
    3: Stage(
        seed=3,
        steps=500,
        peak_rate=1e-3,
        data=[*range(101, 107), *range(201, 205)],
        timestamped=0.1,
        twice_from=400,
        windows={1000: 0.12, 3000: 0.06},
    ),
    4: Stage(
        seed=4,
        steps=360,
        peak_rate=8e-4,
        data=[*range(101, 107), *range(201, 205)],
        timestamped=0.1,
        twice_from=400,
        windows={1000: 0.12, 3000: 0.08},
        joined=0.35,
    ),
    5: Stage(
        seed=5,
        steps=170,
        peak_rate=5e-4,
        data=[*range(101, 107), *range(201, 205)],
        timestamped=0.1,
        twice_from=400,
        windows={1000: 0.12, 3000: 0.04},
        joined=0.5,
    ),
}
"""What made the shipped model; each goes on from the one before."""
WARM_UP, GUIDE_WEIGHT, LEAST_GUIDED = 80, 0.5, 1e-4


def main() -> None:
    """Train one stage for exactly its steps."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--stage", type=int, choices=STAGES, required=True)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    stage, folder = STAGES[arguments.stage], arguments.folder
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(stage.seed)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    examples = [row for seed in stage.data for row in pickle.loads((folder / f"{seed}.pkl").read_bytes())]
    examples += [row for row in examples if 0 < stage.twice_from <= row.features.shape[1]]
    listener, phonemes = Listener(tokenizer), _phonemes(examples)
    if arguments.stage > 1:
        kept = torch.load(folder / f"listener{arguments.stage - 1}.pt")
        listener.load_state_dict(kept["weights"])
        phonemes = kept["phonemes"]
    print(f"{len(examples)} utterances, {len(phonemes)} phonemes, {_size(listener):.2f} M parameters", flush=True)
    batches = Batcher(tokenizer, examples, phonemes, stage.seed, stage.timestamped).batches(stage.windows, stage.joined)
    train(listener, batches, stage, lambda: _keep(listener, phonemes, folder / f"listener{arguments.stage}.pt"))


def train(listener: Listener, batches: Iterator[Batch], stage: Stage, keep: Callable[[], None]) -> None:
    """Warm-up, then cosine; bfloat16 where the processor has it, because elsewhere it is many times slower."""
    optimizers = _optimizers(listener, stage.peak_rate)
    bfloat16 = torch.cpu._is_avx512_bf16_supported()  # noqa: SLF001 - torch has no public way to ask
    started, average = time.monotonic(), torch.zeros(5)
    for step in range(stage.steps):
        cosine = 0.5 * (1 + math.cos(math.pi * step / (stage.planned or stage.steps)))
        rate = min(1, (step + 1) / WARM_UP) * max(0.02, cosine)
        for group in (group for optimizer in optimizers for group in optimizer.param_groups):
            group["lr"] = stage.peak_rate * rate
        batch = next(batches)
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            outputs = listener(batch.features, batch.tokens)
        loss, figures = _losses(batch, *outputs)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(listener.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
        average = figures if step == 0 else 0.97 * average + 0.03 * figures
        if (step + 1) % 25 == 0:
            _tell(step + 1, stage.steps, time.monotonic() - started, average)
        if (step + 1) % 100 == 0 or step + 1 == stage.steps:
            keep()


def _optimizers(listener: Listener, rate: float) -> list[torch.optim.Optimizer]:
    """Muon for the layers' matrices, AdamW for all else."""
    named = [(name, weight) for name, weight in listener.named_parameters() if weight.requires_grad]
    matrices = [weight for name, weight in named if ".layers." in name and weight.ndim == 2]
    others = [weight for name, weight in named if not (".layers." in name and weight.ndim == 2)]
    return [
        torch.optim.Muon(matrices, lr=rate, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True),
    ]


def _losses(
    batch: Batch, words: torch.Tensor, phonemes: torch.Tensor, attention: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """The sum to minimise, and what to print: its three parts, words right, phonemes right."""
    known = batch.labels != IGNORED
    scores, labels, smoothing = words[known].log_softmax(-1), batch.labels[known], batch.smoothing[known]
    picked = scores.gather(1, labels[:, None])[:, 0]
    word_loss = -((1 - smoothing) * picked + smoothing * scores.mean(-1)).mean()
    phoneme_loss = functional.cross_entropy(phonemes.flatten(0, 1), batch.phonemes.flatten(), ignore_index=IGNORED)
    guide_loss = _guide_loss(attention, batch.guides)
    known_phonemes = batch.phonemes != IGNORED
    figures = torch.tensor(
        [
            word_loss.item(),
            phoneme_loss.item(),
            guide_loss.item(),
            (scores.argmax(-1) == labels).float().mean().item(),
            (phonemes.argmax(-1) == batch.phonemes)[known_phonemes].float().mean().item(),
        ]
    )
    return word_loss + phoneme_loss + GUIDE_WEIGHT * guide_loss, figures


def _guide_loss(attention: torch.Tensor, guides: torch.Tensor) -> torch.Tensor:
    """Minus the logarithm of the share of attention that falls between a word's start and end."""
    if not len(guides):
        return torch.zeros(())
    row, token, first, end = guides.unbind(1)
    until = functional.pad(attention[row, token].cumsum(-1), (1, 0))
    inside = until.gather(1, end[:, None].clamp(max=attention.shape[-1])) - until.gather(1, first[:, None])
    return -inside.clamp(min=LEAST_GUIDED).log().mean()


def _phonemes(examples: list[Example]) -> dict[str, int]:
    """Every phoneme's number; the rarest, beyond the head's size, would be an error worth seeing."""
    names = sorted({name for row in examples for name, _ in row.phonemes})
    if len(names) > MOST_PHONEMES:
        message = f"{len(names)} phonemes, {MOST_PHONEMES} at most"
        raise ValueError(message)
    return {name: number for number, name in enumerate(names)}


def _size(listener: Listener) -> float:
    return sum(weight.numel() for weight in listener.parameters()) / 1e6


def _keep(listener: Listener, phonemes: dict[str, int], path: Path) -> None:
    torch.save({"weights": listener.state_dict(), "phonemes": phonemes}, path)


def _tell(step: int, steps: int, seconds: float, average: torch.Tensor) -> None:
    word, phoneme, guide, words_right, phonemes_right = average.tolist()
    print(
        f"step {step} of {steps}, {seconds / 60:.1f} min: words {word:.3f}, phonemes {phoneme:.3f}, guide {guide:.2f}; "
        f"right: words {words_right:.3f}, phonemes {phonemes_right:.3f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
