import tomllib

import pytest

from assistant.errors import UsageError
from assistant.setup import writing
from assistant.setup.person import UnfinishedError

THEIRS = "# Ann's\n[listen]\nmode = 'push'  # a key on my keyboard\n"
WANTED = {"listen.mode": "open", "listen.microphone": "", "speak.voice": "starter", "reply.temperature": 0.15}


@pytest.fixture
def theirs(home):
    """A settings file somebody wrote; guides read it as it is."""
    file = home / "config.toml"
    file.write_text(THEIRS)
    return file


def test_what_was_chosen_is_shown_and_written_and_what_is_so_anyway_is_not(guided, theirs):
    one = guided("yes")
    one.choose(WANTED)
    assert writing.settings(one) == f"written to {theirs}"
    assert theirs.read_text() == THEIRS.replace("'push'", '"open"') + "\n[reply]\ntemperature = 0.15\n"
    assert "  -mode = 'push'  # a key on my keyboard" in one.person.told
    assert '  +mode = "open"  # a key on my keyboard' in one.person.told


def test_with_nobody_there_it_is_written_at_once(guided, theirs):
    one = guided(present=False)
    one.choose(WANTED)
    writing.settings(one)
    assert tomllib.loads(theirs.read_text())["listen"]["mode"] == "open"


def test_who_says_no_keeps_the_file_and_the_choice(guided, theirs):
    one = guided("no")
    one.choose(WANTED)
    with pytest.raises(UnfinishedError, match="stay as they are"):
        writing.settings(one)
    assert theirs.read_text() == THEIRS
    assert one.progress.pending == WANTED


def test_a_file_that_says_so_already_is_not_touched(guided, theirs):
    one = guided()
    one.choose({"listen.mode": "push"})
    assert writing.settings(one) == f"nothing to change in {theirs}"
    assert theirs.read_text() == THEIRS


def test_what_is_changed_by_hand_afterwards_counts(guided, theirs):
    """No later setup puts it back."""
    one = guided("yes")
    one.choose(WANTED)
    writing.settings(one)
    theirs.write_text(THEIRS)
    assert writing.settings(one) == f"nothing to change in {theirs}"
    assert one.config().listen.mode == "push"


def test_a_file_that_is_changed_meanwhile_is_left_alone(guided, theirs):
    one = guided("yes")
    one.choose(WANTED)
    ask = one.person.ask

    def slowly(question, read):
        theirs.write_text(THEIRS + "patience_ms = 900\n")
        return ask(question, read)

    one.person.ask = slowly
    with pytest.raises(UnfinishedError, match="changed by somebody else"):
        writing.settings(one)
    assert theirs.read_text() == THEIRS + "patience_ms = 900\n"


def test_lines_end_as_they_did(guided, theirs):
    theirs.write_bytes(THEIRS.replace("\n", "\r\n").encode())
    one = guided("yes")
    one.choose({"listen.mode": "open"})
    writing.settings(one)
    assert theirs.read_bytes() == THEIRS.replace("'push'", '"open"').replace("\n", "\r\n").encode()


def test_a_variable_that_overrules_the_file_is_named(guided, theirs):
    one = guided("yes", ASSISTANT_LISTEN_MODE="wake")
    one.choose({"listen.mode": "open"})
    writing.settings(one)
    assert "ASSISTANT_LISTEN_MODE in your environment decides listen.mode, whatever config.toml says" in one.person.told


def test_a_file_that_cannot_be_read_is_one_sentence(guided, theirs, monkeypatch):
    def refused(*_, **__):
        raise PermissionError(13, "Permission denied")

    one = guided()
    one.choose(WANTED)
    monkeypatch.setattr(writing.Path, "read_bytes", refused)
    with pytest.raises(UsageError, match="cannot be read: Permission denied"):
        writing._text(theirs)
