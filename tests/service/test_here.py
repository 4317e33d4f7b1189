import os

import pytest

from assistant.errors import ServiceError
from assistant.service.here import alone, begun
from assistant.service.lock import only_one
from assistant.service.manager import Status


class Scripted:
    """A manager that says of its service what it is told to, and the last of it for ever."""

    def __init__(self, *statuses):
        self.statuses = list(statuses)

    def status(self):
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]


def running(pid):
    return Status("scripted", installed=True, running=True, pid=pid)


ENDED = Status("scripted", installed=True, running=False)


def test_it_has_begun_when_it_holds_its_lock(tmp_path):
    """This process stands for it."""
    with only_one(tmp_path / "run"):
        assert begun(Scripted(running(os.getpid())), tmp_path / "run", lambda _: None)


def test_what_runs_without_the_lock_for_long_has_not_begun(tmp_path):
    """As while macOS asks for the microphone; nobody waits for ever."""
    waited = []
    assert not begun(Scripted(running(1)), tmp_path, waited.append)
    assert 20 < sum(waited) < 60


def test_what_ends_at_once_is_told(tmp_path):
    """A manager has called it running before it had read its settings."""
    with pytest.raises(ServiceError, match="assistant service logs"):
        begun(Scripted(running(1), ENDED), tmp_path, lambda _: None)


def test_what_is_not_seen_running_yet_has_not_ended(tmp_path):
    """It is asked while launchd is still starting it."""
    with only_one(tmp_path):
        assert begun(Scripted(ENDED, running(os.getpid())), tmp_path, lambda _: None)


def test_an_assistant_of_somebody_elses_is_in_the_way_and_the_services_own_is_not(tmp_path):
    """Only one can run."""
    with only_one(tmp_path / "run"):
        alone(Scripted(running(os.getpid())), tmp_path / "run")
        with pytest.raises(ServiceError, match=str(os.getpid())):
            alone(Scripted(ENDED), tmp_path / "run")
    alone(Scripted(ENDED), tmp_path / "run")
