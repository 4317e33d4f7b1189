"""Sample arithmetic and sound files: arrays and paths in, 16-bit mono out. The only importer of soundfile and soxr."""

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
    """A stream of int16 blocks from one rate to another; holds back what its filter still needs."""

    def __init__(self, source: int, target: int) -> None:
        self._stream = None
        if source != target:
            import soxr

            # HQ: 20 bits are enough for 16; its filter delays speech by about 10 ms less than VHQ would.
            self._stream = soxr.ResampleStream(source, target, 1, dtype="int16", quality="HQ")

    def push(self, block: Samples, *, last: bool = False) -> Samples:
        """Give a block (n,), get what can be said by now; with *last*, the rest as well."""
        if self._stream is None:
            return block
        resampled: Samples = self._stream.resample_chunk(block, last=last)
        return resampled


def read_blocks(path: Path, rate: int = SAMPLE_RATE) -> Iterator[Samples]:
    """A sound file of any common format as int16 mono blocks at *rate*, about a second each.

    Raises SoundFileError when it is missing, empty or not sound.
    """
    import soundfile

    try:
        with soundfile.SoundFile(path) as file:
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
        raise SoundFileError(f"{path} cannot be written: is the folder there, and is it yours?") from error


def _unreadable(path: Path) -> str:
    if not path.exists():
        return f"{path} does not exist."
    if path.is_dir():
        return f"{path} is a folder; a sound file is wanted."
    return f"{path} is not a sound file that can be read (WAV, FLAC, OGG and MP3 can)."
