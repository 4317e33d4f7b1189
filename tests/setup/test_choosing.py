"""The step that chooses and fetches models, from a hub on this computer that knows four small ones."""

import pytest

from assistant.setup import choosing, guide
from assistant.setup.machine import Machine
from assistant.setup.person import UnfinishedError
from assistant.weights.catalog import Catalog, Profile
from assistant.weights.hub import Hub
from tests.weights.fake_hub import FakeHub, model, running

MAC = Machine("Apple M2 Max", 12, 34_359_738_368, 500_000_000_000, "macOS 15.1", "Metal", ())
PLACES = {"hear": "whisper", "write": "chat", "speak": "voice", "wait": "turn"}


@pytest.fixture
def hub(monkeypatch):
    """A hub that has four small models, and a catalog of two profiles: one of these, and the starter."""
    with running(FakeHub({"x.bin": bytes(5000)})) as one:
        monkeypatch.setattr(guide, "Hub", lambda: Hub(one.address))
        monkeypatch.setattr(choosing, "look", lambda folder: MAC)
        yield one


@pytest.fixture
def known(hub, monkeypatch):
    def profile(name, memory_gb, *models):
        parts = dict(zip(("whisper", "chat", "voice", "turn_model"), models, strict=True))
        return Profile(name=name, about=f"is {name}", memory_gb=memory_gb, **parts)

    models = {name: model(name, hub, kind, temperature=0.15) for name, kind in PLACES.items()}
    profiles = {
        "starter": profile("starter", 0, "starter", "starter", "starter", "auto"),
        "light": profile("light", 8, *PLACES),
    }
    made = Catalog(models=models, profiles=profiles)
    monkeypatch.setattr(guide, "our_catalog", lambda: made)
    return made


LIGHT = {
    "listen.whisper": "hear",
    "listen.turn_model": "wait",
    "reply.model": "write",
    "reply.temperature": 0.15,
    "speak.voice": "speak",
}


@pytest.mark.usefixtures("known")
def test_enter_takes_what_is_advised_and_enter_fetches_it(guided, home):
    """And what is chosen is where the models are."""
    one = guided("", "")
    assert choosing.models(one) == "light"
    assert one.progress.pending == LIGHT
    assert {path.name for path in (home / "data/assistant/models").glob("[!.]*")} == set(PLACES)
    assert "Apple M2 Max, 12 cores, 34.4 GB of memory, 500.0 GB of disk free, macOS 15.1" in one.person.saw
    assert "I advise light" in one.person.saw
    assert "licence: MIT" in one.person.saw
    assert "Fetch 0 bytes" not in one.person.saw


@pytest.mark.usefixtures("known")
def test_wrong_answers_are_asked_again(guided):
    one = guided("hevay", "l", "perhaps", "yes")
    assert choosing.models(one) == "light"
    assert "type one of starter, light, keep, or skip" in one.person.saw
    assert "type yes, no or skip" in one.person.saw


@pytest.mark.usefixtures("known")
def test_who_does_not_want_to_fetch_chooses_again(guided, hub):
    one = guided("light", "no", "starter")
    assert choosing.models(one) == "starter"
    assert hub.asked == []


@pytest.mark.usefixtures("known")
def test_skipping_chooses_nothing(guided, hub):
    one = guided("skip")
    with pytest.raises(UnfinishedError, match="left out"):
        choosing.models(one)
    assert (one.progress.pending, hub.asked) == ({}, [])


@pytest.mark.usefixtures("known")
def test_with_nobody_there_the_advice_is_taken(guided):
    one = guided(present=False)
    assert choosing.models(one) == "light"
    assert one.progress.pending == LIGHT


@pytest.mark.usefixtures("known")
def test_without_network_the_models_stay_as_they_are_and_it_is_said(guided, monkeypatch):
    monkeypatch.setattr(guide, "Hub", lambda: Hub("http://127.0.0.1:9"))
    one = guided(present=False)
    with pytest.raises(UnfinishedError, match=r"no connection .* the models stay as they are set: starter"):
        choosing.models(one)
    assert one.progress.pending == {}


@pytest.mark.usefixtures("known")
def test_models_of_ones_own_stay_unless_a_profile_is_named(guided, hub):
    one = guided("", ASSISTANT_REPLY_MODEL="/home/ann/llama.gguf")
    assert choosing.models(one) == "kept as they were"
    assert choosing.models(guided(present=False, ASSISTANT_REPLY_MODEL="/home/ann/llama.gguf")) == "kept as they were"
    assert (one.progress.pending, hub.asked) == ({}, [])


def test_what_cannot_be_had_is_refused_with_the_reason(guided, known, monkeypatch):
    tiny = Machine("old", 2, 500_000_000, 500_000_000_000, "Linux 6", "", ())
    monkeypatch.setattr(choosing, "look", lambda folder: tiny)
    one = guided("light", "")
    assert choosing.models(one) == "starter"
    assert "light cannot be had here: it needs 600 MB of memory, more than two thirds of 500 MB" in one.person.saw


@pytest.mark.usefixtures("known")
def test_new_models_have_to_be_rehearsed_anew(guided):
    one = guided("light", "")
    for step in ("microphone", "listening", "rehearsal"):
        one.finish(step, "well")
    choosing.models(one)
    assert set(one.progress.done) == {"microphone"}


def test_a_profile_whose_models_were_removed_is_not_here_any_more(guided, known):
    one = guided(present=False)
    note = choosing.models(one)
    assert choosing.still_here(one, note)
    one.store().remove(known.models["hear"])
    assert not choosing.still_here(one, note)
    assert choosing.still_here(one, "kept as they were")
