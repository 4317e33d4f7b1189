"""A model of the catalog goes in; it is here afterwards, every byte verified, or an error says why and nothing is lost.

What arrives gathers in .part files (part.py), with which the next attempt goes on, today's or tomorrow's. A file loses
that ending when its hash is right, and the folder gets its name when all files are in it (store.py).
"""

import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from assistant.errors import FetchError
from assistant.weights.catalog import File, Model
from assistant.weights.digest import Digest, Expected, digest
from assistant.weights.hub import InterruptedFetch, Source
from assistant.weights.part import Part
from assistant.weights.patience import Answer, patiently
from assistant.weights.sizes import size
from assistant.weights.store import Store, writing

SPARE_BYTES = 1_000_000_000
"""left free on the disk: a computer whose disk is full has worse troubles than no model"""

_UNTOLD_S = 2.0
"""what somebody may wait without being told why"""


class Watch(Protocol):
    """Sees how it goes on; the command draws a bar of it."""

    def begin(self, what: str, total: int, done: int = 0) -> None:
        """*what* begins, and will be over at *total* bytes, of which *done* are there."""

    def advance(self, more: int) -> None:
        """*more* bytes of it are done; fewer than none, where some have to come again."""

    def wait(self, seconds: float, why: str) -> None:
        """Nothing will come for so long."""


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Where from, where to, and who watches; *sleep* waits between attempts."""

    source: Source
    store: Store
    watch: Watch
    sleep: Callable[[float], None] = time.sleep

    def pull(self, model: Model) -> bool:
        """Make *model* whole in the store; False if it was, and nobody has been asked for anything.

        Raises FetchError; what has arrived by then stays, and the next call goes on with it.
        """
        with writing(self.store.folder), self.store.held(model):
            self.store.check_place(model)
            if self.damaged(model) == ():
                return False
            stated = self._stated(model)
            whole = {file: found for file in model.files if (found := self._whole(model, file, stated[file]))}
            parts = {
                file: Part(self.store.unfinished(model), file.name, stated[file], self.watch.advance)
                for file in model.files
                if file not in whole
            }
            self._check_space(model, parts.values())
            whole |= {file: self._fetch(model, file, part) for file, part in parts.items()}
            self.store.publish(model, {file.name: found for file, found in whole.items()})
        return True

    def damaged(self, model: Model) -> tuple[str, ...] | None:
        """Read all of *model*: the names of those files that are not what they must be; None if it is not here.

        Raises FetchError where the disk fails.
        """
        folder = self.store.find(model)
        if folder is None:
            return None
        known = self.store.known(model, folder)
        return tuple(name for name in known if not self._read(folder / name, name, known[name]).fits(known[name]))

    def _stated(self, model: Model) -> Mapping[File, Expected]:
        """What the hub says of the files, if that is what the catalog says."""
        by_path = self._patiently(model, lambda: self.source.stated(model))
        stated = {file: by_path[file.path] for file in model.files}
        for file, one in stated.items():
            if not agree(file, one):
                raise FetchError(
                    f"The hub has another {file.name} of {model.name} than our catalog knows, so it is not fetched:"
                    " please report it; until then take another model, or fetch it by hand and name its path."
                )
        # All that either states will be verified.
        return {
            file: Expected(one.bytes, file.sha256 or one.sha256, file.git_sha1 or one.git_sha1)
            for file, one in stated.items()
        }

    def _whole(self, model: Model, file: File, expected: Expected) -> Digest | None:
        """The file as it is here already: in its place, or from before an interruption; None if it is not."""
        for folder in (self.store.home(model), self.store.unfinished(model)):
            place = folder / file.name
            if place.is_file() and place.stat().st_size == expected.bytes:
                found = self._read(place, file.name, expected)
                if found.fits(expected):
                    return found
        return None

    def _check_space(self, model: Model, parts: Iterable[Part]) -> None:
        self.store.unfinished(model).mkdir(parents=True, exist_ok=True)
        needed = sum(part.expected.bytes - part.size for part in parts) + SPARE_BYTES
        free = shutil.disk_usage(self.store.folder).free
        if free < needed:
            raise FetchError(
                f"{model.name} needs {size(needed)} of disk, and {self.store.folder} has {size(free)} free: make room,"
                " set models.folder to a folder on another disk, or take a smaller model."
            )

    def _fetch(self, model: Model, file: File, part: Part) -> Digest:
        self.watch.begin(f"fetching {file.name}", part.expected.bytes, part.size)
        self._patiently(
            model,
            lambda: part.gather(lambda start: self.source.pieces(model, file.path, start)),
            arrived=lambda: part.size,
        )
        found = self._read(part.path, file.name, part.expected)
        if not part.done(found):
            raise FetchError(
                f"{file.name} of {model.name} arrived damaged and was deleted: type `assistant models pull"
                f" {model.name}` again; if that does not help, something between the hub and here changes it."
            )
        return found

    def _patiently(self, model: Model, attempt: Callable[[], Answer], arrived: Callable[[], int] = lambda: 0) -> Answer:
        try:
            return patiently(attempt, arrived, self._wait)
        except InterruptedFetch as cut:
            raise FetchError(
                f"{model.name} could not be fetched, {cut}: check the connection and type `assistant models pull"
                f" {model.name}` again; what has arrived is kept."
            ) from cut

    def _wait(self, pause_s: float, cut: InterruptedFetch) -> None:
        if pause_s > _UNTOLD_S:
            self.watch.wait(pause_s, str(cut))
        self.sleep(pause_s)

    def _read(self, place: Path, name: str, expected: Expected) -> Digest:
        self.watch.begin(f"checking {name}", place.stat().st_size)
        try:
            return digest(place, self.watch.advance, git=expected.git_sha1 is not None)
        except OSError as error:
            raise FetchError(f"{place} cannot be read ({error.strerror}): delete it, or replace the disk.") from error


def agree(file: File, stated: Expected) -> bool:
    """Whether the hub states of a file what the catalog does, as far as both say something."""
    pairs = ((file.bytes, stated.bytes), (file.sha256, stated.sha256), (file.git_sha1, stated.git_sha1))
    return all(ours is None or theirs is None or ours == theirs for ours, theirs in pairs)
