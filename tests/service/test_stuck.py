"""An event loop that hangs, as a program of its own meets it: it has to end."""

import json
import signal
import subprocess
import sys
import time

from assistant.service.stuck import EXIT_CODE, LOOKS

PROGRAM = """
import asyncio, sys, threading, time
from pathlib import Path
from assistant import log
from assistant.service.stuck import ended_where_stuck

log.set_up("warning", Path(sys.argv[1]))

def hangs():
    print("now", flush=True)
    {hang}

async def main():
    with ended_where_stuck({every}):
        await asyncio.sleep(3 * {every})  # looked at more than once, and well
        hangs()
        await asyncio.sleep({after})

asyncio.run(main())
print("to its end", flush=True)
"""

LOCKED = """
import logging
    [handler.acquire() for handler in logging.getLogger("assistant").handlers]
    time.sleep(60)
"""


def program(folder, hang, every=0.2):
    return subprocess.run(
        [sys.executable, "-c", PROGRAM.format(hang=hang.strip(), every=every, after=0), folder],
        check=False,
        capture_output=True,
        text=True,
        timeout=50,
    )


def test_what_hangs_in_the_loop_ends_the_program_and_the_log_says_where(tmp_path):
    done = program(tmp_path, "time.sleep(60)")
    assert (done.returncode, done.stdout) == (EXIT_CODE, "now\n")
    told = json.loads((tmp_path / "assistant.log").read_text())
    assert (told["event"], told["level"]) == ("loop.stuck", "error")
    assert "in hangs" in told["exception"]


def test_it_ends_also_where_the_log_is_what_hangs(tmp_path):
    """As on a disk of the network that is gone: the loop holds the log's lock then."""
    done = program(tmp_path, LOCKED)
    assert (done.returncode, done.stdout) == (EXIT_CODE, "now\n")


def test_what_takes_long_and_comes_to_its_end_is_left_alone(tmp_path):
    every = 0.5
    done = program(tmp_path, f"time.sleep({every * LOOKS / 3})", every)
    assert (done.returncode, done.stdout) == (0, "now\nto its end\n")


def test_a_program_that_was_stopped_is_not_called_stuck(tmp_path):
    """Behind it all clocks have gone on, as behind the sleep of a computer."""
    every = 0.3
    code = PROGRAM.format(hang="pass", every=every, after=3 * every)
    with subprocess.Popen([sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "now\n"
        child.send_signal(signal.SIGSTOP)
        time.sleep(2 * every * LOOKS)
        child.send_signal(signal.SIGCONT)
        out, _ = child.communicate(timeout=50)
    assert (child.returncode, out) == (0, "to its end\n")
