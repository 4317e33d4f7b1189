"""What a setting says about a model goes in ("starter" or a path); the files that an engine opens come out."""

import importlib.util
from pathlib import Path

from assistant.errors import ModelError

AUTO = "auto"
"""Whatever is here, which may be nothing: of a model that the program can do without."""
STARTER = "starter"
"""The small models in this repository: they run anywhere, and know a few hundred everyday words."""

ROOT = Path(__file__).resolve().parents[2]
"""The folder that holds models/ and voices/ beside the package."""
_STARTER_WHISPER = ROOT / "models/starter/whisper"


def whisper(setting: str) -> Path:
    """Return the folder of the CTranslate2 Whisper model that *setting* names; ModelError if it is not one."""
    folder = _STARTER_WHISPER if setting == STARTER else Path(setting)
    if folder.is_file():
        raise _not_usable(folder, "is a file, but a Whisper model is a folder with model.bin in it", "listen.whisper")
    return _present(folder, ("config.json", "model.bin"), "listen.whisper")


def window(folder: Path) -> float:
    """Seconds of sound and padding that the encoder of the Whisper model in *folder* needs to see at least.

    Stock models are trained on 30 s, and lose words below 10; the starter on windows of any length.
    """
    return 0.0 if folder.resolve() == _STARTER_WHISPER.resolve() else 10.0


def chat(setting: str) -> Path:
    """Return the GGUF file that *setting* names; ModelError if it is not there."""
    file = ROOT / "models/starter/chat.gguf" if setting == STARTER else Path(setting)
    if file.is_dir():
        raise _not_usable(file, "is a folder, but a chat model is one GGUF file", "reply.model")
    return _present(file, ("",), "reply.model")


def voice(setting: str) -> Path:
    """Return the ONNX file of the Piper voice that *setting* names; ModelError if it or its JSON is not there."""
    file = ROOT / "voices/starter/starter.onnx" if setting == STARTER else Path(setting)
    if file.is_dir():
        raise _not_usable(file, "is a folder, but a voice is an .onnx file with its .onnx.json", "speak.voice")
    _present(file, ("",), "speak.voice")
    _present(file.with_name(file.name + ".json"), ("",), "speak.voice")
    return file


def turn_model(setting: str) -> Path | None:
    """Return the smart-turn ONNX file that *setting* names; ModelError if it is not there.

    "" is none. "auto" is the newest in models/, else the one inside an installed pipecat-ai, else none.
    """
    if setting == AUTO:
        return next((files[-1] for files in map(_turn_models, (ROOT / "models", *_pipecat())) if files), None)
    if setting and not Path(setting).is_file():
        what = "is a folder, but a turn model is one ONNX file" if Path(setting).is_dir() else "does not exist"
        raise ModelError(f"{setting} {what}: correct listen.turn_model, or set it to {AUTO}.")
    return Path(setting) if setting else None


def _turn_models(folder: Path) -> list[Path]:
    return sorted(folder.glob("smart-turn-v3*.onnx"))


def _pipecat() -> list[Path]:
    """Where its wheel brings the turn model, found without importing it: that takes seconds."""
    found = importlib.util.find_spec("pipecat")
    folders = (found.submodule_search_locations if found else None) or ()
    return [Path(folder) / "audio/turn/smart_turn/data" for folder in folders]


def _present(place: Path, parts: tuple[str, ...], setting: str) -> Path:
    for part in parts:
        if not (place / part).exists():
            raise _not_usable(place / part, "does not exist", setting)
    return place


def _not_usable(place: Path, what: str, setting: str) -> ModelError:
    if place.is_relative_to(ROOT):
        return ModelError(f"{place} {what}: the starter models belong to this repository, so clone it again in full.")
    return ModelError(
        f"{place} {what}: correct {setting} (`assistant config` shows where it is set), or set it to starter."
    )
