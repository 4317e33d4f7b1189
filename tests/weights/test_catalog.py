import pytest
from pydantic import ValidationError

from assistant import weights
from assistant.errors import UsageError
from assistant.weights.catalog import ENGINES_BYTES, our_catalog, read
from assistant.weights.digest import digest
from assistant.weights.sizes import fits

GIB = 2**30


def test_every_model_has_the_files_its_engine_needs():
    """As whisper.py, llama.cpp and Piper want them, the one to be opened first."""
    for model in our_catalog().models.values():
        names = [file.name for file in model.files]
        if model.kind == "whisper":
            assert {"model.bin", "config.json", "tokenizer.json"} < set(names), model.name
            assert {"vocabulary.txt", "vocabulary.json"} & set(names), model.name
        elif model.kind == "voice":
            assert names == [f"{model.name}.onnx", f"{model.name}.onnx.json"]
        else:
            assert [name.rpartition(".")[2] for name in names] == ["gguf" if model.kind == "chat" else "onnx"]


def test_what_is_large_has_a_hash_and_a_size_to_show():
    for model in our_catalog().models.values():
        assert model.files[0].sha256, model.name
        assert model.bytes > 1_000_000, model.name


def test_the_turn_model_that_we_have_is_as_the_catalog_says():
    """The one entry that can be held against a file here."""
    model = our_catalog().model("smart-turn-v3.2")
    here = weights.store().find(model)
    if here is None:
        pytest.skip("no smart-turn in models/")
    assert digest(here / model.files[0].name).sha256 == model.files[0].sha256


def test_a_profile_stands_for_its_models_and_none_is_named_twice():
    names = [model.name for model in our_catalog().chosen(["standard", "whisper-small.en", "whisper-tiny.en"])]
    expected = ["whisper-small.en", "mistral-small-24b", "en_US-ljspeech-medium", "smart-turn-v3.2", "whisper-tiny.en"]
    assert names == expected


def test_the_starter_profile_needs_nothing_fetched():
    assert our_catalog().chosen(["starter"]) == ()


def test_a_name_that_is_nearly_one_is_answered_with_that_one():
    with pytest.raises(UsageError, match="'mistral-small-24': did you mean mistral-small-24b"):
        our_catalog().chosen(["mistral-small-24"])


def test_a_profile_in_a_models_place_is_answered_with_its_models():
    with pytest.raises(UsageError, match=r"light is a profile.*whisper-base\.en, llama-3\.2-3b"):
        our_catalog().model("light")
    with pytest.raises(UsageError, match=r"starter is a profile.*part of the program"):
        our_catalog().model("starter")


def test_a_name_like_no_other_is_answered_with_the_list():
    with pytest.raises(UsageError, match=r"no model 'gpt'\. `assistant models list`"):
        our_catalog().model("gpt")


@pytest.mark.parametrize(
    ("gib", "profile"),
    [
        (2, "starter"),
        (7.8, "light"),
        (18, "light"),
        (23.2, "standard"),
        (31.3, "standard"),
        (36, "standard"),
        (64, "best"),
    ],
)
def test_the_profile_is_recommended_that_the_memory_is_meant_for(gib, profile):
    assert our_catalog().recommended(int(gib * GIB)).name == profile


def test_memory_is_weights_and_cache_and_engines():
    """160 KiB a token for Mistral Small."""
    known = our_catalog()
    model = known.model("mistral-small-24b")
    assert model.memory(8192) - model.bytes == 8192 * 160 * 1024
    needed = [known.model(name).memory(8192) for name in known.profiles["standard"].names]
    assert known.memory(known.profiles["standard"], 8192) == ENGINES_BYTES + sum(needed)


def test_a_profile_says_what_to_set():
    known = our_catalog()
    assert known.settings(known.profiles["standard"]) == {
        "listen.whisper": "whisper-small.en",
        "listen.turn_model": "smart-turn-v3.2",
        "reply.model": "mistral-small-24b",
        "reply.temperature": 0.15,
        "speak.voice": "en_US-ljspeech-medium",
    }
    assert "reply.temperature" not in known.settings(known.profiles["starter"])


@pytest.mark.parametrize(
    ("gib", "chat"),
    [
        (16, "mistral-small-24b"),
        (23.2, "mistral-small-24b-q3"),
        (30, "mistral-small-24b-q3"),
        (31.3, "mistral-small-24b"),
    ],
)
def test_a_profile_has_a_smaller_chat_model_on_computers_that_have_little_for_its_own(gib, chat):
    """On one that is too small for either it is what it is elsewhere: it would be fetched for another computer."""
    assert our_catalog().on(int(gib * GIB)).profiles["standard"].chat == chat


@pytest.mark.parametrize("language", ["de", "pt"])
@pytest.mark.parametrize("gib", [2, 8, 16, 18, 24, 32, 48, 64])
def test_what_is_recommended_fits(gib, language):
    """By the catalog's own figures."""
    known = our_catalog().on(gib * GIB).speaking(language)
    assert fits(known.memory(known.recommended(gib * GIB)), gib * GIB)


def test_in_another_language_profiles_have_whisper_of_the_same_size_and_a_voice_of_it():
    german = our_catalog().speaking("de").profiles
    assert [german[name].whisper for name in ("light", "standard", "best")] == [
        "whisper-base",
        "whisper-small",
        "whisper-medium",
    ]
    assert {german[name].voice for name in ("light", "standard", "best")} == {"de_DE-thorsten-medium"}


def test_in_english_and_of_the_starter_nothing_changes():
    known = our_catalog()
    assert known.speaking("en") == known
    assert known.speaking("de").profiles["starter"] == known.profiles["starter"]


@pytest.mark.parametrize("language", ["de", "en", "es", "fr", "it", "nl", "pl", "ru", "zh"])
def test_these_languages_have_a_voice(language):
    """The README names them."""
    assert our_catalog().unspoken(language) == ""


def test_of_a_language_without_a_voice_that_is_said_and_the_voice_left_alone():
    known = our_catalog().speaking("pt")
    assert "No voice of the catalog speaks pt" in known.unspoken("pt")
    assert "speak.voice" not in known.settings(known.profiles["standard"])
    assert [model.kind for model in known.chosen(["standard"])] == ["whisper", "chat", "turn"]


VOICE = """
[models.v]
kind = "voice"
about = ""
repository = "a/b"
revision = "0000000000000000000000000000000000000000"
licence = "MIT"
language = "en"
files = [{ path = "a/v.onnx" }, { path = "OTHER" }]
[profiles.p]
about = ""
memory_gb = 0
whisper = "starter"
chat = "CHAT"
voice = "v"
turn_model = "auto"
"""


def test_a_catalog_is_read():
    known = read(VOICE.replace("OTHER", "a/v.onnx.json").replace("CHAT", "starter"))
    assert [file.name for file in known.model("v").files] == ["v.onnx", "v.onnx.json"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (VOICE.replace("OTHER", "b/v.onnx").replace("CHAT", "starter"), "two files of v have the same name"),
        (VOICE.replace("OTHER", "x").replace("CHAT", "v"), "v is no model of kind chat"),
        (VOICE.replace("OTHER", "x").replace("CHAT", "nothing"), "nothing is no model of kind chat"),
        (
            VOICE.replace("OTHER", "x").replace("CHAT", "starter") + 'smaller = { memory_gb = 1, chat = "less" }',
            "less is no model of kind chat",
        ),
        (VOICE.replace("OTHER", "x").replace("CHAT", "starter").replace("0000", "main", 1), "revision"),
        (VOICE.replace("OTHER", "x").replace("CHAT", "starter").replace("[models.v]", '[models."../v"]'), "name"),
    ],
)
def test_a_mistake_in_a_catalog_is_found(text, complaint):
    with pytest.raises(ValidationError, match=complaint):
        read(text)
