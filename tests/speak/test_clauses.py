import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.speak.clauses import FIRST_WAIT, LIMIT, MAKING, Cutter, Supply, clauses
from tests.virtual_time import run

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
        ("It is about half past or so at 7:00 pm today", ["It is about half past or so", "at 7:00 pm today"]),
        ("It is about half past the hour of 5 km away", ["It is about half past the hour", "of 5 km away"]),
        ("I ran for a whole long way of 5 km today", ["I ran for a whole long way", "of 5 km today"]),
        ("The road is long and goes on 5 km then ends", ["The road is long and goes", "on 5 km then ends"]),
        ("First line\nsecond line", ["First line", "second line"]),
        ("今日は。元気です。", ["今日は。", "元気です。"]),
        ("... !! --", []),
        ("", []),
    ],
)
def test_clauses_end_where_a_speaker_would_breathe(text, wanted):
    """And not at the dots of numbers and abbreviations (scenarios 8 and 27)."""
    assert cut(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Rain is likely", []),
        ("Rain is likely ", ["Rain is likely"]),
        ("Rain is in ", []),
        ("Rain is likely in", ["Rain is likely"]),
        ("Rain is likely in the", ["Rain is likely"]),
        ("Rain is likely in the north of", ["Rain is likely in the north"]),
        ("You ran 5 km and", ["You ran 5 km"]),
        ("You ran 5 km", []),
        ("Please ask Dr. Jones", []),
        ("One two three four five six seven eight nine ten", ["One two three four five six seven eight"]),
    ],
)
def test_in_a_hurry_the_first_clause_is_what_three_words_or_more_there_are(text, wanted):
    """But it never ends behind a word that belongs to what follows."""
    assert Cutter().push(text, hurried=True) == wanted


def test_in_a_hurry_a_later_clause_has_five_words():
    """Less would come out chopped."""
    cutter = Cutter()
    assert cutter.push("Sure. Red green blue pink", hurried=True) == ["Sure."]
    assert cutter.push(" grey", hurried=True) == []
    assert cutter.push(" black", hurried=True) == ["Red green blue pink grey"]


def test_a_clause_is_due_half_a_second_after_the_first_word_then_before_the_loudspeaker_falls_silent():
    """Thirty letters last two seconds, and wait for those before them."""
    supply = Supply()
    assert [supply.short(now) for now in (7.0, 7.0 + FIRST_WAIT - 0.01, 7.0 + FIRST_WAIT)] == [False, False, True]
    supply.add("x" * 30, 8.0)
    supply.add("x" * 30, 8.5)
    assert [supply.short(now) for now in (12 - MAKING - 0.01, 12 - MAKING)] == [False, True]
    supply.add("x" * 30, 20.0)
    assert [supply.short(now) for now in (22 - MAKING - 0.01, 22 - MAKING)] == [False, True]


def cut_in_time(text, tokens_per_second, taking=0.0):
    """(when, clause) of *text* written at so many words a second, by a reader that takes so long for each clause."""

    async def words():
        for number, word in enumerate(text.split()):
            await asyncio.sleep(1 / tokens_per_second if number else 0)
            yield f" {word}" if number else word

    async def main():
        found = []
        clock = asyncio.get_running_loop().time
        async for clause in clauses(words(), "en"):
            found.append((clock(), clause.text))
            await asyncio.sleep(taking)
        return found

    return run(main())


STORY = " ".join(["old cats like warm dry sunny window seats every single day"] * 8)


def test_a_slow_model_is_heard_after_half_a_second_and_never_runs_dry():
    """At ten words a second, no clause comes later than those before it are spoken; eight words would take 0.8 s."""
    found = cut_in_time(STORY, 10.0)
    (first_at, _), *later = found
    assert first_at <= FIRST_WAIT + 0.1
    spoken_until = first_at
    for (_, before), (at, _) in zip(found, later, strict=False):
        spoken_until = max(spoken_until, first_at) + len(before) / 15
        assert at < spoken_until
    assert " ".join(text for _, text in found) == STORY


def test_a_fast_model_is_never_hurried():
    """A hundred words a second: the clauses are those of a text that is there at once."""
    assert [text for _, text in cut_in_time(STORY, 100.0)] == cut(STORY)


def test_a_reader_with_clauses_enough_is_no_reason_to_hurry():
    """It takes a clause when one has been spoken, so the next has as long as the last one sounds."""
    assert [text for _, text in cut_in_time(STORY, 100.0, taking=5.0)] == cut(STORY)


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


@given(TEXT, st.lists(st.tuples(st.integers(1, 7), st.booleans()), max_size=80))
def test_no_word_is_lost_or_cut_in_a_hurry(text, steps):
    """Whenever it comes."""
    cutter, found, rest = Cutter(), [], text
    for size, hurried in steps:
        found += cutter.push(rest[:size], hurried=hurried)
        rest = rest[size:]
    found += [*cutter.push(rest), *cutter.end()]
    assert " ".join(found).split() == text.split()


def test_what_breaks_off_is_said_with_a_comma_and_shown_without():
    """The end of the text has none: it may be a sentence."""

    async def pieces():
        yield "one two three four five six seven eight nine"

    async def main():
        return [clause async for clause in clauses(pieces(), "en")]

    first, last = run(main())
    assert (first.text, first.spoken[-6:]) == ("one two three four five six seven eight", "eight,")
    assert last.spoken == "nine"


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
        stream = clauses(pieces(), "en")
        first = await anext(stream)
        await stream.aclose()
        return first

    first = asyncio.run(main())
    assert (first.text, first.spoken) == ("It is 4:25 PM.", "It is four twenty five p m.")
    assert closed == [True]
