"""The header of a GGUF file goes in; what its cache takes for each token of context comes out. Loads no model.

The format is https://github.com/ggml-org/ggml/blob/master/docs/gguf.md: a count of entries, each with a name, a type
and a value. Anybody's file is read, so whatever it says of sizes is doubted.
"""

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, TypeAlias

Value: TypeAlias = int | float | str | tuple[int | float, ...] | None
"""None: a list that is too long to be about layers, or is one of texts"""

_LONGEST = 32 * 1024 * 1024
"""bytes that are read: a vocabulary of 262144 tokens takes about 12 MB, so what goes on for longer is no header"""
_BUFFER = 1024 * 1024
"""bytes read at once: a vocabulary has hundreds of thousands of texts, 0.1 s so"""
_LAYERS = 1024
"""numbers of a list that are kept; llama.cpp knows no model of more than 512 layers"""
_MOST = 1 << 30
"""bytes a token: the largest models take a few million, so the numbers of one that takes more are none"""
_BYTES_EACH = 2
"""f16, which reply/gguf.py leaves llama.cpp at"""

_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
"""struct's letters, by the format's types"""
_TEXT, _LIST = 8, 9
_VERSIONS = (2, 3)


class HeaderError(Exception):
    """It is damaged, or of a format that is not known."""


def bytes_per_token(path: Path) -> int:
    """What the cache of the model in *path* takes for each token; 0 where the file does not tell, or has none."""
    try:
        with path.open("rb", buffering=_BUFFER) as file:
            return cache(entries(file))
    except (OSError, HeaderError):
        return 0


def cache(told: Mapping[str, Value]) -> int:
    """Bytes that llama.cpp's cache takes for each token, by the entries of a header; 0 where they do not say.

    Windows are not taken off, since reply/gguf.py has the whole cache kept (swa_full). Where models say nothing,
    llama.cpp's own defaults hold (llama-model.cpp, load_hparams).
    """
    kind = told.get("general.architecture")

    def number(name: str, default: int = 0) -> int:
        value = told.get(f"{kind}.{name}", default)
        return value if isinstance(value, int) and value > 0 else default

    layers = number("block_count")
    of_each = told.get(f"{kind}.attention.head_count")
    heads = of_each[0] if isinstance(of_each, tuple) and of_each else of_each
    width = number("embedding_length") // heads if isinstance(heads, int) and heads > 0 else 0
    length = number("attention.key_length", width) + number("attention.value_length", width)
    for_cache = told.get(f"{kind}.attention.head_count_kv", of_each)
    if isinstance(for_cache, tuple):
        rows = sum(count for count in for_cache[:layers] if isinstance(count, int) and count > 0)
    else:
        # Of Qwen's hybrids only every fourth layer or so has a cache; the others have a state of one size.
        with_one = layers // number("full_attention_interval", 1)
        rows = for_cache * with_one if isinstance(for_cache, int) and for_cache > 0 else 0
    each = rows * length * _BYTES_EACH
    return each if each <= _MOST else 0


def entries(file: BinaryIO) -> Mapping[str, Value]:
    """All that the header of *file* says, by name. Raises HeaderError, OSError."""
    reading = _Reading(file)
    if reading.bytes(4) != b"GGUF" or reading.number("I") not in _VERSIONS:
        raise HeaderError("no GGUF file of version 2 or 3")
    reading.number("Q")  # tensors
    count = int(reading.number("Q"))
    told = {}
    # Each entry takes some bytes, so a wrong count ends with them.
    for _ in range(min(count, _LONGEST)):
        name = reading.text()
        told[name] = reading.value(int(reading.number("I")))
    return told


class _Reading:
    """A file that is read from its beginning, no further than _LONGEST."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = _LONGEST

    def bytes(self, count: int) -> bytes:
        self._take(count)
        read = self._file.read(count)
        if len(read) < count:
            raise HeaderError("it ends too early")
        return read

    def number(self, letter: str) -> int | float:
        kind = struct.Struct(f"<{letter}")
        (found,) = kind.unpack(self.bytes(kind.size))
        return found  # type: ignore[no-any-return]  # an int or a float, as all of _NUMBERS

    def text(self) -> str:
        return self.bytes(int(self.number("Q"))).decode(errors="replace")

    def value(self, kind: int) -> Value:
        if kind == _TEXT:
            return self.text()
        return self._list() if kind == _LIST else self.number(_letter(kind))

    def _list(self) -> Value:
        kind, count = int(self.number("I")), int(self.number("Q"))
        if kind == _TEXT:
            for _ in range(min(count, _LONGEST)):
                self._skip(int(self.number("Q")))
            return None
        each = struct.Struct(f"<{_letter(kind)}")
        if count > _LAYERS:
            self._skip(count * each.size)
            return None
        return tuple(one for (one,) in each.iter_unpack(self.bytes(count * each.size)))

    def _skip(self, count: int) -> None:
        # Beyond the end of the file nobody says no; the next read does.
        self._take(count)
        self._file.seek(count, 1)

    def _take(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise HeaderError("it is longer than any header")


def _letter(kind: int) -> str:
    if kind not in _NUMBERS:
        raise HeaderError(f"a value of type {kind} is not known")
    return _NUMBERS[kind]
