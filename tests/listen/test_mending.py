"""Detectors that fail: what that costs, and when it is the end."""

import asyncio

import numpy as np
import pytest

from assistant.flow import FRAME_SAMPLES, Frame
from assistant.health import Health
from assistant.listen.mending import DETECTOR, WAKE, LastingDetector, LastingWakeWords
from assistant.listen.wake import Woken
from tests.virtual_time import run

FRAME = Frame(np.zeros(FRAME_SAMPLES, np.int16), 0, 0.0)
WOKEN = Woken("hey jarvis", 0)


class Fails:
    """Answers *answer*, but at the calls whose numbers are in *at*."""

    def __init__(self, answer, at, reset_fails=()):
        self.answer, self.at, self.reset_fails = answer, set(at), set(reset_fails)
        self.calls = self.resets = 0

    def push(self, frame):
        self.calls += 1
        if self.calls in self.at:
            raise RuntimeError("Of a library.")
        return self.answer

    def reset(self):
        self.resets += 1
        if self.resets in self.reset_fails:
            raise RuntimeError("Of a library.")


async def pushed(lasting, times, every=1.0):
    answers = []
    for _ in range(times):
        answers.append(lasting.push(FRAME))
        await asyncio.sleep(every)
    return answers


def test_a_frame_at_which_the_detector_fails_is_none_of_speech():
    detector, health = Fails(True, at=[2, 4]), Health()
    assert run(pushed(LastingDetector(detector, health), 5)) == [True, False, True, False, True]


def test_a_detector_that_fails_for_the_third_time_in_ten_minutes_is_not_hidden():
    with pytest.raises(RuntimeError, match="Of a library"):
        run(pushed(LastingDetector(Fails(True, at=[1, 2, 3]), Health()), 3))


def test_a_detector_that_fails_now_and_then_goes_on_for_ever():
    answers = run(pushed(LastingDetector(Fails(True, at=range(1, 10, 2)), Health()), 10, every=301))
    assert answers == [False, True] * 5


def test_wake_words_that_fail_begin_anew_and_rest_behind_the_third_time():
    wake, health = Fails(WOKEN, at=[1, 3, 5]), Health()

    async def all_of_it():
        lasting = LastingWakeWords(wake, wake.reset, health)
        answers = await pushed(lasting, 8)
        troubles = [trouble.part for trouble in health.troubles(asyncio.get_running_loop().time())]
        await asyncio.sleep(600)
        return answers, troubles, await pushed(lasting, 1)

    answers, troubles, later = run(all_of_it())
    assert answers == [None, WOKEN, None, WOKEN, None, None, None, None]
    assert troubles == [WAKE]
    assert later == [WOKEN]
    assert wake.resets == 4  # and before the first frame


def test_wake_words_that_cannot_even_forget_cost_no_more():
    wake = Fails(WOKEN, at=[1], reset_fails=[1, 3])
    assert run(pushed(LastingWakeWords(wake, wake.reset, Health()), 4)) == [None] * 4
    assert wake.calls == 1


def test_the_parts_rest_apart_from_each_other():
    assert DETECTOR != WAKE
    health = Health()
    with pytest.raises(RuntimeError):
        run(pushed(LastingDetector(Fails(True, at=[1, 2, 3]), health), 3))
    assert run(pushed(LastingWakeWords(Fails(WOKEN, at=[]), lambda: None, health), 1)) == [WOKEN]
