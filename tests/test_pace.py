import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import pace
from assistant.pace import M2_MAX, OWN, PACES, lasting
from assistant.settings import Engine


class Clock:
    """time's two functions that pace.py uses; work passes the time by hand, and sleep by itself."""

    def __init__(self):
        self.now = 100.0
        self.slept = []

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(pace, "time", clock)
    return clock


@pytest.mark.parametrize(("work", "slept"), [(0.0, [0.25]), (0.1, [0.15]), (0.25, []), (3.0, [])])
def test_a_block_lasts_as_long_as_it_shall_and_no_longer_than_it_needs(clock, work, slept):
    with lasting(0.25):
        clock.now += work
    assert clock.slept == pytest.approx(slept)


def test_a_block_that_raises_is_not_held_up(clock):
    with pytest.raises(ValueError, match="broken"), lasting(0.25):
        raise ValueError("broken")
    assert clock.slept == []


def test_on_an_m2_max_a_long_prompt_is_read_at_138_tokens_a_second_and_one_token_takes_a_twelfth():
    assert M2_MAX.evaluating(138) == pytest.approx(1.0)
    assert M2_MAX.evaluating(1) == pytest.approx(1 / 12.4)


@given(st.integers(0, 4096))
def test_a_token_more_never_costs_less_and_none_cost_nothing(tokens):
    assert M2_MAX.evaluating(0) == 0
    assert M2_MAX.evaluating(tokens) <= M2_MAX.evaluating(tokens + 1)
    assert OWN.evaluating(tokens) == 0


def test_every_pace_that_can_be_set_is_known():
    allowed = Engine.model_json_schema()["properties"]["pace"]["enum"]
    assert set(allowed) == set(PACES)
    assert PACES[Engine().pace] == OWN
