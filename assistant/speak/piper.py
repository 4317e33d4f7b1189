"""Clauses go in, their sound comes out, all equally loud. The only importer of piper."""

import asyncio
import json
import os
import re
import sys
import threading
import zlib
from collections.abc import AsyncGenerator, AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import platformdirs
from numpy.typing import NDArray

from assistant.audio import to_int16
from assistant.errors import EngineError, ModelError, first_line
from assistant.flow import Audio, Clause, Samples
from assistant.pace import OWN, Pace, lasting
from assistant.speak.word_times import Stretch, stretches, word_ends

Floats: TypeAlias = NDArray[np.float32]

CALIBRATION = "The quick brown fox jumps over the lazy dog, and then it rests."
LOUDNESS = 0.1
"""Root mean square of speech, -20 dBFS: what telephony and broadcasters aim at for a voice, give or take 3 dB."""
LOUDEST_GAIN = 8.0
"""A voice that is 18 dB too quiet is broken; more gain would only bring up its noise."""
KNEE = 0.7
"""From here on peaks are bent instead of clipped."""
SILENT = 0.003
"""-50 dBFS after the gain: below lies a voice's own noise floor, not speech."""
LEAD_SECONDS = 0.002
"""Kept before the first sample above SILENT, which nobody hears: so that no clause begins with a step."""
SENTENCE_PAUSE = 0.25
CLAUSE_PAUSE = 0.10
BREAK_PAUSE = 0.05
"""Seconds of quiet behind a sentence, behind a comma or dash, and where a sentence was broken off to be spoken sooner;
as readers leave them."""

_ESPEAK_PATH_BYTES = 160
"""espeak-ng's buffer for its data path everywhere but on Linux; a path that fills it is cut and every synthesis fails
(OHF-Voice/piper1-gpl#272)."""
_SOUNDLESS = "it gives no sound for words; espeak-ng's data may have gone, which `assistant doctor` looks for"
_WORD = re.compile(r"[a-z]{3}", re.IGNORECASE)
"""what espeak-ng reads in every language: its sound is never nothing"""


class Piper:
    """A loaded voice. It has one worker thread: piper's phonemizer is global and locked anyway."""

    def __init__(self, voice: Any, gain: float, pace: Pace = OWN) -> None:
        self.rate: int = voice.config.sample_rate
        self._voice = voice
        self._gain = gain
        self._pace = pace
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="piper")

    @classmethod
    def load(cls, path: Path, *, pace: Pace = OWN) -> "Piper":
        """Load the voice *path*, an .onnx file with its .onnx.json beside it, and measure how loud it is.

        Raises ModelError when a file is missing or damaged, or nothing sounds.
        """
        config = _config(path)
        voice = _opened(path, config)
        try:
            said = [chunk.audio_float_array for chunk in voice.synthesize(CALIBRATION, _settings())]
        except Exception as error:  # onnxruntime's errors share no base class
            raise ModelError(f"{path} does not speak: {first_line(error)}; fetch the voice anew.") from error
        sound = np.concatenate(said) if said else np.zeros(0, np.float32)
        if not sound.any():
            raise ModelError(f"{path} does not speak: {_SOUNDLESS}.")
        return cls(voice, gain_for(sound), pace)

    async def speak(self, clauses: AsyncIterator[Clause]) -> AsyncGenerator[Audio, None]:
        """One Audio for each clause; none for one that has no sound, such as a lone dash.

        Raises EngineError, also where words have no sound. Cancelling does not wait for the sentence in flight, so that
        the loudspeaker falls silent at once; the worker stops behind it.
        """
        loop = asyncio.get_running_loop()
        left = threading.Event()
        try:
            async for clause in clauses:
                audio = await loop.run_in_executor(self._worker, self._sound, clause, left)
                if audio.samples.size:
                    yield audio
        finally:
            left.set()

    def say(self, text: str) -> Samples:
        """*text* as int16 (n,) at `rate`, (0,) where it has no sound. Blocks. Raises EngineError."""
        return self._worker.submit(self._sound, Clause(text, text), threading.Event()).result().samples

    def warm_up(self) -> None:
        """Speak once, unheard: the first run of each shape makes onnxruntime allocate. Blocks."""
        self.say("One moment, please.")

    def close(self) -> None:
        """Let the worker end; waits for the sentence in flight."""
        self._worker.shutdown()

    def _sound(self, clause: Clause, left: threading.Event) -> Audio:
        """Runs in the worker thread; gives up between two sentences once nobody listens any more."""
        with lasting(self._pace.speaking):
            return self._spoken(clause, left)

    def _spoken(self, clause: Clause, left: threading.Event) -> Audio:
        said: list[Samples] = []
        times: list[Stretch] = []
        try:
            for chunk in self._voice.synthesize(clause.spoken, _settings(), include_alignments=True):
                if left.is_set():
                    break
                raw = chunk.audio_float_array * self._gain
                before = sum(samples.size for samples in said) - audible(raw, self.rate).start
                times += [each.later(before) for each in _stretches(chunk)]
                said.append(finished(raw, self.rate, pause_behind(clause.text)))
        except Exception as error:  # onnxruntime's errors share no base class; whatever it is costs one turn
            raise EngineError(f"The voice failed: {first_line(error)}.") from error
        sound = np.concatenate(said) if said else np.zeros(0, np.int16)
        if not sound.size and not left.is_set() and _WORD.search(clause.spoken):
            # espeak-ng says nothing where its data have gone, as an upgrade under a running program takes them away.
            raise EngineError(f"The voice failed: {_SOUNDLESS}.")
        return Audio(sound, self.rate, clause, word_ends(clause, times))


def pause_behind(text: str) -> float:
    """Seconds of quiet that belong behind *text*, a clause as it is shown."""
    bare = text.rstrip(" \"')]”’")
    if bare.endswith((".", "!", "?", "…", "。", "！", "？")):
        return SENTENCE_PAUSE
    return BREAK_PAUSE if bare[-1:].isalnum() else CLAUSE_PAUSE


def finished(sound: Floats, rate: int, pause: float) -> Samples:
    """Speech (n,) at full loudness as int16, its peaks bent, with LEAD_SECONDS before it and *pause* behind it.

    (0,) where nothing in it is audible.
    """
    part = audible(sound, rate)
    if part.start == part.stop:
        return np.zeros(0, np.int16)
    tail = sound[part.stop : part.stop + round(pause * rate)]
    rest = np.zeros(round(pause * rate) - tail.size, np.float32)
    return to_int16(limited(np.concatenate([sound[part], tail, rest])))


def audible(sound: Floats, rate: int) -> slice:
    """From LEAD_SECONDS before the first audible sample of (n,) to just past the last one; nothing where none is."""
    loud = np.flatnonzero(np.abs(sound) > SILENT)
    if not loud.size:
        return slice(0, 0)
    return slice(max(0, int(loud[0]) - round(LEAD_SECONDS * rate)), int(loud[-1]) + 1)


def limited(sound: Floats) -> Floats:
    """What exceeds KNEE is bent towards full scale, which it never reaches; all below is left alone."""
    over = np.maximum(np.abs(sound) - KNEE, 0.0)
    bent = np.clip(np.abs(sound), 0.0, KNEE) + (1.0 - KNEE) * np.tanh(over / (1.0 - KNEE))
    return np.asarray(np.copysign(bent, sound), np.float32)


def gain_for(sound: Floats) -> float:
    """The factor that brings the speech in *sound* (n,) to LOUDNESS; its pauses do not count."""
    peak = float(np.abs(sound).max(initial=0.0))
    if not peak:
        return 1.0
    speech = sound[np.abs(sound) > peak / 100]
    level = float(np.sqrt(np.mean(np.square(speech, dtype=np.float64))))
    return min(LOUDNESS / level, LOUDEST_GAIN)


def needs_short_path(data: Path, platform: str) -> bool:
    """Whether espeak-ng would cut the path of its data folder on this *platform* (as sys.platform calls it)."""
    return not platform.startswith("linux") and len(os.fsencode(data)) >= _ESPEAK_PATH_BYTES


def short_path(data: Path, platform: str, folder: Path) -> Path:
    """*data*, or where its path is too long a link to it in *folder*, which is made. Raises OSError.

    Not in the temporary folder: from there macOS (dirhelper) takes what is three days old, though a program uses it
    (paseo#2592), and espeak-ng, which opens its files anew for each sentence, would say nothing from then on.
    """
    if not needs_short_path(data, platform):
        return data
    link = folder / f"espeak-{zlib.crc32(os.fsencode(data)):08x}"  # by its place: another installation has another one
    if not (link.is_symlink() and link.readlink() == data):
        folder.mkdir(parents=True, exist_ok=True)
        fresh = link.with_suffix(f".{os.getpid()}")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(data, target_is_directory=True)
        fresh.replace(link)
    return link


def _stretches(chunk: Any) -> list[Stretch]:
    """When each word of a sentence is said, in samples of its sound; [] where the voice was made without telling."""
    phonemes = chunk.phoneme_alignments or []
    return stretches((phoneme.phoneme, int(phoneme.num_samples)) for phoneme in phonemes)


def _settings() -> Any:
    from piper import SynthesisConfig

    # By default piper blows every sentence up to full scale, so loudness would jump from clause to clause.
    return SynthesisConfig(normalize_audio=False)


def _config(path: Path) -> dict[str, Any]:
    """The voice's description, from the file beside it."""
    description = path.with_name(path.name + ".json")
    for file in (path, description):
        if not file.is_file():
            raise ModelError(f"{file} does not exist: a voice is an .onnx file with its .onnx.json beside it.")
    try:
        config = json.loads(description.read_bytes())
    except ValueError as error:
        raise ModelError(f"{description} is damaged: it is not JSON; fetch the voice anew.") from error
    if not isinstance(config, dict):
        raise ModelError(f"{description} does not describe a voice; fetch the voice anew.")
    return config


def _opened(path: Path, config: dict[str, Any]) -> Any:
    import onnxruntime
    from piper import PiperConfig, PiperVoice
    from piper.phonemize_espeak import ESPEAK_DATA_DIR

    options = onnxruntime.SessionOptions()
    # piper would take every core, which the language model wants at the same time; half of them, as it has, are enough
    # for speech many times faster than it is spoken.
    options.intra_op_num_threads = max(1, min(4, (os.cpu_count() or 1) // 2))
    # Idle threads shall sleep, not spin: between two clauses the others need the cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # The arena keeps what the longest clause has needed, 33 MB of the starter's, and makes none faster.
    options.enable_cpu_mem_arena = False
    # What goes wrong is raised; onnxruntime would print it as well.
    options.log_severity_level = 4
    try:
        return PiperVoice(
            session=onnxruntime.InferenceSession(path, sess_options=options, providers=["CPUExecutionProvider"]),
            config=PiperConfig.from_dict(config),
            espeak_data_dir=short_path(ESPEAK_DATA_DIR, sys.platform, platformdirs.user_cache_path("assistant")),
        )
    except KeyError as error:
        raise ModelError(f"{path}.json does not describe a voice: {error} is missing; fetch it anew.") from error
    except Exception as error:  # onnxruntime's errors share no base class
        raise ModelError(f"{path} cannot be loaded as a voice: {first_line(error)}; fetch it anew.") from error
