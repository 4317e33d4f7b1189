import asyncio
import shutil
from contextlib import aclosing, nullcontext
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from assistant.audio import to_float
from assistant.errors import EngineError, ModelError
from assistant.flow import Clause
from assistant.speak import piper as piper_module
from assistant.speak.piper import (
    BREAK_PAUSE,
    CLAUSE_PAUSE,
    LEAD_SECONDS,
    LOUDNESS,
    SENTENCE_PAUSE,
    Piper,
    finished,
    gain_for,
    limited,
    needs_short_path,
    pause_behind,
    short_path,
)

pytestmark = pytest.mark.slow

VOICE = Path("voices/starter/starter.onnx")


@pytest.fixture(scope="module")
def piper():
    piper = Piper.load(VOICE)
    piper.warm_up()
    yield piper
    piper.close()


async def given_clauses(*texts):
    for text in texts:
        yield Clause(text, text)


def loudness(samples):
    sound = to_float(samples)
    speech = sound[np.abs(sound) > 0.01]
    return 20 * np.log10(np.sqrt(np.mean(np.square(speech))))


def test_each_clause_becomes_one_sound(piper):
    """In order, at the voice's rate, with the clause it belongs to."""

    async def spoken():
        return [audio async for audio in piper.speak(given_clauses("Hello there,", "how are you?"))]

    sounds = asyncio.run(spoken())
    assert [audio.clause.text for audio in sounds] == ["Hello there,", "how are you?"]
    assert all(audio.rate == piper.rate and audio.samples.dtype == np.int16 for audio in sounds)
    assert all(0.2 < audio.samples.size / audio.rate < 3 for audio in sounds)


def test_a_clause_without_sound_gives_none(piper):
    """A lone dash, an empty text."""

    async def spoken():
        return [audio.clause.text async for audio in piper.speak(given_clauses("—", "", "...", "Yes."))]

    assert asyncio.run(spoken()) == ["Yes."]


def test_all_clauses_are_equally_loud(piper):
    """Within 3 dB, be they a word or two sentences."""
    texts = ["Yes.", "The capital of France is Paris.", "I set a timer. It will ring in twelve minutes."]
    levels = [loudness(piper.say(text)) for text in texts]
    assert max(levels) - min(levels) < 3


def test_sound_begins_at_once(piper):
    """The first audible sample is at most 10 ms into the clause."""
    for text in ("Hello.", "Paris.", "Once upon a time,"):
        # 16 bits may round a sample that was just audible down to one that is just not.
        audible = np.flatnonzero(np.abs(to_float(piper.say(text))) > 0.003 - 2 / 32768)
        assert audible[0] <= piper.rate // 100


def test_leaving_early_speaks_no_further_clause(piper):
    """After the first sound no text is taken any more."""
    taken = []

    async def noted():
        for text in ("One.", "Two.", "Three."):
            taken.append(text)
            yield Clause(text, text)

    async def first():
        async with aclosing(piper.speak(noted())) as sounds:
            return await anext(sounds)

    asyncio.run(first())
    assert taken == ["One."]


def test_a_cancelled_clause_does_not_hold_up_the_next(piper):
    """The worker gives up between sentences, then speaks for the next caller."""

    async def cancelled():
        async def collect(*texts):
            return [audio async for audio in piper.speak(given_clauses(*texts))]

        task = asyncio.create_task(collect("One. " * 50))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await collect("Hello.")

    assert len(asyncio.run(cancelled())) == 1


def test_a_failing_voice_costs_one_turn(piper, monkeypatch):
    """Whatever it raises becomes an EngineError."""

    def fail(*args, **kwargs):
        raise RuntimeError("no memory")

    monkeypatch.setattr(piper._voice, "synthesize", fail)
    with pytest.raises(EngineError, match="no memory"):
        piper.say("Hello.")


@pytest.mark.parametrize("missing", [".onnx", ".onnx.json"])
def test_a_missing_file_is_one_sentence_that_names_it(missing, tmp_path, capfd):
    """A voice is two files."""
    for suffix in {".onnx", ".onnx.json"} - {missing}:
        shutil.copy(VOICE.with_suffix(suffix), tmp_path / f"voice{suffix}")
    with pytest.raises(ModelError, match=f"voice{missing} does not exist"):
        Piper.load(tmp_path / "voice.onnx")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("suffix", [".onnx", ".onnx.json"])
@pytest.mark.parametrize("part", [0.0, 0.5])
def test_a_truncated_file_is_one_sentence_that_names_it(suffix, part, tmp_path, capfd):
    """Wherever the download broke off; nothing else is printed."""
    for each in (".onnx", ".onnx.json"):
        shutil.copy(VOICE.with_suffix(each), tmp_path / f"voice{each}")
    whole = (tmp_path / f"voice{suffix}").read_bytes()
    (tmp_path / f"voice{suffix}").write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(ModelError) as error:
        Piper.load(tmp_path / "voice.onnx")
    assert str(tmp_path / "voice.onnx") in str(error.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("content", ["[]", "{}", '{"audio": {}}'])
def test_json_that_describes_no_voice_is_refused(content, tmp_path):
    """With the file's name."""
    shutil.copy(VOICE, tmp_path / "voice.onnx")
    (tmp_path / "voice.onnx.json").write_text(content)
    with pytest.raises(ModelError, match=r"voice\.onnx\.json does not describe a voice"):
        Piper.load(tmp_path / "voice.onnx")


def test_a_sentence_is_followed_by_a_longer_pause_than_a_clause_and_that_by_a_longer_one_than_a_break():
    """Closing quotes do not hide the full stop."""
    assert pause_behind('He said: "No."') == SENTENCE_PAUSE
    assert pause_behind("We meet at 7 p.m.") == SENTENCE_PAUSE
    assert pause_behind("今日は。") == SENTENCE_PAUSE
    assert pause_behind("If so,") == CLAUSE_PAUSE
    assert pause_behind("He said “if so,”") == CLAUSE_PAUSE
    assert pause_behind("The capital of France") == BREAK_PAUSE


@given(st.integers(0, 3000), st.integers(1, 3000), st.integers(0, 9000))
def test_silence_is_cut_to_a_lead_and_a_pause(before, speech, behind):
    """However much of it the voice left."""
    sound = np.concatenate([np.zeros(before), np.full(speech, 0.1), np.zeros(behind)]).astype(np.float32)
    assert finished(sound, 16_000, 0.1).size == min(before, round(LEAD_SECONDS * 16_000)) + speech + 1600


def test_silence_alone_is_no_sound():
    """A voice may breathe."""
    assert not finished(np.full(1000, 0.001, np.float32), 16_000, 0.1).size


@given(arrays(np.float32, 50, elements=st.floats(-8, 8, width=32)))
def test_the_limiter_never_reaches_full_scale_and_leaves_the_quiet_alone(sound):
    """And it keeps order: louder stays louder, or as loud."""
    bent = limited(sound)
    assert np.abs(bent).max() <= 1
    quiet = np.abs(sound) < 0.7
    assert np.allclose(bent[quiet], sound[quiet])
    order = np.argsort(sound)
    assert np.all(np.diff(bent[order]) >= -1e-6)


def test_the_gain_brings_speech_to_one_loudness():
    """Whatever the voice's own, and however long its pauses; silence is left alone."""
    tone = np.sin(np.arange(16_000) / 10).astype(np.float32)
    for scale in (0.05, 0.5):
        sound = np.concatenate([scale * tone, np.zeros(16_000, np.float32)])
        assert gain_for(sound) * scale / np.sqrt(2) == pytest.approx(LOUDNESS, rel=0.02)
    assert gain_for(np.zeros(10, np.float32)) == 1.0


@pytest.mark.parametrize(
    ("length", "platform", "needed"),
    [(159, "darwin", False), (160, "darwin", True), (160, "linux", False), (400, "linux", False)],
)
def test_a_long_path_needs_a_short_one_where_espeak_cuts_it(length, platform, needed):
    """159 bytes work and 160 fail, everywhere but on Linux (piper1-gpl#272)."""
    assert needs_short_path(Path("/" + "a" * (length - 1)), platform) is needed


def test_a_path_is_measured_in_bytes():
    """An umlaut counts twice."""
    assert needs_short_path(Path("/" + "ü" * 80), "darwin")


def test_the_short_path_leads_to_the_data(tmp_path):
    """A link, short enough, to the same files; it lasts, and so the next program finds it there."""
    deep, folder = tmp_path / ("a" * 100) / ("b" * 100), tmp_path / "cache"
    deep.mkdir(parents=True)
    (deep / "phontab").write_text("here")
    link = short_path(deep, "darwin", folder)
    assert not needs_short_path(link, "darwin")
    assert (link / "phontab").read_text() == "here"
    assert link.is_relative_to(folder)
    made_at = link.lstat().st_mtime_ns
    assert short_path(deep, "darwin", folder) == link
    assert link.lstat().st_mtime_ns == made_at


def test_a_link_that_leads_elsewhere_is_replaced_and_another_installation_has_its_own(tmp_path):
    one, another = (tmp_path / (letter * 100) / ("c" * 100) for letter in "ab")
    for deep in (one, another):
        deep.mkdir(parents=True)
    link = short_path(one, "darwin", tmp_path)
    link.unlink()
    link.symlink_to(tmp_path / "nowhere")
    assert short_path(one, "darwin", tmp_path).resolve() == one
    assert short_path(another, "darwin", tmp_path).resolve() == another
    assert short_path(one, "darwin", tmp_path).resolve() == one
    assert len([path for path in tmp_path.iterdir() if path.is_symlink()]) == 2


def test_where_no_short_path_is_needed_nothing_is_made(tmp_path):
    deep = tmp_path / ("a" * 100) / ("b" * 100)
    assert short_path(deep, "linux", tmp_path) == deep
    assert not list(tmp_path.iterdir())


class Mute:
    """A voice of piper's that says nothing, as where espeak-ng's data have gone."""

    config = SimpleNamespace(sample_rate=22_050)

    def synthesize(self, text, settings, include_alignments=False):
        return iter(())


def test_a_voice_that_is_silent_from_the_start_is_no_voice(monkeypatch):
    """Said before anybody waits for an answer; exit code 2."""
    monkeypatch.setattr(piper_module, "_opened", lambda path, config: Mute())
    with pytest.raises(ModelError, match=r"starter\.onnx does not speak: it gives no sound for words"):
        Piper.load(VOICE)


@pytest.mark.parametrize(("text", "fails"), [("Hello there.", True), ("-", False), ("東京", False)])
def test_words_without_a_sound_are_a_failure_of_the_voice_and_not_an_answer(text, fails):
    """Scenario 30. What another language's letters are it may not know."""
    silent = Piper(Mute(), 1.0)
    with pytest.raises(EngineError, match="no sound for words") if fails else nullcontext():
        assert silent.say(text).size == 0
    silent.close()
