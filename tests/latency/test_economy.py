import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.latency.economy import Economy, Saving, allowed


def after(gaps, target=1.0, may=tuple(Saving)):
    """All steps that *gaps* lead to, and what is saved then."""
    economy = Economy(target, may)
    steps = [step for gap in gaps if (step := economy.push(gap)) is not None]
    return steps, economy.savings


def test_three_slow_turns_of_five_are_one_step_and_two_are_none():
    assert after([1.2, 0.8, 1.2, 0.8, 1.2]) == ([Saving.WINDOW], (Saving.WINDOW,))
    assert after([1.2, 0.8, 0.8, 0.8, 1.2]) == ([], ())


def test_each_further_step_needs_five_turns_of_its_own_and_the_list_has_an_end():
    """What was slow before a step says nothing of its effect."""
    assert after([1.2] * 9)[0] == [Saving.WINDOW]
    assert after([1.2] * 99) == (list(Saving), tuple(Saving))


def test_it_goes_back_a_step_when_ten_turns_were_well_below_the_target():
    """Not when they are just below it."""
    assert after([1.2] * 10 + [0.7] * 10) == ([Saving.WINDOW, Saving.DRAFTS, Saving.DRAFTS], (Saving.WINDOW,))
    assert after([1.2] * 10 + [0.9] * 50)[1] == (Saving.WINDOW, Saving.DRAFTS)


def test_only_what_is_allowed_is_saved():
    assert after([1.2] * 99, may=allowed("drafts"))[1] == (Saving.WINDOW, Saving.DRAFTS)
    assert after([1.2] * 99, may=allowed("none")) == ([], ())


@given(st.lists(st.floats(0.1, 3.0), max_size=200))
def test_every_step_is_to_the_neighbour(gaps):
    """Whatever the gaps, savings are a beginning of the list, one longer or shorter than before."""
    economy = Economy(1.0)
    before = economy.savings
    for gap in gaps:
        step = economy.push(gap)
        assert economy.savings == tuple(Saving)[: len(economy.savings)]
        assert abs(len(economy.savings) - len(before)) == (step is not None)
        if step is not None:
            assert step is max(economy.savings, before, key=len)[-1]
        before = economy.savings


@pytest.mark.parametrize("name", [saving.value for saving in Saving])
def test_each_saving_can_be_named_as_the_last_that_is_allowed(name):
    assert allowed(name)[-1].value == name
