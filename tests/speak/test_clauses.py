import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.speak.clauses import LIMIT, Cutter, clauses

LONG = " ".join(f"word{n}" for n in range(200))


def cut(text, sizes=()):
    cutter, out = Cutter(), []
    for size in sizes:
        out += cutter.push(text[:size])
        text = text[size:]
    return [*out, *cutter.push(text), *cutter.end()]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Sure. I can do that.", ["Sure.", "I can do that."]),
        ("Yes", ["Yes"]),
        ("The capital of France is Paris.", ["The capital of France is Paris."]),
        ("Well, it depends on what you want, really.", ["Well, it depends on what you want,", "really."]),
        ("It costs $29.50, i.e. a lot. Fine!", ["It costs $29.50,", "i.e. a lot.", "Fine!"]),
        ("We meet at 7 p.m. in the hall.", ["We meet at 7 p.m. in the hall."]),
        ("We meet at 7 p.m. Dr. Jones comes.", ["We meet at 7 p.m.", "Dr. Jones comes."]),
        ("No. It is closed.", ["No.", "It is closed."]),
        ("The answer is no. We are closed.", ["The answer is no.", "We are closed."]),
        ("We stop at no. 5 then.", ["We stop at no. 5 then."]),
        ("So do I. And you?", ["So do I.", "And you?"]),
        ("Then you have 10 - 3 left.", ["Then you have 10 - 3 left."]),
        ("It is about half past or so at 7:00 pm today", ["It is about half past or so at", "7:00 pm today"]),
        ("It is about half past the hour of 5 km away", ["It is about half past the hour of", "5 km away"]),
        ("I ran for a whole long way of 5 km today", ["I ran for a whole long way of", "5 km today"]),
        ("The road is long and goes on 5 km then ends", ["The road is long and goes on 5 km", "then ends"]),
        ("First line\nsecond line", ["First line", "second line"]),
        ("今日は。元気です。", ["今日は。", "元気です。"]),
        ("... !! --", []),
        ("", []),
    ],
)
def test_clauses_end_where_a_speaker_would_breathe(text, wanted):
    """And not at the dots of numbers and abbreviations (scenarios 8 and 27)."""
    assert cut(text) == wanted


def test_two_hundred_words_without_punctuation_start_after_a_few():
    """Scenario 7: eight words first, then pieces of at most 150 characters."""
    found = cut(LONG)
    assert len(found[0].split()) == 8
    assert all(len(clause) <= LIMIT for clause in found)
    assert " ".join(found) == LONG


def test_the_first_clause_is_out_as_soon_as_it_can_be():
    """With the blank behind its sentence, not with the next sentence."""
    cutter = Cutter()
    assert cutter.push("Sure.") == []
    assert cutter.push(" ") == ["Sure."]


TEXT = st.lists(
    st.sampled_from(
        ["Sure.", "one", "two,", "29.50", "1,000", "Dr.", "7:00", "p.m.", "so", "Yes!", "word" * 40, "e.g."]
    )
).map(" ".join)


@given(TEXT, st.lists(st.integers(1, 7), max_size=80))
def test_no_word_is_lost_or_cut_and_splitting_does_not_matter(text, sizes):
    """Every clause is whole words of the text, in order."""
    found = cut(text, sizes)
    assert found == cut(text)
    assert " ".join(found).split() == text.split()


@given(st.text(max_size=300))
def test_any_text_can_be_cut(text):
    """Nothing raises, and every clause can be spoken."""
    assert all(any(letter.isalnum() for letter in clause) for clause in cut(text))


def test_clauses_carry_what_is_shown_and_what_is_said():
    """Numbers stay on the screen and are words for the voice; a source left early is closed."""
    closed = []

    async def pieces():
        try:
            yield "It is 4:25 PM. "
            yield "And more. And more."
        finally:
            closed.append(True)

    async def main():
        stream = clauses(pieces())
        first = await anext(stream)
        await stream.aclose()
        return first

    first = asyncio.run(main())
    assert (first.text, first.spoken) == ("It is 4:25 PM.", "It is four twenty five p m.")
    assert closed == [True]
