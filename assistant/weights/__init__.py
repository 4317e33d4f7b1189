"""What a setting says about a model (starter, a name of the catalog, a path) goes in; what an engine opens comes out.

catalog.py knows what there is, store.py where it lies, fetch.py fetches it from hub.py. Where a model's disk is not
here, AwayError is raised in place of ModelError.
"""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assistant.errors import AwayError, ModelError
from assistant.weights.catalog import AUTO, KINDS, STARTER, STOCK_WINDOW_S, Kind, Model, our_catalog
from assistant.weights.disk import away
from assistant.weights.sizes import size
from assistant.weights.store import ROOT, Store, default_folder

__all__ = ["AUTO", "ROOT", "STARTER", "chat", "store", "turn_model", "voice", "whisper", "window"]

_STARTER_WHISPER = ROOT / "models/starter/whisper"


@contextmanager
def _looked_for(key: str) -> Iterator[None]:
    """Turn what a system says of a place it cannot even look at, as of somebody else's folder, into a ModelError."""
    try:
        yield
    except OSError as error:
        raise ModelError(
            f"{error.filename} cannot be read ({error.strerror}): correct {key} (`assistant config` shows where it is"
            " set), or allow yourself to read it."
        ) from error


def store(folder: Path | None = None) -> Store:
    """Where models are: *folder* (models.folder; the platform's by default), and models/ and voices/ in the package."""
    return Store(folder or default_folder(), (ROOT / "models", ROOT / "voices"))


@_looked_for("listen.whisper")
def whisper(setting: str, folder: Path | None = None) -> Path:
    """Return the folder of the CTranslate2 Whisper model that *setting* names; ModelError if it is not one.

    Here as below, *folder* is models.folder, where a name of the catalog is looked for.
    """
    place = _STARTER_WHISPER if setting == STARTER else _named(setting, "whisper", folder) or Path(setting)
    if place.is_file():
        raise _not_usable(place, "is a file, but a Whisper model is a folder with model.bin in it", "listen.whisper")
    return _present(place, ("config.json", "model.bin"), "listen.whisper")


def window(folder: Path) -> float:
    """Seconds of sound and padding that the encoder of the Whisper model in *folder* needs to see at least.

    Stock models are trained on 30 s, and lose words below 10; the starter on windows of any length.
    """
    if folder.resolve() == _STARTER_WHISPER.resolve():
        return 0.0
    known = our_catalog().models.get(folder.name)
    return known.window_s if known else STOCK_WINDOW_S


@_looked_for("reply.model")
def chat(setting: str, folder: Path | None = None) -> Path:
    """Return the GGUF file that *setting* names; ModelError if it is not there."""
    starter = ROOT / "models/starter/chat.gguf"
    file = starter if setting == STARTER else _named(setting, "chat", folder) or Path(setting)
    if file.is_dir():
        raise _not_usable(file, "is a folder, but a chat model is one GGUF file", "reply.model")
    return _present(file, ("",), "reply.model")


@_looked_for("speak.voice")
def voice(setting: str, folder: Path | None = None) -> Path:
    """Return the ONNX file of the Piper voice that *setting* names; ModelError if it or its JSON is not there."""
    starter = ROOT / "voices/starter/starter.onnx"
    file = starter if setting == STARTER else _named(setting, "voice", folder) or Path(setting)
    if file.is_dir():
        raise _not_usable(file, "is a folder, but a voice is an .onnx file with its .onnx.json", "speak.voice")
    _present(file, ("",), "speak.voice")
    _present(file.with_name(file.name + ".json"), ("",), "speak.voice")
    return file


@_looked_for("listen.turn_model")
def turn_model(setting: str, folder: Path | None = None) -> Path | None:
    """Return the smart-turn ONNX file that *setting* names; ModelError if it is not there.

    "" is none. "auto" is the newest in models/, else one that was fetched, else the one inside an installed
    pipecat-ai, else none.
    """
    if setting == AUTO:
        own, *others = map(_turn_models, (ROOT / "models", *_pipecat()))
        return next((files[-1] for files in (own, _fetched_turn_models(folder), *others) if files), None)
    if (named := _named(setting, "turn", folder)) is not None:
        return named
    if setting and not Path(setting).is_file():
        if Path(setting).is_dir():
            what = "is a folder, but a turn model is one ONNX file"
            raise _not_usable(Path(setting), what, "listen.turn_model", AUTO)
        raise _does_not_exist(Path(setting), "listen.turn_model", AUTO)
    return Path(setting) if setting else None


def _named(setting: str, kind: Kind, folder: Path | None) -> Path | None:
    """What is to be opened of the model of the catalog that *setting* names, None if it is no such name."""
    model = our_catalog().models.get(setting)
    if model is None:
        return None
    noun, key = KINDS[kind]
    if model.kind != kind:
        raise ModelError(f"{setting} is a {KINDS[model.kind][0]}, and {key} wants a {noun}: correct it.")
    here = store(folder).main(model)
    if here is None:
        raise _not_here(model, key, store(folder))
    return here


def _not_here(model: Model, key: str, where: Store) -> ModelError | AwayError:
    home, how_much = where.home(model), size(model.bytes)
    of = home if home.is_symlink() else where.folder
    if away(of):
        return AwayError(
            f"{model.name}, which {key} names, is not here, and the disk that {of} is on seems to be away: plug it in;"
            f" if it was never fetched, `assistant models pull {model.name}` does that ({how_much})."
        )
    return ModelError(
        f"{model.name}, which {key} names, is not here yet: `assistant models pull {model.name}` fetches it"
        f" ({how_much})."
    )


def _fetched_turn_models(folder: Path | None) -> list[Path]:
    turns = (model for name, model in sorted(our_catalog().models.items()) if model.kind == "turn")
    return [here for model in turns if (here := store(folder).main(model))]


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
            raise _does_not_exist(place / part, setting)
    return place


def _does_not_exist(place: Path, setting: str, instead: str = STARTER) -> ModelError | AwayError:
    # A path that begins here is misspelt where there is not even its folder.
    if place.is_absolute() and not place.is_relative_to(ROOT) and away(place.resolve().parent):
        return AwayError(
            f"{place} does not exist, and the disk it is on seems to be away: plug it in, or correct {setting}"
            f" (`assistant config` shows where it is set)."
        )
    return _not_usable(place, "does not exist", setting, instead)


def _not_usable(place: Path, what: str, setting: str, instead: str = STARTER) -> ModelError:
    if place.is_relative_to(ROOT):
        return ModelError(f"{place} {what}: the starter models are part of the program, so install or clone it again.")
    return ModelError(
        f"{place} {what}: correct {setting} (`assistant config` shows where it is set), or set it to {instead}."
    )
