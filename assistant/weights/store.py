"""A model of the catalog goes in; where its files are, or will be, comes out. Keeps them whole, and one hand at a time.

Fetched models lie in one folder for each, under models.folder (by default in the platform's folder for a person's
data); models/ and voices/ in the package are looked into as well. A folder gets its name when all in it is there and
verified, by one renaming, so that whatever bears the name of a model is one.
"""

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from assistant.errors import FetchError, UsageError
from assistant.weights.catalog import Model
from assistant.weights.digest import Digest, Expected
from assistant.weights.sizes import on_disk

ROOT = Path(__file__).resolve().parents[1]
"""The package. A wheel brings the starter models in its models/ and voices/, which in a checkout are links."""
RECORD = ".fetched.json"
"""What was verified when it was fetched, beside the files."""
UNFINISHED = ".unfinished"
"""The folder for what is still on its way."""


def default_folder() -> Path:
    """Where fetched models lie unless models.folder says otherwise."""
    return platformdirs.user_data_path("assistant") / "models"


@dataclass(frozen=True, slots=True)
class Store:
    """The folders in which models are."""

    folder: Path
    """ours: what is fetched comes here"""
    beside: tuple[Path, ...] = (ROOT / "models", ROOT / "voices")
    """a person's own, which are only looked into"""

    def home(self, model: Model) -> Path:
        """The folder of *model* when it has been fetched."""
        return self.folder / model.name

    def unfinished(self, model: Model) -> Path:
        """The folder of *model* while it is fetched."""
        return self.folder / UNFINISHED / model.name

    def find(self, model: Model) -> Path | None:
        """The folder that holds all files of *model*, with the right sizes: its own, or a person's with all of them."""
        places = [self.home(model), *(place / model.name for place in self.beside)]
        if model.kind != "whisper":  # whose files are called alike in all models
            places += self.beside
        return next((place for place in places if _holds(place, model)), None)

    def main(self, model: Model) -> Path | None:
        """What an engine is given to open *model*; None if it is not here."""
        folder = self.find(model)
        return folder if folder is None or model.kind == "whisper" else folder / model.files[0].name

    def arrived(self, model: Model) -> int:
        """Bytes that are here of a model that is being fetched."""
        return on_disk(self.unfinished(model))

    def known(self, model: Model, folder: Path) -> Mapping[str, Expected]:
        """What the files of *model* in *folder* must be, by name: as the catalog says, or what was recorded of them."""
        recorded = _recorded(folder)
        known: dict[str, Expected] = {}
        for file in model.files:
            then = recorded.get(file.name)
            size = file.bytes or (then.bytes if then else (folder / file.name).stat().st_size)
            known[file.name] = Expected(size, file.sha256 or (then.sha256 if then else None), file.git_sha1)
        return known

    def publish(self, model: Model, found: Mapping[str, Digest]) -> None:
        """Give *model*, whose files were *found* verified, its name: by one renaming, or a file at a time in repair."""
        arrived, home = self.unfinished(model), self.home(model)
        for place in arrived.iterdir():
            if place.name not in found:
                place.unlink()  # begun of another revision
        files = {name: {"bytes": one.bytes, "sha256": one.sha256} for name, one in found.items()}
        record = {"repository": model.repository, "revision": model.revision, "files": files}
        (arrived / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        if not home.exists():
            arrived.rename(home)
            return
        for place in arrived.iterdir():
            shutil.move(place, home / place.name)  # copied, where a person's link leads to another disk
        arrived.rmdir()

    def check_place(self, model: Model) -> None:
        """Raises FetchError where *model*'s name is a link that leads nowhere: nothing could be put there."""
        home = self.home(model)
        if home.is_symlink() and not home.exists():
            raise FetchError(
                f"{home} is a link to {home.readlink()}, which is not there: plug in the disk it is on, or take the"
                f" link away with `assistant models remove {model.name}`."
            )

    def check_ours(self, model: Model) -> None:
        """Raises UsageError if nothing of *model* has been fetched that could be removed."""
        home = self.home(model)
        if not (home.exists() or home.is_symlink() or self.unfinished(model).exists()):
            elsewhere = self.find(model)
            where = f"in {elsewhere}, which is yours to delete" if elsewhere else "not here"
            raise UsageError(f"{model.name} is {where}: `assistant models list` shows what can be removed.")

    def remove(self, model: Model) -> int:
        """Delete *model* and what was begun of it; the bytes this freed. Raises UsageError if there is none of ours.

        It loses its name first, so that half a model is none. Of a link, the link alone: people put models elsewhere.
        """
        self.check_ours(model)
        home, begun = self.home(model), self.unfinished(model)
        with writing(self.folder), self.held(model):
            trash = begun.with_name(f"{model.name}.removed")
            _clear(trash)
            if home.exists() or home.is_symlink():
                home.rename(trash)
            freed = sum(on_disk(place) for place in (trash, begun) if not place.is_symlink())
            for place in (trash, begun):
                _clear(place)
        return freed

    @contextmanager
    def held(self, model: Model) -> Iterator[None]:
        """Keep others from fetching or removing *model* meanwhile. Raises FetchError if one of them does.

        The system lets go of it when we end, however we do.
        """
        place = self.folder / UNFINISHED
        place.mkdir(parents=True, exist_ok=True)
        with (place / f"{model.name}.lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                raise FetchError(
                    f"{model.name} is being fetched or removed by another program"
                    f" (process {lock.read() or 'unknown'}): wait until it is done, or stop it."
                ) from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn what goes wrong in writing to *folder* into a FetchError."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise FetchError(
                f"The disk of {folder} is full: make room, or set models.folder to a folder on another disk, and type"
                " the command again; what has arrived is kept."
            ) from error
        raise FetchError(
            f"{error.filename or folder} cannot be written ({error.strerror or error}): set models.folder to a folder"
            " that is yours."
        ) from error


def _clear(place: Path) -> None:
    if place.is_symlink():
        place.unlink()
    else:
        shutil.rmtree(place, ignore_errors=True)


def _holds(folder: Path, model: Model) -> bool:
    recorded = _recorded(folder)
    for file in model.files:
        place = folder / file.name
        size = file.bytes or (recorded[file.name].bytes if file.name in recorded else None)
        if not place.is_file() or size not in {None, place.stat().st_size}:
            return False
    return True


def _recorded(folder: Path) -> Mapping[str, Expected]:
    record = folder / RECORD
    try:
        files = json.loads(record.read_text(encoding="utf-8"))["files"] if record.is_file() else {}
        return {str(name): Expected(int(one["bytes"]), str(one["sha256"])) for name, one in files.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}  # somebody's editor was at it: then only the catalog counts
