import os
import shlex
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ("pulseaudio", "pactl", "paplay", "parec")


@pytest.fixture(scope="session")
def room():
    """The environment in which programs find a virtual microphone and loudspeaker as their default devices.

    It is for child processes: PortAudio, once it has looked for devices, never looks again.
    """
    with started() as environment:
        yield environment


@pytest.fixture(scope="session")
def room_with_echo():
    """Such a room in which the microphone hears the loudspeaker, 40 ms later and 10 dB quieter."""
    with started("-10") as environment:
        yield environment


@contextmanager
def started(*echo_db):
    if missing := [tool for tool in TOOLS if shutil.which(tool) is None]:
        pytest.skip(f"no {', '.join(missing)} here (Debian: apt install pulseaudio pulseaudio-utils)")
    # Not under tmp_path: the path of a socket may have 107 characters at most.
    with tempfile.TemporaryDirectory(prefix="room-") as folder:
        exports = subprocess.run(
            [ROOT / "scripts/room", "start", folder, *echo_db], check=True, capture_output=True, text=True, timeout=30
        ).stdout
        environment = os.environ | dict(pair.split("=", 1) for pair in shlex.split(exports) if "=" in pair)
        try:
            if not echo_db:  # an echo does it as well
                keep_awake(environment)
            yield environment
        finally:
            subprocess.run([ROOT / "scripts/room", "stop", folder], check=True, timeout=30)


def keep_awake(environment):
    """Have sound pass through the room in small blocks all along.

    Where nobody listens its sink makes 2 s of silence at once, and who opens a microphone waits for their end.
    """
    for module in (
        ("module-null-sink", "sink_name=nowhere", "rate=48000", "channels=1"),
        ("module-loopback", "source=ear", "sink=nowhere", "latency_msec=20", "adjust_time=0"),
    ):
        command = ["pactl", "load-module", *module]
        subprocess.run(command, env=environment, check=True, capture_output=True, timeout=30)
