import pytest

from assistant.setup.machine import Machine
from assistant.setup.offers import MODEL_KEYS, advised, offers, own, rows, settings
from assistant.weights.catalog import our_catalog

KNOWN = our_catalog()
GIB = 2**30
PLENTY = 500_000_000_000


def machine(gib, free=PLENTY, gpu="Metal"):
    return Machine("Apple M2 Max", 12, round(gib * GIB), free, "macOS 15.1", gpu, ())


def made(one, here=(), language="en", context=4096):
    known = KNOWN.on(one.memory).speaking(language)
    return {offer.name: offer for offer in offers(known, one, here, context, language)}


def advice(one, language="en", **more):
    known = KNOWN.on(one.memory).speaking(language)
    return advised(list(made(one, language=language, **more).values()), known, one, language)


@pytest.mark.parametrize(
    ("gib", "name"), [(4, "starter"), (8, "light"), (16, "light"), (24, "standard"), (32, "standard"), (64, "best")]
)
def test_a_mac_is_advised_the_most_capable_profile_meant_for_its_memory(gib, name):
    offer, why = advice(machine(gib))
    assert offer.name == name
    assert "most capable" in why


def test_where_only_the_processor_computes_no_24b_model_is_advised_and_it_is_said_why():
    offer, why = advice(machine(64, gpu=""))
    assert offer.name == "light"
    assert "best has a language model that is too slow" in why


def test_a_person_may_still_take_it():
    assert made(machine(64, gpu=""))["best"].obstacle == ""


def test_a_disk_without_room_for_a_profile_is_an_obstacle_and_a_smaller_one_is_advised():
    one = machine(64, free=10_000_000_000)
    offer, why = advice(one)
    assert offer.name == "light"
    assert "standard needs 15." in why
    assert "of disk, and 10.0 GB are free" in why


def test_what_is_here_already_needs_no_disk():
    names = KNOWN.profiles["standard"].names
    offer, _ = advice(machine(32, free=0), here=names)
    assert (offer.name, offer.to_fetch) == ("standard", 0)


def test_what_has_to_be_fetched_is_what_is_not_here():
    offer = made(machine(32), here=("mistral-small-24b",))["standard"]
    assert {model.name for model in offer.missing} == set(KNOWN.profiles["standard"].names) - {"mistral-small-24b"}
    assert offer.to_fetch == sum(KNOWN.models[model.name].bytes for model in offer.missing)


def test_a_profile_larger_than_the_memory_cannot_be_had():
    assert "two thirds of 17.2 GB" in made(machine(16))["standard"].obstacle


def test_a_longer_context_needs_more_memory():
    assert made(machine(32))["standard"].obstacle == ""
    assert "of memory" in made(machine(32), context=131_072)["standard"].obstacle


def test_a_mac_with_24_gb_has_a_smaller_chat_model_in_the_same_profile():
    """Of the one with 32 GB and its cache 1 GB would be left, of what a GPU may have."""
    offer, _ = advice(machine(24))
    assert {"mistral-small-24b-q3", "whisper-small.en"} < {model.name for model in offer.missing}


@pytest.mark.parametrize(("gib", "name"), [(8, "light"), (24, "standard"), (64, "best")])
def test_who_speaks_german_is_advised_models_that_know_german(gib, name):
    """The starter is not among what is meant, however small the computer; and that is said."""
    offer, why = advice(machine(gib), language="de")
    assert offer.name == name
    assert {known.language for known in offer.missing} == {"de", "many"}
    assert "starter knows English alone" in why


def test_where_nothing_else_can_be_had_german_gets_the_starter_and_is_told_what_it_knows():
    offer, why = advice(machine(32, free=0), language="de")
    assert offer.name == "starter"
    assert why.startswith("nothing else can be had here; starter knows English alone; light needs ")


def test_who_speaks_what_no_voice_does_is_advised_models_that_understand_it():
    """And keeps the voice that is set: it may be one of their own."""
    offer, _ = advice(machine(32), language="pt")
    assert offer.name == "standard"
    assert {model.kind for model in offer.missing} == {"whisper", "chat", "turn"}
    assert "speak.voice" not in settings(offer.profile, KNOWN, {"reply.model": "starter"}, 0.0)


def test_an_english_recogniser_without_a_twin_is_an_obstacle_to_others():
    one = {"whisper": "whisper-distil-large-v3"}
    light = KNOWN.profiles["light"].model_copy(update=one)
    known = KNOWN.model_copy(update={"profiles": {"starter": KNOWN.profiles["starter"], "light": light}})
    offer = offers(known.speaking("de"), machine(32), (), 4096, "de")[1]
    assert offer.obstacle == "understands en, and you speak de"


def test_the_starter_can_always_be_had():
    assert made(machine(1, free=0))["starter"].obstacle == ""


@pytest.mark.parametrize("name", ["starter", "light", "standard", "best"])
def test_the_settings_of_a_profile_are_nobodys_own_choice(name):
    assert not own(KNOWN.settings(KNOWN.profiles[name]), KNOWN)


def test_a_profile_of_another_language_is_nobodys_own_choice_where_both_are_known():
    german = KNOWN.speaking("de")
    now = german.settings(german.profiles["light"])
    assert own(now, KNOWN)
    assert not own(now, KNOWN, german)


def test_a_profile_that_leaves_the_voice_alone_is_that_profile_with_any_voice():
    known = KNOWN.speaking("pt")
    now = known.settings(known.profiles["light"]) | {"speak.voice": "/home/ana/faber.onnx"}
    assert not own(now, known)
    assert own(now | {"reply.model": "/home/ana/llama.gguf"}, known)


def test_a_file_of_ones_own_is():
    assert own(KNOWN.settings(KNOWN.profiles["light"]) | {"reply.model": "/home/ann/llama.gguf"}, KNOWN)


def test_what_was_advised_for_one_language_model_is_not_kept_for_another():
    mistral = {key: KNOWN.settings(KNOWN.profiles["standard"])[key] for key in MODEL_KEYS}
    assert settings(KNOWN.profiles["starter"], KNOWN, mistral, 0.0)["reply.temperature"] == 0.0
    assert settings(KNOWN.profiles["standard"], KNOWN, {"reply.model": "starter"}, 0.0)["reply.temperature"] == 0.15


def test_a_temperature_of_ones_own_stays_with_its_language_model():
    starter = KNOWN.settings(KNOWN.profiles["starter"])
    assert "reply.temperature" not in settings(KNOWN.profiles["starter"], KNOWN, starter, 0.0)


def test_the_table_says_why_one_cannot_be_had():
    shown = {name: row for name, *row in rows(made(machine(16)).values())}
    assert shown["starter"][0] == "nothing"
    assert shown["light"][0].endswith("GB")
    assert shown["best"][2].startswith("cannot be had: needs 2")
