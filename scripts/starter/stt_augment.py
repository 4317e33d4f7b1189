"""Speech -> the same in another throat, room, loudness, noise; and sounds without speech (1-5 ms each).

The times of words and phonemes move along wherever the audio does.
"""

import random

import numpy as np
import sounds
import stt_voices
from scipy.signal import resample_poly
from stt_voices import RATE, Speech

SPEEDS = (83, 87, 91, 95, 106, 111, 117, 124)  # percent
NOISES = ("white", "brown", "hum", "clicks")


def recorded(speech: Speech, r: random.Random, after: float) -> Speech:
    """As some microphone in some room would have it, at random; `after` seconds of silence follow."""
    random_ = np.random.default_rng(r.getrandbits(32))
    if r.random() < 0.55:
        speech = faster(speech, r.choice(SPEEDS))
    if r.random() < 0.3:
        speech = _with(speech, _room(speech.audio, r, random_))
    if r.random() < 0.3:
        speech = _with(speech, _tilted(speech.audio, r.uniform(-0.4, 0.7)))
    speech = _with(speech, sounds.level(speech.audio, r.uniform(-30, 0)))
    speech = padded(speech, r.uniform(0, 0.5), after)
    if r.random() < 0.65:
        speech = _with(speech, speech.audio + _noise_under(speech.audio, r, random_))
    return speech


def faster(speech: Speech, percent: int) -> Speech:
    """Speed and pitch together by resampling: the cheapest new speaker."""
    audio = resample_poly(speech.audio, 100, percent).astype(np.float32)
    scale = 100 / percent
    words = speech.words and [(start * scale, end * scale) for start, end in speech.words]
    return Speech(speech.text, audio, words, [(start * scale, name) for start, name in speech.phonemes])


def padded(speech: Speech, before: float, after: float) -> Speech:
    """Seconds of silence around it."""
    audio = np.concatenate([sounds.silence(before), speech.audio, sounds.silence(after)])
    words = speech.words and [(start + before, end + before) for start, end in speech.words]
    return Speech(speech.text, audio, words, [(start + before, name) for start, name in speech.phonemes])


def one_after_another(first: Speech, second: Speech, pause: float) -> Speech:
    """Two sentences in one clip, `pause` seconds apart."""
    first = padded(first, 0, pause)
    later = padded(second, first.seconds, 0)
    words = first.words + later.words if first.words and later.words else None
    phonemes = [*first.phonemes, (first.seconds - pause, stt_voices.SILENCE), *later.phonemes]
    audio = np.concatenate([first.audio, second.audio])
    return Speech(f"{first.text} {second.text}", audio, words, phonemes)


def cut_off(speech: Speech, r: random.Random) -> Speech:
    """Broken off as the next word begins, and the text with it; whole where the words' times are not known."""
    if not speech.words or len(speech.words) < 2:
        return speech
    kept = r.randint(1, len(speech.words) - 1)
    end = speech.words[kept][0] + r.uniform(-0.01, 0.06)
    phonemes = [(start, name) for start, name in speech.phonemes if start < end]
    words = [*speech.words[: kept - 1], (speech.words[kept - 1][0], end)]
    return Speech(" ".join(speech.text.split()[:kept]), speech.audio[: int(end * RATE)], words, phonemes)


def no_speech(r: random.Random) -> Speech:
    """0.5 to 4 s of silence, noise, hum or clicks, sometimes two of them: nothing to write down."""
    random_ = np.random.default_rng(r.getrandbits(32))
    seconds = r.uniform(0.5, 4.0)
    audio = sounds.silence(seconds)
    for _ in range(r.choice([0, 1, 1, 1, 1, 2])):
        audio = audio + sounds.level(_noise(seconds, r.choice(NOISES), random_), r.uniform(-60, -3))
    return Speech("", audio, None, [])


def _noise_under(audio: np.ndarray, r: random.Random, random_: np.random.Generator) -> np.ndarray:
    """Noise 8 to 45 dB weaker than the speech."""
    noise = _noise(len(audio) / RATE, r.choices(NOISES, [6, 2, 1, 1])[0], random_)[: len(audio)]
    loudness = np.sqrt(np.mean(audio**2)) * 10 ** (-r.uniform(8, 45) / 20)
    return noise * loudness / (np.sqrt(np.mean(noise**2)) + 1e-9)


def _noise(seconds: float, kind: str, random_: np.random.Generator) -> np.ndarray:
    if kind == "hum":
        return sounds.hum(seconds, random_, random_.uniform(45, 180))
    return getattr(sounds, kind)(seconds, random_)


def _room(audio: np.ndarray, r: random.Random, random_: np.random.Generator) -> np.ndarray:
    """Light reverberation: exponentially decaying noise behind the direct sound, 60 dB down in 0.05 to 0.25 s."""
    length = int(RATE * r.uniform(0.05, 0.25))
    answer = random_.standard_normal(length) * np.exp(-np.arange(length) * 6.9 / length) * r.uniform(0.02, 0.12)
    answer[0] = 1
    size = 1 << (len(audio) + length).bit_length()
    wet = np.fft.irfft(np.fft.rfft(audio, size) * np.fft.rfft(answer, size), size)
    return wet[: len(audio) + RATE // 20].astype(np.float32)


def _tilted(audio: np.ndarray, amount: float) -> np.ndarray:
    """A duller or sharper microphone: pre-emphasis of either sign."""
    return np.append(audio[:1], audio[1:] - amount * audio[:-1])


def _with(speech: Speech, audio: np.ndarray) -> Speech:
    return Speech(speech.text, audio, speech.words, speech.phonemes)
