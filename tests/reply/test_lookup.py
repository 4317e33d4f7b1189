import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.reply.lookup import LENGTH, MISSES, UNTIL, Lookup


def guess(*ids, prompt=0):
    return Lookup(prompt).guess(np.array(ids, np.intc))


@pytest.mark.parametrize(
    ("ids", "next_ones"),
    [
        ([5, 6, 7, 8, 9, 1, 5, 6], [7, 8, 9, 1]),
        ([5, 6, 7, 1, 6], [7]),
        ([5, 6, 1, 9, 6, 2, 5, 6], [1, 9, 6, 2]),
        ([5, 6, 1, 5, 6, 2, 5, 6], [2, 5, 6]),
        ([1, 2, 3], []),
        ([4], []),
    ],
)
def test_it_guesses_what_followed_the_longest_match_the_last_time(ids, next_ones):
    """Four tokens where two or more match, one where one does."""
    assert guess(*ids) == next_ones


def test_what_is_likely_is_echoed_where_prompt_and_answer_have_nothing_like_it():
    """It is as good as the oldest text: of two matches of a length the later one counts."""
    likely = [5, 6, 7, 8, 9]
    assert Lookup(0, likely).guess(np.array([1, 5, 6], np.intc)) == [7, 8, 9, 1]
    assert Lookup(0, likely).guess(np.array([5, 6, 3, 5, 6], np.intc)) == [3, 5, 6]


def test_three_wrong_guesses_end_it_and_a_right_one_does_not():
    """It looks at the first token of each."""
    lookup, ids = Lookup(2), [1, 2]
    for number in range(MISSES + 2):
        ids += [1]
        expected = number < MISSES
        assert bool(lookup.guess(np.array(ids, np.intc))) is expected
        ids += [50 + number, 2]  # never what followed a 1 before
    lookup, ids = Lookup(2), [1, 2]
    for _ in range(MISSES + 5):
        ids += [1]
        assert lookup.guess(np.array(ids, np.intc))[0] == 2
        ids += [2]


def test_it_guesses_at_the_beginning_of_an_answer_only():
    ids = [1, 2] * (UNTIL + 1)
    assert guess(*ids, prompt=len(ids) - UNTIL)
    assert not guess(*ids, prompt=len(ids) - UNTIL - 1)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60))
def test_a_guess_always_stood_there_once(ids):
    """Behind the same token."""
    found = guess(*ids)
    assert len(found) <= LENGTH
    if found:
        places = [at for at in range(len(ids) - 1) if ids[at] == ids[-1]]
        assert any(ids[at + 1 : at + 1 + len(found)] == found for at in places)
