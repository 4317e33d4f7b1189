"""Step "settings": what has been chosen goes in; the settings file says so, and nothing else of it has changed."""

from collections.abc import Mapping
from pathlib import Path

from assistant.config import value
from assistant.errors import UsageError
from assistant.setup.guide import Guide
from assistant.setup.person import UnfinishedError, yes_or_no
from assistant.setup.progress import replaced
from assistant.setup.settings_file import difference, merged


def settings(guide: Guide) -> str:
    """Show what would change in the settings file, and change it if that is wanted.

    Raises UnfinishedError, UsageError.
    """
    path = guide.loaded().path
    now = guide.in_file()
    changes = {key: chosen for key, chosen in guide.progress.pending.items() if value(now, key) != chosen}
    if changes:
        _write(guide, path, changes)
    guide.all_written()
    for line in overruled(guide.loaded().origin, guide.progress.chosen, path.name):
        guide.person.tell(line)
    return f"written to {path}" if changes else f"nothing to change in {path}"


def overruled(origin: Mapping[str, str], chosen: Mapping[str, object], file: str) -> list[str]:
    """What of the *chosen* settings a variable decides, whatever the *file* says: a sentence for each."""
    return [
        f"{origin[key]} in your environment decides {key}, whatever {file} says"
        for key in chosen
        if origin[key] not in {"default", file}
    ]


def _write(guide: Guide, path: Path, changes: Mapping[str, object]) -> None:
    before = _text(path)
    after = merged(before, changes)
    guide.person.tell(f"This changes in {path}:")
    for line in difference(before, after):
        guide.person.tell(f"  {line}")
    if guide.person.present and not guide.person.ask("Write it? [yes]", yes_or_no):
        raise UnfinishedError("The settings stay as they are; what you chose is kept for the next setup.")
    if _text(path) != before:
        raise UnfinishedError(f"{path} has been changed by somebody else meanwhile: it is left alone.")
    replaced(path, after)


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode()  # not as text: that would lose how its lines end
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
