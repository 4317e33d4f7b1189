import io
import struct

import pytest

from assistant import weights
from assistant.weights import header as module
from assistant.weights.catalog import our_catalog
from assistant.weights.header import HeaderError, bytes_per_token, cache, entries
from tests.weights.gguf_made import MISTRAL, TYPES, header, listed, number, own_model, text, texts

STARTERS = 4 * 2 * 4 * 48 * 2
"""4 layers, keys and values, 4 heads of 48, 2 bytes (scripts/starter)"""


def of_architecture(told, kind="llama"):
    return {"general.architecture": kind, **told}


def read(raw):
    return entries(io.BytesIO(raw))


WHOLE = header(
    {
        "general.architecture": struct.pack("<I", 8) + text("llama"),
        "tokenizer.ggml.tokens": texts(["a", "", "größer"] * 500),
        "tokenizer.ggml.scores": listed("f", [0.5] * 1500),
        **{name: number("I", value) for name, value in MISTRAL.items()},
        "last": number("?", True),
    }
)


def test_the_starters_own_header_says_what_its_cache_takes():
    """The real file."""
    assert bytes_per_token(weights.chat("starter")) == STARTERS


def test_all_kinds_of_values_are_read():
    """Lists as long as a vocabulary are left out, wherever they stand."""
    told = {
        **{f"one.{letter}": number(letter, 1) for letter in TYPES},
        "name": struct.pack("<I", 8) + text("größer"),
        "heads": listed("i", [8, 0, 8]),
        "none": listed("Q", []),
        "texts": texts(["a", "bc"]),
        "scores": listed("d", [0.5] * 2000),
        "last": number("q", -3),
    }
    assert read(header(told, version=2)) == {
        **{f"one.{letter}": 1 for letter in TYPES},
        "name": "größer",
        "heads": (8, 0, 8),
        "none": (),
        "texts": None,
        "scores": None,
        "last": -3,
    }


def test_the_catalogs_figures_follow_from_what_its_models_say():
    """Llama 3.2 says nothing of its keys' length: it is a head's share of the whole."""
    llama = {
        "llama.block_count": 28,
        "llama.embedding_length": 3072,
        "llama.attention.head_count": 24,
        "llama.attention.head_count_kv": 8,
    }
    assert cache(of_architecture(MISTRAL)) == our_catalog().models["mistral-small-24b"].kv_bytes
    assert cache(of_architecture(llama)) == our_catalog().models["llama-3.2-3b"].kv_bytes


@pytest.mark.parametrize(
    ("told", "heads_in_all"),
    [
        ({"m.attention.head_count": 8}, 4 * 8),
        ({"m.attention.head_count": 8, "m.attention.head_count_kv": (2, 0, 2, 0)}, 4),
        ({"m.attention.head_count": 8, "m.attention.head_count_kv": (2, 2, 2, 2, 2)}, 8),
        ({"m.attention.head_count": (8, 8, 4, 4)}, 24),
        ({"m.attention.head_count": 8, "m.attention.head_count_kv": 2, "m.full_attention_interval": 4}, 2),
        ({"m.attention.head_count": 8, "m.attention.head_count_kv": 0}, 0),
    ],
)
def test_layers_may_have_different_heads_or_none(told, heads_in_all):
    """More than there are layers do not count."""
    whole = {"m.block_count": 4, "m.embedding_length": 512, **told}
    assert cache(of_architecture(whole, "m")) == heads_in_all * 2 * 64 * 2


@pytest.mark.parametrize(
    "told",
    [
        {},
        of_architecture({}),
        of_architecture(MISTRAL, "another"),
        of_architecture({**MISTRAL, "llama.block_count": 2**63}),
        of_architecture({**MISTRAL, "llama.block_count": "many"}),
        of_architecture({**MISTRAL, "llama.block_count": -40}),
        of_architecture({**MISTRAL, "llama.attention.head_count_kv": 2**64 - 1}),
        of_architecture({**MISTRAL, "llama.attention.head_count_kv": (float("inf"), float("nan"), -1)}),
        of_architecture({**MISTRAL, "llama.attention.key_length": 2**62}),
        {"general.architecture": 7, **MISTRAL},
        {"m.block_count": 4, "general.architecture": "m", "m.attention.head_count": 0, "m.embedding_length": 512},
        {"m.block_count": 4, "general.architecture": "m", "m.attention.head_count": (), "m.embedding_length": 512},
    ],
)
def test_of_numbers_that_are_missing_or_are_none_nothing_is_claimed(told):
    """Nor is anything made of such a size."""
    assert cache(told) == 0


def test_a_header_that_ends_anywhere_before_its_end_is_none():
    """Every place."""
    assert cache(read(WHOLE)) == our_catalog().models["mistral-small-24b"].kv_bytes
    for end in range(0, len(WHOLE), 7):
        with pytest.raises(HeaderError):
            read(WHOLE[:end])


@pytest.mark.parametrize("huge", [2**31, 2**63, 2**64 - 1])
@pytest.mark.parametrize(
    "made",
    [
        lambda huge: header({"one": number("I", 1)}, count=huge),
        lambda huge: header({}, count=1) + struct.pack("<Q", huge),
        lambda huge: header({"text": struct.pack("<IQ", 8, huge)}),
        lambda huge: header({"list": listed("d", [], count=huge)}),
        lambda huge: header({"texts": struct.pack("<IIQ", 9, 8, huge)}),
        lambda huge: header({"texts": struct.pack("<IIQQ", 9, 8, 1, huge)}),
    ],
)
def test_no_size_that_a_file_claims_is_believed(made, huge):
    """Neither is so much read, nor so much room made."""
    with pytest.raises(HeaderError):
        read(made(huge))


@pytest.mark.parametrize(
    "raw",
    [
        b"GGML" + bytes(100),
        header({}, version=1),
        header({}, version=2**24 * 3),
        header({"odd": struct.pack("<I", 99)}),
        header({"list of lists": struct.pack("<IIQ", 9, 9, 1) + bytes(100)}),
    ],
)
def test_another_format_is_none(raw):
    """Version 3 the other way round, as on a mainframe, as well."""
    with pytest.raises(HeaderError):
        read(raw)


def test_a_header_without_end_is_given_up(monkeypatch):
    """A disk can hold one of terabytes: holes take no room."""
    monkeypatch.setattr(module, "_LONGEST", 10_000)
    entry = text("") + number("B", 1)
    assert read(header({}, count=500) + entry * 500) == {"": 1}
    with pytest.raises(HeaderError):
        read(header({}, count=2**63) + entry * 5000)


def test_the_cache_of_a_file_of_ones_own_is_known_without_loading_it(tmp_path):
    """Of 3 GB, most of them a hole."""
    assert bytes_per_token(own_model(tmp_path / "own.gguf", 3 * 10**9)) == 163840


def test_what_cannot_be_read_takes_no_cache_that_were_known(tmp_path):
    """The error is told by whoever loads it."""
    assert bytes_per_token(tmp_path / "none.gguf") == 0
    (tmp_path / "own.gguf").write_text("This is no model, but a letter.")
    assert bytes_per_token(tmp_path / "own.gguf") == 0
