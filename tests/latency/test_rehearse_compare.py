import json

import pytest

from assistant.errors import UsageError
from assistant.latency.compare import ENOUGH, VERSION, Rehearsed, compare, flat, read


def file(folder, **changed):
    path = folder / "old.json"
    made = {"version": VERSION, "about": {"models": ["starter"]}, "turns": [{"gap": 0.3}, {"gap": 0.5}]}
    path.write_text(json.dumps(made | changed))
    return path


def test_what_is_compared_is_read_back(tmp_path):
    turns = [{"gap": 0.3}, {"gap": None, "unmeasured": "the question was not heard"}, {"gap": 0.5}]
    found = read(file(tmp_path, turns=turns, about={"settings": {"listen": {"patience_ms": 640}}}))
    assert found.gaps == [0.3, 0.5]
    assert found.about == {"settings.listen.patience_ms": 640}


@pytest.mark.parametrize("text", ["", "{", "[]", '"text"', "7", '{"version": 1}', '{"turns": 3}', "[" * 100_000])
def test_a_file_that_is_something_else_is_one_sentence(tmp_path, text):
    path = tmp_path / "old.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"old\.json is not what `assistant rehearse --json FILE` writes"):
        read(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"none\.json cannot be read: No such file"):
        read(tmp_path / "none.json")


def test_a_file_of_a_later_program_is_not_misread(tmp_path):
    with pytest.raises(UsageError, match="another version"):
        read(file(tmp_path, version=VERSION + 1))


@pytest.mark.parametrize("turns", [[], [{"gap": None}], ["torn"], [{}], [{"gap": 0}], [{"gap": "fast"}]])
def test_a_file_without_a_measured_turn_has_nothing_to_compare_with(tmp_path, turns):
    with pytest.raises(UsageError, match="no turn that was measured"):
        read(file(tmp_path, turns=turns))


def gaps(*values, **about):
    return Rehearsed(about, values)


def test_the_p95_of_both_is_compared_and_not_their_middle():
    before = gaps(*[0.3] * 19, 0.5)
    now = gaps(*[0.2] * 18, 0.36, 0.9)
    found = compare(before, now)
    assert (found.before, found.now) == (0.3, 0.36)
    assert found.slower == pytest.approx(0.2)


def test_a_faster_one_is_less_than_nothing_slower():
    assert compare(gaps(0.4), gaps(0.3)).slower == pytest.approx(-0.25)


def test_the_fewer_turns_of_the_two_are_told():
    assert compare(gaps(*[0.3] * 100), gaps(*[0.3] * 7)).turns == 7


def test_what_was_not_alike_is_told_each_with_both_values():
    before = gaps(0.3, models=["a", "b"], pace="m2-max", cores=2)
    now = gaps(0.3, models=["a", "c"], load=3, cores=2)
    assert compare(before, now).differences == [
        "models: a, b then, a, c now",
        "pace: m2-max then, nothing now",
        "load: nothing then, 3 now",
    ]


def test_enough_turns_are_so_many_that_the_slowest_is_hardly_ever_faster_than_p95():
    assert 0.95**ENOUGH < 0.05 < 0.95 ** (ENOUGH - 1)


def test_nested_names_are_joined_by_dots():
    assert flat({"a": {"b": {"c": 1}}, "d": [2]}) == {"a.b.c": 1, "d": [2]}
