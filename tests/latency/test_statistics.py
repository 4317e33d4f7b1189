"""Percentiles are turns that happened; what too few turns cannot tell is not told; each stage took its own time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.latency.entry import Entry
from assistant.latency.marks import STAGES, Marks
from assistant.latency.statistics import (
    FEWEST_P95,
    FEWEST_P99,
    SLOWEST,
    Span,
    as_json,
    percentile,
    spans,
    spread,
    summary,
    turn_at,
)

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def turn(gap=None, *, number=0, why="no answer sounded", setup="", counts=(), **at):
    moments = at or ({"speech_end": 0.0, "first_sound": gap} if gap is not None else {})
    when = NOW + timedelta(minutes=number)
    return Entry(when, gap, None if gap is not None else why, moments, dict(counts), setup)


def marks(*, won=False, **at):
    made = Marks(lambda: 0.0)
    for stage, moment in at.items():
        made.stamp(stage, moment)
    if won:
        made.count("speculation_won", 1)
    return made


def in_ms(made):
    return [(span.stage, round(1000 * span.begin), round(1000 * span.end)) for span in made]


@pytest.mark.parametrize(
    ("share", "expected"), [(0.0, 1), (0.5, 50), (0.95, 95), (0.951, 96), (0.99, 99), (0.07, 7), (1.0, 100)]
)
def test_a_percentile_is_the_nearest_rank(share, expected):
    assert percentile(range(100, 0, -1), share) == expected


@pytest.mark.parametrize(("n", "median"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3)])
def test_the_median_of_few_is_one_of_them(n, median):
    assert percentile(range(1, n + 1), 0.5) == median


@given(st.lists(st.floats(0, 100), min_size=1), st.floats(0, 1))
def test_a_percentile_is_one_of_the_values_and_enough_are_no_greater(values, share):
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-6


def test_nothing_has_no_percentile():
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 0.5)
    assert spread([]) is None


@pytest.mark.parametrize(
    ("n", "p95", "p99"),
    [(FEWEST_P95 - 1, None, None), (FEWEST_P95, 19, None), (FEWEST_P99 - 1, 95, None), (FEWEST_P99, 95, 99)],
)
def test_too_few_have_no_p95_and_no_p99(n, p95, p99):
    made = spread(range(1, n + 1))
    assert (made.n, made.p95, made.p99, made.slowest) == (n, p95, p99, n)


def test_without_speculation_every_stage_begins_where_the_last_one_ended():
    made = spans(marks(speech_end=5.0, turn_ended=5.6, transcript=5.7, first_token=5.8, first_sound=5.9, heard=8.0))
    assert in_ms(made) == [
        ("turn_ended", 0, 600),
        ("transcript", 600, 700),
        ("first_token", 700, 800),
        ("first_sound", 800, 900),
    ]


def test_what_was_begun_at_the_pause_goes_on_beside_the_wait_but_no_sound_comes_before_its_end():
    made = spans(
        marks(won=True, speech_end=0, pause=0.1, transcript=0.2, first_token=0.25, turn_ended=0.3, first_sound=0.31)
    )
    assert in_ms(made) == [
        ("pause", 0, 100),
        ("turn_ended", 100, 300),
        ("transcript", 100, 200),
        ("first_token", 200, 250),
        ("first_sound", 300, 310),
    ]


def test_work_that_outlasts_the_wait_is_whole():
    made = spans(marks(won=True, speech_end=0, pause=0.1, transcript=0.2, turn_ended=0.3, first_token=0.7))
    assert in_ms(made)[-1] == ("first_token", 200, 700)


def test_a_reply_that_was_not_begun_early_begins_at_the_turns_end():
    made = spans(marks(speech_end=0, pause=0.1, transcript=0.2, turn_ended=0.6, first_token=0.7, first_sound=0.75))
    assert ("first_token", 600, 700) in in_ms(made)


def test_what_ended_before_the_turn_did_not_wait_for_its_end():
    made = spans(marks(speech_end=1.0, transcript=1.2, turn_ended=1.6, first_sound=1.7))
    assert in_ms(made) == [("turn_ended", 0, 600), ("transcript", 0, 200), ("first_sound", 600, 700)]


def test_what_was_done_while_they_spoke_took_none_of_the_gap():
    made = spans(marks(speech_end=1.0, prefill_done=0.8, turn_ended=1.2, first_token=1.3, first_sound=1.4))
    assert [span.stage for span in made] == ["turn_ended", "first_token", "first_sound"]


def test_what_happens_after_the_first_sound_is_not_part_of_the_gap():
    assert [span.stage for span in spans(marks(speech_end=1.0, first_sound=1.5, first_token=1.7))] == ["first_sound"]


def test_a_typed_question_begins_at_its_first_stamp():
    assert spans(marks(transcript=5.0, first_token=5.25))[-1] == Span("first_token", 0.0, 0.25)


def test_a_stage_of_another_version_is_passed_over():
    assert spans(turn(0.5, speech_end=0.0, daydream=0.1, first_sound=0.5)) == [Span("first_sound", 0.0, 0.5)]


@given(st.dictionaries(st.sampled_from(STAGES), st.floats(-5, 5)), st.booleans())
def test_whatever_the_order_no_stage_takes_less_than_nothing(at, won):
    for span in spans(marks(won=won, **at)):
        assert 0 <= span.begin <= span.end


def test_the_summary_of_measured_turns():
    turns = [turn(number / 10, number=number) for number in range(1, 8)]
    made = summary(turns)
    assert (made.turns, made.gap.n, made.gap.p50, made.gap.slowest) == (7, 7, 0.4, 0.7)
    assert (made.first, made.last) == (turns[0].when, turns[-1].when)
    assert [round(slow.gap, 1) for slow in made.slowest] == [0.7, 0.6, 0.5, 0.4, 0.3][:SLOWEST]


def test_stages_are_told_in_their_order_and_only_where_they_happened():
    made = summary(
        [
            turn(0.5, speech_end=0, turn_ended=0.3, transcript=0.4, first_sound=0.5),
            turn(0.7, speech_end=0, turn_ended=0.3, first_sound=0.7),
            turn(speech_end=0, turn_ended=9.0, pause=8.0),
        ]
    )
    assert list(made.took) == ["turn_ended", "transcript", "first_sound"]
    assert (made.took["transcript"].n, made.took["turn_ended"].n) == (1, 2)
    assert round(made.took["transcript"].p50, 3) == 0.1
    assert made.reached["transcript"].p50 == 0.4


def test_turns_without_a_gap_are_counted_by_their_reason():
    made = summary([turn(why="nothing was understood"), turn(why="frames were lost"), turn(why="frames were lost")])
    assert made.gap is None
    assert made.unmeasured == {"frames were lost": 2, "nothing was understood": 1}
    assert list(made.slowest) == []


def test_speculation_is_counted_where_the_turn_was_measured():
    made = summary(
        [
            turn(0.3, counts={"speculations": 2, "speculation_won": 1}),
            turn(0.3, counts={"speculations": 1}),
            turn(0.3),
            turn(counts={"speculations": 1}),
        ]
    )
    assert (made.speculated, made.won) == (2, 1)


def test_an_answer_that_was_cut_off_while_it_sounded_is_measured_and_counted():
    cut_off = turn(0.3, speech_end=0.0, first_sound=0.3, interrupted=2.0)
    made = summary([cut_off, turn(0.4), turn(speech_end=0.0, cancelled=0.2)])
    assert (made.gap.n, made.interrupted) == (2, 1)
    assert as_json(made)["interrupted"] == 1
    assert [span.stage for span in spans(cut_off)] == ["first_sound"]


def test_the_share_of_tokens_that_were_read_before():
    made = summary([turn(0.3, counts={"tokens_reused": 90}), turn(counts={"tokens_evaluated": 10})])
    assert made.reused == 0.9
    assert made.counts == {"tokens_reused": 90, "tokens_evaluated": 10}
    assert summary([turn(0.3)]).reused is None


def test_turns_of_different_set_ups_are_told_apart():
    made = summary([turn(0.3, setup="a"), turn(0.3, setup="b"), turn(0.3, setup="b"), turn(0.3)])
    assert made.setups == {"b": 2, "a": 1}


def test_the_turn_at_a_percentile():
    turns = [turn(gap) for gap in (0.9, 0.1, 0.5)] + [turn()]
    assert [turn_at(turns, share).gap for share in (0.5, 0.95)] == [0.5, 0.9]
    with pytest.raises(ValueError, match="nothing"):
        turn_at([turn()], 0.5)


def test_json_has_milliseconds_and_null_for_what_is_not_told():
    made = as_json(summary([turn(0.25, speech_end=0, turn_ended=0.2, first_sound=0.25), turn()]))
    assert made["gap_ms"] == {"n": 1, "p50": 250.0, "p95": None, "p99": None, "slowest": 250.0}
    assert made["stages"]["first_sound"]["took_ms"]["p50"] == 50.0
    assert made["stages"]["first_sound"]["reached_ms"]["p50"] == 250.0
    assert made["unmeasured"] == {"no answer sounded": 1}
    assert as_json(summary([turn()]))["gap_ms"] is None
