"""Sample arithmetic and sound files: arrays and paths in, 16-bit mono out. The only importer of soundfile and soxr."""

import math
import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.errors import SoundFileError
from assistant.flow import SAMPLE_RATE, Samples

FULL_SCALE = 32768
"""int16's range on the negative side: dividing by it maps samples to [-1, 1) exactly."""

_READ_BLOCK_SECONDS = 1.0
"""An hour of sound is never in memory at once; a second is little, and cheap to resample."""
_EMPTY: Samples = np.zeros(0, np.int16)
_CLOCK_MEMORY = 50
"""blocks whose times are compared: half a second of a device's"""
_LOOSE = 0.003
"""seconds by which what is said may be off before it draws a line along: more than devices' times jitter by as a rule;
and two lines so far off in opposite ways leave the canceller's reference, 10 ms early, early enough"""
_DRAWN = 200e-6
"""seconds a second by which it is drawn at most: more than a poor crystal is off (100 ppm). Where two streams move so
fast against each other, AEC3 keeps up: 31 dB in place of 38, at 500 ppm 24 (simulated)"""


def to_float(samples: Samples) -> NDArray[np.float32]:
    """int16 (n,) to float32 (n,) in [-1, 1)."""
    return samples.astype(np.float32) / np.float32(FULL_SCALE)


def to_int16(samples: NDArray[np.floating[Any]]) -> Samples:
    """Floats (n,) to int16 (n,), rounded; what is beyond full scale is clipped, NaN is silence."""
    scaled = np.rint(np.clip(np.nan_to_num(samples, nan=0.0), -1.0, 1.0) * FULL_SCALE)
    clipped: Samples = np.minimum(scaled, FULL_SCALE - 1).astype(np.int16)
    return clipped


def to_mono(samples: Samples) -> Samples:
    """int16 (n,) or (n, channels) to (n,): the mean of the channels."""
    if samples.ndim == 1:
        return samples
    if samples.shape[1] == 1:
        return samples[:, 0]
    mixed: Samples = np.rint(samples.mean(axis=1)).astype(np.int16)
    return mixed


def level_db(samples: Samples) -> float:
    """Root mean square in dB below full scale (dBFS, a full-scale square wave is 0); -inf for silence."""
    if not samples.size or not samples.any():
        return float("-inf")
    return float(10 * np.log10(np.mean(np.square(to_float(samples), dtype=np.float64))))


def resample(samples: Samples, source: int, target: int) -> Samples:
    """int16 (n,) at *source* Hz to (about n * target / source,) at *target* Hz."""
    if source == target:
        return samples
    import soxr

    resampled: Samples = soxr.resample(samples, source, target)
    return resampled


class Resampler:
    """A stream of int16 blocks from one rate to another, 1.7 ms late.

    A windowed sinc of our own, because soxr's stream hands its samples out in lumps, 6 to 36 ms late (measured with
    blocks of 10 ms from 48 to 16 kHz), and that would be in every gap and every interruption. Flat to 0.44 of the
    lower rate, images and aliases 73 dB down beyond 0.53 of it; 40 µs for a block of 10 ms.
    """

    def __init__(self, source: int, target: int) -> None:
        common = math.gcd(source, target)
        self._up, self._down = target // common, source // common
        lower = min(source, target) / source
        # Kaiser's formula for the length of the filter: 70 dB over a transition of 0.08 of the lower rate.
        self._reach = 0 if source == target else math.ceil(2.16 / (0.08 * lower))
        places = np.arange(-self._reach, self._reach + 1) - np.arange(self._up)[:, np.newaxis] / self._up
        window = np.i0(7 * np.sqrt(np.clip(1 - np.square(places / (self._reach + 1)), 0, 1)))
        taps = np.sinc(0.96 * lower * places) * window
        self._taps: NDArray[np.float32] = (taps / taps.sum(axis=1, keepdims=True)).astype(np.float32)
        self._kept: NDArray[np.float32] = np.zeros(self._reach, np.float32)
        self._position = -self._reach  # of the first sample kept, in samples of the source
        self._made = 0

    def push(self, block: Samples, *, last: bool = False) -> Samples:
        """What is ready after int16 (n,); *last* gives the rest."""
        if not self._reach:
            return block
        end = np.zeros(self._reach if last else 0, np.float32)
        self._kept = np.concatenate([self._kept, block.astype(np.float32), end])
        ready = self._position + self._kept.size - self._reach
        made = -(-ready * self._up // self._down)
        if made <= self._made:
            return _EMPTY
        # Each sample made lies at a sample of the source, and a share (its phase) of the way to the next one.
        centres, phases = np.divmod(np.arange(self._made, made) * self._down, self._up)
        windows = np.lib.stride_tricks.sliding_window_view(self._kept, 2 * self._reach + 1)
        sums = np.vecdot(windows[centres - self._reach - self._position], self._taps[phases])
        needed = made * self._down // self._up - self._reach
        self._kept = self._kept[needed - self._position :]
        self._position, self._made = needed, made
        resampled: Samples = np.clip(np.rint(sums), -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)
        return resampled


class SteadyClock:
    """The times of a stream's samples: what a device says of each block goes in, one straight line comes out.

    Devices' times jitter by milliseconds, and PulseAudio corrects them by tens while it runs; an echo canceller needs
    the same distance between its two streams for as long as possible. So the first line is kept as long as what was
    said of late is within 3 ms of it. Of that, the first fifth counts: a busy computer looks at its clock too late,
    never too early. Further off, it draws the line along, slowly: a device's crystal may be 30 ppm faster than the
    computer's, which is 20 ms in eleven minutes. Further off than *tolerance*, it moves the line at once: samples were
    lost then, or the device knows better now.

    A delay-locked loop (Adriaensen, "Using a DLL to filter time", 2005) follows more closely, and the jitter, too: with
    jitter like PulseAudio's it gave the canceller 1 dB more where crystals were 100 ppm apart, and took 1 to 5 from it
    where they were not (simulated).
    """

    def __init__(self, rate: int, tolerance: float) -> None:
        """*rate* in Hz, *tolerance* in seconds."""
        self._rate = rate
        self._tolerance = tolerance
        self._said: deque[float] = deque(maxlen=_CLOCK_MEMORY)
        self._position = 0
        self.zero = 0.0
        """seconds, loop's clock: when sample 0 is (or would have been) in the air"""

    def at(self, position: int, said: float) -> float:
        """When sample *position* is in the air, in seconds; *said* is the device's own opinion."""
        if not self._said:
            self.zero, self._position = said - position / self._rate, position
        self._said.append(said - position / self._rate)
        off = sorted(self._said)[len(self._said) // 5] - self.zero
        passed = (position - self._position) / self._rate
        self._position = position
        if abs(off) > self._tolerance:
            self.zero += off
        elif abs(off) > _LOOSE:
            self.zero += math.copysign(min(abs(off) - _LOOSE, _DRAWN * passed), off)
        return self.zero + position / self._rate


def read_blocks(path: Path, rate: int = SAMPLE_RATE) -> Iterator[Samples]:
    """A sound file of any common format as int16 mono blocks at *rate*, about a second each.

    Raises SoundFileError when it is missing, empty or not sound.
    """
    import soundfile

    try:
        # As bytes: soundfile cannot encode a name that is no text, as of a file from an old disk.
        with soundfile.SoundFile(os.fsencode(path)) as file:
            if not file.frames:
                raise SoundFileError(f"{path} holds no sound: it has a header and nothing behind it.")
            resampler = Resampler(file.samplerate, rate)
            for block in file.blocks(int(_READ_BLOCK_SECONDS * file.samplerate), dtype="float32"):
                # Not dtype="int16": libsndfile would not scale a float file, and read it as silence.
                yield resampler.push(to_mono(to_int16(block)))
            yield resampler.push(np.zeros(0, np.int16), last=True)
    except (soundfile.LibsndfileError, OSError, TypeError) as error:
        raise SoundFileError(_unreadable(path)) from error


def check_readable(path: Path) -> None:
    """Raise SoundFileError, as reading would, when *path* is not a sound file that holds something."""
    next(read_blocks(path), None)


def write_wav(path: Path, samples: Samples, rate: int) -> None:
    """Write int16 (n,) as a 16-bit mono WAV file; raises SoundFileError when the place cannot be written."""
    import soundfile

    try:
        soundfile.write(path, samples, rate, subtype="PCM_16", format="WAV")
    except (soundfile.LibsndfileError, OSError) as error:
        raise SoundFileError(_unwritable(path)) from error


def append_wav(path: Path, samples: Samples, rate: int) -> None:
    """Put int16 (n,) behind what `write_wav` wrote, or begin anew where that is gone. Raises as it does."""
    import soundfile

    if not path.exists():
        write_wav(path, samples, rate)
        return
    try:
        with soundfile.SoundFile(os.fsencode(path), "r+") as file:
            file.seek(0, soundfile.SEEK_END)
            file.write(samples)
    except (soundfile.LibsndfileError, OSError) as error:
        raise SoundFileError(_unwritable(path)) from error


def check_writable(path: Path) -> None:
    """Raise SoundFileError, as writing would, when *path* cannot be written; what it holds stays."""
    path = path.resolve()
    new = not path.exists()
    try:
        with path.open("ab"):
            pass
        if new:
            path.unlink()
    except OSError as error:
        raise SoundFileError(_unwritable(path)) from error


def _unwritable(path: Path) -> str:
    return f"{path} cannot be written: is the folder there, and is it yours?"


def _unreadable(path: Path) -> str:
    if not path.exists():
        return f"{path} does not exist."
    if path.is_dir():
        return f"{path} is a folder; a sound file is wanted."
    return f"{path} is not a sound file that can be read (WAV, FLAC, OGG and MP3 can)."
