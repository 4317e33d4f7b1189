"""What would not load goes in; what it needs of the memory, and what to type, comes out as a sentence."""

from pathlib import Path

from assistant.weights.catalog import Model, our_catalog
from assistant.weights.sizes import fits, memory, on_disk, size
from assistant.weights.store import ROOT


def remedy(path: Path, context: int = 0) -> str:
    """What to do about the model at *path*, which was to be used with a cache for so many tokens, on this computer."""
    known = _known(path)
    need = known.memory(context) if known else on_disk(path)
    if not fits(need, have := memory()):
        profile = our_catalog().recommended(have).name
        return (
            f"It needs {size(need)} of memory, and of this computer's {size(have)} two thirds are for models: the"
            f" profile {profile} fits it (`assistant setup` changes to it)."
        )
    if known:
        return f"`assistant models pull {known.name}` fetches what is damaged."
    if path.resolve().is_relative_to(ROOT.resolve().parent):
        return "It came with the program: install that again."
    return "`assistant models list` shows what can be fetched."


def _known(path: Path) -> Model | None:
    """The model of the catalog whose file, or Whisper's folder, lies there under its own name."""
    models = our_catalog().models
    model = models.get(path.name) or models.get(path.parent.name)
    if model is None or (model.kind != "whisper" and path.name not in {file.name for file in model.files}):
        return None
    return model
