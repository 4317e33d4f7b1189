"""Some seconds of a room in which nobody speaks go in; what was measured, and the settings that fit it, come out. Pure.

A voice that is not heard is worse than some needless work: the thresholds are as low as the noise allows, and what
Silero can tell from a voice on its own does not raise them.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE, Frame, Samples
from assistant.listen.activity import Activity

_USUAL_MODE, _SOFT_MODE = 2, 1
"""webrtcvad's mode as a rule, and the one for quiet rooms. Of voices 10 dB above a room's noise of -60 dBFS Silero gets
to hear 76 % in mode 1, 60 in mode 2, and 4 in mode 3, which is never advised; in louder noise mode 1 lets a turn end
30 ms later and gains little."""
_QUIET = -50.0
"""dBFS of a quiet room's noise, at most"""
_SELDOM = 0.1
"""share of the frames in which Silero may be woken for nothing: all of the time is about 1 % of a core"""
_MARGIN = 0.15
"""that the threshold lies over all that Silero gave to noise: ten seconds are not all that this room will do"""
_USUAL_THRESHOLD, _HIGHEST = 0.5, 0.85
"""Silero's authors' threshold; and one beyond which voices in noise get lost"""
_A_VOICE = 0.8
"""a probability that noise does not get: up to 0.5 in an hour of synthetic ones"""
_LEAST_ABOVE, _MOST_ABOVE = 3, 8
"""dB above the noise: less tells nothing from steady noise, more loses soft voices"""
_LEARN = 20
"""seconds in which the detector gets to know a room, however loud (it begins at -50 dBFS and rises by 3 dB a second)"""
_CLIPPED = 1e-4
"""share of samples at full scale that is no accident"""
_LOUD, _FAINT = -35.0, -75.0
"""dBFS of noise in which nobody is understood well, and which a microphone hardly has that is turned up"""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The settings that are judged, as in `listen`."""

    vad_mode: int = 2
    speech_threshold: float = 0.5
    above_noise_db: float = 5.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What ten seconds of a room are like."""

    seconds: float
    floor: float
    """dBFS of the noise: one frame in twenty is quieter"""
    loudest: float
    """dBFS of the loudest frame"""
    strays: float
    """dB over the floor, as `above_noise_db` counts them, that one frame in a hundred exceeds"""
    fired: float
    """share of the frames that webrtcvad took for speech, as it is set..."""
    woken: float
    """...and of those that stood out of the noise as well, which wakes Silero..."""
    soft_woken: float
    """...and the same for the mode for quiet rooms"""
    likeliest: float
    """0-1: the highest probability of speech that Silero gave to any of it"""
    clipped: float
    """share of the samples that are at full scale"""
    only_zeros: bool


@dataclass(frozen=True, slots=True)
class Setting:
    """One line for the settings file."""

    key: str
    value: float
    why: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What a person is told."""

    sentences: tuple[str, ...]
    settings: tuple[Setting, ...]
    """none where nothing can be said about them"""


def measure(samples: Samples, now: Thresholds) -> Measured:
    """Listen to *samples*, int16 (n,) at 16 kHz, a second of them at least, as the detector would. Raises ModelError.

    More than once: it gets to know the room first.
    """
    frames = samples[: samples.size // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    alone = _heard(frames, Activity(now.vad_mode, now.speech_threshold, -math.inf))
    set_so = _heard(frames, Activity(now.vad_mode, now.speech_threshold, now.above_noise_db))
    soft = _heard(frames, Activity(_SOFT_MODE, now.speech_threshold, now.above_noise_db))
    return Measured(
        seconds=samples.size / SAMPLE_RATE,
        floor=float(np.percentile(alone.levels, 5)),
        loudest=max(alone.levels),
        strays=float(np.percentile(alone.above, 99)),
        fired=alone.voiced,
        woken=set_so.voiced,
        soft_woken=soft.voiced,
        likeliest=max(set_so.likeliest, soft.likeliest),
        clipped=float(np.mean((samples == np.iinfo(np.int16).max) | (samples == np.iinfo(np.int16).min))),
        only_zeros=not samples.any(),
    )


def advise(measured: Measured, now: Thresholds) -> Advice:
    """What *measured* means, and what to set in place of *now*."""
    if measured.only_zeros:
        muted = "There is nothing but zeros: the microphone is muted, or this program has no permission to use it."
        return Advice((muted,), ())
    said = (*_described(measured, now), *_warned(measured))
    if measured.likeliest >= _A_VOICE:
        again = "Something in it sounded like a voice, so there is nothing to be learned about noise: try it again in"
        return Advice((*said, f"{again} silence. If it was a television, no threshold tells it from you."), ())
    return Advice(said, (_mode(measured), _threshold(measured), _above_noise(measured)))


@dataclass(frozen=True, slots=True)
class _Heard:
    levels: list[float]
    above: list[float]
    voiced: float
    likeliest: float


def _heard(frames: Samples, activity: Activity) -> _Heard:
    for _ in range(math.ceil(_LEARN * SAMPLE_RATE / frames.size)):
        for samples in frames:
            activity.push(Frame(samples, 0, 0.0))
    levels, above, voiced, likeliest = [], [], 0, 0.0
    for samples in frames:
        activity.push(Frame(samples, 0, 0.0))
        levels.append(activity.room.level)
        above.append(activity.room.above)
        voiced += activity.voiced
        likeliest = max(likeliest, activity.probability)
    return _Heard(levels, above, voiced / len(frames), likeliest)


def _described(measured: Measured, now: Thresholds) -> Iterator[str]:
    yield f"The room's noise has {measured.floor:.0f} dBFS, its loudest moment {measured.loudest:.0f} dBFS."
    yield (
        f"webrtcvad took {measured.fired:.0%} of it for speech; "
        f"{measured.woken:.0%} stood out of the noise as well, and woke Silero."
    )
    if measured.likeliest:
        yield f"Silero gave it a probability of {measured.likeliest:.2f} at most; {now.speech_threshold:.2f} is speech."


def _warned(measured: Measured) -> Iterator[str]:
    if measured.clipped > _CLIPPED:
        yield f"{measured.clipped:.1%} of the samples are at full scale: turn the microphone's input level down."
    elif measured.floor > _LOUD:
        yield "That is loud: come close to the microphone, or turn its input level down if voices are as loud."
    elif measured.floor < _FAINT:
        yield "That is very quiet: if you are not heard, turn the microphone's input level up."


def _mode(measured: Measured) -> Setting:
    if measured.floor > _QUIET:
        return Setting("vad_mode", _USUAL_MODE, "in noise a less strict one ends turns later")
    if measured.soft_woken > _SELDOM:
        why = f"a less strict one would wake Silero by {measured.soft_woken:.0%} of the noise"
        return Setting("vad_mode", _USUAL_MODE, why)
    return Setting("vad_mode", _SOFT_MODE, "the room is quiet, so that soft voices can be let through")


def _threshold(measured: Measured) -> Setting:
    wanted = math.ceil(round((measured.likeliest + _MARGIN) * 20, 6)) / 20
    if wanted <= _USUAL_THRESHOLD:
        return Setting("speech_threshold", _USUAL_THRESHOLD, "its authors' default: nothing here came near it")
    why = f"above all that the noise got ({measured.likeliest:.2f}), with a margin"
    return Setting("speech_threshold", min(wanted, _HIGHEST), why)


def _above_noise(measured: Measured) -> Setting:
    wanted = max(_LEAST_ABOVE, math.ceil(measured.strays))
    if wanted <= _MOST_ABOVE:
        return Setting(
            "above_noise_db", wanted, f"steady noise: one frame in a hundred strays by {measured.strays:.1f} dB"
        )
    usual = Thresholds().above_noise_db
    return Setting("above_noise_db", usual, "the noise comes and goes: Silero has to tell it from voices")
