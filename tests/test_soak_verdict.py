"""What the soak of scripts/bench_life.py calls held and what missed."""

import pytest

from scripts.soak_verdict import EVERY, Sample, verdict

HOUR = 3600.0


def hour(memory=lambda _: 300e6, files=lambda _: 30):
    """Samples of one, with what the program held by the second of it."""
    ends = [(number + 1) * EVERY for number in range(180)]
    return [Sample(at, memory(at), 20, files(at)) for at in ends]


def gaps(gap=lambda _: 0.3, deaf=lambda _: False):
    """The answers of an hour: each five seconds behind its question."""
    return [(at, gap(at)) for at in (number * EVERY + 5 for number in range(180)) if not deaf(at)]


def missed(samples, answers, seconds=HOUR):
    return [figure.what for figure in verdict(samples, answers, seconds) if figure.good is False]


def test_an_hour_in_which_nothing_grows_holds_all_floors():
    figures = list(verdict(hour(), gaps(), HOUR))
    assert [figure.good for figure in figures].count(None) == 2  # the two lines by ten minutes
    assert missed(hour(), gaps()) == []
    assert figures[5].on == "300/300, 300/300, 300/300, 300/300, 300/300, 300/300 ms"


def test_one_that_goes_deaf_is_not_called_as_quick_as_ever():
    late = missed(hour(), gaps(deaf=lambda at: at > 1200))
    assert late == ["questions answered", "gap, last against first"]
    assert missed(hour(), []) == late


def test_deaf_for_ten_minutes_in_the_middle_is_missed():
    assert missed(hour(), gaps(deaf=lambda at: 1200 < at < 1800)) == ["questions answered"]


@pytest.mark.parametrize(("share", "wrong"), [(1.09, []), (1.11, ["gap, last against first"])])
def test_a_gap_may_grow_by_a_tenth(share, wrong):
    assert missed(hour(), gaps(lambda at: 0.3 * (share if at > 3000 else 1))) == wrong


@pytest.mark.parametrize(("grown", "wrong"), [(1.019, []), (1.021, ["memory"])])
def test_memory_may_grow_by_a_fiftieth_behind_the_warm_up(grown, wrong):
    assert missed(hour(lambda at: 300e6 * (grown if at > 2400 else 1)), gaps()) == wrong
    assert missed(hour(lambda at: 200e6 if at < 1200 else 300e6), gaps()) == []


def test_a_file_more_is_missed():
    assert missed(hour(files=lambda at: 30 + (at > 3000)), gaps()) == ["files more"]


def test_two_minutes_are_too_short_for_more_than_counting():
    figures = list(verdict(hour()[:6], gaps()[:6], 120))
    assert missed(hour()[:6], gaps()[:6], 120) == []
    assert {figure.what for figure in figures if figure.on == "too short"} == {"memory", "gap, last against first"}
    assert missed(hour()[:6], gaps()[:5], 120) == ["questions answered"]
