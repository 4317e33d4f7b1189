"""Sounds of a room in which nobody speaks: float64 (n,) at 16 kHz, of a level in dBFS, the same at every call."""

import numpy as np

from assistant.audio import to_int16
from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE, Frame

SEED = 5


def at_level(sound, dbfs):
    """Scaled to a root mean square of *dbfs*."""
    return sound * 10 ** (dbfs / 20) / np.sqrt(np.mean(np.square(sound)))


def coloured(seconds, slope):
    """Noise whose power falls with that power of the frequency: 0 white, 1 pink, 2 brown."""
    random = np.random.default_rng(SEED)
    count = round(seconds * SAMPLE_RATE)
    spectrum = np.fft.rfft(random.standard_normal(count))
    hertz = np.maximum(np.fft.rfftfreq(count, 1 / SAMPLE_RATE), 20)
    return np.fft.irfft(spectrum * hertz ** (-slope / 2), count)


def _times(seconds):
    return np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE


def quiet_room(seconds, dbfs=-60):
    return at_level(coloured(seconds, 1), dbfs)


def hum(seconds, dbfs=-40):
    """A bad cable: mains and its harmonics, over a little hiss."""
    times, random = _times(seconds), np.random.default_rng(SEED)
    tones = sum(np.sin(2 * np.pi * 50 * n * times + random.uniform(0, 6)) / n for n in range(1, 17))
    return at_level(tones, dbfs) + at_level(coloured(seconds, 0), dbfs - 25)


def fan(seconds, dbfs=-45):
    """Rushing air that swells 1.3 times a second, and the tones of the blades."""
    times = _times(seconds)
    air = at_level(coloured(seconds, 1), 0) * (1 + 0.15 * np.sin(2 * np.pi * 1.3 * times))
    return at_level(air + 0.5 * sum(np.sin(2 * np.pi * 47 * n * times) / n for n in (1, 2, 3, 6)), dbfs)


def keyboard(seconds, peak=0.1):
    """Somebody types, in a quiet room: two clicks a key, 8 to 40 ms long."""
    random = np.random.default_rng(SEED)
    sound = np.zeros(round(seconds * SAMPLE_RATE) + SAMPLE_RATE)
    at = 0.1
    while at < seconds:
        for delay, loudness in ((0.0, 1.0), (random.uniform(0.05, 0.12), random.uniform(0.2, 0.6))):
            count = int(SAMPLE_RATE * random.uniform(0.008, 0.04))
            ring = 2 * np.sin(2 * np.pi * random.uniform(800, 5000) * np.arange(count) / SAMPLE_RATE)
            click = (random.standard_normal(count) + ring) * np.exp(-np.arange(count) * 7 / count)
            start = int((at + delay) * SAMPLE_RATE)
            sound[start : start + count] += click / np.abs(click).max() * peak * loudness * random.uniform(0.5, 1)
        at += random.uniform(0.08, 0.45)
    return sound[: round(seconds * SAMPLE_RATE)] + quiet_room(seconds)


def music(seconds, dbfs=-40):
    """Chords and a melody with vibrato, struck and dying away, in a quiet room."""
    random = np.random.default_rng(SEED)
    sound = np.zeros(round(seconds * SAMPLE_RATE) + 2 * SAMPLE_RATE)
    for bar in range(int(seconds / 2) + 1):
        root = (220.0, 174.6, 261.6, 196.0)[bar % 4]
        chord = [(root * ratio, bar * 2.0, 2.0, 1.0) for ratio in (1, 1.26, 1.5, 2)]
        steps = random.choice([0, 2, 4, 7, 9], 4)
        melody = [(root * 2 ** (1 + step / 12), bar * 2 + beat / 2, 0.5, 1.5) for beat, step in enumerate(steps)]
        for note in chord + melody:
            _add_note(sound, *note)
    return at_level(sound[: round(seconds * SAMPLE_RATE)], dbfs) + quiet_room(seconds)


def _add_note(sound, hertz, at, lasts, loudness):
    start = round(at * SAMPLE_RATE)
    times = _times(lasts)[: max(0, sound.size - start)]
    phase = 2 * np.pi * hertz * times + hertz / 250 * np.sin(2 * np.pi * 5.5 * times)
    shape = np.exp(-1.5 / lasts * 2 * times) * (1 - np.exp(-70 * times))
    sound[start : start + times.size] += loudness * shape * sum(np.sin(n * phase) / n for n in range(1, 6))


NOISES = {
    "digital silence": lambda seconds: np.zeros(round(seconds * SAMPLE_RATE)),
    "quiet room, -60 dBFS": quiet_room,
    "hum, -40": hum,
    "fan, -45": fan,
    "loud fan, -30": lambda seconds: fan(seconds, -30),
    "rumble, -35": lambda seconds: at_level(coloured(seconds, 2), -35),
    "hiss, -40": lambda seconds: at_level(coloured(seconds, 0), -40),
    "loud hiss, -25": lambda seconds: at_level(coloured(seconds, 0), -25),
    "keyboard, peaks of -20": keyboard,
    "music, -40": music,
    "music, -30": lambda seconds: music(seconds, -30),
    "beyond full scale, +6": lambda seconds: fan(seconds, 6),
}
"""by name: seconds -> sound"""


def speech_level(sound):
    """The level in dBFS of the loud parts of a recording of speech: its frames within 30 dB of the loudest."""
    powers = np.mean(np.square(sound[: sound.size // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)), axis=1)
    return 10 * np.log10(powers[powers > powers.max() / 1000].mean())


def mixed(speech, noise, snr, at):
    """*speech* from *at* seconds on in *noise*, *snr* dB louder than it (silence: as loud as it is)."""
    out = noise.copy()
    power = np.mean(np.square(noise))
    if power:
        speech = speech * 10 ** ((10 * np.log10(power) + snr - speech_level(speech)) / 20)
    start = round(at * SAMPLE_RATE)
    out[start : start + speech.size] += speech
    return out


def frames(sound):
    """As a source gives them; what is beyond full scale is clipped."""
    samples = to_int16(sound)
    for start in range(0, samples.size - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        yield Frame(samples[start : start + FRAME_SAMPLES], start, (start + FRAME_SAMPLES) / SAMPLE_RATE)
