import asyncio
import threading
import time

import pytest

from tests.virtual_time import run


def now():
    return asyncio.get_running_loop().time()


def test_an_hour_passes_at_once_and_to_the_nanosecond():
    async def main():
        for _ in range(10):
            await asyncio.sleep(0.1)
        await asyncio.sleep(3000)
        return now()

    began = time.monotonic()
    assert run(main()) == 3001.0
    assert time.monotonic() - began < 1


def test_what_happens_at_different_moments_happens_in_their_order():
    async def at(moment, name, said):
        await asyncio.sleep(moment)
        said.append((now(), name))

    async def main():
        said = []
        await asyncio.gather(at(0.3, "late", said), at(0.1, "early", said), at(0.2, "between", said))
        return said

    assert run(main()) == [(0.1, "early"), (0.2, "between"), (0.3, "late")]


def test_a_deadline_strikes_in_virtual_time():
    async def main():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2.5):
                await asyncio.sleep(60)
        return now()

    assert run(main()) == 2.5


def test_the_result_and_the_error_of_the_coroutine_come_out():
    async def fails():
        raise ValueError("as it should")

    with pytest.raises(ValueError, match="as it should"):
        run(fails())


def test_a_deadlock_is_named_instead_of_waited_for():
    async def main():
        await asyncio.sleep(2.0)
        await asyncio.Event().wait()

    with pytest.raises(AssertionError, match=r"nothing can ever happen at 2\.0 s: task .* in Event.wait at .*:\d+"):
        run(main())


def test_a_program_that_only_ticks_is_stopped_at_the_limit():
    async def main():
        while True:  # noqa: ASYNC110 - this is what goes wrong here
            await asyncio.sleep(1.0)

    with pytest.raises(AssertionError, match=r"still not done at 11\.0 s"):
        run(main(), limit=10)


def test_a_task_left_over_fails_the_run():
    async def main():
        task = asyncio.create_task(asyncio.sleep(9), name="forgotten")
        await asyncio.sleep(0.1)
        return task

    with pytest.raises(AssertionError, match=r"left behind at 0\.1 s: task forgotten in sleep"):
        run(main())


def test_a_generator_left_open_fails_the_run():
    async def numbers():
        for n in range(9):
            yield n

    async def main():
        source = numbers()
        await anext(source)
        return source

    with pytest.raises(AssertionError, match=r"open <async_generator object .*numbers"):
        run(main())


def test_a_generator_that_ran_out_is_fine():
    async def numbers():
        for n in range(3):
            yield n

    async def main():
        source = numbers()
        return [n async for n in source], source

    assert run(main())[0] == [0, 1, 2]


def test_an_error_in_a_callback_fails_the_run():
    async def main():
        asyncio.get_running_loop().call_soon(lambda: 1 / 0)
        await asyncio.sleep(0.1)

    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        run(main())


def test_a_worker_thread_takes_no_virtual_time_and_is_waited_for():
    release = threading.Event()

    async def main():
        asyncio.get_running_loop().call_soon(release.set)
        async with asyncio.timeout(0.001):
            assert await asyncio.to_thread(release.wait, 5)
        return now()

    assert run(main()) == 0.0


def test_the_clock_stands_still_even_for_a_thread_whose_result_nobody_wants():
    started, release = threading.Event(), threading.Event()

    def work():
        started.set()
        release.wait(5)

    async def main():
        wanted = asyncio.get_running_loop().run_in_executor(None, work)
        while not started.is_set():  # noqa: ASYNC110 - a thread sets it
            await asyncio.sleep(0)
        wanted.cancel()
        timer = threading.Timer(0.02, release.set)
        timer.start()
        await asyncio.sleep(1.0)
        return now(), release.is_set()

    assert run(main()) == (1.0, True)


def test_a_thread_that_waits_for_the_clock_is_named(monkeypatch):
    monkeypatch.setattr("tests.virtual_time.REAL_LIMIT", 0.05)
    later = threading.Event()

    async def main():
        asyncio.get_running_loop().call_later(1.0, later.set)
        try:
            await asyncio.to_thread(later.wait, 5)
        finally:
            later.set()

    with pytest.raises(AssertionError, match=r"kept the clock waiting for 0\.05 real seconds"):
        run(main())


def test_debug_mode_is_on():
    async def main():
        return asyncio.get_running_loop().get_debug()

    assert run(main())
