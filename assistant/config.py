"""Defaults, a TOML file, the environment and flags go in; one checked, frozen Config comes out, or all that is wrong.

Later layers win: defaults < the file < ASSISTANT_<SECTION>_<KEY> < flags. The settings themselves are in settings.py.
"""

import difflib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, get_args

import platformdirs
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from assistant.errors import UsageError
from assistant.settings import Config, at_home

PREFIX = "ASSISTANT_"
FILE_VARIABLE = "ASSISTANT_CONFIG"
"""Names the file to read instead of the one in the platform's config folder."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A checked configuration, and where each of its values came from."""

    config: Config
    origin: Mapping[str, str]
    """by key (listen.patience_ms): default, config.toml, ASSISTANT_LISTEN_PATIENCE_MS or command line"""
    path: Path
    """the file that was read, or would have been"""


class Setting(NamedTuple):
    """What `assistant config` tells of one."""

    key: str
    value: object
    origin: str
    description: str
    allowed: str
    """what may be written: "one of open, wake, push", "a whole number from 0 to 3", "text" """


def load(environ: Mapping[str, str], flags: Mapping[str, object], path: Path | None = None) -> Loaded:
    """Lay the layers over each other and check the result; touches nothing but the file.

    *flags* are by key (`{"listen.patience_ms": 300}`), None where a flag was not given. *path* is the file to read,
    config_path(environ) by default, which alone may be missing unless it is named by ASSISTANT_CONFIG. Raises one
    UsageError with a line for everything that is wrong.
    """
    usual = config_path(environ)
    place = path or usual
    required = place != usual or bool(environ.get(FILE_VARIABLE))
    problems: list[str] = []
    unread: list[str] = []
    given: dict[str, tuple[object, str]] = {}
    layers = (_from_file(place, required, unread), _from_environment(environ), _from_flags(flags))
    for name, key, value, origin in (setting for layer in layers for setting in layer):
        if key in _FIELDS:
            given[key] = (value, origin)
        else:
            problems.append(_unknown(name, value, origin))
    config = _checked(given, problems)
    if config is None or unread:
        settings = [] if not problems else ["1 setting"] if len(problems) == 1 else [f"{len(problems)} settings"]
        what = " and ".join([*(["the settings file"] if unread else []), *settings])
        raise UsageError("\n  ".join([f"{what[0].upper()}{what[1:]} cannot be used:", *unread, *problems]))
    return Loaded(config, {key: given[key][1] if key in given else "default" for key in _FIELDS}, place)


def explain(loaded: Loaded) -> list[Setting]:
    """Return every setting in the order of the sections, with its value, origin and meaning."""
    return [
        Setting(key, value(loaded.config, key), loaded.origin[key], field.description or "", _allowed(field))
        for key, field in _FIELDS.items()
    ]


def value(config: Config, key: str) -> object:
    """Return the value of the setting called *key*, as in listen.mode."""
    section, _, name = key.partition(".")
    return getattr(getattr(config, section), name)


def changed(before: Config, after: Config) -> list[str]:
    """Return the keys of the settings in which the two differ, in the order of the sections."""
    return [key for key in _FIELDS if value(before, key) != value(after, key)]


def config_path(environ: Mapping[str, str]) -> Path:
    """Return the file that settings are read from: ASSISTANT_CONFIG, or the one in the platform's config folder."""
    if named := environ.get(FILE_VARIABLE):
        return Path(at_home(named))
    return platformdirs.user_config_path("assistant") / "config.toml"


def _fields() -> dict[str, FieldInfo]:
    return {
        f"{section}.{key}": field
        for section, of in Config.model_fields.items()
        for key, field in of.annotation.model_fields.items()  # type: ignore[union-attr]  # each is a class of fields
    }


_FIELDS = _fields()
_VARIABLES = {PREFIX + key.replace(".", "_").upper(): key for key in _FIELDS}

_Named = tuple[str, str, object, str]
"""What a setting is called in its layer, its key ("" if it has none), its value, its origin."""


def _from_file(path: Path, required: bool, unread: list[str]) -> Iterator[_Named]:
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        unread.append(f"{path} is not valid TOML: {error}")
    except FileNotFoundError:
        if required:
            unread.append(f"{path} does not exist; it was named as the file with the settings")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text in UTF-8"
        unread.append(f"{path} cannot be read: {reason}")
    else:
        for section, keys in read.items():
            for key, value in keys.items() if isinstance(keys, dict) else [("", keys)]:
                name = f"{section}.{key}" if key else section
                yield name, name, value, path.name


def _from_environment(environ: Mapping[str, str]) -> Iterator[_Named]:
    for name, value in environ.items():
        if name.startswith(PREFIX) and name != FILE_VARIABLE:
            yield name, _VARIABLES.get(name, ""), value, name


def _from_flags(flags: Mapping[str, object]) -> Iterator[_Named]:
    for key, value in flags.items():
        if value is not None:
            yield key, key, value, "command line"


def _unknown(name: str, value: object, origin: str) -> str:
    known: Iterable[str] = _VARIABLES if name == origin else _FIELDS
    begin = PREFIX if name == origin else ""  # which all have: alike in it says nothing
    near = difflib.get_close_matches(name.removeprefix(begin), [one.removeprefix(begin) for one in known], n=1)
    where = "" if name == origin else f" ({origin})"
    hint = f"did you mean {begin}{near[0]}?" if near else "`assistant config` lists what can be set"
    return f"{name} = {value!r}{where}: there is no such setting; {hint}"


def _checked(given: Mapping[str, tuple[object, str]], problems: list[str]) -> Config | None:
    sections: dict[str, dict[str, object]] = {}
    for name, (value, _) in given.items():
        section, _, key = name.partition(".")
        sections.setdefault(section, {})[key] = value
    try:
        config = Config.model_validate(sections)
    except ValidationError as error:
        for wrong in error.errors():
            key = ".".join(str(part) for part in wrong["loc"][:2])
            value, origin = given[key]
            problems.append(f"{key} = {value!r} ({origin}): {_allowed(_FIELDS[key])}")
        return None
    return None if problems else config


def _allowed(field: FieldInfo) -> str:
    kinds: dict[Any, str] = {
        int: "a whole number",
        float: "a number",
        bool: "true or false",
        str: "text",
        Path: "a path",
    }
    if choices := get_args(field.annotation):
        return "one of " + ", ".join(choices)
    if field.examples:
        return f"text like {field.examples[0]}"
    limits = {name: getattr(limit, name) for limit in field.metadata for name in ("ge", "le") if hasattr(limit, name)}
    return kinds[field.annotation] + (f" from {limits['ge']} to {limits['le']}" if limits else "")
