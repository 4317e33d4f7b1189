"""Models that would not load, or hardly will, go in; the memory they need, and what to type, come out as a sentence."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from assistant.weights.catalog import ENGINES_BYTES, STARTER, Model, our_catalog
from assistant.weights.footprint import Footprint, fitting, footprint, known_at
from assistant.weights.sizes import FOR_MODELS, available, fits, memory, size
from assistant.weights.store import ROOT

_SETUP = "`assistant setup` changes to it"

_NO_MEMORY = re.compile(
    r"bad_?alloc|allocate memory|out of memory|can't start new thread"
    r"|create llama_context|llama_decode returned -[23]\b",
    re.IGNORECASE,
)
"""what CTranslate2, onnxruntime, C++ itself and Python say; of llama.cpp, which says the same whatever is wrong with a
file, that it has no room for the cache, and that a pass found none (-2), or that the GPU gave one up (-3), which on a
Mac is its memory (ollama#8331)"""


def remedy(path: Path, context: int = 0, *, starved: bool = False) -> str:
    """What to do about the model at *path*, which was to be used with a cache for so many tokens, on this computer.

    *starved*: it was the memory that ran out, be there as much of it as may.
    """
    need, have, free = footprint(path, context), memory(), available()
    if not fits(need.total, have):
        less = need.context_within(have * FOR_MODELS - ENGINES_BYTES)
        takes = f"It needs {_memory(need.total, need, less)}, and of this computer's {size(have)} two thirds are for"
        profile = fitting(our_catalog(), have, context)
        return f"{takes} models: {_would_do(less, ' at most')}the profile {profile} fits it ({_SETUP})."
    other = _other(path, known_at(path))
    if not starved and (free is None or need.total <= free):
        return other
    less = need.context_within(_room(need, free))
    left = "that much is not free" if free is None or need.total <= free else f"{size(free)} are free"
    more = f"It needs {_memory(need.total, need, less)}, and {left}: {_make_room(less, _smaller(need.total, context))}."
    return more if starved else f"{more} If that is not why: {other}"


def strain(models: Mapping[Path, int], loaded: Collection[Path] = ()) -> str | None:
    """What to say before *models* are loaded that take more memory than this computer can give; None where it can.

    *models*: the place of each, with the tokens that its cache shall hold; *loaded*: what has its memory already. Said
    before, since a system that ends a program for its memory has it say nothing, and a Mac that swaps stands still.
    """
    needs = {path: footprint(path, context) for path, context in models.items()}
    context = max(models.values(), default=0)
    chat = max((needs[path] for path in needs if path not in loaded), key=lambda one: one.cache, default=Footprint())
    need, have, free = ENGINES_BYTES + sum(one.total for one in needs.values()), memory(), available()
    more = need - sum(needs[path].total for path in needs.keys() & set(loaded))
    if not fits(need, have):
        less = chat.context_within(have * FOR_MODELS - (need - chat.total))
        so = f"of this computer's {size(have)} two thirds are for models"
        instead = f"{_would_do(less)}the profile {fitting(our_catalog(), have, context)} fits it ({_SETUP})"
    elif free is not None and more > free:
        less = chat.context_within(free - (more - chat.total))
        so = f"{size(free)} are free"
        instead = _make_room(less, _smaller(need, context))
    else:
        return None
    return (
        f"The models need {_memory(need, chat, less)}, and {so}: loading them may take minutes, or the system may end"
        f" this program. If so: {instead}."
    )


def tells_of_memory(error: BaseException) -> bool:
    """Whether *error*, or what it came from or is made of, is that no memory was left."""
    cause = error.__cause__
    told = isinstance(error, MemoryError) or _NO_MEMORY.search(str(error)) is not None
    of = error.exceptions if isinstance(error, BaseExceptionGroup) else [cause] if cause is not None else []
    return told or any(map(tells_of_memory, of))


def _memory(need: int, of: Footprint, less: int) -> str:
    """So many bytes, and which part of them the cache is, where that is most or *less* of it would do."""
    told = f"{size(need)} of memory"
    if less or _mostly_cache(of):
        told += f" ({size(of.cache)} of it for reply.context = {of.context})"
    return told


def _room(need: Footprint, free: int | None) -> float:
    """Bytes that it would have; a guess, where nobody knows what there is: all of it with half of its cache."""
    if free is not None and free < need.total:
        return free - ENGINES_BYTES
    return need.weights + need.cache / 2 if _mostly_cache(need) else 0


def _mostly_cache(need: Footprint) -> bool:
    return need.cache > need.weights


def _would_do(less: int, bound: str = "") -> str:
    """*bound*: said where the other models, which need room as well, are not known."""
    return f"reply.context = {less}{bound} would do, or " if less else ""


def _make_room(less: int, profile: str) -> str:
    instead = f"set reply.context to {less}, " if less else ""
    return f"end what else is large, {instead}or take the profile {profile}, which needs less ({_SETUP})"


def _other(path: Path, known: Model | None) -> str:
    """What to do where it is not the memory."""
    if known:
        return f"`assistant models pull {known.name}` fetches what is damaged."
    # Not all that lies in models/ and voices/: those of a checkout are a person's to fill, too.
    starters = [(ROOT / folder / "starter").resolve() for folder in ("models", "voices")]
    if any(path.resolve().is_relative_to(starter) for starter in starters):
        return "It came with the program: install that again."
    return "`assistant models list` shows what can be fetched."


def _smaller(need: int, context: int) -> str:
    """The most demanding profile that takes less than *need* in all."""
    catalog = our_catalog()
    less = [one for one in catalog.profiles.values() if catalog.memory(one, context) < need]
    return max(less, key=lambda one: one.memory_gb, default=catalog.profiles[STARTER]).name
