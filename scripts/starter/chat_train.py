"""Tokenizer and grammar -> a small Llama's weights in .starter/chat (one thread with avx512_bf16: 0.6 s a step).

python chat_train.py .starter/chat --stage 1

First it learns to copy, from exercises in which nothing can be guessed; then, from conversations, what to copy where.
Without the exercises it copied nothing yet after 200 steps; with them alone, every second token.
"""

import argparse
import math
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import chat_dialogs
import chat_format
import torch
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import LlamaConfig, LlamaForCausalLM

TOKENS_PER_STEP, POOL, WARM_UP = 3000, 256, 60
MATRIX_RATE, OTHER_RATE = 6e-3, 3e-3
IGNORED = -100


@dataclass(frozen=True)
class Stage:
    """What is learned, from which seed, for how many steps; a later one goes on from the weights of the one before."""

    lesson: Callable[[random.Random], tuple[list[str], list[bool]]]
    seed: int
    steps: int
    rate: float = 1.0
    """of the learning rates below"""


STAGES = {
    1: Stage(chat_dialogs.copying, seed=1, steps=400),
    2: Stage(chat_dialogs.conversation, seed=2, steps=2400),
    3: Stage(chat_dialogs.conversation, seed=3, steps=500, rate=0.4),
    4: Stage(chat_dialogs.long_conversation, seed=4, steps=400, rate=0.4),
}
"""What made the shipped model. In its second stage tools still answered in words foreign to the grammar alone, which it
took for a sign of what may be copied: hence the third, and a first and second made today would differ a little."""


def main() -> None:
    """Train one stage for exactly its steps; everything is drawn from its seed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--stage", type=int, choices=STAGES, required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--float32", action="store_true", help="on a CPU without avx512_bf16: bfloat16 crawls there")
    arguments = parser.parse_args()
    stage = STAGES[arguments.stage]
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(stage.seed)
    tokenizer = Tokenizer.from_file(str(arguments.folder / "tokenizer.json"))
    model = small_llama(tokenizer.get_vocab_size())
    if arguments.stage > 1:
        model = LlamaForCausalLM.from_pretrained(arguments.folder, dtype=torch.float32)
    print(f"{sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters")
    source = batches(tokenizer, stage, random.Random(stage.seed))
    train(model, source, stage, arguments.folder, bfloat16=not arguments.float32)
    model.save_pretrained(arguments.folder)


def small_llama(vocabulary: int) -> LlamaForCausalLM:
    """Two million parameters: enough for a few thousand requests and for copying."""
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=vocabulary,
            hidden_size=192,
            intermediate_size=512,
            num_hidden_layers=4,
            num_attention_heads=4,
            num_key_value_heads=4,
            head_dim=48,
            max_position_embeddings=4096,
            rms_norm_eps=1e-5,
            rope_theta=10000.0,
            tie_word_embeddings=True,
            bos_token_id=chat_format.BEGIN,
            eos_token_id=chat_format.END,
            pad_token_id=chat_format.PAD,
        )
    )


def train(
    model: LlamaForCausalLM,
    source: Iterator[tuple[torch.Tensor, torch.Tensor]],
    stage: Stage,
    folder: Path,
    *,
    bfloat16: bool,
) -> None:
    """Warm-up, then cosine; the weights are kept every 200 steps."""
    optimizers = optimizers_for(model)
    started, average = time.monotonic(), torch.zeros(2)
    for step in range(stage.steps):
        share = (
            stage.rate * min(1, (step + 1) / WARM_UP) * max(0.02, 0.5 * (1 + math.cos(math.pi * step / stage.steps)))
        )
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            loss, right = _loss(model, *next(source))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer, rate in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate * share
            optimizer.step()
            optimizer.zero_grad()
        now = torch.tensor([loss.item(), right])
        average = now if step == 0 else 0.97 * average + 0.03 * now
        if (step + 1) % 20 == 0:
            minutes, (loss_, right_) = (time.monotonic() - started) / 60, average
            progress = f"step {step + 1} of {stage.steps}, {minutes:.1f} min"
            print(f"{progress}: loss {loss_:.4f}, tokens right {right_:.4f}", flush=True)
        if (step + 1) % 200 == 0:
            model.save_pretrained(folder)


def optimizers_for(model: LlamaForCausalLM) -> list[tuple[torch.optim.Optimizer, float]]:
    """(optimizer, peak learning rate): Muon for the matrices between the layers, AdamW for embedding and norms.

    Muon (Jordan et al. 2024) keeps a matrix's updates orthogonal.
    """
    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name]
    others = [p for name, p in model.named_parameters() if p.ndim != 2 or "embed" in name]
    return [
        (torch.optim.Muon(matrices, weight_decay=0.05, adjust_lr_fn="match_rms_adamw"), MATRIX_RATE),
        (torch.optim.AdamW(others, betas=(0.9, 0.98), weight_decay=0.05), OTHER_RATE),
    ]


def batches(tokenizer: Tokenizer, stage: Stage, r: random.Random) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Conversations of about equal length together, TOKENS_PER_STEP each: (tokens, tokens to learn or IGNORED)."""
    while True:
        pool = sorted((_encoded(tokenizer, *stage.lesson(r)) for _ in range(POOL)), key=lambda row: len(row[0]))
        groups: list[list[tuple[list[int], list[int]]]] = [[]]
        for row in pool:
            if groups[-1] and len(row[0]) * (len(groups[-1]) + 1) > TOKENS_PER_STEP:
                groups.append([])
            groups[-1].append(row)
        r.shuffle(groups)
        for group in groups:
            yield _padded(group)


def _encoded(tokenizer: Tokenizer, texts: list[str], learn: list[bool]) -> tuple[list[int], list[int]]:
    tokens: list[int] = []
    labels: list[int] = []
    for text, wanted in zip(texts, learn, strict=True):
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        tokens += ids
        labels += ids if wanted else [IGNORED] * len(ids)
    return tokens, labels


def _padded(rows: list[tuple[list[int], list[int]]]) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(len(tokens) for tokens, _ in rows)
    tokens = torch.tensor([tokens + [chat_format.PAD] * (longest - len(tokens)) for tokens, _ in rows])
    labels = torch.tensor([labels + [IGNORED] * (longest - len(labels)) for _, labels in rows])
    return tokens, labels


def _loss(model: LlamaForCausalLM, tokens: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, float]:
    """Cross entropy over the words to learn alone; the output layer is not computed for the others."""
    wanted = labels[:, 1:] != IGNORED
    hidden = model.model(input_ids=tokens).last_hidden_state[:, :-1][wanted]
    logits = model.lm_head(hidden)
    target = labels[:, 1:][wanted]
    return functional.cross_entropy(logits, target), (logits.argmax(-1) == target).float().mean().item()


if __name__ == "__main__":
    main()
