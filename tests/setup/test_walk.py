from contextlib import ExitStack

import pytest

from assistant.errors import DeviceError, UsageError
from assistant.service.lock import only_one
from assistant.setup import progress, walk
from assistant.setup.person import UnfinishedError
from assistant.setup.progress import Progress


@pytest.fixture
def steps(monkeypatch):
    """All steps come to a good end, unless one is put in its place that does not; the names of those taken."""
    taken = []

    def good(name):
        def take(guide):
            taken.append(name)
            return f"{name} is well"

        return take

    made = {name: good(name) for name in walk.STEPS}
    monkeypatch.setattr(walk, "STEPS", made)
    return made, taken


def failing(error):
    def take(guide):
        raise error

    return take


def test_all_steps_are_taken_in_their_order_and_none_twice(guided, steps):
    made, taken = steps
    assert walk.walk(guided()) == []
    assert taken == list(made)
    again = guided()
    assert walk.walk(again) == []
    assert taken == list(made)
    assert "\nmicrophone: microphone is well (done before)" in again.person.told


def test_one_that_is_left_out_or_fails_costs_no_other_and_comes_again(guided, steps):
    made, taken = steps
    kept = dict(made)
    made["microphone"] = failing(UnfinishedError("left out for now"))
    made["listening"] = failing(DeviceError("There is no microphone."))
    one = guided()
    assert walk.walk(one) == ["microphone", "listening"]
    assert "There is no microphone." in one.person.told
    made.update(kept)
    assert walk.walk(guided()) == []
    assert taken[-2:] == ["microphone", "listening"]


def test_where_nothing_can_be_kept_that_is_said_before_anything_is_asked(guided, steps, home):
    """Not behind 15 GB that were fetched, or a sentence that was said."""
    _, taken = steps
    one = guided()
    (home / "setup.json").mkdir()
    with pytest.raises(UsageError, match=r"setup\.json cannot be written"):
        walk.walk(one)
    assert taken == []


@pytest.mark.parametrize("written", [{}, {"listen.gone": 1}])
def test_a_choice_that_this_version_does_not_know_is_a_beginning(guided, steps, home, written):
    """Nobody typed it now, so nobody could correct it."""
    made, taken = steps
    progress.write(home / "setup.json", Progress({"models": "light"}, {"listen.gone": 1}, written))
    one = guided()
    assert one.config().listen.mode == "open"
    assert walk.walk(one) == []
    assert taken == list(made)


def test_ctrl_c_in_a_step_leaves_those_before_it_finished(guided, steps):
    made, taken = steps
    made["waking"] = failing(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        walk.walk(guided())
    assert taken == ["models", "microphone", "loudspeaker"]
    assert set(guided().progress.done) == set(taken)


def test_again_starts_over(guided, steps):
    made, taken = steps
    walk.walk(guided())
    walk.walk(guided(again=True))
    assert taken == [*made, *made]


def test_again_forgets_nothing_before_a_step_is_finished(guided, steps):
    """Whoever breaks it off at once has lost nothing."""
    made, _ = steps
    walk.walk(guided())
    made["models"] = failing(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        walk.walk(guided(again=True))
    assert set(guided().progress.done) == set(made)


def test_settings_are_looked_at_again_when_something_else_was_chosen(guided, steps):
    made, taken = steps
    walk.walk(guided())
    one = guided()
    one.choose({"listen.mode": "push"})
    walk.walk(one)
    assert taken == [*made, walk.SETTINGS]


def test_beside_another_assistant_nothing_is_said_or_listened_to(guided, steps, home):
    _, taken = steps
    one = guided(ASSISTANT_SERVICE_FOLDER=str(home / "run"))
    with only_one(one.config().service.folder):
        assert walk.walk(one) == ["microphone", "loudspeaker", "listening", "rehearsal"]
    assert taken == ["models", "waking", "settings"]
    assert "end it for this step (Ctrl-C, or `assistant service stop`)" in one.person.saw
    assert "assistant reload" in one.person.saw


def test_an_assistant_that_is_ended_meanwhile_is_in_nobodys_way(guided, steps, home):
    """As the step before has asked for."""
    made, taken = steps
    one = guided(ASSISTANT_SERVICE_FOLDER=str(home / "run"))
    with ExitStack() as another:
        another.enter_context(only_one(one.config().service.folder))
        made["waking"] = lambda _: another.close() or "well"
        assert walk.walk(one) == ["microphone", "loudspeaker"]
    assert taken == ["models", "settings", "listening", "rehearsal"]
    assert "assistant reload" not in one.person.saw
