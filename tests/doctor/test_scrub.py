import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.doctor import scrub
from assistant.doctor.scrub import LEFT_OUT, Scrubber
from assistant.latency.entry import Entry

SAID = "the combination of my safe is nine nine two"


def test_only_the_words_of_the_program_are_left_of_a_log_line():
    """Numbers, and fields that hold names of parts; whatever else is text goes."""
    line = {"event": "engine.failed", "level": "warning", "part": "the voice", "gap_ms": 3, "ok": True, "why": SAID}
    assert scrub.log_line(line) == {
        "event": "engine.failed",
        "level": "warning",
        "part": "the voice",
        "gap_ms": 3,
        "ok": True,
    }


def test_lines_that_are_words_go_whole():
    """What log.words writes."""
    assert scrub.log_line({"event": "words.understood", "text": SAID}) is None
    assert scrub.log_line({"event": "words.said", "text": SAID}) is None


@pytest.mark.parametrize("event", [SAID, None, 7, "turn.over " + SAID, ["turn.over"]])
def test_what_is_no_events_name_is_left_out(event):
    """A line of somebody else's making."""
    assert scrub.log_line({"event": event, "level": "info"}) == {"event": LEFT_OUT, "level": "info"}


def test_words_in_lists_and_in_what_they_hold_go_too():
    """However deep."""
    kept = scrub.log_line(
        {"event": "a.b", "texts": [SAID], "more": {"n": 1, "deep": {"text": SAID}}, "l": [{"x": SAID}]}
    )
    assert SAID not in json.dumps(kept)
    assert kept["more"]["n"] == 1


def test_a_traceback_keeps_where_and_what_kind_and_not_what_was_said():
    """Not the line of code either: the message may look like one."""
    printed = f"""Traceback (most recent call last):
  File "/Users/peter/x/assistant/turn.py", line 12, in answer
    raise ValueError(text)
ValueError: {SAID}
{SAID}: and so on

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/Users/peter/venv/lib/python3.12/site-packages/piper/voice.py", line 3, in <module>
    x
assistant.errors.EngineError: The voice failed: {SAID}
"""
    assert scrub.traceback(printed) == [
        "assistant/turn.py:12 answer",
        "piper/voice.py:3 <module>",
        "ValueError",
        "EngineError",
    ]


def test_a_turn_keeps_its_times_and_not_the_names_of_models_of_ones_own():
    """A file may be called anything."""
    entry = Entry(
        datetime(2026, 11, 24, tzinfo=UTC), 0.3, None, {"heard": 2.0}, {"partials": 2}, "microphone, starter, Anna.gguf"
    )
    kept = scrub.turn(entry, ["starter"])
    assert kept["setup"] == ["microphone", "starter", LEFT_OUT]
    assert (kept["gap"], kept["at"], kept["counts"]) == (0.3, {"heard": 2.0}, {"partials": 2})


def test_a_status_keeps_numbers_states_and_parts():
    """Not devices, models and sentences."""
    found = {
        "version": "1",
        "devices": {"microphone": "Anna's AirPods", "heard_s_ago": 0.1, "permission": "granted"},
        "models": {"reply.model": "/Users/anna/x.gguf"},
        "degraded": [{"part": "the voice", "why": SAID}],
    }
    assert scrub.status(found) == {
        "version": "1",
        "devices": {"heard_s_ago": 0.1, "permission": "granted"},
        "degraded": [{"part": "the voice"}],
    }


@pytest.mark.parametrize(
    ("key", "value", "kept"),
    [
        ("listen.vad_mode", 3, 3),
        ("listen.mode", "wake", "wake"),
        ("reply.model", "mistral-small-24b", "mistral-small-24b"),
        ("reply.model", "/Users/anna/divorce/Small.gguf", ".../Small.gguf"),
        ("log.folder", Path("/Volumes/Anna/log"), ".../log"),
        ("log.folder", Path("starter"), ".../starter"),
        ("reply.system", "Call me Anna.", "(yours, 13 characters)"),
        ("listen.microphone", "Anna's AirPods", "(yours, 14 characters)"),
        ("speak.voice", "starter", "starter"),
    ],
)
def test_of_a_setting_only_what_tells_nothing_of_its_owner_is_kept(key, value, kept):
    """Numbers, choices, names of the catalog, the last part of a path, the length of a text."""
    assert scrub.setting(key, value, "starter", ["mistral-small-24b"]) == kept


def clean(text, home="/Users/peter", people=("peter", "Peter Miller", "Miller"), devices=("Anna's AirPods", "default")):
    return Scrubber(Path(home), people, devices).text(text)


def test_home_names_and_devices_are_taken_out_of_any_text():
    """As whole words, in capitals or not."""
    assert clean("/Users/peter/x, /Users/peterson, Peter's Mac") == "~/x, /Users/peterson, (name)'s Mac"
    assert clean("the microphone 'Anna's AirPods'") == "the microphone '(device)'"


def test_words_of_the_program_are_no_names():
    """A device may be called default; a name may be part of a word."""
    assert clean("the default, repeterator") == "the default, repeterator"


def test_a_computer_without_names_is_scrubbed_of_nothing():
    """In a container home may be the root of all."""
    assert Scrubber(Path("/"), ["", "x"], []).text("/usr/x is x") == "/usr/x is x"


def test_all_texts_of_a_structure_are_scrubbed():
    """And nothing else of it is changed."""
    assert Scrubber(Path("/h/p"), ["bo"], []).all({"a": ["bo", 1, None, {"b": "/h/p"}]}) == {
        "a": ["(name)", 1, None, {"b": "~"}]
    }
