"""A file goes in, its hashes come out."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

CHUNK = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Expected:
    """What a file must be; a hash is None where nobody states it."""

    bytes: int
    sha256: str | None = None
    git_sha1: str | None = None
    """as git names a blob: the hash of its size and its content"""


@dataclass(frozen=True, slots=True)
class Digest:
    """What a file is."""

    bytes: int
    sha256: str
    git_sha1: str | None
    """None where it was not asked for"""

    def fits(self, expected: Expected) -> bool:
        """Whether it is that file, as far as anything was expected of it."""
        return (
            self.bytes == expected.bytes
            and expected.sha256 in {None, self.sha256}
            and expected.git_sha1 in {None, self.git_sha1}
        )


def digest(file: Path, advance: Callable[[int], None] = lambda _: None, *, git: bool = False) -> Digest:
    """Read *file* once, also as *git* hashes it; *advance* is told how many bytes more were read. Raises OSError."""
    size = file.stat().st_size
    sha256 = hashlib.sha256()
    sha1 = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    with file.open("rb") as opened:
        while chunk := opened.read(CHUNK):
            sha256.update(chunk)
            if git:
                sha1.update(chunk)
            advance(len(chunk))
    return Digest(size, sha256.hexdigest(), sha1.hexdigest() if git else None)
