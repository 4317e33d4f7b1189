import pytest

from assistant import weights
from assistant.errors import ModelError
from assistant.shelf import Recipe
from assistant.weights import remedy as module
from assistant.weights.remedy import remedy

GIB = 2**30


@pytest.fixture
def computer(monkeypatch):
    """One with so many GiB of memory."""
    return lambda gib: monkeypatch.setattr(module, "memory", lambda: gib * GIB)


def test_what_needs_more_than_there_is_says_how_much_and_which_profile_fits(computer, tmp_path):
    """Scenario 31: Mistral Small 24B on a Mac of 16 GB; its cache counts."""
    computer(16)
    said = remedy(
        tmp_path / "mistral-small-24b" / weights.our_catalog().models["mistral-small-24b"].files[0].name, 4096
    )
    need = weights.our_catalog().models["mistral-small-24b"].memory(4096)
    assert f"It needs {weights.size(need)} of memory" in said
    assert "the profile light fits it" in said


def test_a_file_of_ones_own_is_measured(computer, tmp_path):
    """Of 3 GB, most of them a hole."""
    computer(4)
    own = tmp_path / "own.gguf"
    with own.open("wb") as file:
        file.truncate(3 * 10**9)
    assert "It needs 3.0 GB of memory" in remedy(own)
    computer(8)
    assert remedy(own) == "`assistant models list` shows what can be fetched."


def test_what_was_fetched_is_fetched_again(computer, tmp_path):
    """Where the memory would do; a file of that name elsewhere is somebody's own."""
    computer(64)
    name = weights.our_catalog().models["mistral-small-24b"].files[0].name
    assert remedy(tmp_path / "mistral-small-24b" / name, 4096).startswith("`assistant models pull mistral-small-24b`")
    assert "models list" in remedy(tmp_path / "mistral-small-24b" / "another.gguf")


def test_the_starter_models_came_with_the_program(computer):
    computer(64)
    assert "install that again" in remedy(weights.chat("starter"))


@pytest.mark.parametrize("raised", [ModelError("It is damaged."), MemoryError()])
def test_whatever_does_not_load_is_said_with_its_remedy(tmp_path, raised):
    """What Python itself raises where no memory is left, too."""

    def make(path):
        raise raised

    with pytest.raises(ModelError, match=r"`assistant models list` shows") as caught:
        Recipe(make, tmp_path / "own.gguf", (), (0, 0)).load()
    assert str(caught.value).startswith(
        str(raised) or f"{tmp_path}/own.gguf cannot be loaded: there is no memory left."
    )
