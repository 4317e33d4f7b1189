import asyncio
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import weights
from assistant.audio import read_blocks
from assistant.errors import EngineError, ModelError
from assistant.flow import SAMPLE_RATE
from assistant.listen.log_mel import log_mel
from assistant.listen.turn_model import TurnModel, settled, window

EIGHT_SECONDS = 8 * SAMPLE_RATE
FILE = weights.turn_model("auto")
needs_the_file = pytest.mark.skipif(FILE is None, reason="no smart-turn-v3*.onnx in models/ and no pipecat-ai")
SPEECH = Path(__file__).parents[3] / "shared/speech"


def chirp():
    """Three seconds of silence, then five of a tone that rises from 1100 to 2600 Hz: float32 (128000,)."""
    t = np.arange(EIGHT_SECONDS) / SAMPLE_RATE
    return (0.3 * np.sin(2 * np.pi * (200 * t + 150 * t * t)) * (t > 3)).astype(np.float32)


class Session:
    """Stands for the network: keeps its input and its thread, gives *output* or raises it."""

    def __init__(self, output):
        self.output = output

    def run(self, names, inputs):
        self.input = inputs["input_features"]
        self.thread = threading.current_thread().name
        if isinstance(self.output, Exception):
            raise self.output
        return [np.array([[self.output]], np.float32)]


def judged(session, samples):
    model = TurnModel(session)
    try:
        return asyncio.run(model.completeness(samples))
    finally:
        model.close()


def test_the_picture_is_the_one_that_transformers_makes():
    """Means of six bands and four single values, from WhisperFeatureExtractor(chunk_length=8) of transformers."""
    picture = log_mel(chirp())
    means = picture[[0, 5, 20, 40, 60, 79]].mean(axis=1)
    assert means == pytest.approx([-0.292329, -0.292294, -0.279043, 0.013435, -0.294036, -0.295106], abs=1e-4)
    cells = [picture[40, 500], picture[48, 700], picture[10, 500], picture[79, 100]]
    assert cells == pytest.approx([1.668119, 1.613109, -0.296186, -0.296186], abs=1e-4)


@pytest.mark.parametrize("gain", [0.05, 3.0])
def test_loudness_does_not_matter(gain):
    """A whisper and a shout give one picture."""
    assert np.allclose(log_mel(chirp()), log_mel(chirp() * np.float32(gain)), atol=0.001)


def test_silence_has_a_picture_too():
    """No division by zero, no logarithm of it."""
    picture = log_mel(np.zeros(EIGHT_SECONDS, np.float32))
    assert picture.shape == (80, 800)
    assert picture.dtype == np.float32
    assert np.isfinite(picture).all()


@given(st.integers(0, 2 * EIGHT_SECONDS))
def test_the_end_of_the_turn_is_the_end_of_the_window(length):
    """The last 8 s are seen, and in front of less there is silence."""
    samples = (np.arange(length) % 1000 + 1).astype(np.int16)
    seen = window(samples)
    known = min(length, EIGHT_SECONDS)
    assert seen.shape == (EIGHT_SECONDS,)
    assert not seen[: EIGHT_SECONDS - known].any()
    assert np.array_equal(seen[EIGHT_SECONDS - known :] * 32768, samples[length - known :])


def test_silence_that_has_not_come_yet_is_the_rooms_own_of_before():
    """100 ms more of it, and nothing else is changed."""
    samples = (np.arange(SAMPLE_RATE) % 1000).astype(np.int16)
    seen = settled(samples)
    assert np.array_equal(seen[:SAMPLE_RATE], samples)
    assert np.array_equal(seen[SAMPLE_RATE:], samples[-SAMPLE_RATE // 10 :])


def test_the_network_is_asked_in_a_thread_of_its_own():
    """One picture in, one probability out, and the loop never computes."""
    session = Session(0.75)
    assert judged(session, np.ones(SAMPLE_RATE, np.int16)) == 0.75
    assert session.input.shape == (1, 80, 800)
    assert session.thread.startswith("turn-model")


def test_a_failure_of_the_network_is_an_engine_error():
    """Whatever it raises, in one sentence."""
    with pytest.raises(EngineError, match=r"^The turn model failed: no memory\.$"):
        judged(Session(RuntimeError("no memory.\nat line 3")), np.ones(10, np.int16))


def test_warming_up_asks_once():
    """Without a loop, and it waits."""
    session = Session(0.1)
    model = TurnModel(session)
    model.warm_up()
    model.close()
    assert session.input.shape == (1, 80, 800)


def test_a_missing_file_is_named(tmp_path):
    """With what to do."""
    with pytest.raises(ModelError, match=r"none\.onnx does not exist: "):
        TurnModel.load(tmp_path / "none.onnx")


def test_another_network_is_not_taken(monkeypatch, tmp_path):
    """What has other inputs would only fail in the middle of a turn."""
    other = SimpleNamespace(get_inputs=lambda: [SimpleNamespace(name="input", shape=["s", 576])])
    monkeypatch.setattr("assistant.listen.onnx.session", lambda path: other)
    with pytest.raises(ModelError, match=r"is another network than smart-turn v3"):
        TurnModel.load(tmp_path / "silero.onnx")


@pytest.mark.slow
@pytest.mark.parametrize("content", [b"", b"no network", b"\x08\x08"])
def test_a_damaged_file_is_named(tmp_path, content):
    """Empty, text, the first bytes of a real one."""
    file = tmp_path / "turn.onnx"
    file.write_bytes(content)
    with pytest.raises(ModelError, match=r"turn\.onnx cannot be loaded .*fetch it anew\.$"):
        TurnModel.load(file)


@pytest.mark.slow
@needs_the_file
def test_it_hears_whether_somebody_has_finished():
    """A sentence read to its end; a speech in its rhetorical pause: "ask not ..."."""
    if not SPEECH.is_dir():
        pytest.skip("the recordings of people speaking are not here")
    model = TurnModel.load(FILE)
    model.warm_up()
    finished = np.concatenate(list(read_blocks(SPEECH / "LJ001-0002.wav")))
    unfinished = np.concatenate(list(read_blocks(SPEECH / "jfk.wav")))[: int(4.6 * SAMPLE_RATE)]
    assert asyncio.run(model.completeness(finished)) > 0.9
    assert asyncio.run(model.completeness(unfinished)) < 0.1
    model.close()


@pytest.mark.slow
@needs_the_file
@pytest.mark.parametrize("samples", [0, 1, SAMPLE_RATE // 20, 20 * SAMPLE_RATE])
def test_any_length_gets_a_probability(samples):
    """Nothing at all, too little, too much."""
    model = TurnModel.load(FILE)
    assert 0 <= asyncio.run(model.completeness(np.full(samples, 900, np.int16))) <= 1
    model.close()
