import json
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from assistant.flow import SAMPLE_RATE
from assistant.listen.complete import Stages
from assistant.listen.habits import FEWEST, KEPT, Habits, learned

MS = SAMPLE_RATE // 1000
pauses = st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=KEPT)
real_pauses = st.lists(st.floats(0.12, 5), min_size=FEWEST, max_size=KEPT)


def test_a_few_pauses_teach_nothing():
    """One fewer than enough."""
    assert learned([0.9] * (FEWEST - 1), Stages()) == Stages()


def test_who_hardly_pauses_is_answered_sooner():
    """Pauses of 200 ms and a margin of 100; the default is 600, and less than 400 is never learned."""
    stages = learned([0.2] * 100, Stages())
    assert (stages.likely, stages.unsure) == (300 * MS, 400 * MS)


def test_who_thinks_in_mid_sentence_is_waited_for():
    """One pause in ten lasts 800 ms."""
    stages = learned([0.3] * 90 + [0.8] * 10, Stages())
    assert (stages.likely, stages.unsure) == (400 * MS, 900 * MS)


def test_three_long_pauses_in_a_hundred_do_not_make_it_slow():
    """They are the five in a hundred that are not covered."""
    assert learned([0.4] * 97 + [1.0] * 3, Stages()).unsure == 500 * MS


@given(pauses)
def test_whatever_is_learned_keeps_to_its_limits(pauses):
    """NaN, infinity and negative numbers are no pauses."""
    stages = learned(pauses, Stages())
    assert 250 * MS <= stages.likely <= 500 * MS
    assert 400 * MS <= stages.unsure <= 1000 * MS
    assert (stages.sure, stages.open) == (Stages().sure, Stages().open)
    assert stages.sure <= stages.likely <= stages.unsure <= stages.open


@given(real_pauses, st.floats(1, 3))
def test_longer_pauses_never_make_it_less_patient(pauses, factor):
    """Each pause of another person lasts as long or longer."""
    longer = [min(pause * factor, 5.0) for pause in pauses]
    assert learned(pauses, Stages()).unsure <= learned(longer, Stages()).unsure
    assert learned(pauses, Stages()).likely <= learned(longer, Stages()).likely


@given(real_pauses)
def test_stages_that_were_set_close_together_keep_their_order(pauses):
    """Someone set the longest patience to 500 ms, and the shortest to 450."""
    stages = learned(pauses, Stages(sure=450 * MS, likely=460 * MS, unsure=480 * MS, open=500 * MS))
    assert stages.sure <= stages.likely <= stages.unsure <= stages.open


def test_habits_survive_a_restart(tmp_path):
    """In order, rounded to 10 ms."""
    file = tmp_path / "new" / "habits.json"
    Habits(file).add([0.3, 0.456])
    Habits(file).add([0.2])
    assert Habits(file).pauses == [0.3, 0.46, 0.2]


def test_only_durations_are_written_and_only_for_their_owner(tmp_path):
    """A list of numbers, mode 0600, and nothing else beside it."""
    file = tmp_path / "habits.json"
    Habits(file).add([0.3, float("nan"), -1, 99])
    assert json.loads(file.read_text()) == [0.3]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_the_oldest_pauses_are_forgotten(tmp_path):
    """200 are kept, in memory and in the file."""
    habits = Habits(tmp_path / "habits.json")
    habits.add([0.2] * KEPT)
    habits.add([0.3])
    assert habits.pauses == [0.2] * (KEPT - 1) + [0.3]
    assert Habits(tmp_path / "habits.json").pauses == habits.pauses


def test_forgetting_deletes_the_file_and_may_be_done_twice(tmp_path):
    """Afterwards it learns anew."""
    file = tmp_path / "habits.json"
    habits = Habits(file)
    habits.add([0.3])
    habits.forget()
    habits.forget()
    assert not file.exists()
    assert habits.pauses == []


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"{}", b"null", b'["0.3"]', b"[true]", b"[0.3, NaN]", b"[1e999]", b"\xff\xfe", b"[" * 100_000],
)
def test_a_broken_file_is_begun_anew_with_one_warning(tmp_path, content):
    """Cut off, another kind of JSON, no JSON, no text."""
    file = tmp_path / "habits.json"
    file.write_bytes(content)
    with capture_logs() as logs:
        habits = Habits(file)
        habits.add([0.3])
    assert [line["event"] for line in logs] == ["habits.not_read"]
    assert Habits(file).pauses == [0.3]


def test_a_place_that_cannot_be_written_costs_one_warning(tmp_path):
    """A file where a folder should be: what is learned holds until the end of the program."""
    (tmp_path / "file").write_text("")
    with capture_logs() as logs:
        habits = Habits(tmp_path / "file" / "habits.json")
        habits.add([0.3])
        habits.add([0.4])
    assert len(logs) == 1
    assert habits.pauses == [0.3, 0.4]


def test_a_disk_that_is_full_keeps_the_old_file(tmp_path, monkeypatch):
    """The new one is written beside it first, and removed."""
    file = tmp_path / "habits.json"
    habits = Habits(file)
    habits.add([0.3])

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    habits.add([0.4])
    assert json.loads(file.read_text()) == [0.3]
    assert list(tmp_path.iterdir()) == [file]
