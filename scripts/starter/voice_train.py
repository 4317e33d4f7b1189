""".starter/voice/train.pkl -> the voice's weights in .starter/voice/voice.pt (0.17 s a step on an AVX-512 core).

    python voice_train.py .starter/voice --steps 3600

Everything is drawn from --seed. The network first learns what was measured (envelope, durations, pitch, voicing), and
from step SOUND_FROM also from the sound its vocoder makes: only that tells how noisy a "z" is.
"""

import argparse
import math
import pickle
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional
from voice_analysis import Row
from voice_model import BANDS, HOP, Acoustic, Voice

STEPS = 3600
FRAMES_PER_STEP, POOL, PEAK_RATE, WARM_UP = 4500, 512, 2e-3, 100
SOUND_FROM, CROP, MARGIN = (
    300,
    48,
    256,
)  # step; frames of each sentence whose sound is compared; samples cut off at ends
WINDOWS = (256, 512, 1024)  # samples: the shortest sees a burst, the longest the harmonics apart
QUIET = 3e-4  # amplitude below which differences do not count: -70 dBFS
WEIGHTS = {"envelope": 1.0, "durations": 1.0, "pitch": 0.3, "voicing": 0.1, "sound": 0.5}


def main() -> None:
    """Train for exactly --steps steps."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--float32", action="store_true", help="even where the processor is faster in bfloat16")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    rows, held = (pickle.loads((arguments.folder / name).read_bytes()) for name in ("train.pkl", "held.pkl"))
    measured = statistics(rows)
    voice = Voice(Acoustic(), measured)
    half = not arguments.float32 and torch.cpu.get_capabilities().get("avx512_bf16", False)
    print(f"{sum(p.numel() for p in voice.parameters()) / 1e6:.2f} M parameters, {'bfloat16' if half else 'float32'}")
    seen = sorted({int(symbol) for row in rows for symbol in row.ids})

    def save() -> None:
        saved = {"acoustic": voice.acoustic.state_dict(), "statistics": measured, "seen": seen}
        torch.save(saved, arguments.folder / "voice.pt")

    train(voice, batches(rows, random.Random(arguments.seed)), arguments.steps, save, half=half)
    report = average(voice, list(batches(held, random.Random(0), once=True)))
    print("held out:", ", ".join(f"{name} {value:.3f}" for name, value in report.items()))


def statistics(rows: list[Row]) -> dict[str, Tensor]:
    """Means and deviations of the envelope's bands and of the log pitch."""
    envelope = torch.cat([torch.tensor(row.envelope).float() for row in rows])
    pitch = torch.cat([torch.tensor(row.pitch[row.voiced > 0.5]).log() for row in rows])
    return {
        "envelope_mean": envelope.mean(0),
        "envelope_deviation": envelope.std(0),
        "pitch_mean": pitch.mean(),
        "pitch_deviation": pitch.std(),
    }


def train(
    voice: Voice, source: Iterator[dict[str, Tensor]], steps: int, save: Callable[[], None], *, half: bool
) -> None:
    """AdamW, warm-up, then cosine; saves at the end, and on the way so that one can listen."""
    optimizer = torch.optim.AdamW(voice.parameters(), lr=PEAK_RATE, betas=(0.9, 0.98), weight_decay=0.01)
    started, recent = time.monotonic(), {}
    for step in range(steps):
        for group in optimizer.param_groups:
            cosine = 0.5 * (1 + math.cos(math.pi * step / steps))
            group["lr"] = PEAK_RATE * min(1, (step + 1) / WARM_UP) * max(0.01, cosine)
        parts = losses(voice, next(source), sound=step >= SOUND_FROM, half=half)
        optimizer.zero_grad()
        sum(WEIGHTS[name] * value for name, value in parts.items()).backward()
        torch.nn.utils.clip_grad_norm_(voice.parameters(), 1.0)
        optimizer.step()
        for name, value in parts.items():
            recent[name] = 0.97 * recent.get(name, value.item()) + 0.03 * value.item()
        if (step + 1) % 50 == 0:
            figures = ", ".join(f"{name} {value:.3f}" for name, value in recent.items())
            print(f"step {step + 1} of {steps}, {(time.monotonic() - started) / 60:.1f} min: {figures}", flush=True)
        if (step + 1) % 600 == 0 or step + 1 == steps:
            save()


@torch.no_grad()
def average(voice: Voice, source: list[dict[str, Tensor]]) -> dict[str, float]:
    """Mean losses over batches, in float32."""
    parts = [losses(voice, batch, sound=True, half=False) for batch in source]
    return {name: sum(part[name].item() for part in parts) / len(parts) for name in WEIGHTS}


def losses(voice: Voice, batch: dict[str, Tensor], *, sound: bool, half: bool) -> dict[str, Tensor]:
    """Each part of the loss; durations are the true ones, so that every frame has its counterpart."""
    symbols, frames, voiced = batch["symbols"], batch["frames"], batch["voiced"]
    times = torch.arange(frames.shape[1]) + 0.5
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        features, durations = voice.acoustic.encode(batch["ids"], symbols[:, None])
        out = voice.acoustic.decode(features.float(), batch["durations"], times, frames[:, None]).float()
    envelope = (batch["envelope"] - voice.envelope_mean) / voice.envelope_deviation
    pitch = (batch["pitch"].log() - voice.pitch_mean) / voice.pitch_deviation
    noise = (1 - voiced)[..., None].expand(*voiced.shape, out.shape[-1] - BANDS - 1)
    noise_loss = functional.binary_cross_entropy_with_logits(out[..., BANDS:-1], noise, reduction="none")
    parts = {
        "envelope": _mean((out[..., :BANDS] - envelope).abs().mean(-1), frames),
        "durations": _mean((torch.log1p(durations.float()) - torch.log1p(batch["durations"])) ** 2, symbols),
        "pitch": _mean((out[..., -1] - pitch) ** 2, frames * voiced),
        "voicing": _mean(noise_loss.mean(-1), frames),
    }
    if sound:
        parts["sound"] = sound_loss(voice, out, batch)
    return parts


def sound_loss(voice: Voice, out: Tensor, batch: dict[str, Tensor]) -> Tensor:
    """Log spectra of CROP frames of every sentence, as the vocoder makes them with the true pitch, against the true."""
    length = batch["frames"].sum(1).long()
    first = (torch.rand(length.shape) * (length - CROP).clamp(min=0)).long()
    index = (first[:, None] + torch.arange(CROP)).clamp(max=out.shape[1] - 1)
    crop = torch.gather(out, 1, index[..., None].expand(-1, -1, out.shape[-1]))
    envelope, share, _ = voice.parted(crop)
    noise = torch.randn(index.shape[0], CROP * HOP)
    made = voice.vocoder(envelope, share, torch.gather(batch["pitch"], 1, index), noise)
    at = first[:, None] * HOP + torch.arange(CROP * HOP)
    true = torch.gather(batch["sound"], 1, at.clamp(max=batch["sound"].shape[1] - 1))
    made, true = made[:, MARGIN:-MARGIN], true[:, MARGIN:-MARGIN]
    return sum((_log_spectrum(made, size) - _log_spectrum(true, size)).abs().mean() for size in WINDOWS) / len(WINDOWS)


def _log_spectrum(sound: Tensor, size: int) -> Tensor:
    window = torch.hann_window(size)
    spectrum = torch.stft(sound, size, size // 4, window=window, center=False, return_complex=True)
    return torch.log((spectrum.real**2 + spectrum.imag**2) / (window**2).sum() + QUIET**2) / 2


def batches(rows: list[Row], r: random.Random, *, once: bool = False) -> Iterator[dict[str, Tensor]]:
    """Sentences of about equal length together, FRAMES_PER_STEP each."""
    while True:
        order = r.sample(rows, len(rows))
        for start in range(0, len(order), POOL):
            groups: list[list[Row]] = [[]]
            for row in sorted(order[start : start + POOL], key=lambda row: len(row.voiced)):
                if groups[-1] and len(row.voiced) * (len(groups[-1]) + 1) > FRAMES_PER_STEP:
                    groups.append([])
                groups[-1].append(row)
            r.shuffle(groups)
            yield from (_padded(group) for group in groups)
        if once:
            return


def _padded(rows: list[Row]) -> dict[str, Tensor]:
    """One batch; `symbols` and `frames` are 1 where there is something."""
    frames = [len(row.voiced) for row in rows]
    return {
        "ids": _stacked([row.ids for row in rows]),
        "durations": _stacked([row.durations for row in rows]),
        "symbols": _stacked([torch.ones(len(row.ids)) for row in rows]),
        "frames": _stacked([torch.ones(count) for count in frames]),
        "envelope": _stacked([row.envelope for row in rows]).float(),
        "pitch": _stacked([row.pitch for row in rows]).clamp(min=50.0),
        "voiced": _stacked([row.voiced for row in rows]),
        "sound": _stacked([row.sound for row in rows], max(frames) * HOP).float() / 32767,
    }


def _stacked(arrays: list, length: int = 0) -> Tensor:
    length = max(length, *(len(array) for array in arrays), 0)
    tensors = [torch.as_tensor(array) for array in arrays]
    return torch.stack(
        [functional.pad(tensor, (0, 0) * (tensor.dim() - 1) + (0, length - len(tensor))) for tensor in tensors]
    )


def _mean(values: Tensor, weights: Tensor) -> Tensor:
    return (values * weights).sum() / weights.sum()


if __name__ == "__main__":
    main()
