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
    "listen.language": "en",
    "listen.whisper": "hear",
    "listen.turn_model": "wait",
    "reply.model": "write",
    "reply.temperature": 0.15,
    "speak.voice": "speak",
}


@pytest.mark.usefixtures("known")
def test_enter_takes_what_is_advised_and_enter_fetches_it(guided, home):
    """And what is chosen is where the models are."""
    one = guided("", "", "")
    assert choosing.models(one) == "light"
    assert one.progress.pending == LIGHT
    assert {path.name for path in (home / "data/assistant/models").glob("[!.]*")} == set(PLACES)
    assert "Apple M2 Max, 12 cores, 34.4 GB of memory, 500.0 GB of disk free, macOS 15.1" in one.person.saw
    assert "I advise light" in one.person.saw
    assert "licence: MIT" in one.person.saw
    assert "Fetch 0 bytes" not in one.person.saw


@pytest.fixture
def tongues(hub, monkeypatch, known):
    """The same, of an English profile, and with what it is made of for Germans."""
    models = {
        "hear.en": model("hear.en", hub, "whisper"),
        "hear": model("hear", hub, "whisper", language="many"),
        "sagen": model("sagen", hub, "voice", language="de"),
    }
    light = known.profiles["light"].model_copy(update={"whisper": "hear.en"})
    made = Catalog(models={**known.models, **models}, profiles={**known.profiles, "light": light})
    monkeypatch.setattr(guide, "our_catalog", lambda: made)


GERMAN = LIGHT | {"listen.language": "de", "listen.whisper": "hear", "speak.voice": "sagen"}


@pytest.mark.usefixtures("tongues")
@pytest.mark.parametrize(
    ("answers", "environ"),
    [
        (("de", "", ""), {}),
        (("", "", ""), {"LANG": "de_DE.UTF-8"}),
        (("", "", ""), {"LANG": "fr_FR.UTF-8", "ASSISTANT_LISTEN_LANGUAGE": "de"}),
        ((), {"LANG": "de_DE.UTF-8"}),
    ],
)
def test_models_are_chosen_by_the_language_that_is_answered_set_or_the_systems(guided, answers, environ):
    """The last without anybody there to answer."""
    one = guided(*answers, present=bool(answers), **environ)
    assert choosing.models(one) == "light"
    assert one.progress.pending == GERMAN
    assert choosing.still_here(one, "light")


@pytest.mark.usefixtures("tongues")
def test_a_language_is_kept_with_the_models_and_not_without_them(guided, monkeypatch):
    """Without a network the starter stays, which knows English alone."""
    monkeypatch.setattr(guide, "Hub", lambda: Hub("http://127.0.0.1:9"))
    one = guided("de", "", "")
    with pytest.raises(UnfinishedError, match="stay as they are set: starter"):
        choosing.models(one)
    assert one.progress.pending == {}


@pytest.mark.usefixtures("tongues")
def test_who_takes_the_starter_takes_its_language(guided):
    one = guided("de", "starter", ASSISTANT_LISTEN_LANGUAGE="de")
    choosing.models(one)
    assert one.progress.pending["listen.language"] == "en"
    assert "starter knows English alone" in one.person.saw


@pytest.mark.usefixtures("tongues")
def test_another_language_chosen_later_takes_its_models_and_has_them_tried_anew(guided):
    """What was chosen for English is no choice of one's own."""
    first = guided("", "", "")
    choosing.models(first)
    later = guided("de", "", "")
    later.finish("listening", "well")
    choosing.models(later)
    assert later.progress.pending == GERMAN
    assert "of your own" not in later.person.saw
    assert "listening" not in later.progress.done
    assert guided().language() == "de"


@pytest.mark.usefixtures("tongues")
def test_who_keeps_models_keeps_their_language_and_is_told(guided):
    """Nobody else knows what these understand."""
    one = guided("de", "keep")
    assert choosing.models(one) == "kept as they were"
    assert one.progress.pending == {}
    assert "listen.language stays en, too; your settings can say de" in one.person.saw


@pytest.mark.usefixtures("tongues")
def test_what_the_settings_say_of_the_language_counts_more_than_what_was_once_chosen(guided, home):
    one = guided("de", "", "")
    choosing.models(one)
    one.all_written()
    (home / "config.toml").write_text('[listen]\nlanguage = "fr"\n')
    assert guided(LANG="it_IT.UTF-8").language() == "fr"


@pytest.mark.usefixtures("tongues")
def test_english_that_was_chosen_is_not_the_systems_language_again(guided):
    choosing.models(guided("en", "", "", LANG="de_DE.UTF-8"))
    assert guided(LANG="de_DE.UTF-8").language() == "en"


@pytest.mark.usefixtures("tongues")
def test_a_language_without_a_voice_leaves_the_voice_and_says_so(guided):
    one = guided("pt", "", "")
    choosing.models(one)
    assert "speak.voice" not in one.progress.pending
    assert "No voice of the catalog speaks pt: speak.voice stays what it is" in one.person.saw


@pytest.mark.usefixtures("known")
def test_wrong_answers_are_asked_again(guided):
    one = guided("german", "EN", "hevay", "l", "perhaps", "yes")
    assert choosing.models(one) == "light"
    assert "type one of starter, light, keep, or skip" in one.person.saw
    assert "type yes, no or skip" in one.person.saw
    assert "'german' is no answer: type the code of a language, like de or fr" in one.person.saw


@pytest.mark.usefixtures("known")
def test_who_does_not_want_to_fetch_chooses_again(guided, hub):
    one = guided("", "light", "no", "starter")
    assert choosing.models(one) == "starter"
    assert hub.asked == []


@pytest.mark.usefixtures("known")
def test_skipping_chooses_nothing(guided, hub):
    one = guided("", "skip")
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
    one = guided("", "", ASSISTANT_REPLY_MODEL="/home/ann/llama.gguf")
    assert choosing.models(one) == "kept as they were"
    assert choosing.models(guided(present=False, ASSISTANT_REPLY_MODEL="/home/ann/llama.gguf")) == "kept as they were"
    assert (one.progress.pending, hub.asked) == ({}, [])


def test_what_cannot_be_had_is_refused_with_the_reason(guided, known, monkeypatch):
    tiny = Machine("old", 2, 500_000_000, 500_000_000_000, "Linux 6", "", ())
    monkeypatch.setattr(choosing, "look", lambda folder: tiny)
    one = guided("", "light", "")
    assert choosing.models(one) == "starter"
    assert "light cannot be had here: it needs 600 MB of memory, more than two thirds of 500 MB" in one.person.saw


@pytest.mark.usefixtures("known")
def test_new_models_have_to_be_rehearsed_anew(guided):
    one = guided("", "light", "")
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


@pytest.mark.parametrize("present", [True, False])
def test_models_on_a_disk_that_is_away_are_neither_offered_nor_fetched_again(guided, known, hub, home, present):
    """The step is not finished any more, and waits for the disk."""
    (home / "disk").mkdir()
    folder = {"ASSISTANT_MODELS_FOLDER": str(home / "disk/models")}
    note = choosing.models(guided(present=False, **folder))
    (home / "disk").rename(home / "unplugged")
    hub.asked.clear()
    one = guided(present=present, **folder)
    assert not choosing.still_here(one, note)
    with pytest.raises(UnfinishedError, match=r"disk that .*/disk/models is on seems to be away: plug it in"):
        choosing.models(one)
    assert (hub.asked, (home / "disk").exists()) == ([], False)
    (home / "unplugged").rename(home / "disk")
    assert choosing.still_here(one, note)
