import json
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.room

SAID = Path(__file__).parents[1] / "recordings/yes.wav"

RECORD = """
import numpy, sounddevice
print("recording", flush=True)
print(float(numpy.abs(sounddevice.rec(32_000, samplerate=16_000, channels=1, blocking=True)).max()))
"""
PLAY = """
import numpy, sounddevice
sounddevice.play(0.5 * numpy.sin(numpy.arange(48_000) * 2 * numpy.pi * 440 / 48_000), 48_000, blocking=True)
"""
DEVICES = """
import json, sounddevice
print(json.dumps([sounddevice.query_devices(kind=kind) for kind in ("input", "output")]))
"""


def python(code, room):
    return subprocess.Popen([sys.executable, "-c", code], env=room, stdout=subprocess.PIPE, text=True)


@contextmanager
def recording(room, source, path):
    """Write what *source* hears to *path*, int16 mono at 48 kHz, from now until the block ends."""
    command = ["parec", f"--device={source}", "--format=s16le", "--rate=48000", "--channels=1", "--latency-msec=20"]
    with path.open("wb") as file, subprocess.Popen(command, env=room, stdout=file) as child:
        try:
            while not path.stat().st_size:
                assert child.poll() is None
                time.sleep(0.01)  # a real device starts in real time
            yield
        finally:
            child.terminate()


def test_portaudio_sees_the_virtual_microphone_and_loudspeaker(room):
    with python(DEVICES, room) as child:
        microphone, loudspeaker = json.loads(child.communicate(timeout=30)[0])
    assert microphone["max_input_channels"] > 0
    assert loudspeaker["max_output_channels"] > 0


def test_what_the_mouth_says_arrives_at_the_microphone(room):
    with python(RECORD, room) as recorder:
        assert recorder.stdout.readline() == "recording\n"
        subprocess.run(["paplay", "--device=mouth", SAID], env=room, check=True, timeout=30)
        assert float(recorder.communicate(timeout=30)[0]) > 0.05


def test_a_tone_from_the_loudspeaker_arrives_at_the_ear_and_not_at_the_microphone(room, tmp_path):
    ear, microphone = tmp_path / "ear", tmp_path / "microphone"
    with recording(room, "ear", ear), recording(room, "microphone", microphone), python(PLAY, room) as player:
        assert player.wait(timeout=30) == 0
    heard, leaked = (np.fromfile(path, np.int16).astype(float) for path in (ear, microphone))
    assert np.argmax(np.abs(np.fft.rfft(heard))) * 48_000 / len(heard) == pytest.approx(440, abs=2)
    assert np.abs(heard).max() == pytest.approx(16_384, rel=0.05)
    assert not leaked.any()
