from pathlib import Path

from assistant.doctor.finding import State
from assistant.doctor.models import Model, model


def found(**fields):
    known = {"name": "mistral-small-24b", "place": Path("/m/chat.gguf"), "fetched": True}
    return model(Model("reply.model", **{**known, **fields}))


def test_a_model_that_was_read_whole_is_right():
    assert found(hashed=True).state is State.RIGHT


def test_a_large_one_says_how_to_have_it_read_whole():
    assert "--thorough" in found(bytes=14_333_908_672).remedy


def test_a_damaged_one_is_fetched_anew_by_what_it_says():
    wrong = found(hashed=True, damaged=("chat.gguf",))
    assert (wrong.state, wrong.remedy) == (State.WRONG, "assistant models pull mistral-small-24b")


def test_a_missing_one_is_told_in_its_own_sentence():
    wrong = found(place=None, trouble="It is not here yet.")
    assert (wrong.state, wrong.detail) == (State.WRONG, "It is not here yet.")


def test_one_whose_disk_is_not_here_is_not_fetched_again():
    away = found(place=None, trouble="It is not here.", away=True)
    assert (away.state, away.meaning) == (State.WRONG, "The disk that it is on is not here.")
    assert away.remedy.startswith("Plug it in")
    assert "pull" not in away.remedy


def test_a_damaged_starter_comes_with_the_program_and_cannot_be_pulled():
    assert "install it again" in found(name="starter", damaged=("chat.gguf",)).remedy


def test_a_file_of_ones_own_is_right_but_nothing_is_claimed_of_its_bytes():
    own = found(name="", hashed=True)
    assert (own.state, "every byte" in own.meaning, own.detail) == (State.RIGHT, False, "/m/chat.gguf")


def test_a_damaged_one_is_fetched_by_the_catalogs_name():
    """The setting may say `auto`, which nobody can pull, or where it lies."""
    wrong = found(name="smart-turn-v3.2", damaged=("smart-turn.onnx",))
    assert wrong.remedy == "assistant models pull smart-turn-v3.2"


def test_a_damaged_one_among_a_persons_own_is_to_be_deleted_first():
    """It would be found before the one that is fetched."""
    wrong = found(fetched=False, damaged=("chat.gguf",))
    assert wrong.remedy == "Delete /m/chat.gguf, then: assistant models pull mistral-small-24b"


def test_a_setting_that_names_no_model_of_its_kind_is_to_be_corrected():
    """Fetching 14 GB would mend nothing."""
    assert found(place=None, name="", trouble="It is a chat model.").remedy.startswith("Correct reply.model")


def test_a_turn_model_may_be_missing():
    assert model(Model("listen.turn_model")).state is State.RIGHT
