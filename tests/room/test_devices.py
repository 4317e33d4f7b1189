"""Devices that come and go under `assistant serve`, and streams on real ones."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from assistant.service.client import follow
from assistant.service.protocol import Verb
from tests.room.conftest import started
from tests.room.test_serve import do, event, folder, say, serving, state, until

pytestmark = [pytest.mark.room, pytest.mark.slow]


@pytest.fixture
def room():
    """One of its own: its devices are taken away."""
    with started() as environment:
        yield environment


def pactl(room, *command):
    done = subprocess.run(["pactl", *command], env=room, check=True, capture_output=True, text=True, timeout=10)
    return done.stdout


def streams(room, kind):
    """By source or sink: which one each program's stream is on."""
    names = dict(line.split("\t")[:2] for line in pactl(room, "list", "short", f"{kind}s").splitlines())
    lines = pactl(room, "list", "short", "source-outputs" if kind == "source" else "sink-inputs").splitlines()
    return [names.get(line.split("\t")[1]) for line in lines if "module-" not in line]


@contextmanager
def heard(room, monitor, file):
    """A function that gives how many seconds of sound there have been so far."""
    command = ["parec", f"--device={monitor}", "--format=s16le", "--rate=16000", "--channels=1", "--latency-msec=50"]

    def seconds():
        return np.count_nonzero(np.abs(np.fromfile(file, np.int16).astype(int)) > 300) / 16_000

    with file.open("wb") as tape, subprocess.Popen(command, env=room, stdout=tape) as parec:
        try:
            yield seconds
        finally:
            parec.terminate()


def test_the_rest_of_an_answer_is_heard_from_the_sink_that_becomes_the_default(room, tmp_path):
    """A second loudspeaker is plugged in amidst the story, and chosen."""
    with serving(room):
        events = follow(folder(room))
        next(events)
        say(room, "story")
        event(events, "says")
        pactl(room, "load-module", "module-null-sink", "sink_name=headset", "rate=44100", "channels=2")
        with heard(room, "headset.monitor", tmp_path / "tape") as seconds:
            pactl(room, "set-default-sink", "headset")
            chosen = time.monotonic()
            until(lambda: seconds() > 0)
            assert time.monotonic() - chosen < 3
            until(lambda: seconds() > 1)
        assert streams(room, "sink") == ["headset"]
        do(room, Verb.STOP_TALKING)
        assert event(events, "turn")["gap_ms"] > 0


def test_what_is_asked_of_another_default_source_is_answered_and_of_the_first_when_it_is_gone_again(room):
    """The new one is unplugged later."""
    with serving(room):
        events = follow(folder(room))
        next(events)
        module = pactl(
            room, "load-module", "module-remap-source", "source_name=webcam", "master=room.monitor", "channels=1",
            "channel_map=mono", "master_channel_map=front-left", "remix=no",
        ).strip()  # fmt: skip
        pactl(room, "set-default-source", "webcam")
        until(lambda: streams(room, "source") == ["webcam"])
        say(room, "question")
        assert event(events, "turn")["gap_ms"] > 0
        pactl(room, "unload-module", module)
        until(lambda: streams(room, "source") == ["microphone"])
        say(room, "question")
        assert event(events, "turn")["gap_ms"] > 0


CHOSEN = """
import os, sys
from pathlib import Path
from assistant import cli, moving
from assistant.plugged import Plug, Plugged

chosen = Path(sys.argv[1])
plugs = (
    Plug(1, "microphone", inputs=True, outputs=False),
    Plug(2, "default", inputs=False, outputs=True),
    Plug(3, "headset", inputs=False, outputs=True),
)
# CoreAudio, which this computer has not: somebody chooses another loudspeaker in the menu.
moving.watch._look = lambda: Plugged(plugs, output=3 if chosen.exists() else 2)
sys.argv[1:] = ["serve"]
cli.main()
"""


def test_who_puts_headphones_on_is_answered_there_and_echo_control_begins_and_ends_with_that(room, tmp_path):
    """Of what CoreAudio would tell; the streams, and all else, are real."""
    pactl(room, "load-module", "module-null-sink", "sink_name=headset", "rate=44100")
    with Path(room["ALSA_CONFIG_PATH"]).open("a") as file:
        file.write("pcm.headset { type pulse device headset hint { show on } }")
    chosen, logs = tmp_path / "chosen", str(tmp_path)
    command = [sys.executable, "-c", CHOSEN, str(chosen)]
    with subprocess.Popen(
        command, env=room | {"ASSISTANT_LOG_FOLDER": logs, "ASSISTANT_LATENCY_FOLDER": logs}
    ) as child:
        try:
            until(lambda: state(room) not in {None, "loading"})
            assert do(room, Verb.STATUS)["echo"] is not None
            chosen.touch()
            until(lambda: streams(room, "sink") == ["headset"])
            until(lambda: do(room, Verb.STATUS)["echo"] is None and state(room) != "loading")
            assert do(room, Verb.STATUS)["devices"]["loudspeaker"] == "headset"
            until(lambda: streams(room, "source") == ["microphone"])
            with heard(room, "headset.monitor", tmp_path / "tape") as seconds:
                say(room, "question")
                until(lambda: seconds() > 0.3)
            chosen.unlink()
            until(lambda: do(room, Verb.STATUS)["echo"] is not None and streams(room, "sink") == ["loudspeaker"])
        finally:
            child.kill()


PLUGGED_IN = """
import asyncio, os, subprocess, time
from contextlib import aclosing, suppress
import numpy as np
from assistant import moving
from assistant.errors import DeviceError
from assistant.listen.microphone import Microphone, steadfast
from assistant.plugged import Plug, Plugged
from assistant.speak.speaker import open_speaker

there = [Plugged()]
moving.watch._look = lambda: there[0]  # the kernel, or CoreAudio, which know nothing of this room

def plug_in():
    subprocess.run(["pactl", "load-module", "module-null-sink", "sink_name=headset"], check=True, capture_output=True)
    with open(os.environ["ALSA_CONFIG_PATH"], "a") as file:
        file.write("pcm.headset { type pulse device headset hint { show on } }")
    there[0] = Plugged((Plug(1, "headset", inputs=False, outputs=True),))

def play_on_it():
    with open_speaker("headset") as speaker:
        print("found", speaker.name, flush=True)

async def main():
    microphone, frames, opened = Microphone(), 0, []

    def listen():
        opened.append(time.monotonic())
        return microphone.frames()

    with open_speaker("") as speaker:
        with suppress(DeviceError):
            play_on_it()
        speaker.begin()
        speaker.put(np.full(speaker.rate * 4, 3000, np.int16))
        async with aclosing(steadfast(listen)) as heard:
            async for frame in heard:
                frames += 1
                if frames == 50:
                    plug_in()
                    finding = asyncio.create_task(asyncio.to_thread(play_on_it))
                if len(opened) == 2:
                    print("again", time.monotonic() - opened[1], flush=True)
                    break
        await finding
        while (progress := speaker.progress()).queued > progress.sounded:
            await asyncio.sleep(0.02)
        print("played", progress.sounded / speaker.rate, flush=True)

asyncio.run(main())
"""


def test_what_is_plugged_in_later_is_found_by_name_and_an_answer_and_the_microphone_outlast_it(room):
    """PortAudio begins anew for it, under both streams: they are closed, and go on."""
    child = subprocess.run(
        [sys.executable, "-c", PLUGGED_IN], check=False, env=room, capture_output=True, text=True, timeout=60
    )
    told = dict(line.split() for line in child.stdout.splitlines() if line.count(" ") == 1)
    assert told["found"] == "headset", child.stderr
    assert "devices.listed" in child.stdout
    assert "loudspeaker.moved" in child.stdout
    assert float(told["again"]) < 3.0
    assert float(told["played"]) == pytest.approx(4.0, abs=0.1)


SERVER = [
    "pulseaudio",
    "-n",
    "--daemonize=no",
    "--exit-idle-time=-1",
    "--log-level=error",
    "--load=module-native-protocol-unix auth-anonymous=1",
    "--load=module-null-sink rate=48000",
]


@pytest.fixture
def bare(tmp_path):
    """The environment of a computer without a sound card, whose sound server has not begun."""
    if shutil.which(SERVER[0]) is None:
        pytest.skip(f"no {SERVER[0]} here")
    if any(Path("/proc/asound").glob("card[0-9]*")):
        pytest.skip("there is a sound card here")
    alsa = tmp_path / "alsa.conf"
    alsa.write_text(
        "</usr/share/alsa/alsa.conf>\npcm.!default { type pulse hint { show on } }\nctl.!default { type pulse }\n"
    )
    # Not under tmp_path: the path of a socket may have 107 characters at most.
    with tempfile.TemporaryDirectory(prefix="run-") as runtime:
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("PULSE_", "PIPEWIRE_"))}
        yield environ | {"HOME": runtime, "XDG_RUNTIME_DIR": runtime, "ALSA_CONFIG_PATH": str(alsa)}


def told(script, environ):
    """What a child that runs *script* prints, one word and another on each line."""
    child = subprocess.run(
        [sys.executable, "-c", ITS_SERVERS + script, *SERVER],
        check=False,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert child.returncode == 0, child.stdout + child.stderr
    return dict(line.split() for line in child.stdout.splitlines() if line.count(" ") == 1)


ITS_SERVERS = """
import asyncio, subprocess, sys

servers = []

def begin():
    print("begins", asyncio.get_running_loop().time())
    servers.append(subprocess.Popen(sys.argv[1:]))

def run(main):
    try:
        asyncio.run(main)
    finally:
        for server in servers:
            server.kill()
            server.wait()
"""
"""what both scripts below begin with: sound servers of their own, which end with them"""

SERVED_LATER = """
from contextlib import aclosing
from assistant.devices import present
from assistant.glance import Glance, State
from assistant.loudspeaker import following
from assistant.speak.speaker import open_speaker
from assistant.speak.wav import PacedSink

async def main():
    loop = asyncio.get_running_loop()
    print("devices", len(present()))
    (watcher,) = following(PacedSink(16_000, loop.time), True, print, lambda: print("again", loop.time()))
    loop.call_later(1.5, begin)
    async with aclosing(watcher(lambda: Glance(-40.0, -60.0, 0.0, State.LISTENING, None))) as looking:
        async with asyncio.timeout(20):
            await anext(looking)
    with open_speaker("") as speaker:
        print("found", speaker.name)

run(main())
"""


def test_a_sound_server_that_begins_later_is_found_where_there_is_no_card(bare):
    """PortAudio had listed nothing, and the kernel has nothing to tell."""
    found = told(SERVED_LATER, bare)
    assert (found["devices"], found["found"]) == ("0", "default")
    assert float(found["again"]) - float(found["begins"]) < 10.0


SERVED_ANEW = """
from contextlib import aclosing
from dataclasses import replace
from assistant import moving
from assistant.listen.microphone import Microphone, steadfast
from assistant.plugged import Plug

servers.append(subprocess.Popen(sys.argv[1:]))
cards, look = [], moving.look
moving.watch._look = lambda: replace(look(), devices=tuple(cards))  # the kernel, which knows nothing of this

async def main():
    loop = asyncio.get_running_loop()
    while not look().servers:
        await asyncio.sleep(0.05)
    moving.watch.look()
    await asyncio.sleep(0.5)  # it listens before it has its devices
    frames = 0
    async with aclosing(steadfast(Microphone().frames)) as heard, asyncio.timeout(30):
        async for frame in heard:
            frames += 1
            if frames == 25:
                cards.append(Plug(1001, "USB: Audio (hw:1,0)", inputs=True, outputs=True))
            if frames == 50:
                servers[0].kill()
                servers[0].wait()
                loop.call_later(3.0, begin)
            if len(servers) > 1:
                print("again", loop.time())
                break

run(main())
"""


def test_a_sound_server_that_begins_anew_is_found_though_the_list_was_made_while_it_was_away(bare):
    """A dock had been plugged in since the list before, and the microphone was lost: it was deaf for ever."""
    found = told(SERVED_ANEW, bare)
    assert float(found["again"]) - float(found["begins"]) < 6.0
