"""A turn's record survives its line; whatever else stands in a file does no harm."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.latency.entry import entry, line, parsed
from assistant.latency.marks import Marks

WHEN = datetime(2026, 11, 24, 8, 30, 15, 250_000, tzinfo=UTC)


def marks(**at):
    made = Marks(lambda: 0.0)
    for stage, moment in at.items():
        made.stamp(stage, moment)
    return made


def test_a_measured_turn_comes_back_as_it_was():
    made = marks(speech_end=10.0, turn_ended=10.3, first_sound=10.5)
    made.count("tokens_reused", 7)
    back = parsed(line(made.record(), WHEN, {"source": "microphone", "models": ["small", "mistral"], "pace": "m2-max"}))
    assert (back.when, back.gap, back.unmeasured) == (WHEN, 0.5, None)
    assert back.at == {"speech_end": 0.0, "turn_ended": 0.3, "first_sound": 0.5}
    assert back.counts == {"tokens_reused": 7}
    assert back.setup == "microphone, small, mistral, m2-max"


def test_an_unmeasured_turn_keeps_its_reason():
    made = marks(speech_end=1.0)
    made.spoil("nothing was understood")
    back = parsed(line(made.record(), WHEN, {}))
    assert (back.gap, back.unmeasured) == (None, "nothing was understood")


def test_a_line_is_one_line_and_says_its_form():
    text = line({"unmeasured": "two\nlines"}, WHEN, {})
    assert "\n" not in text
    assert json.loads(text)["version"] == 1


def test_a_record_needs_no_file():
    assert entry(marks(speech_end=1.0, first_sound=1.25).record(), WHEN).gap == 0.25


def test_a_line_of_a_newer_program_is_read_as_far_as_it_is_understood():
    back = parsed('{"version": 9, "when": "2026-11-24T08:30:15Z", "gap": 0.5, "mood": {"x": 1}, "laughs": 2}')
    assert (back.gap, back.at, back.counts) == (0.5, {}, {"laughs": 2})


def test_a_line_without_keys_is_an_unmeasured_turn():
    assert parsed('{"when": "2026-11-24T08:30:15"}').unmeasured == "no reason was written"


def test_moments_come_back_in_utc():
    there = WHEN.astimezone(timezone(timedelta(hours=5)))
    assert parsed(json.dumps({"when": there.isoformat()})).when == WHEN
    assert parsed(json.dumps({"when": "2026-11-24T08:30:15.250"})).when == WHEN


@pytest.mark.parametrize(
    "text",
    ["", "{", '{"when": "2026-11-24T08', "[1]", "null", "7", "{}", '{"when": 5}', '{"when": "soon"}', "[" * 100_000],
)
def test_what_is_no_line_is_none(text):
    assert parsed(text) is None


@pytest.mark.parametrize("odd", ["true", '"1"', "NaN", "Infinity", "[]", "1" + "0" * 400, "-1e300"])
def test_a_number_that_is_none_is_left_out(odd):
    back = parsed(f'{{"when": "2026-11-24T08:30:15", "gap": {odd}, "at": {{"pause": {odd}, "transcript": 1}}}}')
    assert (back.gap, back.at) == (None, {"transcript": 1.0})


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda s: (
            st.dictionaries(st.sampled_from(["when", "gap", "at", "unmeasured", "models", "source", "pause"]), s)
            | st.lists(s)
        ),
    )
)
def test_whatever_json_a_file_holds_reading_it_does_not_fail(value):
    parsed(json.dumps(value))
    parsed(json.dumps({"when": "2026-11-24T08:30:15", "gap": value, "at": value, "models": value, "source": value}))
