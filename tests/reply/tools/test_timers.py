import asyncio
from contextlib import aclosing

import pytest

from assistant.reply.tools.timers import Timers, spoken_duration
from tests.virtual_time import run


async def ringing(timers, until, rung):
    async with aclosing(timers.rings()) as rings:
        try:
            async with asyncio.timeout_at(until):
                async for sentence in rings:
                    rung.append((asyncio.get_running_loop().time(), sentence))
        except TimeoutError:
            pass


def in_virtual_time(script, until=3600.0):
    """Run *script* with timers that ring; give what rang when."""

    async def main():
        timers, rung = Timers(asyncio.get_running_loop().time), []
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(ringing(timers, until, rung))
            await script(timers)
        return rung

    return run(main())


def test_timers_ring_when_they_are_due_in_their_order():
    """Whatever the order they were set in."""

    async def script(timers):
        await asyncio.sleep(1)
        assert timers.set_timer(minutes=12) == "Timer set for 12 minutes."
        assert timers.set_timer(seconds=90, name="Pasta timer") == "Pasta timer set for 1 minute and 30 seconds."

    assert in_virtual_time(script) == [(91.0, "Your pasta timer is done."), (721.0, "Your 12 minute timer is done.")]


def test_a_cancelled_timer_does_not_ring():
    """By name, or all of them."""

    async def script(timers):
        timers.set_timer(minutes=1, name="tea")
        timers.set_timer(minutes=2)
        timers.set_timer(minutes=3)
        await asyncio.sleep(10)
        assert timers.cancel_timer("tea") == "Timer cancelled."
        assert timers.cancel_timer("tea") == "There is no tea timer."
        assert timers.cancel_timer() == "2 timers cancelled."
        assert timers.cancel_timer() == "There is no timer running."

    assert in_virtual_time(script) == []


def test_a_timer_cancelled_at_the_moment_it_is_due_harms_nothing():
    """The next one still rings."""

    async def script(timers):
        timers.set_timer(minutes=1)
        # Behind the deadline's own callback, before the task that waits for it.
        asyncio.get_running_loop().call_at(60.0, timers.cancel_timer)
        asyncio.get_running_loop().call_at(60.0, timers.set_timer, 0, 1)
        await asyncio.sleep(0)

    assert in_virtual_time(script) == [(120.0, "Your 1 minute timer is done.")]


def test_the_time_left_is_told():
    """For one, several and none."""

    async def script(timers):
        assert timers.timer_left() == "There is no timer running."
        timers.set_timer(minutes=8, seconds=30)
        await asyncio.sleep(10)
        assert timers.timer_left() == "You have 8 minutes and 20 seconds left."
        timers.set_timer(hours=1, name="bread")
        assert timers.timer_left() == "8 minute 30 second timer: 8 minutes and 20 seconds; bread timer: 1 hour."

    in_virtual_time(script, until=20.0)


@pytest.mark.parametrize("wrong", [{}, {"seconds": -1}, {"hours": 9999}, {"minutes": float("nan")}])
def test_impossible_durations_are_refused_with_a_sentence(wrong):
    """Nothing is set."""

    async def main():
        timers = Timers(asyncio.get_running_loop().time)
        assert timers.set_timer(**wrong) == "I can set timers from one second to one week."
        assert timers.timer_left() == "There is no timer running."

    run(main())


def test_there_is_an_end_to_timers():
    """Fifty are enough."""

    async def main():
        timers = Timers(asyncio.get_running_loop().time)
        said = [timers.set_timer(minutes=1) for _ in range(51)]
        assert said[-1] == "There are too many timers already."

    run(main())


def test_durations_are_said_as_people_say_them():
    """With "and" before the last."""
    assert spoken_duration(3725) == "1 hour, 2 minutes and 5 seconds"
    assert spoken_duration(60) == "1 minute"
