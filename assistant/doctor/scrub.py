"""Settings, log lines, turns and a status go in; the same without words, names and folders comes out. Pure.

What is not known to be harmless is left out, not the other way round: whatever people said stands in text, so of text
only the fields named here are kept, and of a traceback only the lines of code and the kind of error.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from assistant.latency.entry import Entry

LEFT_OUT = "(left out)"
EVENT = re.compile(r"[a-z_]+(\.[a-z_]+)+")
"""the name of an event of ours"""

_LOG_TEXTS = frozenset({"level", "when", "module", "part", "mode", "hint", "saving", "error"})
"""fields of a log line whose text is the program's own: names and sentences of its source"""
_STATUS_TEXTS = frozenset({"version", "state", "mode", "permission", "part"})
_CHOICES = frozenset({"listen.language", "listen.mode", "engine.pace", "latency.save", "log.level"})
"""settings whose text is one of a few"""
_PLACES = frozenset({"reply.model", "listen.whisper", "listen.turn_model", "speak.voice"})
_FRAME = re.compile(r'^ *File "([^"\n]+)", line (\d+), in ([\w<>.]+)$', re.MULTILINE)
_KIND = re.compile(r"^([A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt|Group))(?::.*)?$", re.MULTILINE)
_GENERIC = frozenset({"default", "sysdefault", "pulse", "pipewire", "none"})
"""names of devices that are words of the program, too"""
_SOURCES = frozenset({"microphone", "recording", "m2-max"})
"""what else than models a turn is measured with"""
_SHORTEST_NAME = 2


class Scrubber:
    """Takes the home folder and known names out of any text."""

    def __init__(self, home: Path, people: Iterable[str], devices: Iterable[str]) -> None:
        """*people*: a person's and a computer's names, whole or in parts; *devices*: they hold names of people."""
        self._home = re.compile(re.escape(str(home)) + r"(?=/|\W|$)") if len(home.parts) > 1 else None
        self._names = _any_of(people)
        self._devices = _any_of(device for device in devices if device.casefold() not in _GENERIC)

    def text(self, text: str) -> str:
        """*text* with ~ for the home folder, and labels for the names."""
        if self._home is not None:
            text = self._home.sub("~", text)
        if self._devices is not None:
            text = self._devices.sub("(device)", text)
        return text if self._names is None else self._names.sub("(name)", text)

    def all(self, value: Any) -> Any:
        """*value*, JSON-ready, with each text in it scrubbed."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {key: self.all(one) for key, one in value.items()}
        return [self.all(one) for one in value] if isinstance(value, list | tuple) else value


def log_line(line: Mapping[str, Any]) -> dict[str, Any] | None:
    """A line of the log without words; None where it is made of nothing else."""
    event = line.get("event")
    if not isinstance(event, str) or not EVENT.fullmatch(event):
        return {**_kept(line, _LOG_TEXTS), "event": LEFT_OUT}
    if event.startswith("words."):
        return None
    kept = {"event": event, **_kept(line, _LOG_TEXTS)}
    if isinstance(line.get("exception"), str):
        kept["exception"] = traceback(line["exception"])
    return kept


def traceback(printed: str) -> list[str]:
    """Where it happened and what kind of error it was, without its message, which may hold anything."""
    frames = [f"{_within(path)}:{line} {function}" for path, line, function in _FRAME.findall(printed)]
    return frames + [kind.rpartition(".")[2] for kind in _KIND.findall(printed)]


def turn(entry: Entry, known: Iterable[str]) -> dict[str, Any]:
    """A turn of the journal; of what it was measured with, what is *known*: a model may be called anything."""
    parts, names = entry.setup.split(", "), {*known, *_SOURCES}
    return {
        "when": entry.when.isoformat(),
        "gap": entry.gap,
        "unmeasured": entry.unmeasured,
        "at": dict(entry.at),
        "counts": dict(entry.counts),
        "setup": [part if part in names else LEFT_OUT for part in parts if part],
    }


def status(found: Mapping[str, Any]) -> dict[str, Any]:
    """What the running assistant says of itself, without names of devices and sentences."""
    return _kept({key: value for key, value in found.items() if key != "models"}, _STATUS_TEXTS)


def setting(key: str, value: object, default: object, known: Iterable[str]) -> object:
    """The value of a setting: numbers, choices, defaults, names of *known* models; of a path its last part."""
    if isinstance(value, Path):  # a default one, too: it lies in this person's folders
        return f".../{value.name}"
    if value == default or key in _CHOICES or isinstance(value, bool | int | float):
        return value
    text = str(value)
    if text in set(known):
        return text
    if key in _PLACES:
        return f".../{Path(text).name}"
    return f"(yours, {len(text)} characters)"


def _kept(fields: Mapping[str, Any], texts: frozenset[str]) -> dict[str, Any]:
    """Numbers, truths and nothings; of text, the fields called *texts*; what holds such."""
    kept: dict[str, Any] = {}
    for key, value in fields.items():
        if value is None or isinstance(value, bool | int | float) or (isinstance(value, str) and key in texts):
            kept[key] = value
        elif isinstance(value, Mapping):
            kept[key] = _kept(value, texts)
        elif isinstance(value, list) and all(isinstance(one, Mapping) for one in value):
            kept[key] = [_kept(one, texts) for one in value]
    return kept


def _within(path: str) -> str:
    """A source file as it is called within its package's folder."""
    for folder in ("/site-packages/", "/lib/python3"):
        if folder in path:
            return path.rpartition(folder)[2]
    parts = Path(path).parts
    ours = [index for index, part in enumerate(parts) if part == "assistant"]
    return "/".join(parts[ours[-1] :]) if ours else Path(path).name


def _any_of(names: Iterable[str]) -> re.Pattern[str] | None:
    """Matches each of *names* as a whole word, the longest first."""
    found = sorted({name for name in names if len(name) >= _SHORTEST_NAME}, key=len, reverse=True)
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, found)) + r")(?!\w)", re.IGNORECASE) if found else None
