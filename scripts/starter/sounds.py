"""Sounds that are not speech: hum, key clicks, brown and white noise, as float32 at 16 kHz (milliseconds each).

The recognizer is trained to answer nothing to them, `figures.py` checks that it does, and some are recordings in tests.
"""

import numpy as np
from scipy.signal import lfilter

RATE = 16_000


def level(audio: np.ndarray, peak_dbfs: float) -> np.ndarray:
    """Scale to a peak in dBFS; silence stays silence."""
    peak = float(np.abs(audio).max(initial=0.0))
    return (audio * (10 ** (peak_dbfs / 20) / peak if peak else 0)).astype(np.float32)


def silence(seconds: float) -> np.ndarray:
    """Digital silence."""
    return np.zeros(round(seconds * RATE), np.float32)


def white(seconds: float, random: np.random.Generator) -> np.ndarray:
    """White noise, standard deviation 1."""
    return random.standard_normal(round(seconds * RATE), dtype=np.float32)


def brown(seconds: float, random: np.random.Generator) -> np.ndarray:
    """Brown noise: integrated white noise with a leak, so that it does not wander off."""
    return lfilter([1.0], [1.0, -0.99], white(seconds, random)).astype(np.float32)


def hum(seconds: float, random: np.random.Generator, base_hz: float) -> np.ndarray:
    """Mains hum: the base and up to 15 harmonics, falling at random, some of them missing."""
    time = np.arange(round(seconds * RATE)) / RATE
    slope, keep = random.uniform(0.4, 2.0), random.uniform(0.4, 1.0)
    total = np.zeros(len(time))
    for harmonic in range(1, 17):
        if harmonic == 1 or random.random() < keep:
            phase = random.uniform(0, 2 * np.pi)
            total += np.sin(2 * np.pi * base_hz * harmonic * time + phase) / harmonic**slope
    return total.astype(np.float32)


def clicks(seconds: float, random: np.random.Generator) -> np.ndarray:
    """Someone typing: short decaying bursts of noise through a resonance, two per key (down and up)."""
    audio = np.zeros(round(seconds * RATE) + RATE, np.float32)
    at = random.uniform(0.02, 0.3)
    while at < seconds:
        for delay, loudness in ((0.0, 1.0), (random.uniform(0.05, 0.12), random.uniform(0.2, 0.6))):
            burst = _key(random) * loudness * random.uniform(0.5, 1.0)
            start = int((at + delay) * RATE)
            audio[start : start + len(burst)] += burst[: len(audio) - start]
        at += random.uniform(0.08, 0.45)
    return audio[: round(seconds * RATE)]


def _key(random: np.random.Generator) -> np.ndarray:
    length = int(RATE * random.uniform(0.008, 0.04))
    burst = random.standard_normal(length) * np.exp(-np.arange(length) * 7 / length)
    angle = 2 * np.pi * random.uniform(800, 5000) / RATE
    radius = random.uniform(0.6, 0.97)
    burst = lfilter([1.0], [1.0, -2 * radius * np.cos(angle), radius**2], burst)
    return (burst / np.abs(burst).max()).astype(np.float32)
