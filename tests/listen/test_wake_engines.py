import builtins
import json
import re
from pathlib import Path

import numpy as np
import pytest

from assistant.audio import read_blocks
from assistant.errors import AssistantError, ModelError, UsageError
from assistant.flow import FRAME_SAMPLES, Frame
from assistant.listen.wake import WakeWords
from assistant.listen.wake_engines import load_engines

SPEECH = Path(__file__).parents[3] / "shared" / "speech"


def there():
    try:
        load_engines(["hey jarvis", "micro:hey jarvis"], 0.5)
    except AssistantError:
        return False
    return True


needs_libraries = [
    pytest.mark.slow,
    pytest.mark.skipif(not there(), reason="the wake word libraries are not there: make wake"),
]


class Library:
    """Where the real ones keep their files."""

    @staticmethod
    def models(name):
        return Path(pytest.importorskip(name).__file__).parent / "models"


@pytest.fixture(scope="module")
def open_models():
    return Library.models("pyopen_wakeword")


@pytest.fixture(scope="module")
def micro_models():
    return Library.models("pymicro_wakeword")


def woken_by(wake, samples, begin=0):
    found = []
    for at in range(0, len(samples) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        woken = wake.push(Frame(samples[at : at + FRAME_SAMPLES], begin + at, 0.0))
        found += [woken] if woken else []
    return found


def recording(name):
    if not SPEECH.is_dir():
        pytest.skip("the recordings of people are not in this checkout")
    samples = np.concatenate(list(read_blocks(SPEECH / f"{name}.wav")))
    # A second more of the room's own noise on either side: nobody speaks in the first 0.3 s.
    room = np.resize(samples[:4800], 16_000)
    return np.concatenate([room, samples, room])


@pytest.mark.parametrize("missing", [ImportError("no such package"), OSError("wrong ELF class")])
@pytest.mark.parametrize("word", ["hey jarvis", "micro:hey jarvis"])
def test_without_the_libraries_it_says_where_they_are_and_what_to_type(monkeypatch, missing, word):
    real = builtins.__import__

    def blocked(name, *rest):
        if name.endswith("_wakeword"):
            raise missing
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", blocked)
    with pytest.raises(UsageError, match=r"`make wake`.*macOS 15"):
        WakeWords.load([word])


def test_no_word_at_all_is_refused():
    with pytest.raises(UsageError, match="hey jarvis"):
        WakeWords.load([])


class TestWithTheLibraries:
    pytestmark = needs_libraries

    @pytest.mark.parametrize("engine", ["", "micro:"])
    @pytest.mark.parametrize(("name", "ends_at"), [("hey_jarvis", 1.24), ("okay_nabu", 1.54), ("alexa", 1.06)], ids=str)
    def test_a_person_wakes_it_once_and_the_end_of_the_word_is_found(self, engine, name, ends_at):
        # Before the model: microWakeWord's destructor breaks an exception, and so a skip, that passes it.
        word, person = name.replace("_", " "), recording(name)
        [woken] = woken_by(WakeWords.load([engine + word]), person)
        assert woken.word == word
        assert woken.position / 16_000 == pytest.approx(1 + ends_at, abs=0.08)

    def test_several_words_at_once_are_told_apart(self):
        people = {name: recording(name) for name in ("hey_jarvis", "okay_nabu", "alexa")}
        wake = WakeWords.load(["hey jarvis", "okay nabu", "micro:alexa"])
        assert wake.words == ("hey jarvis", "okay nabu", "alexa")
        for name, person in people.items():
            wake.reset()
            assert [woken.word for woken in woken_by(wake, person)] == [name.replace("_", " ")]

    @pytest.mark.parametrize("name", ["jfk", "LJ001-0002", "LJ001-0008"])
    def test_other_talk_wakes_nothing(self, name):
        wake = WakeWords.load(["hey jarvis", "micro:hey jarvis", "okay nabu", "alexa"])
        assert woken_by(wake, recording(name)) == []

    def test_an_unsure_recognition_waits_until_it_gets_no_surer(self):
        [engine] = load_engines(["hey jarvis"], 0.75)
        heard = [engine._recognised("hey jarvis", p) for p in (0.2, 0.32, 0.45, 0.4, 0.1, 0.05, 0.35, 0.6)]
        assert heard == [False, False, False, True, True, False, False, True]

    def test_after_a_gap_the_word_from_before_does_not_wake(self):
        """Its first half; then, much later, its second."""
        samples = recording("hey_jarvis")
        wake = WakeWords.load(["hey jarvis", "micro:hey jarvis"])
        middle = 27_200
        assert woken_by(wake, samples[:middle]) == []
        assert woken_by(wake, samples[middle:], begin=10**6) == []

    def test_models_of_ones_own_are_given_by_their_path(self, open_models, micro_models, tmp_path):
        for file in (micro_models / "hey_jarvis.json", micro_models / "hey_jarvis.tflite"):
            (tmp_path / file.name).write_bytes(file.read_bytes())
        own = tmp_path / "my_word.tflite"
        own.write_bytes((open_models / "hey_jarvis.tflite").read_bytes())
        wake = WakeWords.load([str(own), str(tmp_path / "hey_jarvis.json")])
        assert wake.words == ("my word", "hey jarvis")

    @pytest.mark.parametrize("word", ["hey bob", "micro:hey bob", "micro:hey rhasspy", "bob.onnx"])
    def test_an_unknown_word_is_answered_with_those_there_are(self, word):
        with pytest.raises(UsageError, match=r'"(micro:)?hey jarvis".*\.tflite') as error:
            WakeWords.load([word])
        assert not isinstance(error.value, ModelError)

    @pytest.mark.parametrize("name", ["none.tflite", "none.json", "micro:none.json"])
    def test_a_file_that_is_not_there_is_named(self, name, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(ModelError, match=re.escape(name.removeprefix("micro:")) + " does not exist"):
            WakeWords.load([name])

    @pytest.mark.parametrize("kept", [0, 4, 100, 300_000])
    def test_a_damaged_model_is_refused_instead_of_crashing(self, kept, open_models, tmp_path):
        broken = tmp_path / "broken.tflite"
        broken.write_bytes((open_models / "hey_jarvis.tflite").read_bytes()[:kept])
        with pytest.raises(ModelError, match="damaged"):
            WakeWords.load([str(broken)])

    def test_a_model_of_another_kind_is_refused(self, open_models, micro_models):
        for file in (micro_models / "hey_jarvis.tflite", open_models / "embedding_model.tflite"):
            with pytest.raises(ModelError, match="not a wake word model"):
                WakeWords.load([str(file)])

    @pytest.mark.parametrize(
        "text",
        [
            "no json",
            "[]",
            "{}",
            json.dumps({"wake_word": "x", "model": "x.tflite", "micro": {"probability_cutoff": "high"}}),
            json.dumps({"wake_word": "x", "micro": {"probability_cutoff": 0.9, "sliding_window_size": 5}}),
        ],
    )
    def test_a_json_that_describes_no_word_is_refused(self, text, tmp_path):
        path = tmp_path / "word.json"
        path.write_text(text)
        with pytest.raises(ModelError, match="does not describe a wake word"):
            WakeWords.load([str(path)])

    def test_a_json_whose_network_is_of_the_other_kind_or_missing_is_refused(self, open_models, tmp_path):
        micro = {"probability_cutoff": 0.9, "sliding_window_size": 5}
        path = tmp_path / "word.json"
        for network, complaint in ((open_models / "alexa.tflite", "not a wake word model"), ("none", "cannot be read")):
            path.write_text(json.dumps({"wake_word": "x", "model": str(network), "micro": micro}))
            with pytest.raises(ModelError, match=complaint):
                WakeWords.load([str(path)])

    @pytest.mark.parametrize(
        ("word", "thresholds"), [("hey jarvis", (0.9, 0.5, 0.1)), ("micro:hey jarvis", (0.985, 0.97, 0.5))]
    )
    def test_half_sensitivity_is_what_the_models_authors_chose(self, word, thresholds):
        for sensitivity, threshold in zip((0.0, 0.5, 1.0), thresholds, strict=True):
            [engine] = load_engines([word], sensitivity)
            [model] = engine._models.values()
            used = model.probability_cutoff if word.startswith("micro") else engine._threshold
            assert used == pytest.approx(threshold)
