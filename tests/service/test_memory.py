import sys

import numpy as np
import pytest

from assistant.service.memory import peak, resident


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a program so")
def test_memory_that_is_taken_shows():
    """Fifty megabytes, all touched."""
    before = resident()
    taken = np.ones(50_000_000, np.int8)
    assert resident() - before > 0.8 * taken.nbytes
    assert peak() >= 0.9 * resident()


def test_the_most_is_in_bytes():
    """A Python with numpy has between ten megabytes and a few gigabytes."""
    assert 10e6 < peak() < 10e9
