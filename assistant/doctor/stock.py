"""The settings go in; the models they name, where they are, and whether they are whole, come out. Blocks."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from assistant import weights
from assistant.config import value
from assistant.doctor.computer import Need
from assistant.doctor.models import Model
from assistant.errors import AwayError, ModelError
from assistant.settings import Config
from assistant.weights import sizes
from assistant.weights.catalog import ENGINES_BYTES, KINDS, our_catalog
from assistant.weights.digest import Expected, digest
from assistant.weights.footprint import Footprint, fitting, footprint

QUICK = 200_000_000
"""bytes that are read and hashed in half a second, so always; more only where it is asked for"""
MANIFEST = "models/starter/MANIFEST.json"
"""what the files of the starter models must be, by their path below weights.ROOT"""

Resolve = Callable[[], Path | None]


def resolvers(config: Config) -> Mapping[str, Resolve]:
    """What gives the place of each model, by the setting that names it. They raise ModelError, AwayError."""
    folder = config.models.folder
    return {
        "reply.model": lambda: weights.chat(config.reply.model, folder),
        "listen.whisper": lambda: weights.whisper(config.listen.whisper, folder),
        "speak.voice": lambda: weights.voice(config.speak.voice, folder),
        "listen.turn_model": lambda: weights.turn_model(config.listen.turn_model, folder),
    }


def model(config: Config, setting: str, *, thorough: bool) -> Model:
    """What there is of the model that *setting* names; *thorough*: every byte is read, whatever the size."""
    named = str(value(config, setting))
    try:
        place = resolvers(config)[setting]()
        if place is None:
            return Model(setting)
        name, expected = _stated(config, named, place)
        size = sum(file.stat().st_size for file in expected) or sizes.on_disk(place)
        whole = thorough or size <= QUICK
        damaged = tuple(file.name for file, one in expected.items() if not _fits(file, one, whole=whole))
        fetched = place.is_relative_to(weights.store(config.models.folder).folder)
        return Model(setting, place, size, name, fetched=fetched, hashed=whole, damaged=damaged)
    except (ModelError, AwayError) as error:
        away = isinstance(error, AwayError)
        return Model(setting, name=_meant(setting, named), trouble=str(error), away=away)
    except OSError as error:
        return Model(setting, trouble=f"{error.filename} cannot be read: {error.strerror}.")


def need(config: Config) -> Need:
    """The memory that the models of *config* take."""
    have, context = sizes.memory(), config.reply.context
    found = {setting: _taken(config, setting, resolve) for setting, resolve in resolvers(config).items()}
    total, chat = ENGINES_BYTES + sum(one.total for one in found.values()), found["reply.model"]
    return Need(total, chat.total, have, fitting(our_catalog(), have, context), chat)


def _meant(setting: str, named: str) -> str:
    """What of ours *setting* would name, were it here; empty where that is a path, or a model of another kind."""
    known = our_catalog().models.get(named)
    ours = named == weights.STARTER or (known is not None and KINDS[known.kind][1] == setting)
    return named if ours else ""


def _fits(file: Path, expected: Expected, *, whole: bool) -> bool:
    if file.stat().st_size != expected.bytes or not whole:
        return file.stat().st_size == expected.bytes
    return digest(file, git=expected.git_sha1 is not None).fits(expected)


def _stated(config: Config, named: str, place: Path) -> tuple[str, Mapping[Path, Expected]]:
    """What a model is called, and what is stated of it, by file; empty of a person's own."""
    if named == weights.STARTER:
        files = _of_the_starter(place)
        return named if files else "", files
    store = weights.store(config.models.folder)
    for known in our_catalog().models.values():
        if store.main(known) == place:
            folder = place if known.kind == "whisper" else place.parent
            return known.name, {folder / name: one for name, one in store.known(known, folder).items()}
    return "", {}


def _of_the_starter(place: Path) -> Mapping[Path, Expected]:
    """The files in *place*, a folder, or a file with its description beside it."""
    try:
        files = json.loads((weights.ROOT / MANIFEST).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError):
        return {}
    stated = {weights.ROOT / name: Expected(one["bytes"], one["sha256"]) for name, one in files.items()}
    belongs = {place, place.with_name(f"{place.name}.json")}
    return {file: one for file, one in stated.items() if file in belongs or file.parent == place}


def _taken(config: Config, setting: str, resolve: Resolve) -> Footprint:
    context = config.reply.context if setting == "reply.model" else 0
    known = our_catalog().models.get(str(value(config, setting)))
    if known is not None:  # here or not
        return Footprint(known.bytes, known.kv_bytes, context)
    try:
        place = resolve()
        return footprint(place, context) if place is not None else Footprint()
    except (ModelError, AwayError, OSError):
        return Footprint()
