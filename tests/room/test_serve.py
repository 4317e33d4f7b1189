"""`assistant serve` on real audio streams: muted, woken, silenced, and its devices taken away."""

import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from assistant.errors import ServiceError
from assistant.service.client import ask, follow
from assistant.service.protocol import Request, Verb
from tests.room.conftest import started
from tests.room.test_faults import suspended

pytestmark = [pytest.mark.room, pytest.mark.slow]

RECORDINGS = Path(__file__).parents[1] / "recordings"
STORY = 37.5
"""seconds that its story lasts: what ends well before was ended"""
PATIENT = 60
"""seconds after which what has not come will not come"""


@pytest.fixture
def room():
    """One of its own: its microphone is taken away."""
    with started() as environment:
        yield environment


def folder(room):
    return Path(room["ASSISTANT_SERVICE_FOLDER"])


@contextmanager
def serving(room, *settings):
    sets = [word for setting in settings for word in ("--set", setting)]
    logs = str(folder(room).parent / "logs")
    environment = room | {"ASSISTANT_LOG_FOLDER": logs, "ASSISTANT_LATENCY_FOLDER": logs}
    with subprocess.Popen([sys.executable, "-m", "assistant", "serve", *sets], env=environment) as child:
        try:
            until(lambda: state(room) not in {None, "loading"})
            yield child
        finally:
            child.kill()


def until(so):
    deadline = time.monotonic() + PATIENT
    while not so():
        assert time.monotonic() < deadline
        time.sleep(0.05)  # real devices, in their own time


def do(room, verb):
    return ask(folder(room), Request(verb))


def state(room):
    try:
        return do(room, Verb.STATUS)["state"]
    except ServiceError:
        return None


def recorders(room):
    """Programs that have a microphone open; the room's own modules are none."""
    listed = ["pactl", "list", "short", "source-outputs"]
    lines = subprocess.run(listed, env=room, check=True, capture_output=True, text=True).stdout.splitlines()
    return sum("module-" not in line for line in lines)


def say(room, name):
    subprocess.run(["paplay", "--device=mouth", RECORDINGS / f"{name}.wav"], env=room, check=True, timeout=30)


@contextmanager
def saying(room, name):
    """Somebody says it, or has begun to."""
    with subprocess.Popen(["paplay", "--device=mouth", RECORDINGS / f"{name}.wav"], env=room) as speaking:
        try:
            yield
        finally:
            speaking.kill()


def event(events, name):
    """The next event of that name."""
    return next(message for message in events if message.get("event") == name)


def test_mute_closes_the_device_a_restart_leaves_it_closed_and_unmuting_hears_again(room):
    """Scenario 26; what is said meanwhile is not heard."""
    with serving(room) as child:
        until(lambda: recorders(room) == 1)
        do(room, Verb.MUTE)
        until(lambda: recorders(room) == 0)
        with saying(room, "question"):
            time.sleep(1.0)  # whoever hears it knows by now that somebody speaks
            assert state(room) == "listening"
        assert recorders(room) == 0
        child.send_signal(signal.SIGTERM)
        assert child.wait(PATIENT) == 0
    with serving(room):
        assert recorders(room) == 0
        events = follow(folder(room))
        assert next(events)["muted"] is True
        do(room, Verb.UNMUTE)
        until(lambda: recorders(room) == 1)
        say(room, "question")
        assert event(events, "turn")["gap_ms"] > 0


def test_a_command_wakes_it_and_another_silences_it(room):
    """In push mode nothing else does; the story would last for half a minute."""
    with serving(room, "listen.mode=push"):
        assert state(room) == "asleep"
        events = follow(folder(room))
        next(events)
        do(room, Verb.LISTEN)
        assert event(events, "state")["state"] == "listening"
        say(room, "story")
        event(events, "says")
        asked = time.monotonic()
        do(room, Verb.STOP_TALKING)
        event(events, "turn")
        assert time.monotonic() - asked < STORY - 10
        do(room, Verb.SLEEP)
        until(lambda: state(room) == "asleep")


def test_a_microphone_that_goes_is_told_and_what_is_asked_when_it_is_back_is_answered(room):
    """Scenario 14, under the running program."""
    with serving(room):
        events = follow(folder(room))
        next(events)
        mend = suspended(room)
        assert event(events, "degraded")["part"] == "the microphone"
        subprocess.run(mend, env=room, check=True, timeout=30)
        assert event(events, "recovered")["part"] == "the microphone"
        say(room, "question")
        assert event(events, "turn")["gap_ms"] > 0


def test_a_microphone_that_goes_amidst_a_question_ends_it_there_and_the_next_one_is_answered_alone(room):
    """Scenario 14, amidst an utterance: what was heard so far is over by the time at which the loss is told."""
    with serving(room):
        events = follow(folder(room))
        next(events)
        with saying(room, "shopping"):
            while event(events, "state")["state"] != "they speak":
                pass
            mend = suspended(room)
            assert event(events, "degraded")["part"] == "the microphone"
        assert state(room) not in {"they speak", "may be over"}
        subprocess.run(mend, env=room, check=True, timeout=30)
        assert event(events, "recovered")["part"] == "the microphone"
        until(lambda: state(room) == "listening")
        before = do(room, Verb.STATUS)["turns"]
        say(room, "question")
        until(lambda: do(room, Verb.STATUS)["turns"] > before)


def test_a_reload_closes_the_device_no_longer_than_it_must_and_hears_by_the_new_settings(room):
    """With the models it had; where nothing has changed nobody notices."""
    config = folder(room).parent / "config.toml"
    config.touch()
    with serving(room | {"ASSISTANT_CONFIG": str(config)}):
        events = follow(folder(room))
        next(events)
        assert do(room, Verb.RELOAD)["changed"] == []
        assert recorders(room) == 1
        config.write_text("[listen]\npatience_likely_ms = 350\n")
        reloaded = do(room, Verb.RELOAD)
        assert (reloaded["changed"], reloaded["loaded"]) == (["listen.patience_likely_ms"], [])
        until(lambda: recorders(room) == 1)
        say(room, "question")
        assert event(events, "turn")["gap_ms"] > 0
