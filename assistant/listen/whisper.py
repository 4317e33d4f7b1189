"""An utterance's samples go in, its words come out. The only importer of faster_whisper."""

import asyncio
import math
import os
import re
import threading
import zlib
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant import log
from assistant.audio import to_float
from assistant.errors import EngineError, ModelError, UsageError, first_line
from assistant.flow import SAMPLE_RATE, Samples, Transcript
from assistant.pace import OWN, Pace, lasting
from assistant.weights.catalog import STOCK_WINDOW_S

_logger = log.get(__name__)

_ENGLISH = "en"
SHORTEST_SECONDS = 0.1
"""Nobody says anything in less; and Whisper, which hears 30 s of padding then, makes something up."""
NEEDED = ("model.bin", "config.json", "tokenizer.json")
"""Besides a vocabulary. Without tokenizer.json faster-whisper would ask the network for one (transcribe.py)."""

PHANTOMS = frozenset({
    "you", "thank you", "thanks", "thank you very much", "thank you so much", "thank you for watching",
    "thanks for watching", "please subscribe", "bye", "bye bye", "subtitles by the amara org community",
})  # fmt: skip
"""What Whisper hears in silence and noise: the ends of the videos it learnt from. Their list and the two limits below
are gathered from hermes-agent#73934, freeflow#81 (no_speech_prob .06 for these phrases) and backtalk#56 (600 ms)."""
PHANTOM_NO_SPEECH = 0.06
PHANTOM_SECONDS = 0.6
FAILED_BELOW = -1.0
"""Mean log-probability under which OpenAI's own code takes a decoding for failed (whisper/transcribe.py)."""
COMPRESSED_ABOVE = 2.4
"""Letters for each of their compressed bytes, from which it takes a decoding for caught in a loop."""

WINDOW_FRAMES = 3000
"""What Whisper's encoder takes at once, 30 s in steps of 10 ms; shorter sounds are padded to it."""
FRAMES_PER_SECOND = 100
MARGIN_S = 2.0
STEP_FRAMES = 50
"""Windows grow in steps of half a second: oneDNN keeps what it has compiled for each length, up to 1024 of them, so
with windows to the frame 300 utterances of 0.5 to 5.6 s took 127 MB, and with these 8, in the same time."""

_LOOP = re.compile(r"\b(\w+(?: \w+){1,7})(?: \1){2,}\b|\b(\w+)(?: \2){4,}\b")
"""Two to eight words three times in a row, or a word five times: people say "no no no", hardly more."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One stretch of what Whisper made of the sound."""

    text: str
    tokens: int
    mean_log_probability: float
    no_speech: float
    """probability that nobody spoke; NaN where a model cannot tell"""


class Whisper:
    """A loaded recogniser. It has two worker threads: one for what was said, in order, one for drafts beside it."""

    def __init__(self, model: Any, language: str, window_s: float = STOCK_WINDOW_S, pace: Pace = OWN) -> None:
        self._model = model
        self._language = language
        self._window_s = window_s
        self._pace = pace
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="whisper")
        self._drafter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="whisper-draft")

    @classmethod
    def load(
        cls,
        path: Path,
        *,
        threads: int = 0,
        language: str = "en",
        window_s: float = STOCK_WINDOW_S,
        pace: Pace = OWN,
    ) -> "Whisper":
        """Load a CTranslate2 model from the folder *path*; *language* is an ISO 639 code. Opens no connection.

        *window_s* are the seconds of sound and padding that its encoder needs to see at least: 0 for a model that was
        trained on windows of any length, as the starter is.
        Raises ModelError when the folder is missing, incomplete or damaged, UsageError where it knows no such language.
        """
        _check(path)
        # Read when the hub library is imported, so it must be set before.
        os.environ["HF_HUB_OFFLINE"] = "1"
        try:
            model = _short_sighted()(
                str(path),
                # CTranslate2 has no Metal; int8 is the fastest on every CPU, Apple's too (OpenNMT/CTranslate2#1148).
                device="cpu",
                compute_type="int8",
                cpu_threads=threads or default_threads(os.cpu_count() or 1),
                # A draft in flight when somebody falls silent must not keep their words waiting. They share weights.
                num_workers=2,
                local_files_only=True,
            )
        except Exception as error:  # tokenizers raises bare Exceptions, CTranslate2 RuntimeErrors
            raise ModelError(
                f"{path} cannot be loaded as a Whisper model: {first_line(error)}; fetch it anew."
            ) from error
        return cls(model, understood(language, model.supported_languages), window_s, pace)

    async def transcribe(self, samples: Samples, narrow: bool = False) -> Transcript:
        """What is said in int16 (n,) at 16 kHz; an empty text where nobody spoke. Raises EngineError.

        *narrow* shows the encoder no more than the sound and a margin, even if its model is used to more.

        When cancelled, the pass in flight runs to its end in the background: CTranslate2 cannot be stopped.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._worker, self._transcribed, samples, False, narrow)

    async def draft(self, samples: Samples) -> Transcript:
        """What has been said so far by somebody who speaks on, as `transcribe` but beside it and without a second look.

        Raises EngineError.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._drafter, self._transcribed, samples, True)

    def warm_up(self) -> None:
        """Listen to a second of faint noise, so that the first utterance finds all memory touched. Blocks."""
        noise = np.random.default_rng(0).normal(0, 50, SAMPLE_RATE).astype(np.int16)
        self._worker.submit(self._transcribed, noise).result()

    def close(self) -> None:
        """Free the model; waits for the utterances in flight."""
        self._drafter.shutdown()
        self._worker.submit(self._model.model.unload_model).result()
        self._worker.shutdown()

    def _transcribed(self, samples: Samples, is_draft: bool = False, narrow: bool = False) -> Transcript:
        seconds = samples.size / SAMPLE_RATE
        if seconds < SHORTEST_SECONDS or not samples.any():
            return Transcript("")
        try:
            with lasting(self._pace.hearing):
                heard = self._heard(samples, window_frames(seconds, 0.0 if narrow else self._window_s))
            if not is_draft and any(is_doubtful(part) for part in heard):
                # Perhaps the short window is to blame: models are made for the whole one.
                heard = self._heard(samples, WINDOW_FRAMES)
        except Exception as error:  # whatever the libraries raise, it costs one turn
            raise EngineError(f"The recogniser failed: {first_line(error)}.") from error
        return transcript(heard, seconds)

    def _heard(self, samples: Samples, frames: int) -> list[Heard]:
        self._model.seen.frames = frames
        segments, _ = self._model.transcribe(
            to_float(samples),
            language=self._language,
            # One beam and one temperature: five beams take twice the time for no gain on short requests, and the
            # fallback would decode the hardest ones up to six times.
            beam_size=1,
            temperature=0.0,
            without_timestamps=True,
            # A mistake shall not breed the next one.
            condition_on_previous_text=False,
            # Only speech comes here: activity.py and endpoint.py have seen to it.
            vad_filter=False,
        )
        # The segments are a lazy generator: the decoding happens here.
        return [Heard(part.text, len(part.tokens), part.avg_logprob, part.no_speech_prob) for part in segments]


def understood(language: str, known: Collection[str]) -> str:
    """The *language* to listen for with a model of these *known* ones. Raises UsageError where it is none."""
    if language in known:
        return language
    if set(known) != {_ENGLISH}:
        raise UsageError(f"listen.language = {language}: Whisper knows no such language; codes are like en, de or yue.")
    # Else faster-whisper would say so with each utterance, in its own words.
    hint = f"it understands English alone, and listen.language is {language}: take one without .en in its name"
    _logger.warning("recogniser.english_only", hint=hint)
    return _ENGLISH


def window_frames(seconds: float, least_s: float = STOCK_WINDOW_S) -> int:
    """How much of its padded window the encoder shall see of so much sound, in frames of 10 ms.

    Its time grows with the window: 3000 frames took Whisper base 618 ms, 1000 took 69 (CTranslate2 on 2 x86 cores).
    2 s more than the sound, and *least_s* at least: with 10 s 26 short recordings lost no word to stock weights, while
    shrinking the windows of long ones wrecked them (handy-computer/transcribe.cpp#149). The starter needs no least:
    of 388 words it got 8.5 % wrong so, as with 10 s, and 9.8 % with 30 s; with 1 s of margin 8.8 %.
    """
    frames = max(least_s, seconds + MARGIN_S) * FRAMES_PER_SECOND
    return min(math.ceil(frames / STEP_FRAMES) * STEP_FRAMES, WINDOW_FRAMES)


def transcript(heard: Sequence[Heard], seconds: float) -> Transcript:
    """Join what was heard in *seconds* of sound; its confidence is the mean over all tokens.

    Left out is what failed, and phantoms: phrases that Whisper is known to hear where nobody speaks.
    """
    read = [part for part in heard if part.text.strip() and part.mean_log_probability >= FAILED_BELOW]
    believed = [part for part in read if not is_phantom(part, seconds)]
    text = " ".join(part.text.strip() for part in believed)
    tokens = sum(part.tokens for part in believed)
    if not tokens:
        return Transcript(text)
    return Transcript(text, sum(part.mean_log_probability * part.tokens for part in believed) / tokens)


def is_doubtful(part: Heard) -> bool:
    """Whether this decoding may have failed: the model finds it unlikely itself, or it goes round in circles."""
    letters = part.text.strip().encode()
    return (
        part.mean_log_probability < FAILED_BELOW
        or len(letters) > COMPRESSED_ABOVE * len(zlib.compress(letters))
        or _LOOP.search(" ".join(re.findall(r"\w+", part.text.lower()))) is not None
    )


def is_phantom(part: Heard, seconds: float) -> bool:
    """Whether this is a phrase that Whisper hears in noise, and it doubts itself or the sound is too short for it."""
    phrase = " ".join(re.findall(r"\w+", part.text.lower()))
    # Not "no_speech > limit or": a NaN, which some models give, decides nothing.
    return phrase in PHANTOMS and (part.no_speech > PHANTOM_NO_SPEECH or seconds < PHANTOM_SECONDS)


def default_threads(cores: int) -> int:
    """Half the cores, at most 6: best on a 12-core Mac (OpenNMT/CTranslate2#1137), whose slow half only holds up."""
    return max(1, min(6, cores // 2))


def _short_sighted() -> Any:
    """faster-whisper's model, that shows its encoder only the first `seen.frames` of the window it pads to."""
    from faster_whisper import WhisperModel

    class ShortSighted(WhisperModel):  # type: ignore[misc]  # faster-whisper has no types
        seen = threading.local()  # by each of the two workers

        def encode(self, features: NDArray[np.float32]) -> Any:
            return super().encode(np.ascontiguousarray(features[..., : self.seen.frames]))

    return ShortSighted


def _check(path: Path) -> None:
    if not path.exists():
        raise ModelError(f"{path} does not exist: choose another Whisper model, or fetch this one.")
    if not path.is_dir():
        raise ModelError(f"{path} is a file; a Whisper model is a folder with model.bin in it.")
    missing = [name for name in NEEDED if not (path / name).is_file()]
    if missing:
        raise ModelError(f"{path} is no complete Whisper model: {', '.join(missing)} is missing; fetch it anew.")
