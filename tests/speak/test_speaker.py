from types import SimpleNamespace

import numpy as np
import pytest

from assistant import devices
from assistant.errors import DeviceError
from assistant.speak.speaker import open_speaker


class PortAudioError(Exception):
    """As sounddevice's."""


def fake_sound(channels, refuses):
    """A sounddevice module with one loudspeaker, and the streams that were opened on it."""
    opened = []

    def stream(**wanted):
        if wanted["channels"] in refuses:
            raise PortAudioError("Invalid number of channels")
        opened.append(wanted)
        return SimpleNamespace(start=lambda: None, close=lambda: opened.append("closed"))

    info = {"index": 0, "name": "fake", "max_output_channels": channels, "default_samplerate": 48_000.0}
    return SimpleNamespace(
        PortAudioError=PortAudioError,
        query_devices=lambda: [info],
        default=SimpleNamespace(device=(-1, 0)),
        OutputStream=stream,
        opened=opened,
    )


@pytest.mark.parametrize(("most", "refuses", "channels"), [(1, (), 1), (2, (1,), 2), (8, (1, 2), 8)])
def test_a_loudspeaker_that_refuses_one_channel_plays_the_same_on_all_it_wants(monkeypatch, most, refuses, channels):
    """Opened with two, or all it has."""
    sound = fake_sound(most, refuses)
    monkeypatch.setattr(devices, "_sounddevice", lambda: sound)
    with open_speaker("") as speaker:
        speaker.put(np.arange(1000, 1480, dtype=np.int16))
        out = np.full((480, channels), 7, np.int16)
        now = SimpleNamespace(outputBufferDacTime=0.0, currentTime=0.0)
        sound.opened[0]["callback"](out, 480, now, None)
    assert sound.opened[0]["channels"] == channels
    assert (out == np.arange(1000, 1480)[:, np.newaxis]).all()
    assert sound.opened[1] == "closed"


def test_a_loudspeaker_that_refuses_everything_is_an_error(monkeypatch):
    """In one sentence."""
    monkeypatch.setattr(devices, "_sounddevice", lambda: fake_sound(2, (1, 2)))
    with pytest.raises(DeviceError, match="The loudspeaker cannot be opened"), open_speaker(""):
        pass
