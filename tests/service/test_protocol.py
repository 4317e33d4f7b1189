import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import UsageError
from assistant.service.protocol import (
    LONGEST_LINE,
    LONGEST_TEXT,
    Request,
    Verb,
    done_line,
    event_line,
    parse,
    refused_line,
    request_line,
)

ids = st.none() | st.text(max_size=64).filter(lambda text: text.isascii()) | st.integers(-(2**62), 2**62)
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=LONGEST_TEXT).filter(str.strip)


@given(st.sampled_from(Verb), texts, ids)
def test_a_request_that_was_sent_is_the_one_that_arrives(verb, text, name):
    """Also the longest text, in letters of four bytes or with escapes: it fits the line."""
    request = Request(verb, text if verb is Verb.SAY else "", name)
    line = request_line(request)
    assert len(line) <= LONGEST_LINE
    assert line.count(b"\n") == 1
    assert parse(line) == request


@pytest.mark.parametrize("letter", ["a", "\x00", "é", "語"])
def test_the_longest_text_fits_the_longest_line(letter):
    """In letters of one unit of UTF-16; those of two are twelve bytes each, and only half as many fit."""
    assert parse(request_line(Request(Verb.SAY, "x" + letter * (LONGEST_TEXT - 1)))).text.endswith(letter)


WRONG = {
    b"": "one line of JSON",
    b"\xff\xfe\n": "one line of JSON",
    b"status\n": "one line of JSON",
    b"[" * 16_000: "one line of JSON",
    b"1" * 16_000: "one line of JSON",
    b"[]": "is a JSON object",
    b"null": "is a JSON object",
    b"{}": "version 1",
    b'{"v": 2, "do": "status"}': "version 1",
    b'{"v": true, "do": "status"}': "version 1",
    b'{"v": 1.0, "do": "status"}': "version 1",
    b'{"v": 1}': "one of status, listen",
    b'{"v": 1, "do": "rm -rf /"}': "one of status, listen",
    b'{"v": 1, "do": ["status"]}': "one of status, listen",
    b'{"v": 1, "do": "STATUS"}': "one of status, listen",
    b'{"v": 1, "do": "status", "shell": "ls"}': "no 'shell'",
    b'{"v": 1, "do": "status", "text": "hi"}': "no text with status",
    b'{"v": 1, "do": "say"}': "nothing to say",
    b'{"v": 1, "do": "say", "text": "  "}': "nothing to say",
    b'{"v": 1, "do": "say", "text": 7}': "nothing to say",
    b'{"v": 1, "do": "say", "text": "\\ud800"}': "no valid Unicode",
    b'{"v": 1, "do": "say", "text": "' + b"a" * 2001 + b'"}': "2000 characters",
    b'{"v": 1, "do": "status", "id": {}}': "id is",
    b'{"v": 1, "do": "status", "id": true}': "id is",
    b'{"v": 1, "do": "status", "id": 1e300}': "id is",
    b'{"v": 1, "do": "status", "id": 99999999999999999999}': "id is",
    b'{"v": 1, "do": "status", "id": "' + b"a" * 65 + b'"}': "id is",
    b" " * LONGEST_LINE + b"{}": "bytes",
}


@pytest.mark.parametrize("line", WRONG)
def test_what_is_no_request_is_refused_with_a_sentence_that_says_why(line):
    with pytest.raises(UsageError, match=WRONG[line]) as refusal:
        parse(line)
    assert len(str(refusal.value)) < 200


messages = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["v", "do", "text", "id", "x"]), inner),
    max_leaves=8,
)


@given(st.binary(max_size=200) | messages.map(lambda message: json.dumps(message).encode()))
def test_nothing_that_comes_in_raises_anything_else(line):
    try:
        assert isinstance(parse(line).do, Verb)
    except UsageError as refusal:
        json.loads(refused_line(str(refusal)))


def test_replies_and_events_are_lines_that_name_the_version():
    request = Request(Verb.SAY, "hi", "7")
    assert json.loads(done_line(request, {"a": 1})) == {"v": 1, "id": "7", "ok": True, "a": 1}
    assert json.loads(refused_line("No.", request)) == {"v": 1, "id": "7", "ok": False, "error": "No."}
    assert json.loads(event_line("state", {"state": "asleep"})) == {"v": 1, "event": "state", "state": "asleep"}
    assert event_line("words", {"text": "a\n\u2028\ud800"}).count(b"\n") == 1
