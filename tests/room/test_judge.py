"""What the room's recording says of the gap against what the program's own marks say of it."""

import signal
import statistics
import subprocess
import time
from pathlib import Path

import pytest

from scripts import gap_room
from scripts.judge import judge, read
from scripts.virtual_room import RECORDINGS, play

pytestmark = [pytest.mark.room, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
QUESTIONS = ("hello", "question", "hello")
AGREES = 0.030
"""seconds: devices' times and the recording's may differ by a block of each"""
BLOCKED = 0.3


@pytest.fixture(scope="module")
def shopping(tmp_path_factory):
    """A shopping list of nobody's."""
    return "--set", f"reply.shopping_list={tmp_path_factory.mktemp('list') / 'list.txt'}"


@pytest.fixture(scope="module")
def usual(room, shopping):
    """Turns with nothing in their way."""
    return measured(room, *shopping)


def measured(room, *arguments):
    """The turns that have a gap by both; a computer too busy for sound gives none, which says nothing.

    Three, so that one that is off decides nothing.
    """
    turns = gap_room.turns(room, QUESTIONS, *arguments)
    good = [turn for turn in turns if turn.gap is not None and turn.said_gap is not None]
    if len(good) < len(turns) and any(turn.starved for turn in turns):
        pytest.skip("too busy for sound in real time: not all questions were understood and answered")
    assert len(good) == len(QUESTIONS), turns
    return good


def middle(gaps):
    return statistics.median(list(gaps))


@pytest.mark.parametrize(("starved", "ends"), [(True, pytest.skip.Exception), (False, AssertionError)])
def test_nothing_but_a_busy_computer_excuses_turns_that_are_missing(monkeypatch, starved, ends):
    """A program that answers nothing, or marks without a gap."""
    lost = gap_room.Turn("hello", gap_room.Asked(0.0, 1.0, 0.3, ""), {}, starved)
    monkeypatch.setattr(gap_room, "turns", lambda *_: [lost] * len(QUESTIONS))
    with pytest.raises(ends):
        measured({})


def test_the_marks_say_what_the_room_hears(usual):
    """The devices' own times are in the marks, so the ways in and out of the room are, too: nothing is added to fit."""
    assert middle(abs(turn.gap - turn.said_gap) for turn in usual) < AGREES


def test_a_loop_that_stands_still_shows_inside_and_outside(room, shopping, usual):
    """0.3 s just before the first sound is handed over: no decision is late, but the answer is, and both say so."""
    blocked = measured(room, "--block", str(BLOCKED), *shopping)
    assert middle(abs(turn.gap - turn.said_gap) for turn in blocked) < AGREES
    for side in ("gap", "said_gap"):
        grown = middle(getattr(turn, side) for turn in blocked) - middle(getattr(turn, side) for turn in usual)
        assert grown > BLOCKED - 0.1


def test_a_recording_of_the_room_holds_both_sides_on_one_clock(room, tmp_path):
    """A person and the loudspeaker a second later; what it is told by and ended is a Ctrl-C's signal."""
    path, folder = tmp_path / "both.wav", room["PULSE_SERVER"].removeprefix("unix:").removesuffix("/socket")
    with subprocess.Popen([ROOT / "scripts/room", "record", path, folder], env=room) as recorder:
        deadline = time.monotonic() + 10
        while not (path.exists() and path.stat().st_size > 1000) and time.monotonic() < deadline:
            time.sleep(0.01)  # a real device starts in real time
        play(room, RECORDINGS / "question.wav")
        subprocess.run(["paplay", "--device=loudspeaker", RECORDINGS / "yes.wav"], env=room, check=True, timeout=30)
        time.sleep(0.5)  # what was played is still on its way
        recorder.send_signal(signal.SIGINT)
        assert recorder.wait(10) == 0
    (asked,) = judge(*read(path))
    # What is said lasts 1.6 s of the file, and at least 1 s of silence follows in it.
    assert asked.ends - asked.begins == pytest.approx(1.62, abs=0.05)
    assert asked.gap is not None
    assert asked.gap > 1.0
