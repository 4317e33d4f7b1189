"""Models that would not load, or hardly will, go in; the memory they need, and what to type, come out as a sentence."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from assistant.weights.catalog import ENGINES_BYTES, STARTER, Model, our_catalog
from assistant.weights.sizes import available, fits, memory, on_disk, size
from assistant.weights.store import ROOT

_NO_MEMORY = re.compile(r"bad_?alloc|allocate memory|out of memory|can't start new thread", re.IGNORECASE)
"""what CTranslate2, onnxruntime, C++ itself and Python say; llama.cpp says the same whatever is wrong"""


def remedy(path: Path, context: int = 0, *, starved: bool = False) -> str:
    """What to do about the model at *path*, which was to be used with a cache for so many tokens, on this computer.

    *starved*: it was the memory that ran out, be there as much of it as may.
    """
    known = _known(path)
    need = _need(path, context)
    if not fits(need, have := memory()):
        profile = our_catalog().recommended(have).name
        return (
            f"It needs {size(need)} of memory, and of this computer's {size(have)} two thirds are for models: the"
            f" profile {profile} fits it (`assistant setup` changes to it)."
        )
    other = _other(path, known)
    free = available()
    if not starved and (free is None or need <= free):
        return other
    left = "that much is not free" if free is None or free > need else f"{size(free)} are free"
    more = (
        f"It needs {size(need)} of memory, and {left}: end what else is large, or take the profile"
        f" {_smaller(need, context)}, which needs less (`assistant setup` changes to it)."
    )
    return more if starved else f"{more} If that is not why: {other}"


def strain(models: Mapping[Path, int], loaded: Collection[Path] = ()) -> str | None:
    """What to say before *models* are loaded that take more memory than this computer can give; None where it can.

    *models*: the place of each, with the tokens that its cache shall hold; *loaded*: what has its memory already. Said
    before, since a system that ends a program for its memory has it say nothing, and a Mac that swaps stands still.
    """
    needs = {path: _need(path, context) for path, context in models.items()}
    need, free = ENGINES_BYTES + sum(needs.values()), available()
    more = need - sum(needs[path] for path in needs.keys() & set(loaded))
    if not fits(need, have := memory()):
        profile = our_catalog().recommended(have).name
        so = f"of this computer's {size(have)} two thirds are for models"
        instead = f"the profile {profile} fits it"
    elif free is not None and more > free:
        so = f"{size(free)} are free"
        instead = f"end what else is large, or take the profile {_smaller(need, max(models.values(), default=0))}"
    else:
        return None
    return (
        f"The models need {size(need)} of memory, and {so}: loading them may take minutes, or the system may end this"
        f" program. If so: {instead} (`assistant setup` changes to it)."
    )


def tells_of_memory(error: BaseException) -> bool:
    """Whether *error*, or what it came from or is made of, is that no memory was left."""
    cause = error.__cause__
    told = isinstance(error, MemoryError) or _NO_MEMORY.search(str(error)) is not None
    of = error.exceptions if isinstance(error, BaseExceptionGroup) else [cause] if cause is not None else []
    return told or any(map(tells_of_memory, of))


def _need(path: Path, context: int) -> int:
    """Bytes of memory; of a file that no catalog knows, its size without a cache."""
    known = _known(path)
    return known.memory(context) if known else on_disk(path)


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


def _known(path: Path) -> Model | None:
    """The model of the catalog whose file, or Whisper's folder, lies there under its own name."""
    models = our_catalog().models
    model = models.get(path.name) or models.get(path.parent.name)
    if model is None or (model.kind != "whisper" and path.name not in {file.name for file in model.files}):
        return None
    return model
