import json
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from assistant.errors import SoundFileError, UsageError
from assistant.flow import Transcript
from assistant.latency import rehearse as rehearsing
from assistant.latency.chirp import Loopback, Spread
from assistant.latency.machine import machine, processor
from assistant.latency.marks import Marks
from assistant.latency.rehearsal import Rehearsal, Wanted
from assistant.latency.rehearse import QUESTIONS, aside, rehearse, said_by
from assistant.latency.script import Question, Script
from assistant.settings import Config
from tests.fakes import VOICE_RATE, FakeVoice
from tests.virtual_time import run

SECRET = "the answer nobody shall read"


def config(**sections):
    return Config.model_validate(sections)


def test_over_the_devices_the_microphone_is_heard_that_talks_with_people(monkeypatch):
    """A headset's only where it is wanted: else another one than in a conversation would be measured."""
    opened = []

    class Mouth:
        rate, underflows, played = 48_000, 0, None

        def put(self, samples):
            pass

    def microphone(name, *, headset):
        opened.append((name, headset))
        return SimpleNamespace(overflows=0)

    monkeypatch.setattr(rehearsing, "Microphone", microphone)
    monkeypatch.setattr(rehearsing, "open_speaker", lambda _: nullcontext(Mouth()))
    monkeypatch.setattr(rehearsing, "EchoCanceller", lambda _: None)
    listen = {"microphone": "pods", "headset_microphone": True}
    with rehearsing._devices(Rehearsal(Wanted(devices=True), config(listen=listen))):
        assert opened == [("pods", True)]


def half_done(**wanted):
    """A rehearsal that was broken off behind its first question, which was misheard."""
    made = Rehearsal(Wanted(**wanted), config(listen={"microphone": "Ann's AirPods", "whisper": "/home/ann/small.en"}))
    made.script = Script([Question("q.wav", np.ones(10, np.int16), 16_000, "hello")], 3)
    now = 0.0
    while made.script.number < 2:
        made.script.next(now, quiet=True)
        now += 0.1
        if made.script.number == 1 and not made.script.last.turns:
            marks = Marks(lambda: 5.0)
            marks.stamp("speech_end", 4.0)
            marks.stamp("first_sound", 4.25)
            made.script.told(Transcript(SECRET), datetime.now(UTC))
            made.script.told(marks, datetime.now(UTC))
    return made


def test_the_file_holds_every_turn_with_its_question_and_what_they_have_in_common():
    made = json.loads(json.dumps(half_done().as_json()))
    assert made["complete"] is False
    (turn,) = made["turns"]
    assert (turn["question"], turn["gap"], turn["as_said"]) == ("q.wav", 0.25, False)
    assert made["summary"]["gap_ms"]["p50"] == 250.0
    assert made["loopback"] is None


def test_the_file_tells_neither_what_was_understood_nor_whose_computer_it_is():
    text = json.dumps(half_done(files=(Path("/home/ann/q.wav"),)).as_json())
    for secret in (SECRET, "ann", "Ann", "AirPods", "/home"):
        assert secret not in text
    assert "small.en" in text


def test_the_file_holds_every_number_switch_and_choice():
    settings = Rehearsal(Wanted(), config(listen={"patience_ms": 700}, engine={"pace": "m2-max"})).about["settings"]
    assert settings["listen"]["patience_ms"] == 700
    assert settings["listen"]["mode"] == "open"
    assert settings["listen"]["barge_in"] is True
    assert settings["engine"]["pace"] == "m2-max"
    assert "system" not in settings["reply"]


def test_a_rehearsal_that_never_began_is_json_too():
    made = json.loads(json.dumps(Rehearsal(Wanted(), config()).as_json()))
    assert (made["turns"], made["summary"]) == ([], None)


def test_a_loopback_is_told_in_ms():
    made = Rehearsal(Wanted(), config())
    made.loopback = Loopback(8, 7, 23.456, Spread(0.12, 0.11, 0.13), Spread(0.002, 0.001, 0.004))
    assert made.as_json()["loopback"] == {
        "chirps": 8,
        "heard": 7,
        "clear_db": 23.5,
        "whole_ms": {"median": 120.0, "lowest": 110.0, "highest": 130.0},
        "unstated_ms": {"median": 2.0, "lowest": 1.0, "highest": 4.0},
    }


def test_what_a_rehearsal_writes_goes_aside_and_it_need_not_be_woken(tmp_path):
    pauses = tmp_path / "mine.json"
    pauses.write_text("[0.3]")
    mine = config(listen={"mode": "wake", "pauses": pauses, "echo_control": False}, reply={"context": 8192})
    (tmp_path / "aside").mkdir()
    made = aside(mine, tmp_path / "aside")
    assert made.listen.mode == "open"
    assert made.listen.echo_control
    assert made.listen.pauses.read_text() == "[0.3]"
    assert {made.listen.pauses.parent, made.reply.shopping_list.parent} == {tmp_path / "aside"}
    assert made.reply.context == 8192


def test_without_learned_pauses_there_is_nothing_to_copy(tmp_path):
    assert not aside(config(listen={"pauses": tmp_path / "none.json"}), tmp_path).listen.pauses.exists()


def test_the_voice_says_the_questions_at_the_rate_that_is_wanted():
    questions = run(said_by(FakeVoice(), ["one two", "three"], VOICE_RATE // 2))
    assert [(one.name, one.words, one.rate) for one in questions] == [
        ("one two", "one two", VOICE_RATE // 2),
        ("three", "three", VOICE_RATE // 2),
    ]
    assert [one.seconds for one in questions] == pytest.approx([0.2, 0.1], abs=0.01)


def attempt(wanted, settings=None):
    notes = []
    run(rehearse(Rehearsal(wanted, settings or config()), notes.append, lambda *_: None))
    return notes


def test_what_is_wrong_is_said_before_a_model_is_loaded(tmp_path):
    with pytest.raises(SoundFileError, match="does not exist"):
        attempt(Wanted(files=[tmp_path / "none.wav"]))
    with pytest.raises(UsageError, match="built-in questions are English"):
        attempt(Wanted(), config(listen={"language": "de"}))
    with pytest.raises(UsageError, match="-n 0 asks nothing"):
        attempt(Wanted(count=0))


def test_the_built_in_questions_differ():
    assert len({text.lower() for text in QUESTIONS}) == len(QUESTIONS) == 10


def test_a_processor_is_named_as_the_system_names_it(tmp_path):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nmodel name\t: Some  Chip 9000\n\nprocessor\t: 1\nmodel name\t: Some Chip\n")
    assert processor("linux", cpuinfo) == "Some Chip 9000"


def test_where_nobody_names_the_processor_there_is_no_name(tmp_path):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("Hardware\t: board\n")
    assert processor("linux", cpuinfo) is None
    assert processor("linux", tmp_path / "none") is None
    assert machine()["processor"]
