import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import UsageError
from assistant.setup.settings_file import difference, merged

OURS = """\
# My assistant.

[listen]  # the ears
mode = "open"  # always
patience_ms = 900

# Ann's own model
[reply]
model = "~/ann.gguf"
"""


def test_a_new_value_takes_the_old_ones_place_and_all_else_stays():
    after = merged(OURS, {"listen.mode": "wake"})
    assert after == OURS.replace('mode = "open"', 'mode = "wake"')


def test_a_key_that_was_not_there_joins_its_section():
    after = merged(OURS, {"listen.wake_words": "alexa"})
    assert tomllib.loads(after)["listen"]["wake_words"] == "alexa"
    assert [line for line in OURS.splitlines() if line not in after.splitlines()] == []


def test_a_section_that_was_not_there_comes_behind_an_empty_line():
    assert merged(OURS, {"speak.voice": "starter"}) == OURS + '\n[speak]\nvoice = "starter"\n'


def test_an_empty_file_begins_with_its_first_section():
    assert merged("", {"listen.mode": "push", "reply.temperature": 0.15}) == (
        '[listen]\nmode = "push"\n\n[reply]\ntemperature = 0.15\n'
    )


@pytest.mark.parametrize("text", ['listen = {mode = "open"}\n', 'listen.mode = "open"\n', '["listen"]\n"mode"="open"'])
def test_every_way_of_writing_a_section_is_understood(text):
    after = merged(text, {"listen.mode": "wake", "listen.microphone": 'A "quoted" \\ name'})
    assert tomllib.loads(after) == {"listen": {"mode": "wake", "microphone": 'A "quoted" \\ name'}}


def test_what_is_no_toml_is_refused_in_a_sentence():
    with pytest.raises(UsageError, match="not valid TOML"):
        merged("[listen", {"listen.mode": "wake"})


def test_the_difference_shows_what_goes_and_comes_and_where():
    shown = difference(OURS, merged(OURS, {"listen.mode": "wake"}))
    assert shown == [
        " [listen]  # the ears",
        '-mode = "open"  # always',
        '+mode = "wake"  # always',
        " patience_ms = 900",
    ]


def test_no_change_is_no_difference():
    assert difference(OURS, merged(OURS, {"listen.mode": "open"})) == []


sections = st.sampled_from(["listen", "reply", "speak", "models"])
keys = st.sampled_from(["a", "b_ms", "mode"])
values = st.one_of(st.text(max_size=8), st.integers(-9, 9), st.booleans(), st.floats(0, 2).map(lambda x: round(x, 3)))
comments = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=10)


@st.composite
def files(draw):
    """TOML as a person might type it, and the lines of comments in it."""
    lines, remarks = [], []

    def remark():
        if draw(st.booleans()):
            remarks.append(f"# {len(remarks)} {draw(comments)}")
            lines.append(remarks[-1])

    for section in draw(st.lists(sections, unique=True)):
        remark()
        lines.append(f"[{section}]")
        for key in draw(st.lists(keys, unique=True)):
            remark()
            lines.append(f"{key} = {draw(st.integers(-9, 9))}")
        lines += [""] * draw(st.integers(0, 2))
    remark()
    return "\n".join(lines) + "\n" * draw(st.integers(0, 1)), remarks


@given(files(), st.dictionaries(st.builds("{}.{}".format, sections, keys), values))
def test_whatever_a_person_wrote_only_what_was_chosen_changes(file, changes):
    """All values, and every comment, in their order."""
    text, remarks = file
    after = merged(text, changes)
    wanted = tomllib.loads(text)
    for key, value in changes.items():
        section, _, name = key.partition(".")
        wanted.setdefault(section, {})[name] = value
    assert tomllib.loads(after) == wanted
    assert [line for line in after.splitlines() if line.startswith("# ")] == remarks
    assert merged(after, changes) == after
