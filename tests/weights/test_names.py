import inspect

import pytest

from assistant import weights
from assistant.errors import ModelError
from assistant.listen.whisper import Whisper, window_frames
from assistant.weights.catalog import STOCK_WINDOW_S, Model, our_catalog


def test_the_starter_models_are_in_the_repository():
    assert (weights.whisper("starter") / "model.bin").is_file()
    assert weights.chat("starter").read_bytes()[:4] == b"GGUF"
    assert weights.voice("starter").suffix == ".onnx"


@pytest.mark.parametrize(
    ("find", "setting"),
    [(weights.whisper, "listen.whisper"), (weights.chat, "reply.model"), (weights.voice, "speak.voice")],
)
def test_what_is_missing_is_named_with_the_setting_to_correct(tmp_path, find, setting):
    with pytest.raises(ModelError, match=rf"{tmp_path}/none.* does not exist: correct {setting} "):
        find(str(tmp_path / "none"))


def test_a_folder_without_a_model_names_the_missing_part(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match=rf"{tmp_path}/model\.bin does not exist"):
        weights.whisper(str(tmp_path))


def test_a_file_where_a_folder_belongs_and_the_other_way_round(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"")
    for find, place in ((weights.whisper, file), (weights.chat, tmp_path), (weights.voice, tmp_path)):
        with pytest.raises(ModelError, match=r"is a (file|folder), but"):
            find(str(place))


def test_a_voice_needs_its_json(tmp_path):
    (tmp_path / "v.onnx").write_bytes(b"")
    with pytest.raises(ModelError, match=r"v\.onnx\.json does not exist"):
        weights.voice(str(tmp_path / "v.onnx"))


def test_a_damaged_clone_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "ROOT", tmp_path)
    with pytest.raises(ModelError, match="clone it again"):
        weights.chat("starter")


def test_without_a_turn_model_there_is_none(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "ROOT", tmp_path)
    monkeypatch.setattr(weights, "_pipecat", list)
    assert weights.turn_model("") is None
    assert weights.turn_model("auto") is None


def test_the_newest_turn_model_in_the_models_folder_is_found_first(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "ROOT", tmp_path)
    monkeypatch.setattr(weights, "_pipecat", lambda: [tmp_path])
    (tmp_path / "models").mkdir()
    (tmp_path / "smart-turn-v3.9.onnx").touch()
    assert weights.turn_model("auto") == tmp_path / "smart-turn-v3.9.onnx"
    for name in ("smart-turn-v3.0.onnx", "smart-turn-v3.2-cpu.onnx", "smart-turn-v2.onnx"):
        (tmp_path / "models" / name).touch()
    assert weights.turn_model("auto") == tmp_path / "models/smart-turn-v3.2-cpu.onnx"


def test_a_turn_model_inside_pipecat_is_found_without_importing_it(tmp_path, monkeypatch):
    (tmp_path / "pipecat").mkdir()
    (tmp_path / "pipecat/__init__.py").write_text("raise RuntimeError")
    monkeypatch.syspath_prepend(tmp_path)
    assert weights._pipecat() == [tmp_path / "pipecat/audio/turn/smart_turn/data"]


def test_a_turn_model_that_is_not_there_names_its_setting(tmp_path):
    for place, what in ((tmp_path / "none.onnx", "does not exist"), (tmp_path, "is a folder")):
        with pytest.raises(ModelError, match=rf"{what}.*: correct listen\.turn_model .*, or set it to auto\."):
            weights.turn_model(str(place))


@pytest.mark.parametrize(
    ("find", "name", "key"),
    [
        (weights.whisper, "whisper-small.en", "listen.whisper"),
        (weights.chat, "mistral-small-24b", "reply.model"),
        (weights.voice, "en_US-ljspeech-medium", "speak.voice"),
        (weights.turn_model, "smart-turn-v3.2", "listen.turn_model"),
    ],
)
def test_a_name_that_is_not_fetched_yet_is_answered_with_the_command(tmp_path, monkeypatch, find, name, key):
    monkeypatch.setattr(weights, "ROOT", tmp_path)
    sentence = rf"{name}, which {key} names, is not here yet: `assistant models pull {name}` fetches it \(.*B\)"
    with pytest.raises(ModelError, match=sentence):
        find(name, tmp_path)


def test_a_name_of_another_kind_is_answered_with_what_it_is(tmp_path):
    with pytest.raises(ModelError, match=r"whisper-tiny is a Whisper model, and reply\.model wants a chat model"):
        weights.chat("whisper-tiny", tmp_path)


def test_a_name_is_found_where_models_are_fetched_to(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "ROOT", tmp_path)
    known = our_catalog().model("whisper-tiny.en")
    folder = tmp_path / "fetched" / known.name
    folder.mkdir(parents=True)
    for file in known.files:
        with (folder / file.name).open("wb") as sparse:
            sparse.truncate(file.bytes)
    assert weights.whisper("whisper-tiny.en", tmp_path / "fetched") == folder
    assert weights.window(folder) == 10


def test_the_least_window_of_stock_weights_stands_once():
    """The very object: two equal constants would drift apart with the first that is measured anew."""
    assert Model.model_fields["window_s"].default is STOCK_WINDOW_S
    for function, argument in (window_frames, "least_s"), (Whisper, "window_s"), (Whisper.load, "window_s"):
        assert inspect.signature(function).parameters[argument].default is STOCK_WINDOW_S


def test_a_turn_model_that_was_fetched_is_found_without_naming_it(tmp_path, monkeypatch):
    """After one in models/, before the one inside pipecat."""
    monkeypatch.setattr(weights, "ROOT", tmp_path)
    monkeypatch.setattr(weights, "_pipecat", lambda: [tmp_path])
    (tmp_path / "smart-turn-v3.9.onnx").touch()
    [file] = our_catalog().model("smart-turn-v3.2").files
    folder = tmp_path / "fetched/smart-turn-v3.2"
    folder.mkdir(parents=True)
    with (folder / file.name).open("wb") as sparse:
        sparse.truncate(file.bytes)
    assert weights.turn_model("auto", tmp_path / "fetched") == folder / file.name
    assert weights.turn_model("smart-turn-v3.2", tmp_path / "fetched") == folder / file.name
    (tmp_path / "models").mkdir()
    (tmp_path / "models/smart-turn-v3.1.onnx").touch()
    assert weights.turn_model("auto", tmp_path / "fetched") == tmp_path / "models/smart-turn-v3.1.onnx"


@pytest.mark.parametrize("find", [weights.chat, weights.whisper, weights.voice, weights.turn_model])
def test_a_place_that_cannot_be_looked_at_is_one_sentence(find):
    """As a folder of somebody else's; root may see everything, but no name as long as this."""
    with pytest.raises(ModelError, match=r"cannot be read \(File name too long\): correct (reply|listen|speak)\."):
        find("m" * 5000)
