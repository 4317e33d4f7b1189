"""What a model is goes in; the first bytes of its GGUF file, made by hand, come out."""

import struct

TYPES = {"B": 0, "b": 1, "H": 2, "h": 3, "I": 4, "i": 5, "f": 6, "?": 7, "Q": 10, "q": 11, "d": 12}
"""the format's types, by struct's letters"""
MISTRAL = {
    "llama.block_count": 40,
    "llama.embedding_length": 5120,
    "llama.attention.head_count": 32,
    "llama.attention.head_count_kv": 8,
    "llama.attention.key_length": 128,
    "llama.attention.value_length": 128,
}
"""Mistral Small 24B"""


def text(said):
    """As the format has it."""
    raw = said.encode()
    return struct.pack("<Q", len(raw)) + raw


def number(letter, value):
    return struct.pack(f"<I{letter}", TYPES[letter], value)


def listed(letter, values, count=None):
    head = struct.pack("<IIQ", 9, TYPES[letter], len(values) if count is None else count)
    return head + struct.pack(f"<{len(values)}{letter}", *values)


def texts(said):
    return struct.pack("<IIQ", 9, 8, len(said)) + b"".join(map(text, said))


def header(told, version=3, count=None):
    """A GGUF's first bytes; *told*: by name a value as it stands there."""
    head = b"GGUF" + struct.pack("<IQQ", version, 0, len(told) if count is None else count)
    return head + b"".join(text(name) + value for name, value in told.items())


def own_model(place, size, layers=40):
    """A GGUF file of *size* bytes, all but the header a hole: with 40 layers a token's cache takes 163840 bytes."""
    values = {name: number("I", value) for name, value in (MISTRAL | {"llama.block_count": layers}).items()}
    with place.open("wb") as file:
        file.write(header({"general.architecture": struct.pack("<I", 8) + text("llama"), **values}))
        file.truncate(size)
    return place
