"""Defaults, a TOML file, the environment and flags go in; one checked, frozen Config comes out, or all that is wrong.

Later layers win: defaults < the file < ASSISTANT_<SECTION>_<KEY> < flags. Every field says its unit and its reason.
"""

import difflib
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, get_args

import platformdirs
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from assistant.errors import UsageError

PREFIX = "ASSISTANT_"
FILE_VARIABLE = "ASSISTANT_CONFIG"
"""Names the file to read instead of the one in the platform's config folder."""

SYSTEM = (
    "You are a voice assistant running on this computer. What you write is spoken aloud: answer in one or two"
    " short sentences of plain words, without markup. Use a tool when one helps."
)


def _at_home(path: str) -> str:
    return os.path.expanduser(path)  # noqa: PTH111 - pathlib's raises where there is no such user


Place = Annotated[str, AfterValidator(_at_home)]
"""`starter` or a path, `~` expanded; what is relative begins at the folder the program is started in."""

HomePath = Annotated[Path, AfterValidator(lambda path: Path(_at_home(str(path))))]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Listen(_Section):
    """From sound to words."""

    microphone: str = Field(
        default="", description="part of the microphone's name or its number; empty: the system's default"
    )
    whisper: Place = Field(
        default="starter", description="folder of a CTranslate2 Whisper model, or starter: the small one here"
    )
    language: str = Field(
        default="en", description="ISO 639 code of what is spoken; naming it spares Whisper guessing per turn"
    )
    vad_mode: int = Field(
        default=2, ge=0, le=3, description="webrtcvad's strictness; 3 drops soft speech, 0 wakes Silero on every noise"
    )
    speech_threshold: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Silero's probability from which sound is speech; 0.5 is its authors' default",
    )
    above_noise_db: float = Field(
        default=5.0,
        ge=0,
        le=30,
        description="dB above the room's noise from which sound may be speech; a fan strays by 4, a soft voice has 10",
    )
    start_ms: int = Field(
        default=60,
        ge=20,
        le=1000,
        description="ms of speech that begin a turn; shorter is a click, longer loses short words",
    )
    pre_roll_ms: int = Field(
        default=300, ge=0, le=2000, description="ms kept from before the start: soft first consonants are noticed late"
    )
    pause_ms: int = Field(
        default=100, ge=40, le=500, description="ms of silence after which we begin to find out whether a turn is over"
    )
    patience_sure_ms: int = Field(
        default=180, ge=100, le=5000, description="ms of silence that end a turn which surely is complete"
    )
    patience_likely_ms: int = Field(
        default=300, ge=100, le=5000, description="ms of silence that end a turn which is likely complete"
    )
    patience_ms: int = Field(
        default=640,
        ge=100,
        le=5000,
        description="ms of silence that end a turn of which nobody can tell; a pause for thought is half a second",
    )
    patience_open_ms: int = Field(
        default=1200, ge=100, le=5000, description="ms of silence that end a turn which sounds as if it went on"
    )
    learn_patience: bool = Field(
        default=False, description="fit the patience to your own pauses; only their lengths are kept, on this disk"
    )
    pauses: HomePath = Field(
        default_factory=lambda: platformdirs.user_data_path("assistant") / "pauses.json",
        description="file of the lengths of your pauses, where they are learned; `assistant forget-pauses` deletes it",
    )
    longest_s: int = Field(
        default=30, ge=1, le=30, description="s after which a turn ends anyway: Whisper hears 30 s at once"
    )
    turn_model: Place = Field(
        default="auto", description="smart-turn ONNX file that hears whether a turn is over; auto: if there is one"
    )
    mode: Literal["open", "wake", "push"] = Field(
        default="open", description="when it listens: always, after a wake word, or after a key (Enter)"
    )
    wake_words: str = Field(
        default="hey jarvis", description="wake words for that mode, with commas between; or paths of their models"
    )
    wake_sensitivity: float = Field(
        default=0.5, ge=0, le=1, description="how readily it wakes; 0.5 is what the models' authors advise"
    )
    follow_up_s: float = Field(
        default=8.0, ge=0, le=600, description="s after an answer in which no wake word is needed"
    )
    earcons: bool = Field(default=True, description="a soft sound on waking and another on going to sleep")
    barge_in: bool = Field(
        default=True, description="speaking interrupts the answer; else only words like stop and the wake word do"
    )
    echo_control: bool = Field(
        default=True, description="take our own voice out of the microphone; needless with headphones"
    )


class Reply(_Section):
    """From words to words."""

    model: Place = Field(
        default="starter", description="GGUF file with a chat template, or starter: the small one here"
    )
    system: str = Field(
        default=SYSTEM, description="what the model is told about itself; short, since it is read at the start"
    )
    context: int = Field(
        default=4096,
        ge=512,
        le=131072,
        description="tokens it remembers; Mistral Small needs 160 KiB of memory for each",
    )
    max_tokens: int = Field(
        default=400,
        ge=1,
        le=8192,
        description="tokens of one answer at most; 400 are two minutes of speech, long enough",
    )
    temperature: float = Field(
        default=0.0,
        ge=0,
        le=2,
        description="0 takes the likeliest word, as the starter needs; for Mistral Small 3, 0.15 is advised",
    )
    gpu_layers: int = Field(
        default=-1, ge=-1, le=1000, description="layers on the GPU, -1 is all: one left out slows every token"
    )
    tools: bool = Field(default=True, description="the model may use the clock, the calculator, timers and the list")
    shopping_list: HomePath = Field(
        default_factory=lambda: platformdirs.user_data_path("assistant") / "shopping-list.txt",
        description="file of the shopping list; in the platform's folder for data, so that backups find it",
    )


class Speak(_Section):
    """From words to sound."""

    loudspeaker: str = Field(
        default="", description="part of the loudspeaker's name or its number; empty: the system's default"
    )
    voice: Place = Field(
        default="starter", description="Piper voice, an .onnx with its .onnx.json, or starter: the small one here"
    )


class Engine(_Section):
    """What all engines share."""

    threads: int = Field(
        default=0, ge=0, le=256, description="threads for each engine; 0 chooses: slow cores only hold up fast ones"
    )


class Log(_Section):
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="warning", description="least severe event that is logged; what people said never is"
    )


class Config(_Section):
    """Everything that can be set."""

    listen: Listen = Field(default_factory=Listen)
    reply: Reply = Field(default_factory=Reply)
    speak: Speak = Speak()
    engine: Engine = Engine()
    log: Log = Log()


@dataclass(frozen=True, slots=True)
class Loaded:
    """A checked configuration, and where each of its values came from."""

    config: Config
    origin: Mapping[str, str]
    """by key (listen.patience_ms): default, config.toml, ASSISTANT_LISTEN_PATIENCE_MS or command line"""
    path: Path
    """the file that was read, or would have been"""


class Setting(NamedTuple):
    """One line of `assistant config`."""

    key: str
    value: object
    origin: str
    description: str


def load(environ: Mapping[str, str], flags: Mapping[str, object], path: Path | None = None) -> Loaded:
    """Lay the layers over each other and check the result; touches nothing but the file.

    *flags* are by key (`{"listen.patience_ms": 300}`), None where a flag was not given. *path* is the file to read,
    config_path(environ) by default, which alone may be missing unless it is named by ASSISTANT_CONFIG. Raises one
    UsageError with a line for everything that is wrong.
    """
    usual = config_path(environ)
    place = path or usual
    required = place != usual or FILE_VARIABLE in environ
    problems: list[str] = []
    given: dict[str, tuple[object, str]] = {}
    layers = (_from_file(place, required, problems), _from_environment(environ), _from_flags(flags))
    for name, key, value, origin in (setting for layer in layers for setting in layer):
        if key in _FIELDS:
            given[key] = (value, origin)
        else:
            problems.append(_unknown(name, value, origin))
    config = _checked(given, problems)
    if config is None:
        counted = "1 setting" if len(problems) == 1 else f"{len(problems)} settings"
        raise UsageError("\n  ".join([f"{counted} cannot be used:", *problems]))
    return Loaded(config, {key: given[key][1] if key in given else "default" for key in _FIELDS}, place)


def explain(loaded: Loaded) -> list[Setting]:
    """Return every setting in the order of the sections, with its value, origin and meaning."""
    return [
        Setting(key, _value(loaded.config, key), loaded.origin[key], field.description or "")
        for key, field in _FIELDS.items()
    ]


def config_path(environ: Mapping[str, str]) -> Path:
    """Return the file that settings are read from: ASSISTANT_CONFIG, or the one in the platform's config folder."""
    if named := environ.get(FILE_VARIABLE):
        return Path(_at_home(named))
    return platformdirs.user_config_path("assistant") / "config.toml"


def _fields() -> dict[str, FieldInfo]:
    sections = (Listen, Reply, Speak, Engine, Log)
    return {
        f"{section.__name__.lower()}.{key}": field
        for section in sections
        for key, field in section.model_fields.items()
    }


_FIELDS = _fields()
_VARIABLES = {PREFIX + key.replace(".", "_").upper(): key for key in _FIELDS}

_Named = tuple[str, str, object, str]
"""What a setting is called in its layer, its key ("" if it has none), its value, its origin."""


def _from_file(path: Path, required: bool, problems: list[str]) -> Iterator[_Named]:
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        problems.append(f"{path} is not valid TOML: {error}")
    except FileNotFoundError:
        if required:
            problems.append(f"{path} does not exist; it was named as the file with the settings")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text in UTF-8"
        problems.append(f"{path} cannot be read: {reason}")
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
    near = difflib.get_close_matches(name, known, n=1)
    where = "" if name == origin else f" ({origin})"
    hint = f"did you mean {near[0]}?" if near else "`assistant config` lists what can be set"
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
    limits = {name: getattr(limit, name) for limit in field.metadata for name in ("ge", "le") if hasattr(limit, name)}
    return kinds[field.annotation] + (f" from {limits['ge']} to {limits['le']}" if limits else "")


def _value(config: Config, key: str) -> object:
    section, _, name = key.partition(".")
    return getattr(getattr(config, section), name)
