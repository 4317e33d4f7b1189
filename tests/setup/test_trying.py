import pytest

from assistant.errors import DeviceError
from assistant.latency.rehearse import QUESTIONS
from assistant.settings import Config
from assistant.setup import trying
from assistant.setup.person import UnfinishedError


@pytest.fixture
def heard(monkeypatch):
    """A microphone, and what is understood, one sentence after another."""
    sentences = []

    async def understood(config, tell, show):
        return sentences.pop(0)

    monkeypatch.setattr(trying, "require", lambda direction, name: None)
    monkeypatch.setattr(trying, "_understood", understood)
    return sentences


def test_what_was_understood_is_shown_and_kept_nowhere(guided, heard, home):
    heard.append("my secret")
    one = guided("", "")
    one.finish("listening", trying.listening(one))
    assert "I understood: my secret" in one.person.told
    assert "secret" not in (home / "setup.json").read_text()


def test_what_was_misunderstood_is_said_again(guided, heard):
    heard += ["six", "what is the capital of france"]
    one = guided("", "no", "yes")
    trying.listening(one)
    assert heard == []


def test_where_nothing_is_understood_one_may_try_again_or_stop(guided, heard):
    heard += ["", "", "never heard"]
    with pytest.raises(UnfinishedError, match="No sentence was understood"):
        trying.listening(guided("", "yes", "no"))
    assert heard == ["never heard"]


def test_who_is_not_ready_leaves_it_out(guided, heard):
    with pytest.raises(UnfinishedError, match="left out"):
        trying.listening(guided("no"))
    with pytest.raises(UnfinishedError, match="Somebody has to say"):
        trying.listening(guided(present=False))


def test_without_a_microphone_nothing_is_asked(guided, monkeypatch):
    def none(direction, name):
        raise DeviceError("There is no microphone on this computer.")

    monkeypatch.setattr(trying, "require", none)
    with pytest.raises(DeviceError):
        trying.listening(guided())


def test_nobody_who_speaks_german_is_given_an_english_sentence_to_say(guided, heard):
    heard += ["wie spät ist es", "what time is it"]
    german, english = guided("", "", ASSISTANT_LISTEN_LANGUAGE="de"), guided("", "")
    trying.listening(german)
    trying.listening(english)
    assert "Ready to say a sentence in your language (de) (I listen" in german.person.questions[0]
    assert QUESTIONS[1] in english.person.questions[0]


def test_the_english_questions_of_a_rehearsal_are_not_asked_in_german(guided):
    """The step is done, or each setup would come back to what it cannot do."""
    one = guided(ASSISTANT_LISTEN_LANGUAGE="de")
    assert "`assistant rehearse` with recordings of your own" in trying.rehearsal(one)
    assert one.person.questions == []


def test_a_rehearsal_is_asked_for(guided):
    with pytest.raises(UnfinishedError, match="left out"):
        trying.rehearsal(guided("no"))


def test_a_rehearsal_without_an_answer_is_not_finished_and_one_that_is_broken_off_is_ctrl_c(guided, monkeypatch):
    def run(coroutine):
        coroutine.close()
        return next(ends)

    ends = iter([True, False])
    monkeypatch.setattr(trying.daemon, "run", run)
    with pytest.raises(UnfinishedError, match="No answer could be measured"):
        trying.rehearsal(guided(""))
    with pytest.raises(KeyboardInterrupt):
        trying.rehearsal(guided(""))


def test_a_gap_that_is_too_long_is_told_with_what_helps():
    config = Config()
    assert "slow" not in trying.judged(config.latency.target_ms, config)
    slow = trying.judged(config.latency.target_ms + 1, config)
    assert "a smaller profile" in slow
    assert "assistant explain latency" in slow
