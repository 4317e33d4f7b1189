"""catalog.toml goes in; the models that can be fetched and the profiles made of them come out, checked."""

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from assistant.errors import UsageError

AUTO = "auto"
"""Whatever is here, which may be nothing: of a model that the program can do without."""
STARTER = "starter"
"""The small models in this repository: they run anywhere, and know a few hundred everyday words."""
STOCK_WINDOW_S = 10.0
"""Seconds that the encoder of a stock Whisper model needs to be shown at least: trained on 30, it loses words below
(measured: see window_frames in listen/whisper.py)."""
ENGINES_BYTES = 600_000_000
"""What the program needs besides weights and cache: 290 MB were measured with the starter models on Linux, and
llama.cpp's scores of a batch come on top (facts D: 512 rows of 131072 floats)."""

Kind = Literal["whisper", "chat", "voice", "turn"]
MANY = "many"
"""The language of models that know more than one."""
ENGLISH = "en"
"""All that the starter models know, and that recognisers know whose names end in .en."""
KINDS: Mapping[Kind, tuple[str, str]] = {
    "chat": ("chat model", "reply.model"),
    "whisper": ("Whisper model", "listen.whisper"),
    "voice": ("voice", "speak.voice"),
    "turn": ("turn model", "listen.turn_model"),
}
"""What each kind is called, and the setting that names a model of it."""

_Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
_Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_GitSha1 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class File(_Entry):
    """One file of a model: where it is in the repository, and what is known of it."""

    path: str
    bytes: int | None = Field(default=None, gt=0)
    """its exact size, None where nobody states it"""
    about_bytes: int = Field(default=0, ge=0)
    """a rough size to show, where the exact one is not known"""
    sha256: _Sha256 | None = None
    git_sha1: _GitSha1 | None = None
    """as git names a blob: how the hub names files that are small"""

    @property
    def name(self) -> str:
        """What the file is called here."""
        return PurePosixPath(self.path).name


class Model(_Entry):
    """One thing to fetch."""

    name: _Name
    kind: Kind
    about: str
    repository: str
    revision: _GitSha1
    licence: str
    language: str
    """ISO 639 code, or MANY"""
    files: tuple[File, ...] = Field(min_length=1)
    """the first is the one that an engine is given (but Whisper, which is given the folder)"""
    kv_bytes: int = Field(default=0, ge=0)
    """memory for each token of context"""
    temperature: float | None = None
    """what its makers advise, if they do"""
    window_s: float = Field(default=STOCK_WINDOW_S, ge=0)
    """of a Whisper model: seconds that its encoder has to be shown at least"""

    @property
    def bytes(self) -> int:
        """The size of all files; exact where `exact`."""
        return sum(file.bytes or file.about_bytes for file in self.files)

    @property
    def exact(self) -> bool:
        """Whether the size of every file is known."""
        return all(file.bytes for file in self.files)

    def memory(self, context: int = 4096) -> int:
        """Bytes it needs when loaded, with a cache for *context* tokens."""
        return self.bytes + self.kv_bytes * context

    @model_validator(mode="after")
    def _no_two_files_of_one_name(self) -> Self:
        names = [file.name for file in self.files]
        if len(set(names)) < len(names):
            raise ValueError(f"two files of {self.name} have the same name")
        return self


class Smaller(_Entry):
    """What of a profile is another on computers with less memory."""

    memory_gb: int = Field(ge=0)
    """GiB that the whole computer should have at least"""
    chat: str


class Profile(_Entry):
    """A model of each kind that go together on one sort of computer."""

    name: _Name
    about: str
    memory_gb: int = Field(ge=0)
    """GiB that the whole computer should have"""
    whisper: str
    chat: str
    voice: str
    """"" where the catalog has none of a language: then speak.voice stays what it is"""
    turn_model: str
    smaller: Smaller | None = None

    @property
    def parts(self) -> tuple[tuple[str, Kind], ...]:
        """The models of the catalog it is made of, and what each must be."""
        wanted: tuple[tuple[str, Kind], ...] = (
            (self.whisper, "whisper"),
            (self.chat, "chat"),
            (self.voice, "voice"),
            (self.turn_model, "turn"),
        )
        return tuple((name, kind) for name, kind in wanted if name not in {"", STARTER, AUTO})

    @property
    def names(self) -> tuple[str, ...]:
        """The models of the catalog it is made of: what there is to fetch."""
        return tuple(name for name, _ in self.parts)


class Catalog(_Entry):
    """All models and profiles, by name."""

    models: Mapping[str, Model]
    profiles: Mapping[str, Profile]

    def model(self, name: str) -> Model:
        """The model called *name*. Raises UsageError with what may have been meant."""
        if name in self.profiles:
            among = f"name one of its models: {', '.join(self.profiles[name].names)}."
            own = "its models are part of the program."
            raise UsageError(f"{name} is a profile, not a model: {among if self.profiles[name].names else own}")
        if name not in self.models:
            raise UsageError(f"There is no model {name!r}{self._meant(name)} `assistant models list` shows them all.")
        return self.models[name]

    def on(self, memory_bytes: int) -> Self:
        """The same catalog, its profiles as they are on a computer with so much memory."""
        gib = _sold_with(memory_bytes)
        fitted = {name: _on(one, gib) for name, one in self.profiles.items()}
        return self.model_copy(update={"profiles": fitted})

    def speaking(self, language: str) -> Self:
        """The same catalog, its profiles as they are for who speaks *language* (ISO 639).

        Of an English Whisper they have the one of that size for many languages, and the first voice of the language;
        none where there is none (`voices`). The starter stays as it is: it knows English alone.
        """
        voice = next(iter(self.voices(language)), "")
        spoken = {
            name: one.model_copy(update={"whisper": self._hearing(one.whisper, language), "voice": voice})
            for name, one in self.profiles.items()
            if language != ENGLISH and name != STARTER
        }
        return self.model_copy(update={"profiles": {**self.profiles, **spoken}})

    def voices(self, language: str) -> tuple[str, ...]:
        """The names of the voices that speak *language*."""
        return tuple(one.name for one in self.models.values() if (one.kind, one.language) == ("voice", language))

    def unspoken(self, language: str) -> str:
        """What to say where no voice speaks *language*; "" where one does."""
        if self.voices(language):
            return ""
        return (
            f"No voice of the catalog speaks {language}: speak.voice stays what it is, and has to name a Piper voice of"
            " that language."
        )

    def chosen(self, names: Iterable[str]) -> tuple[Model, ...]:
        """The models that *names* of models and profiles stand for, each once. Raises UsageError."""
        singly = [one for name in names for one in (self.profiles[name].names if name in self.profiles else (name,))]
        return tuple(self.model(name) for name in dict.fromkeys(singly))

    def memory(self, profile: Profile, context: int = 4096) -> int:
        """Bytes that the program needs with *profile*."""
        return ENGINES_BYTES + sum(self.models[name].memory(context) for name in profile.names)

    def settings(self, profile: Profile) -> dict[str, object]:
        """What has to be set, by key, to use *profile*."""
        advised = self.models[profile.chat].temperature if profile.chat in self.models else None
        chosen: dict[str, object | None] = {
            "listen.whisper": profile.whisper,
            "listen.turn_model": profile.turn_model,
            "reply.model": profile.chat,
            "reply.temperature": advised,
            "speak.voice": profile.voice or None,
        }
        return {key: value for key, value in chosen.items() if value is not None}

    def recommended(self, memory_bytes: int) -> Profile:
        """The most demanding profile that a computer with so much memory is meant for."""
        gib = _sold_with(memory_bytes)
        meant = (one for one in self.on(memory_bytes).profiles.values() if one.memory_gb <= gib)
        return max(meant, key=lambda one: one.memory_gb)

    def _hearing(self, whisper: str, language: str) -> str:
        """*whisper*, or where that does not know *language* the one of its size that does, if there is one."""
        twin = whisper.removesuffix(f".{ENGLISH}")
        known = whisper not in self.models or self.models[whisper].language in {language, MANY}
        return whisper if known or twin not in self.models else twin

    def _meant(self, name: str) -> str:
        close = difflib.get_close_matches(name, (*self.profiles, *self.models), n=1)
        return f": did you mean {close[0]}?" if close else "."

    @model_validator(mode="after")
    def _profiles_name_models_of_the_right_kind(self) -> Self:
        for profile in self.profiles.values():
            smaller: tuple[tuple[str, Kind], ...] = ((profile.smaller.chat, "chat"),) if profile.smaller else ()
            for name, kind in profile.parts + smaller:
                if name not in self.models or self.models[name].kind != kind:
                    raise ValueError(f"profile {profile.name}: {name} is no model of kind {kind}")
        return self


def _sold_with(memory_bytes: int) -> float:
    """GiB of a computer that reports so many bytes: fewer than it has, by what firmware and kernel keep."""
    return memory_bytes / 2**30 / 0.95


def _on(profile: Profile, gib: float) -> Profile:
    """*profile* on a computer with so many GiB."""
    smaller = profile.smaller
    if smaller is None or not smaller.memory_gb <= gib < profile.memory_gb:
        return profile
    return profile.model_copy(update={"memory_gb": smaller.memory_gb, "chat": smaller.chat})


@cache
def our_catalog() -> Catalog:
    """The catalog that comes with the program."""
    return read((files("assistant.weights") / "catalog.toml").read_text(encoding="utf-8"))


def read(text: str) -> Catalog:
    """Make a catalog of TOML. Raises pydantic's ValidationError: its text is ours, so a mistake in it is a bug."""
    raw = tomllib.loads(text)
    named = {table: {name: entry | {"name": name} for name, entry in raw[table].items()} for table in raw}
    return Catalog.model_validate(named)
