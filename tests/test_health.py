from hypothesis import given
from hypothesis import strategies as st

from assistant.health import FAILURES, WITHIN, Health, Trouble


def test_a_part_rests_at_its_third_failure_in_ten_minutes_and_is_tried_again_ten_minutes_behind_the_first():
    health = Health()
    assert not health.failed("the voice", "It failed.", 0.0)
    assert not health.failed("the voice", "It failed.", 100.0)
    assert health.failed("the voice", "It hangs.", 200.0)
    assert health.troubles(599.9) == [Trouble("the voice", "It hangs.")]
    assert health.troubles(600.0) == []


def test_a_failure_when_it_is_tried_again_makes_it_rest_at_once_if_the_others_are_fresh():
    health = Health()
    for at in (0.0, 500.0, 550.0):
        health.failed("the voice", "It failed.", at)
    assert not health.rests("the voice", 600.0)
    assert health.failed("the voice", "It failed.", 601.0)
    assert not health.rests("the voice", 1100.0)


def test_what_fails_now_and_then_is_used_for_ever():
    health = Health()
    assert not any(health.failed("the voice", "It failed.", at * 301.0) for at in range(100))


def test_a_part_that_rests_takes_no_other_with_it():
    health = Health()
    for _ in range(FAILURES):
        health.failed("the voice", "It failed.", 0.0)
    assert health.rests("the voice", 1.0)
    assert not health.rests("the recogniser", 1.0)


@given(st.lists(st.floats(0, 5000), max_size=40).map(sorted), st.floats(0, 1000))
def test_it_rests_exactly_while_the_last_three_failures_are_within_ten_minutes(times, later):
    health = Health()
    for at in times:
        health.failed("it", "why", at)
    now = (times[-1] if times else 0.0) + later
    assert health.rests("it", now) == (sum(now - at < WITHIN for at in times[-FAILURES:]) == FAILURES)
