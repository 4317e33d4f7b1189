import logging

import pytest
import structlog
from hypothesis import settings

# How long an example takes says how busy the computer is, and nothing about the code.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture(scope="session", autouse=True)
def _turns_of_tests_are_no_turns(tmp_path_factory):
    """Programs that tests start keep the times of their turns where nobody looks for those of real ones."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(autouse=True)
def _logs_of_one_test_do_not_reach_the_next():
    """A command that a test runs sets the logs up for good, as it should."""
    yield
    structlog.reset_defaults()
    handlers = logging.getLogger("assistant").handlers
    while handlers:
        handlers.pop().close()
