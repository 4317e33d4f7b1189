"""The place of a model goes in; the memory that it takes when it is loaded comes out."""

from dataclasses import dataclass
from pathlib import Path

from assistant.weights.catalog import STARTER, Catalog, Model, our_catalog
from assistant.weights.header import bytes_per_token
from assistant.weights.sizes import fits, on_disk

_STEP = 1024
"""tokens: reply.context is advised in steps that somebody would choose"""
_LEAST = 2048
"""tokens that are advised at least: instructions and tools take several hundred, and a talk shall follow"""


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a loaded model takes of the memory."""

    weights: int = 0
    """bytes"""
    per_token: int = 0
    """bytes of cache for each token of context"""
    context: int = 0
    """tokens that the cache holds (reply.context); 0 where there is none"""

    @property
    def cache(self) -> int:
        """Bytes."""
        return self.per_token * self.context

    @property
    def total(self) -> int:
        """Bytes."""
        return self.weights + self.cache

    def context_within(self, room: float) -> int:
        """The reply.context with which it takes *room* bytes at most; 0 where that would be no smaller, or too small.

        So it is only told where it is the cache that does not fit.
        """
        if not self.cache:
            return 0
        tokens = int(room - self.weights) // self.per_token // _STEP * _STEP
        return tokens if _LEAST <= tokens < self.context else 0


def footprint(path: Path, context: int = 0) -> Footprint:
    """What the model at *path* takes, with a cache for so many tokens; what is not there takes nothing.

    Of a file that no catalog knows it is its size, and the cache that a GGUF's header tells of.
    """
    if known := known_at(path):
        return Footprint(known.bytes, known.kv_bytes, context)
    return Footprint(on_disk(path), bytes_per_token(path) if context and path.is_file() else 0, context)


def known_at(path: Path) -> Model | None:
    """The model of the catalog whose file, or Whisper's folder, lies there under its own name."""
    models = our_catalog().models
    model = models.get(path.name) or models.get(path.parent.name)
    if model is None or (model.kind != "whisper" and path.name not in {file.name for file in model.files}):
        return None
    return model


def fitting(catalog: Catalog, memory: int, context: int) -> str:
    """The most demanding profile meant for so much *memory*, which it fits with so many tokens of context."""
    meant = catalog.recommended(memory)
    if fits(catalog.memory(meant, context), memory):
        return meant.name
    less = [one for one in catalog.profiles.values() if one.memory_gb < meant.memory_gb]
    less = [one for one in less if fits(catalog.memory(one, context), memory)]
    return max(less, key=lambda one: one.memory_gb, default=catalog.profiles[STARTER]).name
