import asyncio

import numpy as np
import pytest
import soundfile

from assistant.errors import SoundFileError
from assistant.flow import Audio, Clause, Heard
from assistant.latency.marks import Marks
from assistant.speak.playback import Progress, playing
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


@pytest.mark.parametrize(
    ("stop_at", "heard"),
    [
        (0.05, ""),
        (0.055, ""),
        (0.06, "One"),
        (0.95, "One"),
        (0.96, "One two"),
        (1.1, "One two"),
        (1.3, "One two three"),
    ],
)
@pytest.mark.parametrize("rate", [RATE, 44_100])
def test_a_word_was_heard_when_all_but_its_last_40_ms_sounded(stop_at, heard, rate):
    """Where the voice tells their times: 0.1, 1 and 1.3 s; whatever the sink's rate."""

    async def main():
        ends = (RATE // 10, RATE, round(1.3 * RATE))
        said = Audio(np.full(2 * RATE, 8000, np.int16), RATE, Clause("One two three", "one two three"), ends)
        return (await play(PacedSink(rate, clock), Marks(clock), said, stop_at=stop_at))[0]

    assert run(main()) == Heard(heard, complete=False)


def test_where_the_voice_tells_no_times_long_words_take_longer_and_silence_is_none():
    """Half a second of silence, a second of speech, half a second more: "a" is over after 2 parts of 16."""

    async def main():
        quiet, loud = np.zeros(RATE // 2, np.int16), np.full(RATE, 8000, np.int16)
        said = Audio(np.concatenate([quiet, loud, quiet]), RATE, Clause("a unfortunately", "a unfortunately"))
        return [
            (await play(PacedSink(RATE, clock), Marks(clock), said, stop_at=at))[0].text for at in (0.5, 0.6, 1.4, 1.5)
        ]

    assert run(main()) == ["", "a", "a", "a unfortunately"]


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
        sink = PacedSink(RATE, clock, file=WavFile(tmp_path / "out.wav"))
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
        WavFile(tmp_path / "no" / "out.wav")


def test_what_a_file_holds_stays_until_there_is_an_answer(tmp_path):
    """A setting may be wrong, and the models not load. A place that can be written is left as it is, too."""
    path, other = tmp_path / "out.wav", tmp_path / "other.wav"
    path.write_bytes(b"the last answer")
    file = WavFile(path)
    WavFile(other)
    file.add(np.zeros(0, np.int16), RATE)
    assert (path.read_bytes(), other.exists()) == (b"the last answer", False)
    file.add(np.full(RATE, 7, np.int16), RATE)
    assert soundfile.read(path, dtype="int16")[0].tolist() == [7] * RATE


def test_a_file_that_is_begun_holds_no_answer_but_those_to_come(tmp_path):
    """Nothing was understood, or it was answered."""
    file = WavFile(tmp_path / "out.wav")
    file.begin()
    assert soundfile.info(tmp_path / "out.wav").frames == 0
    file.add(np.full(RATE, 7, np.int16), RATE)
    assert soundfile.info(tmp_path / "out.wav").frames == RATE


def test_an_answer_costs_what_it_is_long_however_many_there_are(tmp_path, monkeypatch):
    """Those before it are neither kept in memory nor written again; one from another loudspeaker fits in."""
    file = WavFile(tmp_path / "out.wav")
    file.add(np.full(RATE, 7, np.int16), RATE)
    monkeypatch.setattr("assistant.speak.wav.write_wav", None)
    for rate in (RATE, 48_000):
        file.add(np.full(rate, 7, np.int16), rate)
    samples, rate = soundfile.read(tmp_path / "out.wav", dtype="int16")
    assert (rate, samples.size) == (RATE, round(3.6 * RATE))
    assert set(samples[: 2 * RATE].tolist()) == {0, 7}


def test_a_file_that_somebody_took_away_begins_anew(tmp_path):
    file = WavFile(tmp_path / "out.wav")
    for _ in range(2):
        file.add(np.full(RATE, 7, np.int16), RATE)
        (tmp_path / "out.wav").rename(tmp_path / "kept.wav")
    assert soundfile.info(tmp_path / "kept.wav").frames == round(1.3 * RATE)


@pytest.mark.parametrize(("pauses", "ends_at"), [([], 2.0), ([(0.25, 1.25)], 3.0), ([(0.25, 0.5), (1.0, 1.5)], 2.75)])
def test_a_pause_delays_what_is_left_by_as_long_as_it_lasts(pauses, ends_at):
    """Two seconds of sound, handed over as there is room; pausing and resuming twice makes no difference."""

    async def interrupt(sink):
        missed = 0.0
        for start, end in pauses:
            await asyncio.sleep(start - clock())
            sink.pause()
            sink.pause()
            held = sink.progress()
            await asyncio.sleep(end - clock())
            assert sink.progress() == held
            assert held.sounded == round(RATE * (start - missed))
            missed += end - start
            sink.resume()
            sink.resume()

    async def main():
        sink = PacedSink(RATE, clock)
        (heard, ended), _ = await asyncio.gather(
            play(sink, Marks(clock), audio("one two"), audio("three four")), interrupt(sink)
        )
        return heard, ended

    assert run(main()) == (Heard("one two three four", complete=True), ends_at)


def test_what_is_paused_before_it_sounds_sounds_after_the_pause():
    """The first sound is then the later one; nothing was heard before."""

    async def main():
        marks, sink = Marks(clock), PacedSink(RATE, clock)
        async with playing(sink, marks) as playback:
            sink.pause()
            playback.play(audio("one"))
            await asyncio.sleep(1.0)
            assert sink.progress().first_sound_at is None
            assert playback.heard() == Heard("", complete=False)
            sink.resume()
            await playback.finish()
        return marks.at

    assert run(main()) == {"first_sound": 1.0, "heard": 2.0}


@pytest.mark.parametrize("end", ["begin", "flush"])
def test_a_new_answer_is_not_paused_by_the_last_one(end):
    """Flushing or beginning ends the pause; of the paused answer half a second was heard."""

    async def main():
        sink = PacedSink(RATE, clock)
        sink.put(audio("one").samples)
        await asyncio.sleep(0.5)
        sink.pause()
        await asyncio.sleep(1.0)
        getattr(sink, end)()
        assert sink.progress().sounded == sink.progress().queued == (RATE // 2 if end == "flush" else 0)
        return await play(sink, Marks(clock), audio("two"))

    assert run(main()) == (Heard("two", complete=True), 2.5)


def test_waiting_for_a_paused_answer_to_end_is_no_busy_loop():
    """A minute's pause with a millisecond left to sound: looked at 50 times a second, not a thousand."""

    async def main():
        sink, looks = PacedSink(RATE, clock), []
        progress = sink.progress
        sink.progress = lambda: looks.append(clock()) or progress()
        async with playing(sink, Marks(clock)) as playback:
            playback.play(audio("one"))
            asyncio.get_running_loop().call_at(0.999, sink.pause)
            asyncio.get_running_loop().call_at(61, sink.resume)
            await playback.finish()
            assert clock() == pytest.approx(61.001, abs=0.02)
        return len(looks)

    assert run(main()) <= 60 * 50 + 20


def test_a_chime_is_no_part_of_an_answer():
    """Progress and file stay as they are."""

    async def main():
        sink = PacedSink(RATE, clock)
        sink.chime(audio("ding").samples)
        return sink.progress()

    assert run(main()) == Progress(queued=0, sounded=0, first_sound_at=None)
