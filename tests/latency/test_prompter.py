import asyncio
from contextlib import aclosing

import numpy as np
import pytest

from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE
from assistant.glance import Glance, State
from assistant.latency.prompter import Air, Prompter
from assistant.latency.script import Question, Script
from tests.fakes import ScriptedSource
from tests.virtual_time import run


def question(name, seconds):
    return Question(name, np.arange(1, round(seconds * SAMPLE_RATE) + 1, dtype=np.int16), SAMPLE_RATE)


def looking(*states):
    """A look that sees each of *states*, the last one for ever."""
    left = list(states)
    return lambda: Glance(-80, -80, 0.0, left.pop(0) if len(left) > 1 else left[0], None)


async def taken(source, seconds):
    clock = asyncio.get_running_loop().time
    frames = []
    async with aclosing(source.frames()) as heard:
        async for frame in heard:
            frames.append((frame, clock()))
            if len(frames) * FRAME_SAMPLES >= seconds * SAMPLE_RATE:
                break
    return frames


def test_air_is_silence_in_real_time():
    frames = run(taken(Air(), 1.0))
    assert [at for _, at in frames] == pytest.approx([0.02 * n for n in range(1, 51)])
    assert [frame.captured_at for frame, _ in frames] == pytest.approx([at for _, at in frames])
    assert [frame.position for frame, _ in frames] == [FRAME_SAMPLES * n for n in range(50)]
    assert not any(frame.samples.any() for frame, _ in frames)


def test_what_is_said_into_the_air_comes_whole_and_silence_behind_it():
    async def main():
        air = Air()
        air.say(np.arange(1, 1001, dtype=np.int16))
        return await taken(air, 0.1)

    heard = np.concatenate([frame.samples for frame, _ in run(main())])
    assert heard[:1000].tolist() == list(range(1, 1001))
    assert not heard[1000:].any()


def rehearsed(script, look, seconds=60.0):
    """Who said what, and which questions were done with which number."""
    said, done = [], []

    async def main():
        clock = asyncio.get_running_loop().time
        prompter = Prompter(
            ScriptedSource(seconds),
            script,
            lambda samples: said.append((round(clock(), 2), samples.size)),
            lambda number, asked: done.append((number, asked.question.name)),
        )
        if look is not None:
            async with aclosing(prompter.watch(look)) as nothing:
                assert [item async for item in nothing] == []
        return [frame async for frame in prompter.frames()]

    return run(main()), said, done


def test_the_questions_are_said_while_the_frames_pass_and_end_with_the_script():
    script = Script([question("a", 0.1), question("b", 0.2)], 2)
    frames, said, done = rehearsed(script, looking(State.LISTENING))
    assert [size for _, size in said] == [1600, 1600, 3200]
    assert done == [(0, "a"), (1, "a"), (2, "b")]
    assert [frame.position for frame in frames] == [FRAME_SAMPLES * n for n in range(len(frames))]
    assert 3 < len(frames) * 0.02 < 5


def test_nothing_is_said_while_somebody_speaks_or_an_answer_is_under_way():
    busy = [state for state in State if state is not State.LISTENING]
    script = Script([question("a", 0.1)], 1)
    _, said, _ = rehearsed(script, looking(*busy * 50, State.LISTENING))
    assert said[0][0] > len(busy) * 50 * 0.02


def test_nothing_is_said_before_it_can_be_seen_that_all_is_quiet():
    _, said, done = rehearsed(Script([question("a", 0.1)], 1), look=None, seconds=5.0)
    assert (said, done) == ([], [])


def test_a_source_that_ends_ends_it():
    script = Script([question("a", 0.1)], 100)
    frames, _, _ = rehearsed(script, looking(State.LISTENING), seconds=3.0)
    assert len(frames) == 150
    assert not script.over
