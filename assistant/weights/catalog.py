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
    """ISO 639 code, or many"""
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


class Profile(_Entry):
    """A model of each kind that go together on one sort of computer."""

    name: _Name
    about: str
    memory_gb: int = Field(ge=0)
    """GiB that the whole computer should have"""
    whisper: str
    chat: str
    voice: str
    turn_model: str

    @property
    def parts(self) -> tuple[tuple[str, Kind], ...]:
        """The models of the catalog it is made of, and what each must be."""
        wanted: tuple[tuple[str, Kind], ...] = (
            (self.whisper, "whisper"),
            (self.chat, "chat"),
            (self.voice, "voice"),
            (self.turn_model, "turn"),
        )
        return tuple((name, kind) for name, kind in wanted if name not in {STARTER, AUTO})

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

    def chosen(self, names: Iterable[str]) -> tuple[Model, ...]:
        """The models that *names* of models and profiles stand for, each once. Raises UsageError."""
        singly = [one for name in names for one in (self.profiles[name].names if name in self.profiles else (name,))]
        return tuple(self.model(name) for name in dict.fromkeys(singly))

    def memory(self, profile: Profile, context: int = 4096) -> int:
        """Bytes that the program needs with *profile*."""
        return ENGINES_BYTES + sum(self.models[name].memory(context) for name in profile.names)

    def settings(self, profile: Profile) -> dict[str, object]:
        """What has to be set, by key, to use *profile*."""
        chosen: dict[str, object] = {
            "listen.whisper": profile.whisper,
            "listen.turn_model": profile.turn_model,
            "reply.model": profile.chat,
            "speak.voice": profile.voice,
        }
        advised = self.models[profile.chat].temperature if profile.chat in self.models else None
        return chosen if advised is None else chosen | {"reply.temperature": advised}

    def recommended(self, memory_bytes: int) -> Profile:
        """The most demanding profile that a computer with so much memory is meant for."""
        # What a computer reports may be less than it was sold with, by what firmware and kernel keep.
        gib = memory_bytes / 2**30 / 0.95
        return max((one for one in self.profiles.values() if one.memory_gb <= gib), key=lambda one: one.memory_gb)

    def _meant(self, name: str) -> str:
        close = difflib.get_close_matches(name, (*self.profiles, *self.models), n=1)
        return f": did you mean {close[0]}?" if close else "."

    @model_validator(mode="after")
    def _profiles_name_models_of_the_right_kind(self) -> Self:
        for profile in self.profiles.values():
            for name, kind in profile.parts:
                if name not in self.models or self.models[name].kind != kind:
                    raise ValueError(f"profile {profile.name}: {name} is no model of kind {kind}")
        return self


@cache
def our_catalog() -> Catalog:
    """The catalog that comes with the program."""
    return read((files("assistant.weights") / "catalog.toml").read_text(encoding="utf-8"))


def read(text: str) -> Catalog:
    """Make a catalog of TOML. Raises pydantic's ValidationError: its text is ours, so a mistake in it is a bug."""
    raw = tomllib.loads(text)
    named = {table: {name: entry | {"name": name} for name, entry in raw[table].items()} for table in raw}
    return Catalog.model_validate(named)
