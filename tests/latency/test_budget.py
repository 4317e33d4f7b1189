import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.latency.budget import Budget, budget
from assistant.pace import M2_MAX, OWN

SECONDS = st.floats(0, 3)


@pytest.mark.parametrize(
    ("made", "gap"),
    [
        # The engines are done before the patience is over: it alone is waited for.
        (Budget(0.3, 0.1, hearing=0.05, replying=0.1), 0.3),
        # They take longer: the pause and they are.
        (Budget(0.3, 0.1, hearing=0.25, replying=0.5), 0.85),
        # Without speculation the reply begins at the turn's end, which the recogniser may put off.
        (Budget(0.3, 0.1, hearing=0.05, replying=0.5, speculate=False), 0.8),
        (Budget(0.3, 0.1, hearing=0.25, replying=0.5, speculate=False), 0.85),
    ],
)
def test_an_answer_sounds_when_patience_and_engines_have_both_come_to_an_end(made, gap):
    assert made.gap == pytest.approx(gap)


def test_a_wait_beside_which_something_else_takes_longer_costs_nothing():
    slow = Budget(0.3, 0.1, hearing=0.25, replying=0.5)
    assert slow.saved(patience=0.0) == 0.0
    assert slow.saved(pause=0.0) == pytest.approx(0.1)
    quick = Budget(0.3, 0.1, hearing=0.05, replying=0.1)
    assert quick.saved(pause=0.0) == 0.0
    assert quick.saved(patience=0.0) == pytest.approx(0.05)


@given(SECONDS, SECONDS, SECONDS, SECONDS)
def test_speculation_never_makes_an_answer_later_and_saves_no_more_than_the_reply(patience, pause, hearing, replying):
    off = Budget(patience, pause, hearing, replying, speculate=False)
    assert 0 <= off.saved(speculate=True) <= replying + 1e-9


def test_the_engines_are_as_measured_else_as_slow_as_the_pace_at_least():
    took = {"pause": 0.11, "transcript": 0.2, "prefill_done": 0.1, "first_token": 0.02, "first_clause": 0.3}
    measured = budget(0.3, 0.1, took, M2_MAX, speculate=True)
    assert (measured.hearing, measured.replying) == (0.2, pytest.approx(0.42))
    assert budget(0.3, 0.1, {}, M2_MAX, speculate=True).hearing == M2_MAX.hearing
    assert budget(0.3, 0.1, {}, M2_MAX, speculate=True).replying == pytest.approx(4.9 / 12.4 + 0.06)
    assert budget(0.3, 0.1, {}, OWN, speculate=True).gap == 0.3
