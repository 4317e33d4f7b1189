import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.listen.own_words import similar

SPOKEN = "The capital of France is Paris. It has about two million people, and it's on the river Seine."
WORDS = st.lists(st.sampled_from(["paris", "has", "about", "two", "million", "people", "it's", "seine"]), min_size=1)


@pytest.mark.parametrize(
    "heard",
    [
        SPOKEN,
        "the capital of france is paris",
        "THE CAPITAL OF FRANCE",
        "capital of franz is paris it has",
        "it has about two million",
        "has about you million people and it's on the river sane",
        "river Seine",
        "Paris",
    ],
)
def test_our_own_words_are_ours(heard):
    assert similar(heard, SPOKEN)


@pytest.mark.parametrize(
    "heard",
    [
        "",
        "...",
        "stop",
        "no thanks",
        "wait",
        "yes",
        "par",
        "the river",
        "what is the capital of Spain",
        "how many people live in Paris",
        "and what about the river",
        "France France France",
    ],
)
def test_a_persons_words_are_not(heard):
    assert similar(heard, SPOKEN) == (heard == "the river")


def test_nothing_is_said_so_nothing_is_ours():
    assert not similar("hello there", "")


@given(WORDS, st.data())
def test_any_stretch_of_what_is_said_is_ours(words, data):
    start = data.draw(st.integers(0, len(words) - 1))
    end = data.draw(st.integers(start + 1, len(words)))
    assert similar(" ".join(words[start:end]).upper() + "?", " ".join(words))


@given(st.lists(st.sampled_from(["stop", "wait", "tell", "me", "no", "please", "cancel", "timer"]), min_size=1), WORDS)
def test_other_words_never_are(heard, spoken):
    assert not similar(" ".join(heard), " ".join(spoken))


@given(st.lists(st.sampled_from("abcdefghijklmnopqrstuvwxyz"), min_size=10, max_size=30, unique=True), st.data())
@example(list("abcdefghij"), None)
def test_three_mistakes_in_ten_words_are_forgiven_and_half_are_not(letters, data):
    """Words of one letter cannot be misspelt, only wrong."""
    places = data.draw(st.permutations(range(10))) if data else range(10)
    for wrong, ours in ((3, True), (5, False)):
        heard = [
            f"{letter}{letter}" if index in places[:wrong] else letter for index, letter in enumerate(letters[:10])
        ]
        assert similar(" ".join(heard), " ".join(letters)) == ours
