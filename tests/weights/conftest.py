import pytest

from tests.weights.fake_hub import FakeHub, running
from tests.weights.pulling import CONTENT, Pull


@pytest.fixture
def hub():
    """A hub with one model of one file."""
    with running(FakeHub({"x.gguf": CONTENT})) as one:
        yield one


@pytest.fixture
def pull(hub, tmp_path):
    """Pulls from it."""
    return Pull(hub, tmp_path)
