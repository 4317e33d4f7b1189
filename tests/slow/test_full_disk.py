"""A disk that takes nothing any more, under the serving program: by the system's limit on the size of files, 0."""

import resource
import signal
import sys

import pytest

from assistant.service.client import ask, follow
from assistant.service.protocol import Request, Verb
from tests.slow.test_serve import ended, home, serving

__all__ = ["home"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="only there a limit can be set for another process"),
]


def test_a_full_disk_costs_one_warning_for_each_file_and_talking_goes_on(home):
    """Scenario 34: the journal's and the log's."""
    with serving(home) as child:
        events = follow(home / "run")
        next(events)
        resource.prlimit(child.pid, resource.RLIMIT_FSIZE, (0, 0))
        for _ in range(3):
            ask(home / "run", Request(Verb.SAY, "Dinner is ready."))
            assert next(message for message in events if message.get("event") == "turn")
        child.send_signal(signal.SIGTERM)
        code, complaints = ended(child)
    assert code == 0
    assert complaints.count("journal.not_written") == 1
    assert complaints.count("assistant.log cannot be written") == 1
    assert "Traceback" not in complaints
