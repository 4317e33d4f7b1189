import asyncio
import shutil
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from assistant import weights
from assistant.audio import read_blocks
from assistant.errors import EngineError, ModelError
from assistant.flow import SAMPLE_RATE, Transcript
from assistant.listen.whisper import (
    NEEDED,
    WINDOW_FRAMES,
    Heard,
    Whisper,
    default_threads,
    is_doubtful,
    is_phantom,
    transcript,
    window_frames,
)

pytestmark = pytest.mark.slow

MODEL = Path("models/starter/whisper")
RECORDINGS = Path("tests/recordings")


@pytest.fixture(scope="module")
def whisper():
    whisper = Whisper.load(MODEL, window_s=weights.window(MODEL))
    whisper.warm_up()
    yield whisper
    whisper.close()


def test_a_recogniser_of_english_alone_says_once_that_it_does_not_know_the_language_that_is_set(caplog):
    """In our words, and not with each utterance in faster-whisper's."""
    with capture_logs() as logs:
        whisper = Whisper.load(MODEL, window_s=weights.window(MODEL), language="de")
        try:
            for _ in range(2):
                assert asyncio.run(whisper.transcribe(recording("yes.wav"))).text
        finally:
            whisper.close()
    assert [line["event"] for line in logs] == ["recogniser.english_only"]
    assert not caplog.records


def recording(name):
    return np.concatenate(list(read_blocks(RECORDINGS / name)))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("question.wav", "what is the capital of france"),
        ("timer.wav", "set a timer for twelve minutes"),
        ("story.wav", "tell me a story"),
        ("sum.wav", "what is forty seven plus thirty eight"),
        ("shopping.wav", "add milk and bread to the shopping list"),
        ("yes.wav", "yes"),
        ("stop.wav", "stop"),
        ("variant.wav", "read me my grocery list"),
    ],
)
def test_it_understands_a_recorded_request(whisper, name, text):
    """Recordings that the starter model is known to hear."""
    heard = asyncio.run(whisper.transcribe(recording(name)))
    assert heard.text.lower().rstrip(".?") == text
    assert -0.5 < heard.confidence < 0


@pytest.mark.parametrize("name", ["silence.wav", "noise.wav", "hum.wav", "clicks.wav"])
def test_where_nobody_speaks_there_are_no_words(whisper, name):
    """Silence, noise, mains hum and typing."""
    assert asyncio.run(whisper.transcribe(recording(name))).text == ""


@pytest.mark.parametrize("samples", [0, 1, SAMPLE_RATE // 20])
def test_a_sound_too_short_for_a_word_has_none(whisper, samples):
    """Less than a tenth of a second, even none at all."""
    loud = np.full(samples, 9000, np.int16)
    assert asyncio.run(whisper.transcribe(loud)) == Transcript("")


def test_more_than_thirty_seconds_work_too(whisper):
    """Whisper's window is 30 s; what is said behind it is heard as well."""
    question = recording("question.wav")
    silence = np.zeros(30 * SAMPLE_RATE - question.size, np.int16)
    heard = asyncio.run(whisper.transcribe(np.concatenate([question, silence, question])))
    assert heard.text.count("capital") == 2


def test_utterances_wait_for_one_another(whisper):
    """Two at once give what each alone does."""

    async def both():
        return await asyncio.gather(*(whisper.transcribe(recording(name)) for name in ("timer.wav", "story.wav")))

    timer, story = asyncio.run(both())
    assert "timer" in timer.text
    assert "story" in story.text


def test_after_a_cancelled_utterance_the_next_is_understood(whisper):
    """The pass in flight ends by itself."""

    async def cancelled():
        task = asyncio.create_task(whisper.transcribe(recording("story.wav")))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await whisper.transcribe(recording("timer.wav"))

    assert "timer" in asyncio.run(cancelled()).text


def test_a_failing_engine_costs_one_turn(whisper, monkeypatch):
    """Whatever it raises becomes an EngineError."""

    def fail(*args, **kwargs):
        raise RuntimeError("out of memory")

    monkeypatch.setattr(whisper._model, "transcribe", fail)
    with pytest.raises(EngineError, match="out of memory"):
        asyncio.run(whisper.transcribe(recording("timer.wav")))


def test_a_missing_folder_is_one_sentence(tmp_path, capfd):
    """It names the folder."""
    with pytest.raises(ModelError, match=r"nowhere does not exist"):
        Whisper.load(tmp_path / "nowhere")
    assert capfd.readouterr() == ("", "")


def test_a_file_is_no_model(tmp_path):
    """A folder is wanted."""
    (tmp_path / "model.bin").touch()
    with pytest.raises(ModelError, match="is a file"):
        Whisper.load(tmp_path / "model.bin")


@pytest.mark.parametrize("name", NEEDED)
def test_a_missing_file_is_named(name, tmp_path):
    """Above all tokenizer.json, which faster-whisper would fetch."""
    folder = shutil.copytree(MODEL, tmp_path / "model")
    (folder / name).unlink()
    with pytest.raises(ModelError, match=name):
        Whisper.load(folder)


@pytest.mark.parametrize("name", [*NEEDED, "vocabulary.json"])
@pytest.mark.parametrize("part", [0.0, 0.5])
def test_a_truncated_file_is_one_sentence(name, part, tmp_path, capfd):
    """Wherever the download broke off; nothing else is printed."""
    folder = shutil.copytree(MODEL, tmp_path / "model")
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(ModelError, match="cannot be loaded") as error:
        Whisper.load(folder)
    assert str(folder) in str(error.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("text", "no_speech", "seconds", "phantom"),
    [
        ("Thank you.", 0.3, 2.0, True),
        (" Thanks for watching!", 0.07, 5.0, True),
        ("Thank you.", 0.01, 2.0, False),
        ("you", 0.01, 0.4, True),
        ("Thank you.", float("nan"), 2.0, False),
        ("Thank you for the music.", 0.9, 2.0, False),
        ("set a timer", 0.9, 0.4, False),
    ],
)
def test_only_doubtful_known_phrases_are_phantoms(text, no_speech, seconds, phantom):
    """The person may well say thank you."""
    assert is_phantom(Heard(text, 3, -0.2, no_speech), seconds) is phantom


@pytest.mark.parametrize(
    ("seconds", "frames"), [(0.5, 1000), (8.0, 1000), (8.011, 1050), (20.0, 2200), (29.0, 3000), (70.0, 3000)]
)
def test_the_encoder_of_a_stock_model_sees_ten_seconds_and_two_more_than_the_sound(seconds, frames):
    """But never more than Whisper's own window."""
    assert window_frames(seconds) == frames


@pytest.mark.parametrize(
    ("seconds", "frames"), [(0.1, 250), (0.5, 250), (3.0, 500), (8.011, 1050), (27.999, 3000), (40.0, 3000)]
)
def test_a_model_that_needs_no_ten_seconds_sees_two_more_than_the_sound(seconds, frames):
    """The starter was trained on windows of any length."""
    assert window_frames(seconds, 0.0) == frames


def test_there_are_few_windows_so_that_the_memory_for_their_kernels_has_an_end():
    """Of all lengths that are told apart, to the frame."""
    assert len({window_frames(frames / 100, 0.0) for frames in range(10, 3000)}) == 56


def test_only_the_starter_is_known_to_need_no_ten_seconds(tmp_path):
    """By whatever path it is named."""
    assert weights.window(Path("models/../models/starter/whisper")) == 0
    assert weights.window(tmp_path) == 10


@pytest.mark.parametrize(
    "name", ["question", "timer", "story", "sum", "shopping", "yes", "stop", "variant", "hello", "help", "two"]
)
def test_the_short_window_costs_no_word(whisper, name):
    """What is heard in it is what is heard in the whole one, and none of these is doubtful."""
    samples = recording(f"{name}.wav")
    short = whisper._heard(samples, window_frames(samples.size / SAMPLE_RATE, 0.0))
    assert [part.text for part in short] == [part.text for part in whisper._heard(samples, WINDOW_FRAMES)]
    assert not any(is_doubtful(part) for part in short)


@pytest.mark.parametrize(
    ("text", "probability", "doubtful"),
    [
        ("What is the capital of France?", -0.2, False),
        ("What is the capital of France?", -1.2, True),
        ("No, no, no!", -0.2, False),
        ("Set a timer, set a timer.", -0.2, False),
        ("Set a timer, set a timer, set a timer.", -0.2, True),
        ("moon moon moon moon moon", -0.2, True),
        ("it is nineteen ninety nineteen ninety five", -0.2, False),
        ("I don't, I don't know, I don't know what I don't know.", -0.2, False),
        ("ha" * 60, -0.2, True),
        ("", -0.2, False),
    ],
)
def test_a_decoding_is_doubtful_where_it_is_unlikely_or_goes_round_in_circles(text, probability, doubtful):
    """People repeat themselves too, but not as often."""
    assert is_doubtful(Heard(text, 9, probability, 0.0)) is doubtful


def test_a_doubtful_short_sighted_decoding_is_done_again_with_the_whole_window(whisper, monkeypatch):
    """Models are made for it."""
    tried = []

    def unsure(samples, frames):
        tried.append(frames)
        return [Heard("word", 1, -0.1 if frames == 3000 else -2.0, 0.0)]

    monkeypatch.setattr(whisper, "_heard", unsure)
    assert asyncio.run(whisper.transcribe(recording("timer.wav"))).text == "word"
    assert tried == [window_frames(recording("timer.wav").size / SAMPLE_RATE, 0.0), 3000]


def test_confidence_is_the_mean_over_tokens():
    """A long stretch counts for more than a short one."""
    heard = [Heard(" one two three ", 3, -0.1, 0.0), Heard("four", 1, -0.5, 0.0)]
    assert transcript(heard, 3.0) == Transcript("one two three four", pytest.approx(-0.2))


def test_a_failed_decoding_is_not_believed():
    """A hum, heard as words the model itself finds unlikely."""
    assert transcript([Heard("moon long moon moon", 4, -1.7, 0.1)], 2.0) == Transcript("")


def test_threads_never_take_every_core():
    """Half of them, one at least, six at most."""
    assert [default_threads(cores) for cores in (1, 2, 8, 16)] == [1, 1, 4, 6]


def test_a_draft_is_heard_beside_the_whole_and_neither_sees_the_others_window(whisper):
    """As by themselves: 1 s of a question, and 12 s of sound with the question at its end."""
    question = recording("question.wav")
    late = np.concatenate([np.zeros(10 * SAMPLE_RATE, np.int16), question])

    async def both():
        return await asyncio.gather(
            *(whisper.draft(question[:SAMPLE_RATE]) for _ in range(3)), whisper.transcribe(late)
        )

    alone = [asyncio.run(whisper.transcribe(samples)) for samples in (question[:SAMPLE_RATE], late)]
    *drafts, whole = asyncio.run(both())
    assert drafts == [alone[0]] * 3
    assert whole == alone[1]
