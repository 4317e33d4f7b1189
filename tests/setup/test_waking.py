import os

import pytest

from assistant.errors import DeviceError, UsageError
from assistant.service.lock import only_one
from assistant.setup import live, waking
from assistant.setup.person import UnfinishedError

KNOWN = {"hey jarvis", "alexa"}


@pytest.fixture
def ears(monkeypatch):
    """Wake words that are known by name alone, and a microphone; what is heard, one after another."""

    class Ears:
        microphone = True
        heard = ("hey jarvis",)
        missing = False

        @classmethod
        def load(cls, words, *, sensitivity):
            if Ears.missing:
                raise UsageError("Wake words need packages that are not there: type `make wake`.")
            if not words or set(words) - KNOWN:
                raise UsageError(f"There is no wake word {words}: type one of alexa, hey jarvis.")
            return words

    async def wake_word(source, words, show):
        now, *Ears.heard = Ears.heard
        if isinstance(now, Exception):
            raise now
        return now

    monkeypatch.setattr(waking, "WakeWords", Ears)
    monkeypatch.setattr(waking, "Microphone", lambda setting, headset: setting)
    monkeypatch.setattr(waking, "has", lambda direction, name: Ears.microphone)
    monkeypatch.setattr(live, "wake_word", wake_word)
    return Ears


def test_enter_leaves_it_as_it_is(guided, ears):
    one = guided("")
    assert waking.waking(one).startswith("always")
    assert one.progress.pending == {"listen.mode": "open"}


@pytest.mark.parametrize(("language", "told"), [("de", True), ("en", False)])
def test_who_speaks_another_language_is_told_that_wake_words_are_english(guided, ears, language, told):
    one = guided("", ASSISTANT_LISTEN_LANGUAGE=language)
    waking.waking(one)
    assert ("wake words are English phrases" in one.person.saw) is told


def test_a_wake_word_is_tried_before_it_is_kept(guided, ears):
    one = guided("1", "", "")
    assert waking.waking(one) == "after hey jarvis"
    assert one.progress.pending == {"listen.mode": "wake", "listen.wake_words": "hey jarvis"}
    assert "I heard hey jarvis." in one.person.saw


def test_a_word_that_nobody_knows_is_asked_for_again(guided, ears):
    ears.heard = ("alexa",)
    one = guided("1", "hey ann", " , ", "alexa", "")
    waking.waking(one)
    assert one.progress.pending["listen.wake_words"] == "alexa"
    assert one.person.saw.count("There is no wake word") == 2


def test_a_word_that_was_not_heard_is_said_again_or_changed(guided, ears):
    ears.heard = (None, DeviceError("The microphone stopped giving sound."), "alexa")
    one = guided("1", "", "", "", "other", "1", "alexa", "keep")
    waking.waking(one)
    assert one.progress.pending["listen.wake_words"] == "alexa"
    assert "I did not hear it." in one.person.saw
    assert "stopped giving sound" in one.person.saw


def test_a_word_may_be_kept_although_it_was_not_heard(guided, ears):
    ears.heard = (None,)
    assert waking.waking(guided("1", "", "keep")) == "after hey jarvis"


def test_without_a_microphone_it_is_kept_untried(guided, ears):
    ears.microphone, ears.heard = False, ()
    assert waking.waking(guided("1", "alexa")) == "after alexa"


def test_beside_an_assistant_that_would_answer_it_is_kept_untried(guided, ears):
    one = guided("1", "")
    with only_one(one.config().service.folder):
        assert waking.waking(one) == "after hey jarvis"
    assert ears.heard == ("hey jarvis",)
    assert f"process {os.getpid()} would hear it" in one.person.saw


def test_without_the_libraries_it_is_said_what_to_type_and_another_way_is_chosen(guided, ears):
    ears.missing = True
    one = guided("1", "2")
    assert "key" in waking.waking(one)
    assert one.progress.pending == {"listen.mode": "push"}
    assert "make wake" in one.person.saw


def test_a_word_in_the_settings_that_is_none_is_told_and_the_usual_one_offered(guided, ears):
    one = guided("", "", "", ASSISTANT_LISTEN_MODE="wake", ASSISTANT_LISTEN_WAKE_WORDS="hey ann")
    assert waking.waking(one) == "after hey jarvis"
    assert "There is no wake word ['hey ann']" in one.person.saw


def test_with_nobody_there_it_stays_as_it_is(guided, ears):
    one = guided(present=False, ASSISTANT_LISTEN_MODE="push")
    waking.waking(one)
    assert one.progress.pending == {"listen.mode": "push"}


def test_it_can_be_left_out(guided, ears):
    one = guided("1", "skip")
    with pytest.raises(UnfinishedError):
        waking.waking(one)
    assert one.progress.pending == {}
