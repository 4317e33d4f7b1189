"""`assistant serve` on real audio streams: it ends well whatever it does, and uses devices again that were away."""

import json
import resource
import signal
import subprocess
import sys

import pytest

from assistant.latency.journal import read
from assistant.service.client import follow
from assistant.service.protocol import Verb
from tests.room.conftest import started
from tests.room.test_serve import PATIENT, RECORDINGS, do, event, folder, say, serving, state, until

pytestmark = [pytest.mark.room, pytest.mark.slow]


@pytest.fixture
def room():
    """One of its own: its devices are taken away."""
    with started() as environment:
        yield environment


KEEPS = {"listening", "speaking"}
"""states into which a turn is told before: right behind it, and when another turn is cut off"""


def reached(events, wanted):
    """Wait until it is in that state."""
    while event(events, "state")["state"] != wanted:
        pass


@pytest.mark.parametrize("doing", ["listening", "they speak", "thinking", "speaking"])
def test_sigterm_ends_it_well_whatever_it_does(room, doing):
    """Scenario 32: exit code 0, no thread is waited for, and what was promised before is kept: its turn, the list."""
    shopping = folder(room).parent / "list.txt"
    environment = room | {"ASSISTANT_REPLY_SHOPPING_LIST": str(shopping)}
    # A model that writes as slowly as a large one, where it has to think for long enough to be met at it.
    with serving(environment, *["engine.pace=m2-max"] * (doing == "thinking")) as child:
        events = follow(folder(room))
        next(events)
        if doing in KEEPS:
            say(room, "shopping")
            assert event(events, "turn")["gap_ms"] > 0
        asking = None
        if doing != "listening":
            asking = subprocess.Popen(["paplay", "--device=mouth", RECORDINGS / "story.wav"], env=room)
            reached(events, doing)
        child.send_signal(signal.SIGTERM)
        assert child.wait(PATIENT) == 0
        if asking is not None:
            asking.kill()
            asking.wait(PATIENT)
    logs = folder(room).parent / "logs"
    if doing in KEEPS:
        kept = read(logs)
        assert (kept.unreadable, kept.entries[0].gap is not None) == (0, True)
        assert shopping.read_text().split() == ["milk", "bread"]
    told = [json.loads(line)["event"] for line in (logs / "assistant.log").read_text().splitlines()]
    assert "engine.stuck" not in told


@pytest.mark.skipif(sys.platform != "linux", reason="only there a limit can be set for another process")
def test_on_a_full_disk_it_hears_answers_and_says_what_it_could_not_keep(room):
    """Scenario 34, aloud: by the system's limit on the size of files, 0."""
    shopping = folder(room).parent / "list.txt"
    environment = room | {"ASSISTANT_REPLY_SHOPPING_LIST": str(shopping), "ASSISTANT_LOG_WORDS": "true"}
    with serving(environment) as child:
        events = follow(folder(room))
        next(events)
        resource.prlimit(child.pid, resource.RLIMIT_FSIZE, (0, 0))
        for name in ("question", "question"):
            say(room, name)
            assert event(events, "turn")["gap_ms"] > 0
        say(room, "shopping")
        assert event(events, "says")["text"] == "Sorry, the shopping list cannot be written."
        assert event(events, "turn")["gap_ms"] > 0
        assert not shopping.exists()
        child.send_signal(signal.SIGTERM)
        assert child.wait(PATIENT) == 0


def test_a_loudspeaker_that_goes_while_nobody_speaks_is_told_and_found_again(room):
    """Asked then, it answers as if nothing had been."""
    with serving(room):
        events = follow(folder(room))
        next(events)
        subprocess.run(["pactl", "suspend-sink", "loudspeaker", "1"], env=room, check=True, timeout=10)
        assert event(events, "degraded")["part"] == "the loudspeaker"
        subprocess.run(["pactl", "suspend-sink", "loudspeaker", "0"], env=room, check=True, timeout=10)
        until(lambda: "the loudspeaker" not in [one["part"] for one in do(room, Verb.STATUS)["degraded"]])
        say(room, "question")
        assert event(events, "turn")["gap_ms"] > 0
        assert state(room) == "listening"
