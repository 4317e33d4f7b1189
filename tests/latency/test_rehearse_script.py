from datetime import UTC, datetime

import numpy as np
import pytest

from assistant.flow import Transcript
from assistant.latency.marks import Marks
from assistant.latency.script import NO_TURN, NOT_HEARD, REST, Question, Script, entries

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
RATE = 16_000


def question(name, seconds=2.0, words=None):
    return Question(name, np.ones(round(seconds * RATE), np.int16), RATE, words)


def marks(**at):
    made = Marks(lambda: 0.0)
    for stage, moment in at.items():
        made.stamp(stage, moment)
    return made


ANSWERED = {"speech_end": 1.0, "turn_ended": 1.2, "first_sound": 1.3}


def play(script, *, answer=lambda _script, _asked: None, until=1000.0):
    """Let time pass, frame by frame, quiet but while a question sounds and 3 s behind it; give what was asked, when.

    *answer* is called where an answer ends.
    """
    asked, busy_until, now = [], 0.0, 0.0
    while not script.over and now < until:
        due = script.next(now, quiet=now >= busy_until)
        if due is not None:
            asked.append((round(now, 2), due.name))
            busy_until = now + due.seconds + 3
        elif asked and abs(now - busy_until) < 0.005:
            answer(script, asked)
        now += 0.01
    return asked


def names(asked):
    return [name for _, name in asked]


def test_the_first_question_comes_when_it_has_been_quiet_for_a_while():
    script = Script([question("a")], 1)
    assert script.next(10.0, quiet=True) is None
    assert script.next(10.0 + REST - 0.01, quiet=True) is None
    assert script.next(10.0 + REST, quiet=True).name == "a"


def test_a_noise_makes_it_wait_anew():
    script = Script([question("a")], 1)
    script.next(10.0, quiet=True)
    script.next(10.5, quiet=False)
    assert script.next(10.0 + REST, quiet=True) is None
    assert script.next(10.1 + 2 * REST, quiet=True) is not None


def test_the_next_one_comes_a_rest_behind_the_answer():
    asked = play(Script([question("a"), question("b")], 2))
    gaps = np.diff([at for at, _ in asked])
    assert gaps == pytest.approx(2 + 3 + REST, abs=0.03)


def test_a_question_that_nobody_heard_is_not_spoken_over():
    """All stays quiet while it sounds; the next one comes a rest behind its end."""
    script = Script([question("a", seconds=4)], 1)
    script.next(0.0, quiet=True)
    assert script.next(REST, quiet=True) is not None
    assert all(script.next(REST + second / 10, quiet=True) is None for second in range(1, 48))
    assert script.next(REST + 4 + REST + 0.1, quiet=True) is not None


def test_the_first_question_is_a_warm_up_and_all_go_round():
    script = Script([question(name) for name in "abc"], 5)
    assert names(play(script)) == ["a", "a", "b", "c", "a", "b"]
    assert [asked.question.name for asked in script.results] == ["a", "b", "c", "a", "b"]
    assert (script.over, script.number) == (True, 5)


def test_how_long_the_questions_take_counts_each_as_often_as_it_is_asked():
    assert Script([question("a", 1.0), question("b", 2.0)], 3).seconds == pytest.approx(1 + 1 + 2 + 1)


def test_without_questions_there_is_no_script():
    with pytest.raises(ValueError, match="nothing to ask"):
        Script([], 3)


def test_each_answer_belongs_to_the_question_before_it():
    def answer(script, asked):
        script.told(Transcript(f"words {len(asked)}"), NOW)
        script.told(marks(**ANSWERED), NOW)

    script = Script([question("a"), question("b")], 2)
    play(script, answer=answer)
    assert [asked.understood for asked in script.results] == [["words 2"], ["words 3"]]
    assert [asked.records[0]["gap"] for asked in script.results] == pytest.approx([0.3, 0.3])


def test_an_announcement_is_no_answer():
    script = Script([question("a")], 1)
    play(script, answer=lambda script, _: script.told(marks(first_sound=2.0), NOW))
    assert script.results[0].turns == []


def test_what_is_told_before_the_first_question_is_nobodys():
    script = Script([question("a")], 1)
    script.told(marks(**ANSWERED), NOW)
    play(script)
    assert script.results[0].turns == []


def test_both_turns_of_a_question_that_was_torn_apart_are_kept():
    def answer(script, _):
        script.told(marks(speech_end=0.5), NOW)
        script.told(marks(**ANSWERED), NOW)

    script = Script([question("a")], 1)
    play(script, answer=answer)
    assert [record["unmeasured"] for record in script.results[0].records] == ["no answer sounded", None]


def test_a_question_that_came_to_nothing_says_how_far_it_came():
    heard, unheard = (Script([question("a", 0.1)], 1) for _ in range(2))
    play(heard)
    now = 0.0
    while not unheard.over:
        unheard.next(now, quiet=True)
        now += 0.1
    assert [record["unmeasured"] for record in heard.results[0].records] == [NO_TURN]
    assert [record["unmeasured"] for record in unheard.results[0].records] == [NOT_HEARD]


def test_broken_off_the_last_question_counts_only_where_it_was_answered():
    silent, answered = (Script([question("a")], 5) for _ in range(2))
    # Warm-up, a whole turn (5.8 s each), and the one after that is under way.
    play(silent, until=14.0)
    play(answered, until=14.0)
    answered.told(marks(**ANSWERED), NOW)
    assert (len(silent.results), len(answered.results)) == (1, 2)


@pytest.mark.parametrize(
    ("words", "understood", "right"),
    [
        ("What time is it?", ["what time is it"], True),
        ("What is seven plus five?", ["What is 7 plus 5?"], True),
        ("What time is it?", ["what time", "is it"], True),
        ("What time is it?", ["what dime is it"], False),
        ("What time is it?", [], False),
        (None, ["anything"], None),
    ],
)
def test_understood_is_judged_by_words_alone(words, understood, right):
    script = Script([question("a", words=words)], 1)
    play(script, answer=lambda script, _: [script.told(Transcript(text), NOW) for text in understood])
    assert script.results[0].as_said is right


def test_turns_for_statistics_carry_gap_reason_and_what_they_were_measured_with():
    def answer(script, asked):
        if len(asked) == 2:
            script.told(marks(**ANSWERED), NOW)

    script = Script([question("a")], 2)
    play(script, answer=answer)
    later = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
    measured, unmeasured = entries(script.results, {"source": "recording", "models": ["starter"]}, later)
    assert measured.gap == pytest.approx(0.3)
    assert (measured.when, measured.setup) == (NOW, "recording, starter")
    assert (unmeasured.gap, unmeasured.unmeasured, unmeasured.when) == (None, NO_TURN, later)
