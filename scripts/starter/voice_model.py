"""Phoneme ids -> envelope, noise and pitch, frame by frame, -> sound: the voice's network and its vocoder (PyTorch).

A small convolutional acoustic model in the manner of FastSpeech (Ren 2019; one network for durations, one for frames)
and a source-filter vocoder without learnt parameters: harmonics of the pitch and noise, both shaped by the envelope
(DDSP, Engel 2020). All of it is differentiable, so that the sound itself can be compared in training, and all of it
goes into one ONNX graph.
"""

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

RATE, HOP = 16_000, 128  # Hz, samples in a frame
BANDS, NOISE_BANDS = 56, 12
SYMBOLS = 256  # Piper's phoneme ids go to 165; the rest is reserve
FFT = 512  # samples: a segment of two frames, and as much for the filter to ring
BINS = FFT // 2 + 1
SPREAD = 64  # samples by which high sounds lag the lowest: peaks are 2 dB lower than without, and it buzzes less
SPREAD_FROM = 2000.0  # Hz: "high"
PEAKS = 7600.0  # Hz, the highest harmonic
NOISE_SAMPLES = 16_411  # of stored noise, then it comes again; a prime, so never in step with the frames
FRAME_FEATURES = 5


def band_centres() -> np.ndarray:
    """Hz of the envelope's bands: evenly on the mel scale from 40 to 7900 Hz."""
    low, high = 2595 * np.log10(1 + np.array([40.0, 7900.0]) / 700)
    return 700 * (10 ** (np.linspace(low, high, BANDS) / 2595) - 1)


class Block(nn.Module):
    """A dilated convolution beside which the signal passes."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(width, width, 5, padding=2 * dilation, dilation=dilation)
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(batch, width, time) and a mask (batch, 1, time) -> the same shape."""
        y = functional.gelu(self.convolution(x * mask))
        return x + self.norm(y.transpose(1, 2)).transpose(1, 2)


class Acoustic(nn.Module):
    """Phoneme ids -> durations, and frames of BANDS envelope values, NOISE_BANDS noise logits and log pitch.

    Envelope and pitch are in standard deviations, as `Voice` knows them.
    """

    def __init__(self, width: int = 128) -> None:
        super().__init__()
        self.embedding = nn.Embedding(SYMBOLS, width)
        self.encoder = nn.ModuleList(Block(width, dilation) for dilation in (1, 1, 2, 4, 8, 16))
        self.duration = nn.Sequential(nn.Linear(width, 64), nn.GELU(), nn.Linear(64, 1))
        self.place = nn.Linear(FRAME_FEATURES, width)
        self.decoder = nn.ModuleList(Block(width, dilation) for dilation in (1, 2, 4, 2, 1))
        self.out = nn.Linear(width, BANDS + NOISE_BANDS + 1)

    def encode(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Ids (batch, n) -> features (batch, width, n) and durations (batch, n) in frames."""
        x = self.embedding(ids).transpose(1, 2)
        for block in self.encoder:
            x = block(x, mask)
        return x, functional.softplus(self.duration(x.transpose(1, 2)).squeeze(-1))

    def decode(self, features: Tensor, durations: Tensor, times: Tensor, mask: Tensor) -> Tensor:
        """What is spoken at *times* (frames,), in frames from the start -> (batch, frames, outputs)."""
        ends = torch.cumsum(durations, 1)
        index = (times[None, :, None] > ends[:, None, :]).to(torch.int64).sum(2).clamp(max=ends.shape[1] - 1)
        end, length = torch.gather(ends, 1, index), torch.gather(durations, 1, index)
        left = (end - times).clamp(min=0)
        gone = (length - left).clamp(min=0)
        part = gone / (length + 1e-3)
        place = torch.stack([part, part * part, torch.log1p(length), torch.exp(-gone / 2), torch.exp(-left / 2)], -1)
        x = torch.gather(features, 2, index[:, None, :].expand(-1, features.shape[1], -1))
        x = x + self.place(place).transpose(1, 2)
        for block in self.decoder:
            x = block(x, mask)
        return self.out(x.transpose(1, 2))


class Vocoder(nn.Module):
    """Envelope (log power in BANDS), noise share and pitch -> sound.

    Harmonics and noise of unit power density are cut into windowed segments of two frames; each is filtered with the
    minimum-phase response of its envelope, and all are added up where they overlap. The segment fills half the
    transform, so a response may ring for as long again. Nothing is learnt here: all tensors are formulas, and are not
    saved with the weights.
    """

    def __init__(self) -> None:
        super().__init__()
        centres, bins = band_centres(), np.arange(BINS) * RATE / FFT
        to_bins = _interpolation(bins, centres)
        noise_centres = 700 * (np.exp(np.linspace(0, np.log(1 + 8000 / 700), NOISE_BANDS)) - 1)
        self._keep("to_bins", 0.5 * to_bins.T)  # half the log power is the log amplitude
        self._keep("to_phase", 0.5 * _minimum_phase(to_bins).T)
        delay = SPREAD * np.minimum(bins / SPREAD_FROM, 1)
        self._keep("delay", np.cumsum(-2 * np.pi / FFT * delay))
        self._keep("to_noise_bins", _interpolation(bins, noise_centres).T)
        self._keep("between_frames", _between_frames())
        angle = 2 * np.pi / FFT * (np.outer(np.arange(FFT), np.arange(BINS)) % FFT)
        self._keep("cosine", np.cos(angle))  # (FFT, BINS); voice_export puts the formula into the file instead
        self._keep("sine", np.sin(angle))
        self._keep("window", np.sin(np.pi * (np.arange(2 * HOP) + 0.5) / (2 * HOP)) ** 2)  # adds up to 1
        bins_it_stands_for = np.where(
            np.arange(BINS) % (BINS - 1) == 0, 1, 2
        )  # but the outer, each for its mirror image
        self._keep("weight", bins_it_stands_for[:, None] / FFT)
        self._keep("noise", np.random.default_rng(0).standard_normal(NOISE_SAMPLES))

    def forward(self, envelope: Tensor, noise_share: Tensor, pitch: Tensor, noise: Tensor) -> Tensor:
        """(batch, frames, BANDS), (.., NOISE_BANDS) in 0-1, (batch, frames) Hz, noise (batch, samples) -> samples."""
        pulses, hiss = self._transformed(self.harmonics(pitch)), self._transformed(noise)
        share = (noise_share @ self.to_noise_bins).unsqueeze(-1)
        source = torch.sqrt(1 - share + 1e-6) * pulses + torch.sqrt(share + 1e-6) * hiss
        gain = torch.exp(envelope @ self.to_bins)
        phase = envelope @ self.to_phase + self.delay
        return self._added_up(_times(source, gain * torch.cos(phase), gain * torch.sin(phase)))

    def harmonics(self, pitch: Tensor) -> Tensor:
        """All harmonics below PEAKS, each of the power that noise has in its share of the spectrum.

        The sum of cosines has a closed form (Dirichlet's kernel); its highest fades in and out as the pitch moves.
        """
        hertz = self.smooth(pitch)
        cycles = torch.cumsum(hertz.double() / RATE, 1)
        angle = (2 * math.pi * (cycles - torch.floor(cycles))).float()
        count = torch.floor(PEAKS / hertz)
        half = torch.sin(angle / 2)
        near = half.abs() < 1e-4
        sum_ = torch.sin((count + 0.5) * angle) / torch.where(near, torch.ones_like(half), 2 * half) - 0.5
        sum_ = torch.where(near, count, sum_)
        top = (PEAKS / hertz - count) * torch.cos((count + 1) * angle)
        return (sum_ + top) * torch.sqrt(4 * hertz / RATE)

    def smooth(self, frames: Tensor) -> Tensor:
        """(batch, frames) -> (batch, frames * HOP), straight lines between the frames' middles."""
        before = torch.cat([frames[:, :1], frames[:, :-1]], 1)
        after = torch.cat([frames[:, 1:], frames[:, -1:]], 1)
        return (torch.stack([before, frames, after], -1) @ self.between_frames).reshape(frames.shape[0], -1)

    def _transformed(self, sound: Tensor) -> Tensor:
        """(batch, frames * HOP) -> spectra (batch, frames, BINS, 2) of windowed segments centred on the frames."""
        padded = functional.pad(sound, (HOP // 2, 3 * HOP // 2))
        blocks = padded.reshape(sound.shape[0], -1, HOP)
        segments = torch.cat([blocks[:, :-2], blocks[:, 1:-1]], -1) * self.window
        cosine, sine = self.cosine[: 2 * HOP], self.sine[: 2 * HOP]
        return torch.stack([segments @ cosine, -(segments @ sine)], -1)

    def _added_up(self, spectra: Tensor) -> Tensor:
        """Back to segments of FFT samples, four frames long and one apart, and those summed: (batch, frames * HOP)."""
        weighted = spectra * self.weight
        segments = weighted[..., 0] @ self.cosine.T - weighted[..., 1] @ self.sine.T
        blocks = segments.reshape(segments.shape[0], -1, FFT // HOP, HOP)
        parts = [functional.pad(blocks[:, :, i], (0, 0, i, FFT // HOP - 1 - i)) for i in range(FFT // HOP)]
        sound = sum(parts[1:], parts[0]).reshape(segments.shape[0], -1)
        return sound[:, HOP // 2 : HOP // 2 + blocks.shape[1] * HOP]

    def _keep(self, name: str, values: np.ndarray) -> None:
        self.register_buffer(name, torch.tensor(np.ascontiguousarray(values), dtype=torch.float32))


class Voice(nn.Module):
    """What Piper runs: ids with pads between them, their number, scales -> sound and how long each id lasts."""

    def __init__(self, acoustic: Acoustic, statistics: dict[str, Tensor]) -> None:
        super().__init__()
        self.acoustic, self.vocoder = acoustic, Vocoder()
        for name, value in statistics.items():
            self.register_buffer(name, value)

    def forward(self, ids: Tensor, lengths: Tensor, scales: Tensor) -> tuple[Tensor, Tensor]:
        """(1, 2n - 1), (1,), (noise, length, unused) -> (1, 1, 1, samples), frames of each id (1, 2n - 1)."""
        symbols = ids[:, ::2] + 0 * lengths[0]  # Piper gives all three inputs, and ONNX drops what is never read
        everywhere = torch.ones_like(symbols[:, None], dtype=torch.float32)
        features, durations = self.acoustic.encode(symbols, everywhere)
        ends = torch.cumsum(durations * scales[1], 1)
        frames = (torch.floor(ends[0, -1]) + 1).to(torch.int64)
        times = torch.arange(frames, dtype=torch.float32) + 0.5
        everywhere = torch.ones_like(times)[None, None]
        frame = self.acoustic.decode(features, durations * scales[1], times, everywhere)
        envelope, share, pitch = self.parted(frame)
        loud = 0.3 + 1.05 * scales[0]  # 1 at Piper's usual noise scale of 0.667
        noise = loud * self.vocoder.noise[torch.arange(frames * HOP) % NOISE_SAMPLES][None]
        sound = self.vocoder(envelope, share, pitch, noise)
        return sound[:, None, None], _with_pads(ends, frames)

    def parted(self, frame: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Split the network's outputs: log power, noise share 0-1, pitch in Hz."""
        envelope = frame[..., :BANDS] * self.envelope_deviation + self.envelope_mean
        pitch = torch.exp(frame[..., -1] * self.pitch_deviation + self.pitch_mean)
        return envelope, torch.sigmoid(frame[..., BANDS:-1]), pitch.clamp(50.0, 400.0)


def _with_pads(ends: Tensor, frames: Tensor) -> Tensor:
    """Frames of each id, in whole samples that add up to all of the sound; a pad has none of its own."""
    samples = torch.round(ends * HOP)
    samples = torch.cat([torch.zeros_like(samples[:, :1]), samples[:, :-1], (frames * HOP).float().reshape(1, 1)], 1)
    durations = (samples[:, 1:] - samples[:, :-1]) / HOP
    return torch.stack([durations, torch.zeros_like(durations)], -1).reshape(1, -1)[:, :-1]


def _times(source: Tensor, real: Tensor, imaginary: Tensor) -> Tensor:
    """A complex product; the last dimension of *source* is real and imaginary."""
    a, b = source[..., 0], source[..., 1]
    return torch.stack([a * real - b * imaginary, a * imaginary + b * real], -1)


def _interpolation(at: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """The matrix (at, centres) that draws straight lines between values at the *centres*."""
    return np.stack([np.interp(at, centres, unit) for unit in np.eye(centres.size)], 1)


def _minimum_phase(to_bins: np.ndarray) -> np.ndarray:
    """The matrix from log amplitudes in bands to the phase of the minimum-phase filter (a Hilbert transform)."""
    cepstrum = np.fft.irfft(to_bins, FFT, axis=0)
    cepstrum[1 : FFT // 2] *= 2
    cepstrum[FFT // 2 + 1 :] = 0
    return np.fft.rfft(cepstrum, axis=0).imag


def _between_frames() -> np.ndarray:
    """(3, HOP): weights of the frame before, this one and the next at each of its samples."""
    at = (np.arange(HOP) + 0.5) / HOP - 0.5
    return np.stack([np.maximum(-at, 0), 1 - np.abs(at), np.maximum(at, 0)])
