import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.speak.normalise import spoken


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            "$29.50 on 3/4 at 7:00 pm, i.e. 5 km/h",
            "twenty nine dollars and fifty cents on March fourth at seven p m, that is, five kilometers per hour",
        ),
        ("It is 4:25 PM.", "It is four twenty five p m."),
        ("at 7:05", "at seven oh five"),
        ("at 7 p.m. we go", "at seven p m we go"),
        ("Today is Tuesday, November 24, 2026.", "Today is Tuesday, November twenty fourth, twenty twenty six."),
        ("on 2026-11-24", "on November twenty fourth, twenty twenty six"),
        ("The answer is 2.75.", "The answer is two point seven five."),
        ("-4 degrees", "minus four degrees"),
        ("1,250 people", "one thousand two hundred and fifty people"),
        ("$5 million or 3 €", "five million dollars or three euros"),
        ("1 km in 45 min.", "one kilometer in forty five minutes."),
        ("20 °C & 50% off", "twenty degrees Celsius and fifty percent off"),
        ("the 1st, 2nd and 23rd", "the first, second and twenty third"),
        ("In 1999", "In nineteen ninety nine"),
        ("Dr. Jones, e.g. today", "Doctor Jones, for example, today"),
        ("agent 007", "agent zero zero seven"),
        ("2*3 = 6", "two times three equals six"),
        ("snake_case", "snake case"),
        ("B12", "B twelve"),
        ("3/4 of a cup, 1 1/2 or 2½ cups", "three quarters of a cup, one and one half or two and one half cups"),
        (
            "on 11/24/2026 or 24 November",
            "on November twenty fourth, twenty twenty six or the twenty fourth of November",
        ),
        ("the 1960s and the 80s", "the nineteen sixties and the eighties"),
        ("between 1939 and 1945", "between nineteen thirty nine and nineteen forty five"),
        ("5-10% or -$5M", "five to ten percent or minus five million dollars"),
        ("10 - 3 = 7", "ten minus three equals seven"),
        ("Python 3.11.4", "Python three point eleven point four"),
        ("Call 555-1234", "Call five five five, one two three four"),
        ("x^2 and 2**10", "x squared and two to the power of ten"),
        ("24/7 and/or 30 m²", "twenty four seven and or thirty square meters"),
        (
            "on 13/45 or 99/99/9999",
            "on thirteen over forty five or ninety nine or ninety nine or nine thousand nine hundred and ninety nine",
        ),
        ("Nothing to do here.", "Nothing to do here."),
    ],
)
def test_it_is_written_like_this_and_said_like_that(written, said):
    """Scenario 27."""
    assert spoken(written) == said


@given(st.text(max_size=120))
def test_any_text_can_be_spoken_and_no_digit_or_sign_is_left(text):
    """Nothing raises; a voice has no sound for what would be left."""
    assert not re.search(r"[0-9*_#`|<>{}]", spoken(text))


@given(st.text(alphabet="abcdefghij ,.!?", max_size=80))
def test_words_stay_as_they_are(text):
    """Speaking twice is speaking once."""
    assert spoken(spoken(text)) == spoken(text)


@given(st.integers(0, 10**9), st.sampled_from(["en", "de", "fr", "es", "it"]))
def test_numbers_are_words_in_other_languages_too(number, language):
    """As far as num2words counts."""
    assert not re.search(r"\d", spoken(f"{number}", language))
