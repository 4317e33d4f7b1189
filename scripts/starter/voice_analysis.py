"""A sentence -> what the voice learns of it: phoneme ids, durations, envelope, pitch and sound (60 ms on one core).

espeak-ng speaks it and says when each phoneme begins; the phonemes are those Piper's phonemizer gives. The envelope is
free of the pitch (a window and a smoothing as wide as the pitch asks, as CheapTrick of the WORLD vocoder does it;
Morise 2015), so that the model need not learn where the harmonics happen to lie.
"""

import difflib
import unicodedata
from dataclasses import dataclass

import espeak
import numpy as np
import voice_texts
from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP
from voice_model import HOP, RATE, band_centres

SPEAKING = {"rate": 150, "pitch": 45, "pitch_range": 55}  # words a minute and espeak-ng's 0-100
LEVEL = 0.45  # of espeak-ng's own, which is close to full scale: room for the peaks of another phase
TAIL = 0.08  # s of quiet behind the last sound
FFT, PITCH_WINDOW = 1024, 640  # samples
SHORTEST, LONGEST = RATE // 260, RATE // 62  # samples of a period
FLOOR = 1e-8  # power: -80 dBFS, below everything that can be heard
LEAST_MATCHED = 0.85  # of Piper's phonemes found in espeak-ng's; below, the two versions disagree about the words


@dataclass(frozen=True)
class Row:
    """One sentence. Frames are HOP samples long; the durations are in frames, not rounded, and sum up to them."""

    text: str
    ids: np.ndarray  # int64 (phonemes,), ^ and $ included, without pads
    durations: np.ndarray  # float32 (phonemes,)
    envelope: np.ndarray  # float16 (frames, BANDS), natural log of power
    pitch: np.ndarray  # float32 (frames,), Hz, carried through what is voiceless
    voiced: np.ndarray  # float32 (frames,), 0-1
    sound: np.ndarray  # int16 (samples,)


def row_of(text: str) -> Row | None:
    """What there is to learn of *text*; None where Piper hears several sentences in it, or other words."""
    chunks = voice_texts.phonemizer().phonemize(voice_texts.VOICE, text)
    if len(chunks) != 1 or any(symbol not in DEFAULT_PHONEME_ID_MAP for symbol in chunks[0]):
        return None
    sound, events = _spoken(text)
    durations = _durations(chunks[0], events, sound.size / RATE - TAIL)
    if durations is None:
        return None
    frames = -(-sound.size // HOP)
    durations = np.append(durations, TAIL) * RATE / HOP
    durations[-1] += frames - durations.sum()
    pitch, voiced = pitch_of(sound, frames)
    return Row(
        text,
        np.array([DEFAULT_PHONEME_ID_MAP[symbol][0] for symbol in ["^", *chunks[0], "$"]]),
        durations.astype(np.float32),
        envelope_of(sound, np.where(voiced > 0.5, pitch, 160.0)).astype(np.float16),
        pitch,
        voiced,
        np.round(sound * 32767).astype(np.int16),
    )


def _spoken(text: str) -> tuple[np.ndarray, list[tuple[float, str]]]:
    """Sound at RATE that ends TAIL after the last phoneme, and espeak-ng's events up to there."""
    said = espeak.speak(text, voice_texts.VOICE, **SPEAKING)
    events = list(said.phonemes)
    end = said.audio.size / espeak.ENGINE_RATE
    while len(events) > 1 and not events[-1][1]:
        end = events.pop()[0]
    sound = espeak.at_16k(said.audio)[: round(end * RATE)] * LEVEL
    return np.concatenate([sound, np.zeros(round(TAIL * RATE), np.float32)]), [*events, (end, "")]


def _durations(symbols: list[str], events: list[tuple[float, str]], end: float) -> np.ndarray | None:
    """Seconds of ^ and of each symbol: an event's time is shared by the symbols it is written with.

    A pause belongs to the mark or blank behind the last sound. What matches nothing (stress marks) lasts 0 s.
    """
    durations = np.zeros(len(symbols) + 1)
    durations[0] = events[0][0]
    written = [(symbol, i) for i, (_, name) in enumerate(events) for symbol in unicodedata.normalize("NFD", name)]
    matcher = difflib.SequenceMatcher(None, symbols, [symbol for symbol, _ in written], autojunk=False)
    members: dict[int, list[int]] = {}
    for a, b, size in matcher.get_matching_blocks():
        for i in range(size):
            members.setdefault(written[b + i][1], []).append(a + i)
    if sum(map(len, members.values())) < LEAST_MATCHED * len(written):
        return None
    last = -1
    for i, ((start, name), (stop, _)) in enumerate(zip(events, [*events[1:], (end, "")], strict=True)):
        mine = members.get(i, [last + 1 if not name and last + 1 < len(symbols) else max(last, 0)])
        durations[[index + 1 for index in mine]] += max(0.0, stop - start) / len(mine)
        last = max(mine) if name else last
    return durations


def pitch_of(sound: np.ndarray, frames: int) -> tuple[np.ndarray, np.ndarray]:
    """Hz and voicing (0-1) of each frame: normalised autocorrelation, and the smoothest path through its peaks."""
    windows = _windows(sound, frames, PITCH_WINDOW)
    windows = windows - windows.mean(1, keepdims=True)
    power = np.abs(np.fft.rfft(windows, 2 * FFT)) ** 2
    correlation = np.fft.irfft(power)[:, : LONGEST + 2]
    overlap = 1 - np.arange(LONGEST + 2) / PITCH_WINDOW
    correlation = correlation / (correlation[:, :1] + 1e-4) / overlap
    lags = _smoothest(correlation[:, SHORTEST : LONGEST + 1]) + SHORTEST
    rows = np.arange(frames)
    left, peak, right = (correlation[rows, lags + shift] for shift in (-1, 0, 1))
    refined = lags + np.clip((left - right) / (2 * (left - 2 * peak + right) - 1e-9), -0.5, 0.5)
    voiced = np.clip((peak - 0.5) / 0.3, 0, 1) * ((windows**2).mean(1) > 3e-7)
    known = np.flatnonzero(voiced > 0.5)
    log = np.log(RATE / refined)
    carried = np.interp(rows, known, log[known]) if known.size else np.full(frames, np.log(90.0))
    return np.exp(carried).astype(np.float32), voiced.astype(np.float32)


def _smoothest(scores: np.ndarray) -> np.ndarray:
    """The index per frame along the best path (Viterbi); a step of a lag costs little, none is longer than six."""
    reach = 6
    frames, lags = scores.shape
    scores = scores - 0.1 * np.arange(lags) / lags  # twice a period matches as well as the period itself
    back = np.zeros((frames, lags), np.int64)
    steps = np.arange(-reach, reach + 1)
    best = scores[0]
    for frame in range(1, frames):
        padded = np.pad(best, reach, constant_values=-np.inf)
        options = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1) - 0.02 * np.abs(steps)
        back[frame] = options.argmax(1)
        jump = best.max() - 1.0  # a new phrase may begin anywhere
        reached = options[np.arange(lags), back[frame]]
        back[frame] = np.where(reached >= jump, np.arange(lags) + steps[back[frame]], best.argmax())
        best = np.maximum(reached, jump) + scores[frame]
    path = np.zeros(frames, np.int64)
    path[-1] = best.argmax()
    for frame in range(frames - 1, 0, -1):
        path[frame - 1] = back[frame, path[frame]]
    return path


def envelope_of(sound: np.ndarray, pitch: np.ndarray) -> np.ndarray:
    """Natural log of power (frames, BANDS) without the harmonics: three periods of a window, one pitch of smoothing."""
    windows = _windows(sound, pitch.size, FFT)
    at = np.arange(FFT) - FFT // 2
    width = 1.5 * RATE / pitch[:, None]
    taper = np.where(np.abs(at) < width, 0.5 + 0.5 * np.cos(np.pi * at / width), 0.0)
    spectrum = np.abs(np.fft.rfft(windows * taper)) ** 2 / (taper**2).sum(1, keepdims=True)
    mirrored = np.concatenate([spectrum[:, 32:0:-1], spectrum, spectrum[:, -2:-34:-1]], 1)
    sums = np.concatenate([np.zeros((pitch.size, 1)), np.cumsum(mirrored, 1)], 1)
    centres = band_centres() * FFT / RATE + 32.5
    half = pitch[:, None] * FFT / RATE / 2
    upper, lower = _between(sums, centres + half), _between(sums, centres - half)
    return np.log((upper - lower) / (2 * half) + FLOOR)


def _between(rows: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Each row's values at fractional places."""
    floor = np.clip(np.floor(at).astype(np.int64), 0, rows.shape[1] - 2)
    first, second = np.take_along_axis(rows, floor, 1), np.take_along_axis(rows, floor + 1, 1)
    return first + (at - floor) * (second - first)


def _windows(sound: np.ndarray, frames: int, size: int) -> np.ndarray:
    """(frames, size), each centred on the middle of its frame."""
    padded = np.pad(sound, (size // 2 - HOP // 2, size + HOP))
    return np.lib.stride_tricks.sliding_window_view(padded, size)[::HOP][:frames]
