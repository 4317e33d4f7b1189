import pytest

from assistant.setup.person import WrongAnswerError, number, one_of, yes_or_no

OPTIONS = ("starter", "standard", "light", "keep")


@pytest.mark.parametrize(("text", "meant"), [("", True), ("y", True), (" YES ", True), ("n", False), ("No", False)])
def test_yes_and_no_in_all_their_forms(text, meant):
    assert yes_or_no(text) is meant


def test_nothing_is_the_default():
    assert one_of("", OPTIONS, "light") == "light"
    assert number("", 3, 2) == 2


@pytest.mark.parametrize(("text", "meant"), [("keep", "keep"), ("L", "light"), ("stan", "standard")])
def test_an_option_may_be_begun(text, meant):
    assert one_of(text, OPTIONS, "starter") == meant


@pytest.mark.parametrize(
    "read", [yes_or_no, lambda text: one_of(text, OPTIONS, "keep"), lambda text: number(text, 3, 0)]
)
@pytest.mark.parametrize("text", ["perhaps", "sta", "-1", "3", "1.5", "²", "\x1b[A"])
def test_what_is_no_answer_is_refused_with_those_that_are(read, text):
    """Also what begins two of them, numbers out of range, digits of other kinds, and arrow keys."""
    with pytest.raises(WrongAnswerError, match=r"type .*skip"):
        read(text)


def test_numbers_are_taken():
    assert [number(text, 3, 0) for text in ("0", " 1", "2 ")] == [0, 1, 2]
