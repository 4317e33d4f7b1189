"""Findings, settings, log and journal go in; a zip for a bug report comes out, without a word that was said. Blocks."""

import importlib.metadata
import json
import os
import platform
import pwd
import queue
import threading
import traceback
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from assistant import __version__
from assistant.config import Loaded, explain
from assistant.config import load as defaults
from assistant.doctor import logged, look, scrub
from assistant.doctor.finding import Finding
from assistant.doctor.scrub import Scrubber
from assistant.errors import UsageError
from assistant.latency import journal
from assistant.latency.machine import machine
from assistant.settings import Config
from assistant.weights import AUTO, STARTER
from assistant.weights.catalog import our_catalog

T = TypeVar("T")

LAST_LINES = 5000
"""lines of the log, of the newest: about a week, 200 kB in the zip"""
LAST_TURNS = 500
"""turns of the journal: a few days of talk"""
_DEVICES_S = 10.0
_DISK_S = 20.0
"""s for 9 MB at most: what takes longer is a disk that hangs"""

_README = """\
Made by `assistant doctor --bundle`, for a bug report. What is in it:

  about.json     versions, processor, memory
  checks.json    what assistant doctor found, without what libraries, devices and settings say themselves
  settings.json  your settings; of texts of yours only how long they are, of paths the last part
  status.json    what the running assistant says of itself, if one runs
  turns.jsonl    how long the stages of your last turns took
  log.jsonl      the log: events, numbers, and where in the program an error happened

A file is missing where its disk did not answer. One that holds only "failed" could not be made, and says where in the
program that happened.

There is no sound in it and nothing that was said or answered, also where log.words is on: of each line only what is
known to be the program's own is kept. Your home folder reads ~; your name, this computer's name and the names of your
sound devices are taken out where they are known. Look into it before you send it.
"""


def check_name(path: Path) -> None:
    """Raises UsageError where *path* can be no zip of ours: said before the checks, which take a while."""
    if path.suffix != ".zip":
        raise UsageError(f"--bundle makes a zip file, as in --bundle report.zip; {path} is no name of one.")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"There is no folder {path.absolute().parent} to make {path.name} in.")
    if path.is_dir():
        raise UsageError(f"{path} is a folder: choose another name.")


def write(path: Path, loaded: Loaded, findings: Sequence[Finding]) -> list[str]:
    """Make the zip, for its owner's eyes only; the names of what is in it. Raises UsageError where it cannot be."""
    made = dict(_contents(loaded, findings))
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        # Under another name until it is whole.
        ours = os.open(half, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(ours, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as opened:
            for name, text in made.items():
                opened.writestr(name, text)
        half.replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        half.unlink(missing_ok=True)  # there is none behind a replacement; behind Ctrl-C there is
    return list(made)


def scrubber(loaded: Loaded) -> Scrubber:
    """Knows who uses this computer, what it is called, and its sound devices."""
    config = loaded.config
    found, _ = look.sound_devices(config, _DEVICES_S)
    devices = [device.name for device in found]
    return Scrubber(Path.home(), _people(), [*devices, config.listen.microphone, config.speak.loudspeaker])


def _contents(loaded: Loaded, findings: Sequence[Finding]) -> Iterator[tuple[str, str]]:
    """Each file's name and text."""
    clean = scrubber(loaded)
    config = loaded.config
    yield "README.txt", _README
    told = [{"name": one.name, "state": one.state.value, "meaning": one.meaning} for one in findings]
    yield "about.json", _made(lambda: _json(_about()))
    yield "checks.json", _made(lambda: _json(clean.all(told)))
    yield "settings.json", _made(lambda: _json(clean.all(_settings(loaded))))
    if status := _made(lambda: _status(config, clean)):
        yield "status.json", status
    read = {"turns.jsonl": partial(_turns, config.latency.folder), "log.jsonl": partial(_log, config.log.folder)}
    for name, lines in read.items():
        if (text := _in_time(partial(_made, partial(_scrubbed, lines, clean)))) is not None:
            yield name, text


def _made(make: Callable[[], str]) -> str:
    """What *make* gives; where it fails, where in the program and of what kind of error, without its message."""
    try:
        return make()
    except Exception as error:  # noqa: BLE001 - who reports a bug has a program that does what nobody expects
        return _lines([{"failed": scrub.traceback("".join(traceback.format_exception(error)))}])


def _status(config: Config, clean: Scrubber) -> str:
    """Empty where none runs."""
    status = look.the_running(config).status
    return "" if status is None else _json(clean.all(scrub.status(status)))


def _scrubbed(lines: Callable[[], Iterable[dict[str, object]]], clean: Scrubber) -> str:
    return _lines(clean.all(line) for line in lines())


def _people() -> Iterator[str]:
    """What this computer and who uses it are called."""
    host = platform.node()
    yield from (host, host.partition(".")[0])
    with suppress(KeyError):  # in a container the user may have a number alone
        user = pwd.getpwuid(os.getuid())
        full = user.pw_gecos.partition(",")[0]
        yield from (user.pw_name, full, *full.split())


def _in_time(read: Callable[[], T]) -> T | None:
    """What *read* gives, which raises nothing; None where a disk does not answer, as the checks have told.

    No thread can be ended.
    """
    done: queue.SimpleQueue[T] = queue.SimpleQueue()
    threading.Thread(target=lambda: done.put(read()), name="bug report", daemon=True).start()
    try:
        return done.get(timeout=_DISK_S)
    except queue.Empty:
        return None


def _about() -> dict[str, object]:
    ours = importlib.metadata.requires("assistant") or []
    names = sorted({_package(requirement) for requirement in ours})
    made = datetime.now(UTC).isoformat(timespec="seconds")
    return {"made": made, "assistant": __version__, "machine": machine(), "packages": dict(_versions(names))}


def _package(requirement: str) -> str:
    """The name in a requirement, as in "numpy>=2.0 ; extra == 'plot'"."""
    end = next((at for at, sign in enumerate(requirement) if not (sign.isalnum() or sign in "-_.")), len(requirement))
    return requirement[:end]


def _versions(names: Iterable[str]) -> Iterator[tuple[str, str | None]]:
    for name in names:
        try:
            yield name, importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield name, None


def _settings(loaded: Loaded) -> dict[str, object]:
    usual = {one.key: one.value for one in explain(defaults({}, {}, Path(os.devnull)))}
    known = _known()
    return {
        one.key: {"value": scrub.setting(one.key, one.value, usual[one.key], known), "from": _origin(one.origin)}
        for one in explain(loaded)
    }


def _origin(origin: str) -> str:
    own = origin in {"default", "command line"} or origin.startswith("ASSISTANT_")
    return origin if own else "settings file"


def _turns(folder: Path) -> list[dict[str, object]]:
    try:
        entries = journal.read(folder, last=LAST_TURNS).entries
    except UsageError:
        return []
    known = _known()
    return [scrub.turn(entry, known) for entry in entries]


def _log(folder: Path) -> list[dict[str, object]]:
    try:
        lines = list(logged.lines(folder))[-LAST_LINES:]
    except OSError:
        return []  # which the checks tell of
    return [kept for line in lines if line is not None and (kept := scrub.log_line(line)) is not None]


def _known() -> frozenset[str]:
    return frozenset({STARTER, AUTO, *our_catalog().models})


def _json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def _lines(values: Iterable[object]) -> str:
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)
