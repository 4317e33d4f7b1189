import ctypes
import os
import struct
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from assistant.service.memory import by_rusage, peak, resident


@pytest.mark.skipif(sys.platform not in {"linux", "darwin"}, reason="others do not tell a program so")
def test_memory_that_is_taken_shows():
    """Fifty megabytes, all touched."""
    before = resident()
    taken = np.ones(50_000_000, np.int8)
    assert resident() - before > 0.8 * taken.nbytes
    assert peak() >= 0.9 * resident()


@pytest.mark.parametrize(("code", "known"), [(0, 290_000_000), (-1, None)])
def test_macos_is_asked_as_its_headers_say(code, known):
    """sys/resource.h: a UUID, then user and system time, two kinds of wake-ups, page-ins, wired and resident bytes."""

    def proc_pid_rusage(pid, flavour, told):
        assert (pid, flavour) == (os.getpid(), 0)
        ctypes.memmove(told, struct.pack("=16s10Q", b"id", 1, 2, 3, 4, 5, 6, 290_000_000, 8, 9, 10), 96)
        return code

    assert by_rusage(SimpleNamespace(proc_pid_rusage=proc_pid_rusage)) == known


def test_a_system_without_that_call_does_not_tell():
    assert by_rusage(SimpleNamespace()) is None


def test_the_most_is_in_bytes():
    """A Python with numpy has between ten megabytes and a few gigabytes."""
    assert 10e6 < peak() < 10e9
