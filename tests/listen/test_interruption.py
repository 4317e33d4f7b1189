import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.listen.interruption import BACK_CHANNEL, DECIDE_AFTER, NO_WORDS_AFTER, STOP, Verdict, verdict

BACK_CHANNELS = [word for words in BACK_CHANNEL.values() for word in words.split()]


@pytest.mark.parametrize("text", ["Mm-hm.", "okay", "Yeah, yeah.", "uh huh", "I see", "right"])
def test_a_back_channel_is_no_interruption_however_it_is_written(text):
    """But it may be the beginning of one, until it is over."""
    assert verdict(text, 0.5, over=True) is Verdict.GO_ON
    assert verdict(text, 0.5, over=False) is Verdict.WAIT


@pytest.mark.parametrize("text", ["Stop!", "wait", "Never mind.", "Hold on", "be quiet", "stop talking"])
def test_a_word_that_stops_silences_at_once_and_is_known_for_what_it_is_at_its_end(text):
    assert verdict(text, 0.5, over=False) is Verdict.YIELD
    assert verdict(text, 0.5, over=True) is Verdict.STOP


@pytest.mark.parametrize("text", ["stop the timer", "okay what about tomorrow", "wait a timer for five", "no", "what"])
def test_anything_else_takes_the_floor(text):
    assert verdict(text, 0.5, over=True) is Verdict.YIELD


def test_a_cough_is_nothing_and_a_long_shout_without_words_is_somebody():
    assert verdict("", DECIDE_AFTER, over=False) is Verdict.WAIT
    assert verdict("", 0.3, over=True) is Verdict.GO_ON
    assert verdict("", NO_WORDS_AFTER, over=False) is Verdict.YIELD
    assert verdict("", NO_WORDS_AFTER, over=False, sure=False) is Verdict.WAIT


def test_one_word_is_not_enough_while_it_might_be_what_is_left_of_our_own_voice():
    assert verdict("tomorrow", 0.5, over=False, sure=False) is Verdict.WAIT
    assert verdict("what about tomorrow", 0.5, over=False, sure=False) is Verdict.YIELD
    assert verdict("tomorrow", 0.5, over=True, sure=False) is Verdict.GO_ON


@pytest.mark.parametrize(
    ("language", "stop", "nod"),
    [
        ("de", "Halt!", "genau"),
        ("fr", "attends", "oui"),
        ("fr", "Ça suffit.", "Voilà."),
        ("fr", "Arrête !", "Bien sûr."),
        ("es", "¡Cállate!", "Sí, sí."),
        ("it", "Zitto!", "Sì."),
        ("en", "That’s enough.", "I see."),
        ("xx", "stop", "okay"),
    ],
)
def test_other_languages_have_their_own_words_and_unknown_ones_the_english_nods_and_stop(language, stop, nod):
    assert verdict(stop, 0.5, over=True, language=language) is Verdict.STOP
    assert verdict(nod, 0.5, over=True, language=language) is Verdict.GO_ON


def test_nothing_is_both_a_stop_and_a_back_channel():
    assert not {stop for stops in STOP.values() for stop in stops.split("|")} & set(BACK_CHANNELS)


def test_a_word_or_two_that_the_recogniser_itself_doubts_are_a_cough_and_more_are_not():
    """A cough was understood as "could", at -0.92."""
    assert verdict("could", 0.3, over=True, confidence=-0.92) is Verdict.GO_ON
    assert verdict("could", 0.5, over=False, confidence=-0.92) is Verdict.WAIT
    assert verdict("could", 0.3, over=True, confidence=-0.3) is Verdict.YIELD
    assert verdict("could you add milk", 0.9, over=True, confidence=-0.92) is Verdict.YIELD


@given(st.one_of(st.text(), st.sampled_from(BACK_CHANNELS)), st.floats(0, 30), st.booleans(), st.booleans())
def test_what_is_over_is_always_decided_and_what_is_not_never_stops_for_good(text, seconds, over, sure):
    judged = verdict(text, seconds, over=over, sure=sure)
    if over:
        assert judged is not Verdict.WAIT
    if not over:
        assert judged in (Verdict.WAIT, Verdict.YIELD)


def test_while_echo_control_is_not_sure_neither_one_word_nor_doubtful_ones_are_a_request_but_stop_is_stop():
    """What is left of our own voice then makes "hello" and "what"."""
    assert verdict("hello", 1.0, over=True, sure=False) is Verdict.GO_ON
    assert verdict("hello", 1.0, over=True, sure=True) is Verdict.YIELD
    assert verdict("how are you", 1.0, over=True, sure=False, confidence=-1.0) is Verdict.GO_ON
    assert verdict("how are you", 1.0, over=True, sure=False, confidence=-0.3) is Verdict.YIELD
    assert verdict("stop", 1.0, over=True, sure=False) is Verdict.STOP
