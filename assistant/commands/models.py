"""Models by name: what there is, fetching, verifying, removing, and where they are."""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from assistant.commands.common import Setting, agreed, config_from, console
from assistant.commands.terminal import Whole
from assistant.errors import ModelError, UsageError

if TYPE_CHECKING:
    from assistant.settings import Config
    from assistant.weights.catalog import Catalog, Kind, Model, Profile
    from assistant.weights.fetch import Fetcher
    from assistant.weights.store import Store

app = typer.Typer(
    help="Models and voices: what there is, fetching, verifying, removing. Only this and `assistant setup` go online.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Names = Annotated[list[str], typer.Argument(metavar="NAME", help="Models or profiles: see `assistant models list`.")]
SomeNames = Annotated[
    list[str] | None, typer.Argument(metavar="NAME", help="Models or profiles; all that are here by default.")
]


@app.command("list")
def list_models(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts; sizes are in bytes.")] = False,
    settings: Setting = None,
) -> None:
    """List the models that can be fetched, what they need, and what is here; and the profiles made of them.

    Example: assistant models list
    """
    from assistant.weights import store
    from assistant.weights.catalog import KINDS

    config = config_from(settings)
    known, place = _known(config), store(config.models.folder)
    if as_json:
        typer.echo(json.dumps(_as_json(known, place, config), indent=2))
        return
    console.print(Whole(_profiles(known, place)))
    for kind in KINDS:
        console.print()
        console.print(Whole(_models(known, kind, place, config)))
    console.print(f"\nfetched models are in {place.folder}", markup=False)


@app.command()
def pull(
    names: Names,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Fetch what this computer has too little memory for.")
    ] = False,
    settings: Setting = None,
) -> None:
    """Fetch models, or all of a profile: goes on where it was interrupted, and verifies every byte.

    Example: assistant models pull standard
    """
    from assistant.weights import store
    from assistant.weights.disk import check_here
    from assistant.weights.sizes import size

    config = config_from(settings)
    known = _known(config)
    chosen = known.chosen(names)
    if not anyway:
        _check_memory(known, names, config.reply.context)
    place = store(config.models.folder)
    if not all(map(place.find, chosen)):
        check_here(place.folder)
    with _fetching(config) as fetcher:
        for model in chosen:
            about = "" if model.exact else "about "
            console.print(f"{model.name}: {about}{size(model.bytes)}, licence: {model.licence}", markup=False)
            _pull(fetcher, model)
    for name in names:
        if name in known.profiles:
            _tell_how_to_use(known, known.profiles[name], config.listen.language)


@app.command()
def verify(names: SomeNames = None, settings: Setting = None) -> None:
    """Read models that are here, every byte, and compare them with what they must be; exit 1 if one is damaged.

    Example: assistant models verify mistral-small-24b
    """
    config = config_from(settings)
    known = _known(config)
    damaged = []
    with _fetching(config) as fetcher:
        here = [model for model in known.models.values() if fetcher.store.find(model)]
        for model in known.chosen(names) if names else here:
            wrong = fetcher.damaged(model)
            if wrong is None:
                raise ModelError(f"{model.name} is not here: `assistant models pull {model.name}` fetches it.")
            if wrong:
                damaged.append(model.name)
            console.print(f"{model.name}: {'damaged: ' + ', '.join(wrong) if wrong else 'whole'}", markup=False)
    if not here and not names:
        console.print("there is nothing to verify: `assistant models list` shows what can be fetched")
    if damaged:
        console.print(f"`assistant models pull {' '.join(damaged)}` fetches anew what is damaged", markup=False)
        raise typer.Exit(1)


@app.command()
def remove(
    names: Names,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    settings: Setting = None,
) -> None:
    """Delete fetched models, and what was begun of them; files of your own are never touched.

    Example: assistant models remove mistral-small-24b-q3
    """
    from assistant.weights import store
    from assistant.weights.sizes import size

    config = config_from(settings)
    place = store(config.models.folder)
    chosen = _known(config).chosen(names)
    for model in chosen:
        place.check_ours(model)
    if not chosen:
        console.print("nothing is deleted: the starter models are part of the program")
    for model in chosen:
        used = ", which your settings use" if model.name in _used(config) else ""
        if not yes:
            agreed(f"Delete {model.name}{used}?")
        console.print(f"{model.name}: deleted, {size(place.remove(model))} freed", markup=False)


@app.command()
def path(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A model: see `assistant models list`.")],
    settings: Setting = None,
) -> None:
    """Print where a model is: the file, or the folder of a Whisper model.

    Example: assistant models path mistral-small-24b
    """
    from assistant.weights import store

    config = config_from(settings)
    model = _known(config).model(name)
    place = store(config.models.folder).main(model)
    if place is None:
        raise ModelError(f"{name} is not here: `assistant models pull {name}` fetches it.")
    typer.echo(place)


def _known(config: "Config") -> "Catalog":
    """All models, and the profiles as they are on this computer for who speaks listen.language."""
    from assistant.weights import sizes
    from assistant.weights.catalog import our_catalog

    return our_catalog().on(sizes.memory()).speaking(config.listen.language)


@contextmanager
def _fetching(config: "Config") -> Iterator["Fetcher"]:
    """What fetches and verifies, with bars on the terminal meanwhile. Opens no connection until it has to."""
    from assistant.commands.bars import Bars
    from assistant.weights import store
    from assistant.weights.fetch import Fetcher
    from assistant.weights.hub import Hub

    with Bars(console) as bars, closing(Hub()) as hub:
        yield Fetcher(hub, store(config.models.folder), bars)


def _pull(fetcher: "Fetcher", model: "Model") -> None:
    try:
        new = fetcher.pull(model)
    except KeyboardInterrupt:
        console.print(f"stopped; `assistant models pull {model.name}` goes on where it was", markup=False)
        raise
    where = fetcher.store.find(model)
    console.print(f"{model.name}: {'fetched and verified' if new else 'was here, and is whole'}, {where}", markup=False)


def _check_memory(known: "Catalog", names: Iterable[str], context: int) -> None:
    """Raises UsageError if something is too large to be used here."""
    from assistant.weights import sizes
    from assistant.weights.catalog import ENGINES_BYTES
    from assistant.weights.footprint import fitting

    memory = sizes.memory()
    for name in names:
        profile = known.profiles.get(name)
        need = known.memory(profile, context) if profile else ENGINES_BYTES + known.model(name).memory(context)
        if not sizes.fits(need, memory):
            raise UsageError(
                f"{name} needs {sizes.size(need)} of memory, and this computer has {sizes.size(memory)}, of which two"
                f" thirds are for models: take {fitting(known, memory, context)}, which fits it, or fetch {name} for"
                " another computer with --anyway."
            )


def _tell_how_to_use(known: "Catalog", profile: "Profile", language: str) -> None:
    from assistant.config import config_path
    from assistant.weights.catalog import ENGLISH, STARTER

    console.print(f"\nto use {profile.name}, write into {config_path(os.environ)}:", markup=False)
    section = ""
    for key, value in known.settings(profile).items():
        head, _, name = key.partition(".")
        if head != section:
            console.print(f"[{head}]", markup=False)
            section = head
        console.print(f"{name} = {json.dumps(value)}", markup=False)
    if profile.name == STARTER and language != ENGLISH:
        console.print(f"It knows English alone, and listen.language is {language}.", markup=False)
    elif unspoken := known.unspoken(language):
        console.print(unspoken, markup=False)


def _profiles(known: "Catalog", place: "Store") -> Table:
    from assistant.weights.sizes import size

    table = _table("profile", "to fetch", "memory", "models", "for")
    for profile in known.profiles.values():
        missing = sum(model.bytes for model in known.chosen(profile.names) if not place.find(model))
        to_fetch = size(missing) if missing else "nothing"
        table.add_row(profile.name, to_fetch, size(known.memory(profile)), "\n".join(profile.names), profile.about)
    return table


def _models(known: "Catalog", kind: "Kind", place: "Store", config: "Config") -> Table:
    """The models of one *kind*; chat models need memory for a cache besides."""
    from assistant.weights.catalog import KINDS
    from assistant.weights.sizes import size

    table = _table(KINDS[kind][0], "size", "memory", "here", "what it is, licence")
    for model in known.models.values():
        if model.kind == kind:
            about = "" if model.exact else "≈ "
            memory = about + size(model.memory(config.reply.context))
            row = (about + size(model.bytes), memory, _here(model, place, config), f"{model.about}; {model.licence}")
            table.add_row(model.name, *row)
    return table


def _table(*columns: str) -> Table:
    """A table that folds its last column only: what a person has to type must not be cut."""
    table = Table(box=None)
    for column in columns:
        table.add_column(column, no_wrap=column is not columns[-1])
    return table


def _here(model: "Model", place: "Store", config: "Config") -> str:
    if place.find(model):
        return "in use" if model.name in _used(config) else "yes"
    arrived = place.arrived(model)
    return f"{min(arrived / model.bytes, 0.99):.0%}" if arrived else ""


def _used(config: "Config") -> frozenset[str]:
    listen = config.listen
    return frozenset({listen.whisper, listen.turn_model, config.reply.model, config.speak.voice})


def _as_json(known: "Catalog", place: "Store", config: "Config") -> dict[str, object]:
    models = [
        {
            "name": model.name,
            "kind": model.kind,
            "bytes": model.bytes,
            "exact": model.exact,
            "memory_bytes": model.memory(config.reply.context),
            "language": model.language,
            "licence": model.licence,
            "repository": model.repository,
            "revision": model.revision,
            "path": str(place.main(model) or ""),
            "arrived_bytes": place.arrived(model),
            "in_use": model.name in _used(config),
        }
        for model in known.models.values()
    ]
    profiles = [
        {
            "name": profile.name,
            "memory_gb": profile.memory_gb,
            "models": profile.names,
            "settings": known.settings(profile),
        }
        for profile in known.profiles.values()
    ]
    return {"folder": str(place.folder), "models": models, "profiles": profiles}
