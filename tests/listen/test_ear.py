import asyncio
from contextlib import aclosing

import numpy as np
import pytest

from assistant.flow import SAMPLE_RATE, Utterance
from assistant.listen.ear import hear
from assistant.listen.endpoint import Patience, SpeechStarted
from assistant.listen.recording import Recording
from tests.fakes import OnesAreSpeech, ScriptedSource
from tests.virtual_time import run


async def events(source, **options):
    loop = asyncio.get_running_loop()
    async with aclosing(hear(source.frames(), OnesAreSpeech(), Patience(), **options)) as heard:
        return [(loop.time(), event) async for event in heard]


def test_an_utterance_comes_when_the_patience_is_over_with_its_pre_roll_and_times():
    """Speech from 0.5 to 2.5 s, patience 0.6: known at 0.56 and 3.1, audio from 0.2 s on."""
    (started, first), (ended, utterance) = run(events(ScriptedSource(4.0, [(0.5, 2.5)])))
    assert (started, ended) == (0.56, 3.1)
    assert first == SpeechStarted(round(0.2 * SAMPLE_RATE))
    assert utterance.position == round(0.2 * SAMPLE_RATE)
    assert utterance.samples.size == round(2.9 * SAMPLE_RATE)
    assert int(utterance.samples.sum()) == 2 * SAMPLE_RATE
    assert utterance.speech_ended_at == pytest.approx(2.5)
    assert utterance.turn_ended_at == pytest.approx(3.1)


def test_what_is_said_when_the_recording_ends_is_still_an_utterance():
    """Speech up to the very last frame."""
    assert [type(event) for _, event in run(events(ScriptedSource(2.0, [(1.0, 2.0)])))] == [SpeechStarted, Utterance]


def test_a_deaf_ear_hears_no_speech():
    """While deaf, frames pass but count as silence."""
    assert run(events(ScriptedSource(3.0, [(0.5, 2.0)]), deaf=lambda: True)) == []


def test_silence_is_not_kept():
    """An hour of silence leaves only the pre-roll in memory: the one utterance after it is short."""
    (_, _), (_, utterance) = run(events(ScriptedSource(100.0, [(98.0, 98.5)])))
    assert utterance.samples.size < 2 * SAMPLE_RATE


def test_a_recording_is_played_at_the_speed_of_sound_and_followed_by_silence(tmp_path):
    """Half a second of file and one of silence: 75 frames, the last at 1.5 s."""
    from assistant.audio import write_wav

    path = tmp_path / "half.wav"
    write_wav(path, np.full(SAMPLE_RATE // 2, 7, np.int16), SAMPLE_RATE)

    async def frames(**options):
        loop = asyncio.get_running_loop()
        async with aclosing(Recording(path, silence_after=1.0, **options).frames()) as source:
            return [(loop.time(), frame) async for frame in source]

    timed = run(frames())
    assert len(timed) == 75
    assert timed[-1][0] == pytest.approx(1.5)
    assert timed[-1][1].captured_at == pytest.approx(1.5)
    assert sum(int(frame.samples.sum()) for _, frame in timed) == 7 * SAMPLE_RATE // 2
    assert run(frames(real_time=False))[-1][0] == 0.0
