"""Names of wake words go in; engines that recognise them come out. The only importer of the two libraries.

openWakeWord looks at 80 ms at once and costs 7 % of a core, whatever the number of its words; microWakeWord costs 0.3 %
and hears synthetic voices less well (facts I: 4 of 7). Both know a word only some time after it is over: `Engine.lags`.
"""

import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from assistant.errors import ModelError, UsageError
from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE, Samples

_MS = SAMPLE_RATE // 1000

_MICRO = "micro:"

_SURE = 0.5
"""the probability at which openWakeWord's authors take a word for said (its README, "threshold")"""

_OPEN_LAG_MS = {"hey jarvis": 400, "alexa": 220, "hey rhasspy": 280}
_MICRO_LAG_MS = {"hey jarvis": 260, "alexa": 300, "okay nabu": 200, "hey mycroft": 60}
"""Measured on synthetic speech. "hey jarvis": 165 times in 11 voices at 110 to 170 words a minute, recognised by
openWakeWord -50 to 320 ms (5 and 95 %, 190 ms in the middle) past a word with a pause behind it, and 80 to 470 ms
(250 ms) in one breath with a request, of which then 8 in 100 lose 40 to 160 ms. The others: 12 times in 6 voices."""
_OTHER_OPEN_LAG_MS, _OTHER_MICRO_LAG_MS = 280, 200
"""for the words not measured: rather too little of a request is lost with these, and some of the word kept"""

_MISSING = (
    "Wake words need packages that are not there, or not for this system: type `make wake` in the program's folder, or "
    "install it from there with them (`uv tool install '.[wake]'`, `pipx install --force '.[wake]'`). They exist for "
    'macOS 15, Debian 12 and Ubuntu 22.04, or newer; `listen.mode = "open"` needs no wake word.'
)


class Engine(Protocol):
    """Recognises its words in a stream of sound."""

    lags: Mapping[str, int]
    """its words as a person says them; and how many samples past the word the chunk ends, in nine of ten cases at most,
    with which each is recognised in one breath with what follows"""
    chunk: int
    """samples it takes at once, a multiple of FRAME_SAMPLES"""
    rests: bool
    """whether it need not hear what does not stand out of the room's noise"""

    def hear(self, chunk: Samples) -> str | None:
        """The word that was recognised with these samples, if one was."""
        ...

    def forget(self) -> None:
        """What comes next does not follow on what came before."""
        ...


def load_engines(entries: Sequence[str], sensitivity: float) -> list[Engine]:
    """The engines that listen for *entries*; `WakeWords.load` is the contract. Raises UsageError, ModelError."""
    if not entries:
        raise UsageError('There is no wake word to listen for: type one, for example "hey jarvis".')
    micro = [entry for entry in entries if _micro_asked(entry)]
    others = [entry for entry in entries if not _micro_asked(entry)]
    engines: list[Engine] = []
    try:
        if others:
            engines.append(_OpenWakeWord(_open_models(others), _between(0.9, 0.5, 0.1, sensitivity)))
        if micro:
            engines.append(_MicroWakeWord(_micro_models(micro), sensitivity))
    except (ImportError, OSError) as error:
        # OSError: the package is there, but its TensorFlow Lite is for another system.
        raise UsageError(_MISSING) from error
    return engines


class _OpenWakeWord:
    """Words that share openWakeWord's features: a mel spectrogram and Google's speech embedding of 775 ms of it."""

    chunk = 1280
    rests = True

    def __init__(self, models: Mapping[str, Any], threshold: float) -> None:
        import pyopen_wakeword

        self.lags: Mapping[str, int] = {word: _MS * _OPEN_LAG_MS.get(word, _OTHER_OPEN_LAG_MS) for word in models}
        self._models = models
        self._threshold = threshold
        self._last = dict.fromkeys(models, 0.0)
        self._features = pyopen_wakeword.OpenWakeWordFeatures.from_builtin()
        # It supposes 8 s of silence before the first chunk, and works them all off there: half a second.
        *_, self._silence = self._features.process_streaming(bytes(2 * self.chunk))
        self.forget()

    def hear(self, chunk: Samples) -> str | None:
        found = None
        for embedding in self._features.process_streaming(chunk.tobytes()):
            for word, model in self._models.items():
                # All of them, also behind a find: each has its own memory of what went by.
                for probability in model.process_streaming(embedding):
                    if self._recognised(word, probability):
                        found = found or word
        return found

    def _recognised(self, word: str, probability: float) -> bool:
        """At once where it is sure, else when it gets no surer: before that the word may not be over yet."""
        last, self._last[word] = self._last[word], probability
        return probability > max(self._threshold, _SURE) or (last > self._threshold and probability <= last)

    def forget(self) -> None:
        # The features' own reset would work off 8 s of silence again; as many chunks as their window is wide will do.
        for _ in range(10):
            list(self._features.process_streaming(bytes(2 * self.chunk)))
        self._last = dict.fromkeys(self._models, 0.0)
        for model in self._models.values():
            model.reset()
            for _ in range(model.input_windows - 1):
                list(model.process_streaming(self._silence))


class _MicroWakeWord:
    """Words that share microWakeWord's features; their networks stream, and average over the last five answers."""

    chunk = FRAME_SAMPLES
    rests = False

    def __init__(self, models: Mapping[str, Any], sensitivity: float) -> None:
        import pymicro_wakeword

        self.lags: Mapping[str, int] = {word: _MS * _MICRO_LAG_MS.get(word, _OTHER_MICRO_LAG_MS) for word in models}
        self._models = models
        self._features = pymicro_wakeword.MicroWakeWordFeatures()
        for model in models.values():
            usual = model.probability_cutoff
            model.probability_cutoff = _between((1 + usual) / 2, usual, 0.5, sensitivity)

    def hear(self, chunk: Samples) -> str | None:
        found = None
        for feature in self._features.process_streaming(chunk.tobytes()):
            for word, model in self._models.items():
                if model.process_streaming(feature):
                    found = found or word
        return found

    def forget(self) -> None:
        self._features.reset()
        for model in self._models.values():
            model.reset()


def _between(strict: float, usual: float, lax: float, sensitivity: float) -> float:
    """*strict* at a sensitivity of 0, *usual* at 0.5, *lax* at 1, and straight lines between them."""
    return float(np.interp(sensitivity, (0.0, 0.5, 1.0), (strict, usual, lax)))


def _micro_asked(entry: str) -> bool:
    return entry.startswith(_MICRO) or entry.lower().endswith(".json")


def _open_models(entries: Sequence[str]) -> dict[str, Any]:
    import pyopen_wakeword as library

    known = {_said(model.value): model for model in library.Model}
    models = {}
    for entry in entries:
        if (word := _said(entry)) in known:
            models[word] = library.OpenWakeWord.from_builtin(known[word])
            continue
        path = _file(entry, ".tflite", known, "")
        _check(library.OpenWakeWord.from_builtin(library.Model.ALEXA).lib, path, features=96, value_bytes=4)
        models[_said(path.stem)] = library.OpenWakeWord.from_model(path)
    return models


def _micro_models(entries: Sequence[str]) -> dict[str, Any]:
    import pymicro_wakeword as library

    known = {_said(model.value): model for model in library.Model}
    models = {}
    for entry in entries:
        if (word := _said(entry.removeprefix(_MICRO))) in known:
            models[word] = library.MicroWakeWord.from_builtin(known[word])
            continue
        path = _file(entry.removeprefix(_MICRO), ".json", known, _MICRO)
        network = _described(path)
        _check(library.MicroWakeWord.from_builtin(library.Model.ALEXA).lib, network, features=40, value_bytes=1)
        model = library.MicroWakeWord.from_config(path)
        models[_said(model.wake_word)] = model
    return models


def _said(name: str) -> str:
    """A model's name as a person says it."""
    return name.replace("_", " ").strip().lower()


def _file(entry: str, suffix: str, known: Iterable[str], prefix: str) -> Path:
    """The file that *entry*, which is none of the *known* words, leads to."""
    path = Path(entry.strip()).expanduser()
    if path.suffix.lower() != suffix:
        words = ", ".join(f'"{prefix}{word}"' for word in sorted(known))
        raise UsageError(
            f'There is no wake word "{entry}": type one of {words}, or the path of an openWakeWord model (.tflite) '
            "or of a microWakeWord one (.json)."
        )
    if not path.is_file():
        raise ModelError(f"The wake word model {path} does not exist: type the path of a {suffix} file.")
    return path


def _described(path: Path) -> Path:
    """The .tflite that the microWakeWord .json at *path* describes."""
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        micro = config["micro"]
        numbers = float(micro["probability_cutoff"]), int(micro["sliding_window_size"])
        if isinstance(config["wake_word"], str) and all(number > 0 for number in numbers):
            return path.parent / str(config["model"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise ModelError(f"{path} does not describe a wake word: type the path of a .json that came with a microWakeWord.")


def _check(library: Any, path: Path, *, features: int, value_bytes: int) -> None:
    """Raise ModelError unless the network in *path* takes so many *features*: any other would crash the libraries."""
    try:
        with path.open("rb") as file:
            good = file.read(8)[4:] == b"TFL3" and _fits(library, path, features, value_bytes)
    except OSError as error:
        raise ModelError(f"The wake word model {path} cannot be read: is it there, and is it yours?") from error
    if not good:
        raise ModelError(
            f"{path} is damaged or not a wake word model: type the path of an openWakeWord .tflite or of a "
            "microWakeWord .json."
        )


def _fits(library: Any, path: Path, features: int, value_bytes: int) -> bool:
    """Whether a network takes steps of so many *features*, and answers one number, each in so many bytes."""
    model = library.TfLiteModelCreateFromFile(os.fsencode(path.resolve()))
    if not model:
        return False
    interpreter = library.TfLiteInterpreterCreate(model, None)
    try:
        if not interpreter or library.TfLiteInterpreterAllocateTensors(interpreter) != 0:
            return False
        taken = library.TfLiteInterpreterGetInputTensor(interpreter, 0)
        answer = library.TfLiteInterpreterGetOutputTensor(interpreter, 0)
        shape = [library.TfLiteTensorDim(taken, index) for index in range(library.TfLiteTensorNumDims(taken))]
        return (
            shape[2:] == [features]
            and library.TfLiteTensorByteSize(taken) == math.prod(shape) * value_bytes
            and library.TfLiteTensorByteSize(answer) == value_bytes
        )
    finally:
        if interpreter:
            library.TfLiteInterpreterDelete(interpreter)
        library.TfLiteModelDelete(model)
