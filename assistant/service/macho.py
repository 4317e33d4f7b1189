"""The bytes of a Mach-O file go in; the libraries it loads, and what a copy of it elsewhere must be told, come out.

Why: a Python from uv or conda finds its libpython by a path from where it lies itself (`@executable_path/../lib/...`),
so a copy of it inside an app does not start (facts A). The format: mach-o/loader.h and mach-o/fat.h.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from assistant.errors import ServiceError

_THIN_64 = 0xFEEDFACF
_FAT, _FAT_64 = 0xCAFEBABE, 0xCAFEBABF
"""several architectures in one file, as python.org's"""
_LIBRARIES = frozenset({0xC, 0x80000018, 0x8000001F, 0x20, 0x80000023})
"""LC_LOAD_DYLIB, ..._WEAK_DYLIB, LC_REEXPORT_DYLIB, LC_LAZY_LOAD_DYLIB, LC_LOAD_UPWARD_DYLIB"""
_RPATH = 0x8000001C
_HEADER = 32
"""bytes of a 64-bit mach_header"""


@dataclass(frozen=True, slots=True)
class Links:
    """What a Mach-O file asks the loader for, in its order."""

    libraries: tuple[str, ...]
    rpaths: tuple[str, ...]


def links(content: bytes) -> Links:
    """The libraries and run paths of all 64-bit architectures in *content*. Raises ServiceError: it is no Mach-O."""
    try:
        found = [entry for start in _slices(content) for entry in _entries(content, start)]
    except (struct.error, ValueError) as error:
        raise ServiceError("The Python of this program is not a 64-bit Mach-O executable: use another one.") from error
    libraries = dict.fromkeys(name for command, name in found if command in _LIBRARIES)
    rpaths = dict.fromkeys(name for command, name in found if command == _RPATH)
    return Links(tuple(libraries), tuple(rpaths))


def changes(of: Links, binary: Path, home: Path, exists: Callable[[Path], bool]) -> list[str]:
    """Options of install_name_tool after which a copy of *binary* loads what *binary* does, wherever it lies.

    What lies in *home* is loaded by that name, also where links lead further: Homebrew's lead to a folder that is gone
    after its next upgrade. Empty where nothing has to change. Raises ServiceError for a library that is nowhere.
    """
    options: list[str] = []
    for name in of.libraries:
        there = _found(name, of.rpaths, binary, exists) if name.startswith("@") else Path(name)
        if (lasting := _by_way_of(home, there)) != Path(name):
            options += ["-change", name, str(lasting)]
    for rpath in of.rpaths:
        if (lasting_path := _absolute(rpath, binary)) != rpath:
            options += ["-rpath", rpath, lasting_path]
    return options


def _slices(content: bytes) -> Iterator[int]:
    """Where in a file each architecture begins."""
    (magic,) = struct.unpack_from(">I", content)
    if magic not in (_FAT, _FAT_64):
        yield 0
        return
    (count,) = struct.unpack_from(">I", content, 4)
    layout = ">iiIII" if magic == _FAT else ">iiQQII"
    for index in range(count):
        yield struct.unpack_from(layout, content, 8 + index * struct.calcsize(layout))[2]


def _entries(content: bytes, start: int) -> Iterator[tuple[int, str]]:
    """Each load command of one architecture that names something: its number, and the name."""
    magic, *_, count, _size, _flags, _reserved = struct.unpack_from("<IiiIIIII", content, start)
    if magic != _THIN_64:
        raise ValueError(f"magic {magic:#x}")
    at = start + _HEADER
    for _ in range(count):
        command, size, offset = struct.unpack_from("<III", content, at)
        if command in _LIBRARIES or command == _RPATH:
            yield command, content[at + offset : at + size].split(b"\0")[0].decode()
        if size < struct.calcsize("<II"):
            raise ValueError(f"a load command of {size} bytes")
        at += size


def _by_way_of(home: Path, path: Path) -> Path:
    """*path*, named as in *home* if it lies where that leads."""
    real = home.resolve()
    return home / path.relative_to(real) if path.is_relative_to(real) else path


def _absolute(name: str, binary: Path) -> str:
    """*name* with what it says of the executable's own place filled in; of an executable both words mean the same."""
    head, _, rest = name.partition("/")
    if head not in ("@executable_path", "@loader_path"):
        return name
    return str(_tidy(PurePosixPath(binary.parent, rest)))


def _tidy(path: PurePosixPath) -> PurePosixPath:
    """*path* without `..`; the binary's own place has no links left in it, so this is the same file."""
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return PurePosixPath(*parts)


def _found(name: str, rpaths: tuple[str, ...], binary: Path, exists: Callable[[Path], bool]) -> Path:
    if name.startswith("@rpath/"):
        places = [Path(_absolute(rpath, binary), name.removeprefix("@rpath/")) for rpath in rpaths]
    else:
        places = [Path(_absolute(name, binary))]
    for place in places:
        if exists(place):
            return place
    raise ServiceError(f"{binary} needs {name}, and that is not there: install Python anew, and this program into it.")
