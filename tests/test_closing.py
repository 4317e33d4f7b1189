"""Streams that begin and end: those of assistant/moving.py, whose watch is in test_moving.py."""

import subprocess
import sys
import threading
from contextlib import ExitStack
from types import SimpleNamespace

import pytest

from assistant import devices, moving
from assistant.errors import DeviceError
from assistant.moving import Place, Stream
from assistant.plugged import Want
from tests.test_moving import ALONE, MICROPHONE, ON_SCREEN, PATIENT, SPEAKERS, Raw, System


@pytest.fixture
def system():
    return System(ALONE)


def test_a_stream_is_closed_once_and_not_waited_for_longer_than_asked():
    raw = Raw(stuck=True)
    stream = Stream(raw, "microphone")
    assert not stream.close(0.0)
    assert not stream.close(0.0)
    raw.lets_go.set()
    assert stream.close(PATIENT)
    assert raw.closed == 1


def test_a_stream_for_whose_closing_there_is_no_thread_left_is_closed_when_there_is_one(monkeypatch):
    """It was said to be closing for ever, and its first closing raised into whoever had asked."""

    def refuse(_):
        raise RuntimeError("can't start new thread")

    raw = Raw()
    stream = Stream(raw, "microphone")
    with monkeypatch.context() as starved:
        starved.setattr(threading.Thread, "start", refuse)
        assert not stream.close(0.0)
    assert stream.close(PATIENT)
    assert raw.closed == 1


def test_a_stream_that_was_opened_while_the_list_had_to_wait_is_closed_before_it_is_made(system):
    """Another thread was opening a device, for seconds; to end PortAudio under a stream that runs is a crash."""
    asked, raw = threading.Event(), Raw()
    system.watch._relist = lambda: system.told.append(f"relisted, {raw.closed} closed")

    def want(running):
        asked.set()
        return Want(input=False, name="", running=running)

    with system.watch.wanted(want, lambda: None) as loudspeaker, ExitStack() as later:
        loudspeaker.start(Raw(), SPEAKERS.name)
        asked.clear()
        looking = threading.Thread(target=system.look, args=[ON_SCREEN])
        with devices.alone():
            looking.start()
            assert asked.wait(PATIENT)
            later.enter_context(system.wanted(True)).start(raw, MICROPHONE.name)
        looking.join(PATIENT)
        assert system.told == ["microphone", "relisted, 1 closed"]


def test_a_stream_is_known_to_be_closing_before_its_place_forgets_it():
    """Between the two PortAudio was ended while it closed."""
    known = []
    watch = SimpleNamespace(found=lambda place, name: None, closing=lambda stream: known.append(place.stream is stream))
    place = Place(lambda running: Want(input=True, name="", running=running), lambda: None, watch)
    place.start(Raw(), MICROPHONE.name)
    place.close()
    assert (known, place.stream) == ([True], None)


def test_a_stream_that_is_being_started_is_not_closed_under_that(system):
    """PortAudio would free what it starts: a conversation begins anew, say, while the loudspeaker is opened again."""
    starts, runs = threading.Event(), threading.Event()

    class Starting(Raw):
        def start(self):
            starts.set()
            runs.wait(PATIENT)

    raw = Starting()
    with system.wanted(False) as loudspeaker:
        starting = threading.Thread(target=loudspeaker.start, args=[raw, SPEAKERS.name])
        starting.start()
        assert starts.wait(PATIENT)
        loudspeaker.close(PATIENT)
        assert raw.closed == 0
        runs.set()
        starting.join(PATIENT)
        loudspeaker.close(PATIENT)
        assert raw.closed == 1


def test_a_stream_that_starts_when_nobody_wants_it_any_more_is_closed_before_portaudio_may_be_ended(system):
    """The conversation ended while its loudspeaker was opened again: the list was made anew under that stream."""
    starts, ended = threading.Event(), threading.Event()

    class Starting(Raw):
        def start(self):
            starts.set()
            ended.wait(PATIENT)

    raw, came = Starting(), []

    def open_again(place):
        with devices.alone():
            try:
                place.start(raw, SPEAKERS.name)
            except DeviceError as error:
                came.append(error)
            came.append(system.watch._closing[-1].close(PATIENT))

    with system.wanted(False) as loudspeaker:
        opening = threading.Thread(target=open_again, args=[loudspeaker])
        opening.start()
        assert starts.wait(PATIENT)
    ended.set()
    opening.join(PATIENT)
    assert str(came[0]) == "It was opened too late."
    assert (came[1:], raw.closed, loudspeaker.stream) == ([True], 1, None)


def test_of_two_streams_that_close_at_once_both_are_waited_for(system):
    """Microphone and loudspeaker, each by a thread of its own: PortAudio must not be ended while either is closing."""
    watch = system.watch

    class Closing:
        """One that is still closing; while it is first looked at, the other thread comes in, if it can."""

        def close(self, within):
            if other.ident is None:
                other.start()
                other.join(0.05)
            return False

    last, microphone, loudspeaker = Closing(), Closing(), Closing()
    other = threading.Thread(target=watch.closing, args=[loudspeaker], daemon=True)
    watch._closing = [last]
    watch.closing(microphone)
    other.join(PATIENT)
    assert watch._closing == [last, microphone, loudspeaker]


@pytest.mark.parametrize("stuck", [True, False])
def test_a_program_ends_without_portaudio_where_a_device_does_not_let_go(system, monkeypatch, stuck):
    """PortAudio would wait for it, and with it the program; else it is ended as ever."""
    left, raw = [], Raw(stuck=stuck)
    monkeypatch.setattr(devices, "leave_to_system", lambda: left.append(True))
    monkeypatch.setattr(moving, "_CLOSES_WITHIN", 0.01)
    with system.wanted(True) as microphone:
        microphone.start(raw, MICROPHONE.name)
        microphone.close(0.0)
    system.watch.leave()
    assert left == [True] * stuck
    raw.lets_go.set()


def test_what_sounddevice_would_do_at_the_end_can_be_left_out():
    """It has no public name for it: this is to fail when the private one changes."""
    code = (
        "import atexit, os, sounddevice\n"
        "from assistant import devices\n"
        "ended = []\n"
        "sounddevice._terminate = lambda: ended.append(1) or setattr(sounddevice, '_initialized', 0)\n"
        "atexit.register(devices.leave_to_system)\n"
        "atexit._run_exitfuncs()\n"
        "os._exit(len(ended))\n"
    )
    pytest.importorskip("sounddevice", exc_type=OSError)
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
