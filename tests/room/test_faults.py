"""A microphone that stops in the middle of everything, on real audio streams."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.room.conftest import started

pytestmark = pytest.mark.room

ROOM = Path(__file__).parents[2] / "scripts/room"

LISTEN = """
import asyncio, sys
from contextlib import aclosing
from assistant.listen.microphone import Microphone, steadfast

async def main():
    microphone, lost = Microphone(), 0

    def frames():
        print("listening", flush=True)
        return microphone.frames()

    async with aclosing(steadfast(frames)) as heard:
        last = None
        async for frame in heard:
            if last is None or frame.position != last:
                print("frame", frame.position, frame.captured_at, flush=True)
            last = frame.position + 320

asyncio.run(main())
"""

PLAY = """
import time
import numpy as np
from assistant.speak.speaker import open_speaker

with open_speaker("") as speaker:
    speaker.begin()
    speaker.put(np.full(speaker.rate * 4, 3000, np.int16))
    while speaker.progress().sounded < speaker.rate:
        time.sleep(0.02)
    print("playing", flush=True)
    while (progress := speaker.progress()).queued > progress.sounded:
        time.sleep(0.02)
    print("played", progress.sounded / speaker.rate, flush=True)
"""


@pytest.fixture
def room():
    """One of its own: its sound system ends in the middle of these tests."""
    with started() as environment:
        yield environment


def told(child):
    return child.stdout.readline().split()


def suspended(room):
    """The microphone gives nothing any more; what brings it back."""
    subprocess.run(["pactl", "suspend-source", "microphone", "1"], env=room, check=True, timeout=10)
    return ["pactl", "suspend-source", "microphone", "0"]


def ended(room):
    """The system's sound is gone, as when coreaudiod or PulseAudio crashes; what brings it back."""
    folder = Path(room["PULSE_SERVER"].removeprefix("unix:")).parent
    subprocess.run([ROOM, "stop", folder], check=True, timeout=30)
    return [ROOM, "start", folder]


@pytest.mark.parametrize("fault", [suspended, ended])
def test_a_microphone_that_goes_and_comes_back_is_heard_again_without_a_restart(room, fault):
    """A turn is closed within 1 s, it is open again within 3 s, and its positions go on as the clock did."""
    with subprocess.Popen([sys.executable, "-c", LISTEN], env=room, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert told(child) == ["listening"]
            _, _, began_at = told(child)
            mend = fault(room)
            gone = time.monotonic()
            assert "microphone.lost" in told(child)
            assert told(child) == ["listening"]
            closed = time.monotonic() - gone
            time.sleep(1.0)  # unplugged, in a real room, and tried in vain some times
            subprocess.run(mend, env=room, check=True, stdout=subprocess.DEVNULL, timeout=30)
            mended = time.monotonic()
            assert "microphone.back" in told(child)
            _, position, captured_at = told(child)
            back = time.monotonic() - mended
        finally:
            child.terminate()
    assert int(position) / 16_000 == pytest.approx(float(captured_at) - float(began_at), abs=0.1)
    assert closed < 1.0
    assert back < 3.0


def test_a_loudspeaker_that_goes_and_comes_back_plays_the_rest_of_its_answer(room):
    """Silent for 2 s in the middle of 4 s of sound: all of it is played, and the turn ends."""
    with subprocess.Popen([sys.executable, "-c", PLAY], env=room, stdout=subprocess.PIPE, text=True) as child:
        try:
            while told(child) != ["playing"]:
                pass  # a busy computer may have lost and found it while it began
            mend = ended(room)
            time.sleep(2.0)
            subprocess.run(mend, env=room, check=True, stdout=subprocess.DEVNULL, timeout=30)
            assert "loudspeaker.lost" in told(child)
            assert "loudspeaker.back" in told(child)
            played, seconds = told(child)
        finally:
            child.terminate()
    assert played == "played"
    assert float(seconds) == pytest.approx(4.0, abs=0.1)
