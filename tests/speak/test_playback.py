import asyncio

import numpy as np
import pytest
import soundfile

from assistant.errors import SoundFileError
from assistant.flow import Audio, Clause, Heard
from assistant.latency.marks import Marks
from assistant.speak.playback import playing
from assistant.speak.queue import PlayQueue
from assistant.speak.wav import PacedSink, WavFile
from tests.virtual_time import run

RATE = 16_000


def audio(text, seconds=1.0, level=8000):
    return Audio(np.full(round(seconds * RATE), level, np.int16), RATE, Clause(text, text))


def clock():
    return asyncio.get_running_loop().time()


async def play(sink, marks, *pieces, stop_at=None):
    """Play *pieces*; give what was heard and when it ended."""
    try:
        async with asyncio.timeout(stop_at), playing(sink, marks) as playback:
            try:
                for piece in pieces:
                    await playback.room()
                    playback.play(piece)
                await playback.finish()
            finally:
                heard = playback.heard()
    except TimeoutError:
        pass
    return heard, clock()


def test_pieces_follow_each_other_without_a_hole():
    """Two seconds of sound take two seconds."""

    async def main():
        return await play(PacedSink(RATE, clock), Marks(clock), audio("one two"), audio("three four"))

    assert run(main()) == (Heard("one two three four", complete=True), 2.0)


def test_the_next_piece_is_handed_over_shortly_before_it_is_needed():
    """With half a second ahead, the second of two one-second pieces is queued at 0.5 s."""

    async def main():
        sink, times = PacedSink(RATE, clock), []
        async with playing(sink, Marks(clock)) as playback:
            for piece in (audio("a"), audio("b"), audio("c")):
                await playback.room()
                times.append(clock())
                playback.play(piece)
        return times

    assert run(main()) == [0.0, 0.5, 1.5]


def test_an_interrupted_answer_was_heard_to_the_word():
    """Four words a second, stopped after 1.5 s: four of the first clause, two of the second."""

    async def main():
        pieces = audio("one two three four"), audio("five six seven eight")
        return (await play(PacedSink(RATE, clock), Marks(clock), *pieces, stop_at=1.5))[0]

    assert run(main()) == Heard("one two three four five six", complete=False)


def test_nothing_is_heard_of_an_answer_stopped_before_its_first_sample():
    """Scenario 18."""

    async def main():
        sink = PacedSink(RATE, clock)
        async with playing(sink, Marks(clock)) as playback:
            playback.play(audio("one two"))
            return playback.heard(), playback.sounded().size

    assert run(main()) == (Heard("", complete=False), 0)


def test_the_first_sound_is_the_first_audible_sample():
    """A quarter of a second of leading silence does not count as an answer."""

    async def main():
        marks = Marks(clock)
        await asyncio.sleep(1.0)
        await play(PacedSink(RATE, clock), marks, audio("", 0.25, level=0), audio("one", 0.5))
        return marks.at

    assert run(main()) == {"first_sound": 1.25, "heard": 1.75}


def test_the_file_holds_what_was_heard_of_every_answer(tmp_path):
    """An interrupted second and a whole one, 0.3 s of silence between."""

    async def main():
        sink = PacedSink(RATE, clock, file=WavFile(tmp_path / "out.wav", RATE))
        await play(sink, Marks(clock), audio("one"), stop_at=0.5)
        await play(sink, Marks(clock), audio("two"))

    run(main())
    samples, rate = soundfile.read(tmp_path / "out.wav")
    assert (rate, samples.size) == (RATE, round(1.8 * RATE))


def test_a_sink_without_pace_takes_no_time():
    """As fast as can be: two seconds of sound at once."""

    async def main():
        sink = PacedSink(RATE, clock, real_time=False)
        return await play(sink, Marks(clock), audio("one"), audio("two"))

    assert run(main()) == (Heard("one two", complete=True), 0.0)


def test_a_place_that_cannot_be_written_is_said_at_once(tmp_path):
    """Before any model is loaded."""
    with pytest.raises(SoundFileError, match="cannot be written"):
        WavFile(tmp_path / "no" / "out.wav", RATE)


def test_the_device_gets_every_sample_once_and_silence_where_there_is_none():
    """Blocks of 160 across chunk borders, then silence."""
    queue = PlayQueue(RATE)
    queue.put(np.arange(1, 251, dtype=np.int16))
    queue.put(np.arange(251, 301, dtype=np.int16))
    out = np.full(480, -1, np.int16)
    for index in range(3):
        queue.pull(out[index * 160 : (index + 1) * 160], sounds_at=index * 0.01)
    assert out[:300].tolist() == list(range(1, 301))
    assert not out[300:].any()


def test_what_lies_in_the_devices_buffer_has_not_sounded():
    """160 samples pulled that sound from 1.00 to 1.01 s."""
    queue = PlayQueue(RATE)
    queue.put(np.full(320, 5000, np.int16))
    queue.pull(np.zeros(160, np.int16), sounds_at=1.0)
    assert queue.progress(0.95).sounded == 0
    assert queue.progress(0.95).first_sound_at is None
    assert queue.progress(1.005).sounded == 80
    assert queue.progress(1.2).sounded == 160
    assert queue.progress(1.2).first_sound_at == 1.0


def test_flushing_leaves_silence():
    """What was queued is gone; what was pulled stays counted."""
    queue = PlayQueue(RATE)
    queue.put(np.full(320, 5000, np.int16))
    queue.pull(np.zeros(100, np.int16), sounds_at=0.0)
    queue.flush()
    out = np.ones(100, np.int16)
    queue.pull(out, sounds_at=1.0)
    assert not out.any()
    assert (queue.progress(2.0).queued, queue.progress(2.0).sounded) == (100, 100)
