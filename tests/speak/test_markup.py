import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.speak.markup import Markup

CASES = {
    "Here is **bold** and _leaning_ and `code`.": "Here is bold and leaning and code.",
    "2**10 is **1024**, R&amp;D.": "2**10 is 1024, R&D.",
    "# A title\n\nAnd text.": "A title\nAnd text.",
    "- one\n* two\n• three": "one\ntwo\nthree",
    "See [two words](http://x.y/z), please.": "See two words, please.",
    "Go to https://a.b/c?d=1. Now.": "Go to a link. Now.",
    "Well 😀 done 👍🏽!": "Well done !",
    "2 * 3 and 2*3 and snake_case stay.": "2 * 3 and 2*3 and snake_case stay.",
    "```python\nprint('x')\n```\nThat was it.": "There is some code here.\nThat was it.",
    'a <b>bold</b> <a href="x">link</a> 1 < 2': "a bold link 1 < 2",
    "| a | b |\n|---|---|\n| 1 | 2 |": "a b\n1 2",
    "It is 20 °C.": "It is 20 °C.",
}


def plain(text, sizes=()):
    """*text* without markup, given in pieces of *sizes*, the rest at once."""
    markup, out = Markup(), []
    for size in sizes:
        out.append(markup.push(text[:size]))
        text = text[size:]
    return "".join([*out, markup.push(text), markup.end()])


def lines(text):
    return "\n".join(" ".join(line.split()) for line in text.split("\n")).strip()


@pytest.mark.parametrize("text", CASES)
def test_no_markup_is_left_and_no_word_lost(text):
    """Scenario 28."""
    assert lines(plain(text)) == CASES[text]


@given(st.sampled_from(list(CASES)), st.lists(st.integers(1, 5), max_size=60))
def test_it_does_not_matter_where_tokens_split_the_text(text, sizes):
    """Even inside `**`."""
    assert plain(text, sizes) == plain(text)


@given(st.text(max_size=200), st.lists(st.integers(1, 5), max_size=60))
def test_any_text_goes_through(text, sizes):
    """Nothing raises, and the split does not matter."""
    assert plain(text, sizes) == plain(text)


def test_chinese_goes_out_with_its_stop():
    """It has no blanks: waiting for one would hold back the whole answer."""
    markup = Markup()
    assert markup.push("**你好。**今天") == "你好。"
    assert markup.end() == "今天"


def test_a_word_goes_out_with_the_blank_that_ends_it():
    """Holding it longer would cost a token of latency."""
    markup = Markup()
    assert markup.push("Sure. I") == "Sure. "
