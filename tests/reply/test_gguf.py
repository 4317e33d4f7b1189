import pytest

from assistant import weights
from assistant.errors import ModelError
from assistant.pace import OWN
from assistant.reply import gguf


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Failed to create llama_context", "no room in the memory for what reply.context = 131072 wants"),
        ("Failed to load model from file: chat.gguf", "incomplete, damaged or larger than the memory"),
    ],
)
def test_a_cache_without_room_is_not_told_as_a_damaged_file(monkeypatch, said, told):
    """llama.cpp has read the file by then."""

    def refuses(*_file, **_how):
        raise ValueError(said)

    monkeypatch.setattr(gguf, "_model", lambda _pace: refuses)
    with pytest.raises(ModelError, match=told):
        gguf.opened(weights.chat("starter"), 131072, 1, 0, 0, OWN)
