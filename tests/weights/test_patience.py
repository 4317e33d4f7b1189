import pytest

from assistant.weights.hub import InterruptedFetch
from assistant.weights.patience import ATTEMPTS, LONGEST_S, patiently, pause_after

CUT = InterruptedFetch("cut")
NOBODY = InterruptedFetch("no connection", answered=False)


def test_pauses_double():
    assert [pause_after(failures, CUT, anything=True) for failures in (1, 2, 3)] == [1, 2, 4]


def test_after_so_many_failures_it_is_over():
    assert pause_after(ATTEMPTS, CUT, anything=True) is None


def test_who_reached_nobody_is_offline_unless_something_had_come():
    assert pause_after(1, NOBODY, anything=False) is None
    assert pause_after(1, NOBODY, anything=True) == 1


@pytest.mark.parametrize(("asked", "pause"), [(0, 1), (7, 7), (LONGEST_S, LONGEST_S), (LONGEST_S + 1, None)])
def test_the_hub_may_ask_for_a_pause_but_not_for_any(asked, pause):
    assert pause_after(1, InterruptedFetch("429", wait_s=asked), anything=True) == pause


def test_a_new_byte_makes_us_patient_again():
    """However often it is cut, as long as something comes each time."""
    here, naps = 0, []

    def attempt():
        nonlocal here
        here += 1
        if here < 50:
            raise CUT
        return "done"

    assert patiently(attempt, lambda: here, lambda pause_s, _: naps.append(pause_s)) == "done"
    assert naps == [1.0] * 49


def test_the_last_failure_is_what_is_told():
    with pytest.raises(InterruptedFetch, match="cut"):
        patiently(lambda: (_ for _ in ()).throw(CUT), lambda: 0, lambda *_: None)
