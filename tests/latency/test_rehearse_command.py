import json
import os
from datetime import UTC, datetime

import numpy as np
import pytest

from assistant.commands import rehearse as command
from assistant.errors import AssistantError
from assistant.flow import Transcript
from assistant.latency.chirp import Loopback, Spread
from assistant.latency.compare import Comparison
from assistant.latency.marks import Marks
from assistant.latency.rehearsal import Rehearsal, Wanted
from assistant.latency.script import Asked, Question, Script
from assistant.service.lock import only_one
from assistant.settings import Config
from tests.test_cli import QUESTION, assistant

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("option", ["--devices", "--loopback"])
def test_no_question_is_asked_aloud_where_another_assistant_would_answer_it(tmp_path, option):
    with only_one(tmp_path):
        code, out, err = assistant("rehearse", option, ASSISTANT_SERVICE_FOLDER=str(tmp_path))
    assert (code, out) == (2, "")
    assert f"process {os.getpid()} would hear" in err


def asked(*gaps, understood="what time is it", words="What time is it?"):
    made = Asked(Question("What time is it?", np.zeros(1, np.int16), 16_000, words), understood=[understood])
    for gap in gaps:
        made.turns.append((NOW, {"gap": gap, "unmeasured": None if gap else "an engine failed", "at": {}}))
    return made


def test_a_question_is_one_line_with_its_gap():
    assert command._line(3, 20, asked(0.3124)) == "  3 of 20    312 ms  What time is it?"
    assert command._line(0, 20, asked(1.25)) == "  warm-up  1,250 ms  What time is it?"


def test_what_was_misheard_and_why_a_turn_was_not_measured_stand_behind_it():
    line = command._line(3, 20, asked(None, understood="what dime is it"))
    assert line == "  3 of 20     -      What time is it?; an engine failed; understood: what dime is it"


def test_of_a_recording_whose_words_nobody_knows_none_are_called_wrong():
    assert "understood" not in command._line(1, 2, asked(0.3, words=None))


def comparison(before, now, turns=100, differences=()):
    return Comparison(before, now, turns, differences)


def test_a_p95_that_has_grown_too_much_is_an_error_with_both_numbers(capsys):
    with pytest.raises(AssistantError) as raised:
        command._judge(comparison(0.4, 0.5), "old.json", 0.2)
    assert raised.value.exit_code == 1
    for fragment in ("500 ms", "was 400 ms in old.json", "25% more", "20% more is allowed"):
        assert fragment in str(raised.value)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("now", "told"), [(0.48, "20% more"), (0.4, "0% less"), (0.3, "25% less")])
def test_a_p95_within_what_is_allowed_is_a_line(capsys, now, told):
    command._judge(comparison(0.4, now), "old.json", 0.2)
    assert told in capsys.readouterr().out


def test_few_turns_and_unlike_circumstances_are_told_with_it(capsys):
    command._judge(comparison(0.4, 0.4, turns=20, differences=["pace: nothing then, m2-max now"]), "old.json", 0.2)
    out = capsys.readouterr().out
    assert "not alike: pace: nothing then, m2-max now" in out
    assert "p95 of 20 turns may hang on one of them: believe it from 59 turns on (-n 59)." in out


def shown(capsys, **wanted):
    rehearsal = Rehearsal(Wanted(**wanted), Config())
    rehearsal.loopback = Loopback(8, 7, 21.3, Spread(0.121, 0.118, 0.126), Spread(0.003, 0.002, 0.004))
    rehearsal.script = Script([Question("What time is it?", np.zeros(1, np.int16), 16_000, "What time is it?")], 1)
    for second in range(2 * 2):
        rehearsal.script.next(float(second), quiet=True)
    marks = Marks(lambda: 0.0)
    marks.stamp("speech_end", 1.0)
    marks.stamp("first_sound", 1.3)
    rehearsal.script.told(Transcript("what time is it"), NOW)
    rehearsal.script.told(marks, NOW)
    command._show(rehearsal, None)
    return capsys.readouterr().out


def test_the_way_through_the_devices_stands_beside_the_gap(capsys):
    out = shown(capsys)
    assert "from loudspeaker to microphone: 121 ms (118 to 126); 7 of 8 chirps came back, 21 dB" in out
    assert "left out by the devices' own times: 3 ms (2 to 4)" in out
    assert "understood to the word: 1 of 1" in out


def test_the_usual_turn_is_drawn_without_any_library_for_pictures(capsys):
    out = shown(capsys)
    drawn = out[out.index("a usual turn") :].splitlines()
    assert drawn[1].startswith("first sound")
    assert "####" in drawn[1]
    assert drawn[2] == "gap 300 ms"


@pytest.mark.parametrize(("load", "told"), [(0.1, False), (9_999.0, True)])
def test_a_computer_that_was_busy_is_told(capsys, load, told):
    command._show(Rehearsal(Wanted(), Config(), load=load, holes=3 * told), None)
    out = capsys.readouterr().out
    assert ("This computer was busy" in out) is told
    assert ("holes in the sound: 3 blocks came too late" in out) is told


def test_a_gap_from_files_lacks_the_whole_way_and_one_over_devices_only_what_they_leave_out(capsys):
    assert "300 + 121 = 421 ms" in shown(capsys)
    assert "300 + 3 = 303 ms" in shown(capsys, devices=True)


def test_what_cannot_be_compared_drawn_or_written_is_said_before_anything_is_asked(tmp_path):
    for arguments, fragment in (
        (["--compare", tmp_path / "none.json"], "none.json cannot be read"),
        (["--plot", tmp_path / "picture.bmp"], "should end in"),
        (["--json", tmp_path / "no" / "new.json"], "new.json cannot be written"),
        ([tmp_path / "none.wav"], "does not exist"),
    ):
        code, out, err = assistant("rehearse", *arguments)
        assert code == 2
        assert fragment in " ".join(err.split())
        assert "loading" not in out


def test_its_help_shows_an_example():
    code, out, _ = assistant("rehearse", "--help")
    assert code == 0
    assert "Example: assistant rehearse" in out


def test_nothing_to_ask_and_nothing_to_measure_is_a_usage_error():
    code, _, err = assistant("rehearse", QUESTION, "-n", "0")
    assert code == 2
    assert "--loopback alone" in " ".join(err.split())


def test_the_earlier_file_is_not_lost_when_it_is_also_the_new_one_and_nothing_comes_of_it(tmp_path):
    old = tmp_path / "old.json"
    old.write_text(text := json.dumps({"version": 1, "about": {}, "turns": [{"gap": 0.3}]}))
    code, _, err = assistant("rehearse", "--compare", old, "--json", old, tmp_path / "none.wav")
    assert code == 2
    assert "none.wav" in err.replace("\n", "")
    assert old.read_text() == text
