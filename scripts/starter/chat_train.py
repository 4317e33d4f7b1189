"""Tokenizer and grammar -> a small Llama's weights in .starter/chat (2 threads: about 0.6 s a step on AVX2).

python chat_train.py .starter/chat --steps 820
"""

import argparse
import math
import random
import time
from collections.abc import Iterator
from pathlib import Path

import chat_dialogs
import chat_format
import torch
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import LlamaConfig, LlamaForCausalLM

TOKENS_PER_STEP, POOL, PEAK_RATE, WARM_UP = 3000, 256, 3e-3, 60
IGNORED = -100
STAGES = ({"seed": 1, "steps": 820}, {"seed": 2, "steps": 1200})
"""What made the shipped model: the second stage goes on from the first (--again) with other conversations."""
STEPS = STAGES[0]["steps"]


def main() -> None:
    """Train for exactly --steps steps; everything drawn from --seed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--again", action="store_true", help="go on from the folder's weights (with another --seed)")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    tokenizer = Tokenizer.from_file(str(arguments.folder / "tokenizer.json"))
    model = small_llama(tokenizer.get_vocab_size())
    if arguments.again:
        model = LlamaForCausalLM.from_pretrained(arguments.folder, dtype=torch.float32)
    print(f"{sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters")
    train(model, batches(tokenizer, random.Random(arguments.seed)), arguments.steps, arguments.folder)
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
    model: LlamaForCausalLM, source: Iterator[tuple[torch.Tensor, torch.Tensor]], steps: int, folder: Path
) -> None:
    """AdamW, warm-up, then cosine; float32, because bfloat16 is many times slower without avx512_bf16."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=PEAK_RATE, betas=(0.9, 0.98), weight_decay=0.05)
    started, average = time.monotonic(), torch.zeros(2)
    for step in range(steps):
        for group in optimizer.param_groups:
            cosine = 0.5 * (1 + math.cos(math.pi * step / steps))
            group["lr"] = PEAK_RATE * min(1, (step + 1) / WARM_UP) * max(0.02, cosine)
        loss, right = _loss(model, *next(source))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        now = torch.tensor([loss.item(), right])
        average = now if step == 0 else 0.97 * average + 0.03 * now
        if (step + 1) % 20 == 0:
            minutes = (time.monotonic() - started) / 60
            print(
                f"step {step + 1} of {steps}, {minutes:.1f} min: loss {average[0]:.4f}, tokens right {average[1]:.4f}",
                flush=True,
            )
        if (step + 1) % 200 == 0:
            model.save_pretrained(folder)


def batches(tokenizer: Tokenizer, r: random.Random) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Conversations of about equal length together, TOKENS_PER_STEP each: (tokens, tokens to learn or IGNORED)."""
    while True:
        pool = sorted(
            (_encoded(tokenizer, *chat_dialogs.conversation(r)) for _ in range(POOL)), key=lambda row: len(row[0])
        )
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
