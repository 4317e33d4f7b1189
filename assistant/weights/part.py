"""Pieces of a file go in, and gather in a .part file beside its place; the verified file comes out of it."""

import os
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from assistant.weights.digest import Digest, Expected
from assistant.weights.hub import InterruptedFetch, NotThatFarError, Piece


@dataclass(frozen=True, slots=True)
class Part:
    """One file on its way. *folder* must be there."""

    folder: Path
    name: str
    expected: Expected
    advance: Callable[[int], None]
    """told how many bytes more there are; fewer than none, where some have to come again"""

    @property
    def path(self) -> Path:
        """Where it gathers; the name says of which bytes, so that another revision does not go on with them."""
        which = (self.expected.sha256 or self.expected.git_sha1 or str(self.expected.bytes))[:12]
        return self.folder / f"{self.name}.{which}.part"

    @property
    def size(self) -> int:
        """Bytes that are here."""
        return self.path.stat().st_size if self.path.exists() else 0

    def gather(self, pieces: Callable[[int], Generator[Piece]]) -> None:
        """Add what is missing, of *pieces* from a position on. Raises InterruptedFetch, FetchError, OSError."""
        if self.size > self.expected.bytes:
            self._forget()
        if self.size == self.expected.bytes:
            return
        try:
            with closing(pieces(self.size)) as coming:
                self._append(coming)
        except NotThatFarError:
            self._forget()
            raise InterruptedFetch("it has less of the file than was here") from None
        if self.size < self.expected.bytes:
            raise InterruptedFetch("the file ended too early")

    def done(self, found: Digest) -> bool:
        """Give it its name if *found*, which it was read to be, is what was expected; else delete it."""
        if not found.fits(self.expected):
            self.path.unlink()
            return False
        with self.path.open("rb") as whole:
            os.fsync(whole.fileno())  # or a power cut might leave the name without the bytes
        self.path.replace(self.folder / self.name)
        return True

    def _append(self, pieces: Generator[Piece]) -> None:
        with self.path.open("ab") as here:
            for piece in pieces:
                if piece.position > here.tell():
                    raise InterruptedFetch("it left out a part of the file")
                if piece.position < here.tell():
                    # It cannot begin in the middle: all of it comes again.
                    self.advance(piece.position - here.tell())
                    here.truncate(piece.position)
                    here.seek(piece.position)
                here.write(piece.content)
                self.advance(len(piece.content))
                if here.tell() > self.expected.bytes:
                    return  # more than there is: its hash will be wrong, and no server may fill the disk

    def _forget(self) -> None:
        self.advance(-self.size)
        self.path.unlink(missing_ok=True)
