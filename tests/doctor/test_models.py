from pathlib import Path

from assistant.doctor.finding import State
from assistant.doctor.models import Model, model


def found(**fields):
    return model(Model("reply.model", **{"value": "mistral-small-24b", "place": Path("/m/chat.gguf"), **fields}))


def test_a_model_that_was_read_whole_is_right():
    assert found(hashed=True).state is State.RIGHT


def test_a_large_one_says_how_to_have_it_read_whole():
    assert "--thorough" in found(bytes=14_333_908_672).remedy


def test_a_damaged_one_is_fetched_anew_by_what_it_says():
    wrong = found(hashed=True, damaged=("chat.gguf",))
    assert (wrong.state, wrong.remedy) == (State.WRONG, "assistant models pull mistral-small-24b")


def test_a_missing_one_is_told_in_its_own_sentence():
    wrong = found(place=None, trouble="It is not here yet.")
    assert (wrong.state, wrong.meaning) == (State.WRONG, "It is not here yet.")


def test_a_damaged_starter_comes_with_the_program_and_cannot_be_pulled():
    assert "install it again" in found(value="starter", damaged=("chat.gguf",)).remedy


def test_a_file_of_ones_own_is_right_but_nothing_is_claimed_of_its_bytes():
    own = found(value="/m/chat.gguf", known=False, hashed=True)
    assert (own.state, "every byte" in own.meaning) == (State.RIGHT, False)


def test_a_turn_model_may_be_missing():
    assert model(Model("listen.turn_model", "auto")).state is State.RIGHT
