from io import StringIO

import pytest
from rich.console import Console

from assistant.latency.marks import Marks
from assistant.latency.report import waterfall

TURN = {
    "speech_end": 10.0,
    "turn_ended": 10.6,
    "transcript": 10.72,
    "prefill_done": 10.8,
    "first_token": 10.81,
    "first_clause": 10.9,
    "first_audio": 11.0,
    "first_sound": 11.012,
    "heard": 13.0,
}


def marks(**at):
    made = Marks(lambda: 0.0)
    for stage, moment in at.items():
        made.stamp(stage, moment)
    return made


def shown(of, *, width=80, terminal=False):
    file = StringIO()
    Console(file=file, width=width, no_color=True, force_terminal=terminal, color_system=None).print(waterfall(of))
    return [line.rstrip() for line in file.getvalue().splitlines()]


def test_a_turn_in_plain_ascii_where_the_output_is_piped():
    assert shown(marks(**TURN)) == [
        "turn ended        ###############################                         600 ms",
        "transcript (STT)                                 ######                   120 ms",
        "prompt read                                            ####                80 ms",
        "first token                                                #               10 ms",
        "first clause                                                ####           90 ms",
        "first audio (TTS)                                               #####     100 ms",
        "first sound                                                          #     12 ms",
        "gap 1,012 ms from the question's last sound, 600 ms of it patience",
    ]


def test_the_wait_and_the_work_beside_it_overlap():
    early = marks(speech_end=10.0, pause=10.1, transcript=10.2, turn_ended=10.3, first_audio=10.28, first_sound=10.32)
    early.count("speculation_won", 1)
    assert shown(early, width=70) == [
        "pause noticed     #############                                 100 ms",
        "turn ended                     ##########################       200 ms",
        "transcript (STT)               #############                    100 ms",
        "first audio (TTS)                           ###########          80 ms",
        "first sound                                              ###     20 ms",
        "gap 320 ms from the question's last sound, 300 ms of it patience",
    ]


def test_a_terminal_gets_blocks():
    assert "██████" in shown(marks(**TURN), terminal=True)[1]


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_no_line_is_wider_than_the_terminal_and_all_end_alike(width):
    bars = shown(marks(**TURN), width=width)[:7]
    assert {len(line) for line in bars} == {min(width, 100)}


def test_an_unmeasured_turn_says_why():
    spoiled = marks(**TURN)
    spoiled.spoil("the microphone dropped 3 frames")
    assert shown(spoiled)[-1] == "gap not measured: the microphone dropped 3 frames"


def test_a_turn_without_any_stamp_is_one_line():
    assert shown(marks()) == ["gap not measured: no answer sounded"]


def test_a_typed_question_begins_at_its_first_stamp():
    assert shown(marks(transcript=5.0, first_token=5.2))[1].endswith("200 ms")
