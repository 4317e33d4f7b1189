import threading
from types import SimpleNamespace

import numpy as np
import pytest

from assistant import devices
from assistant.errors import DeviceError
from assistant.moving import Watch
from assistant.plugged import Plug, Plugged
from assistant.speak import speaker as speaker_module
from assistant.speak.speaker import Speaker, open_speaker


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
        RawOutputStream=stream,
        opened=opened,
    )


def join(name):
    """Wait until the threads called so are over."""
    for thread in threading.enumerate():
        if thread.name == name:
            thread.join(5)


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


class Gone:
    """A loudspeaker whose callback is called as long as its device is there, and the time that passes.

    Its buffer has *most* larger sizes.
    """

    def __init__(self, most=2):
        self.now = 100.0
        self.revived = 0
        self.size = 0
        self.most = most
        self.speaker = Speaker(
            1000, revive=self._revive, enlarge=self._enlarge, lessen=self._lessen, clock=lambda: self.now
        )

    def _revive(self):
        self.revived += 1

    def _enlarge(self):
        if self.size == self.most:
            return False
        self.size += 1
        return True

    def _lessen(self):
        self.size = max(0, self.size - 1)
        return True

    def answers(self, holes=0):
        """Say something with so many holes in it."""
        self.speaker.put(np.full(1000, 500, np.int16))
        self.plays(0.1)
        for _ in range(holes):
            times = SimpleNamespace(outputBufferDacTime=0.0, currentTime=0.0)
            self.speaker.callback(np.zeros((10, 1), np.int16), 10, times, "underflow")
        self.plays(0.5)
        self.speaker.flush()

    def plays(self, seconds):
        for _ in range(round(seconds * 100)):
            times = SimpleNamespace(outputBufferDacTime=0.0, currentTime=0.0)
            self.speaker.callback(np.zeros((10, 1), np.int16), 10, times, None)
            self.now += 0.01


def test_an_answer_stands_still_while_its_device_is_gone_and_goes_on_when_it_is_back():
    """Asked for once, however often somebody looks."""
    gone = Gone()
    gone.speaker.put(np.full(3000, 500, np.int16))
    gone.plays(1.0)
    gone.now += 3.0
    for _ in range(3):
        assert gone.speaker.progress().sounded == 1000
    assert gone.revived == 1
    gone.plays(1.0)
    assert gone.speaker.progress().sounded == 2000
    gone.now += 3.0
    gone.speaker.progress()
    assert gone.revived == 2


def test_what_is_left_of_an_answer_is_dropped_when_its_device_stays_away():
    """Else its turn would never end."""
    gone = Gone()
    gone.speaker.put(np.full(3000, 500, np.int16))
    gone.plays(1.0)
    gone.now += 8.1
    progress = gone.speaker.progress()
    assert progress.queued == progress.sounded == 1000


def test_who_asks_whether_it_is_away_has_it_opened_again_though_nobody_speaks():
    """Else it were found out by the next answer, which would come two seconds late; and that it is back by none."""
    gone = Gone()
    gone.plays(1.0)
    assert not gone.speaker.away
    gone.now += 3.0
    assert gone.speaker.away
    assert gone.revived == 1
    gone.plays(0.1)
    assert not gone.speaker.away


def test_a_device_that_is_opened_and_does_not_begin_is_opened_again_and_again():
    """As behind a sound server that ends in that moment; it has 4 s for it, and each of them is another stream."""
    gone = Gone()
    for times in range(3):
        gone.speaker.opened()
        gone.now += 3.9
        assert (gone.speaker.away, gone.revived) == (False, times)
        gone.now += 0.2
        assert (gone.speaker.away, gone.revived) == (True, times + 1)
    gone.plays(0.1)
    assert not gone.speaker.away


def test_an_answer_does_not_wait_for_ever_for_a_device_that_opens_and_does_not_begin():
    gone = Gone()
    gone.speaker.put(np.full(3000, 500, np.int16))
    for _ in range(3):
        gone.speaker.opened()
        gone.now += 3.0
    progress = gone.speaker.progress()
    assert progress.queued == progress.sounded == 0


def test_a_busy_quarter_of_an_hour_costs_no_larger_buffer_for_the_rest_of_the_month():
    """Smaller 10 min behind the last hole, then 20, where 10 were too few."""
    gone = Gone()
    sizes = []
    for holes, wait in ((1, 1), (2, 1), (1, 500), (0, 200), (3, 1100), (0, 200), (0, 5000)):
        gone.answers(holes)
        sizes.append(gone.size)
        gone.plays(0.01)
        gone.now += wait
    assert sizes == [0, 1, 1, 1, 2, 2, 1]


def test_holes_that_no_larger_buffer_answers_do_not_keep_the_largest_for_years():
    """An afternoon of them; the buffer is smaller 10 min behind the last, as behind the first time it was too small."""
    gone = Gone(most=1)
    for _ in range(20):
        gone.answers(holes=3)
    assert gone.size == 1
    gone.now += 601
    gone.answers()
    assert gone.size == 0


def test_a_device_that_does_not_begin_with_its_larger_buffer_is_opened_again():
    """It had been taken for one that is there still, for good."""
    gone = Gone()
    gone.answers(holes=3)
    gone.now += 4.1
    assert gone.speaker.away
    assert gone.revived == 1


def test_a_device_that_is_gone_is_opened_again_and_the_new_one_is_closed_at_the_end(monkeypatch):
    """By a thread of its own; the old one is closed, too."""
    sound = fake_sound(1, ())
    monkeypatch.setattr(devices, "_sounddevice", lambda: sound)
    monkeypatch.setattr(speaker_module, "_TRY_EVERY", 0.001)
    with open_speaker("") as speaker:
        speaker._revive()
        while len([one for one in sound.opened if one != "closed"]) < 2:
            threading.Event().wait(0.001)
    for thread in threading.enumerate():
        if thread.name.startswith("loudspeaker"):
            thread.join(5)
    assert sound.opened.count("closed") >= 2


def test_a_loudspeaker_that_opens_and_does_not_start_is_closed_each_time(monkeypatch):
    """As behind a sound server that is slow: it is tried twice a second, for as long as that lasts."""
    sound = fake_sound(1, ())
    opens, fails = sound.RawOutputStream, [True] * 3

    def start():
        if fails and len(sound.opened) > 1:
            fails.pop()
            raise PortAudioError("Wait timed out")

    def stream(**wanted):
        return SimpleNamespace(start=start, close=opens(**wanted).close)

    sound.RawOutputStream = stream
    monkeypatch.setattr(devices, "_sounddevice", lambda: sound)
    monkeypatch.setattr(speaker_module, "_TRY_EVERY", 0.001)
    with open_speaker("") as speaker:
        speaker._revive()
        join("loudspeaker")
    join("loudspeaker-close")
    assert len([one for one in sound.opened if one != "closed"]) == 5
    assert sound.opened.count("closed") == 5


def test_an_answer_goes_on_from_another_default_at_that_one_s_rate(monkeypatch):
    """The old one is closed before; the sample behind the last one that was pulled is the next."""
    sound = fake_sound(1, ())
    names = ("speakers", "headset")
    able = {"max_output_channels": 1, "default_samplerate": 48_000.0}
    infos = [able | {"index": number, "name": name} for number, name in enumerate(names)]
    infos[1]["default_samplerate"] = 24_000.0
    sound.query_devices = lambda: infos
    plugs = tuple(Plug(number, name, inputs=False, outputs=True) for number, name in enumerate(names, 1))
    there = [Plugged(plugs, output=1)]
    watch = Watch(lambda: there[0], lambda: None)
    monkeypatch.setattr(devices, "_sounddevice", lambda: sound)
    monkeypatch.setattr(speaker_module, "watch", watch)
    times = SimpleNamespace(outputBufferDacTime=0.0, currentTime=0.0)
    with open_speaker("") as speaker:
        speaker.put(np.full(4800, 5000, np.int16))
        sound.opened[0]["callback"](np.zeros((2400, 1), np.int16), 2400, times, None)
        there[0] = Plugged(plugs, output=2)
        watch.look()
        join("loudspeaker")
        assert sound.opened[1] == "closed"
        assert sound.opened[2]["samplerate"] == 24_000
        assert (speaker.rate, speaker.name) == (48_000, "headset")
        out = np.zeros((2400, 1), np.int16)
        sound.opened[2]["callback"](out, 2400, times, None)
        assert np.abs(out[100:1100] - 5000).max() < 50
        assert np.abs(out[1300:]).max() < 50
        assert speaker._queue._pulled.total == 4800


def test_a_move_while_it_is_being_opened_is_made_up_for(monkeypatch):
    """Whoever has it move says so once: the device that was meant a moment ago is open already."""
    opened, moving = [], threading.Event()

    def make(latency, place, quiet):
        opened.append(place.meant)
        if len(opened) == 2:
            place.meant = "headset"
            output.move()
            moving.set()

    output = speaker_module._Output(make)
    closed = []
    output.open(SimpleNamespace(meant="speakers", close=lambda within=0: closed.append(len(opened))))
    output.move()
    assert moving.wait(5)
    join("loudspeaker")
    assert (opened, closed) == (["speakers", "speakers", "headset"], [1, 2])
    output.close()


def test_a_move_while_it_is_first_being_opened_is_not_lost():
    """The default changes in the moment in which its stream begins to run: nobody says so again."""
    opened = []

    def make(latency, place, quiet):
        opened.append(place.meant)
        if len(opened) == 1:
            place.meant = "headset"
            output.move()

    output = speaker_module._Output(make)
    output.open(SimpleNamespace(meant="speakers", close=lambda within=0: None))
    join("loudspeaker")
    output.close()
    assert opened == ["speakers", "headset"]


def test_holes_in_the_sound_are_answered_by_larger_buffers_between_two_answers_until_there_is_none_larger(monkeypatch):
    """Two are an accident; behind three the stream is opened anew when the answer ends, not amidst it."""
    sound = fake_sound(1, ())
    monkeypatch.setattr(devices, "_sounddevice", lambda: sound)
    monkeypatch.setattr(speaker_module, "_TRY_EVERY", 0.001)
    monkeypatch.setattr(speaker_module, "OUTPUT_LATENCIES", (0.02, 0.04))

    def plays(late):
        times = SimpleNamespace(outputBufferDacTime=0.0, currentTime=0.0)
        speaker.callback(np.zeros((10, 1), np.int16), 10, times, late)

    def asked():
        for thread in threading.enumerate():
            if thread.name.startswith("loudspeaker"):
                thread.join(5)
        return [stream["latency"] for stream in sound.opened if stream != "closed"]

    with open_speaker("") as speaker:
        for _ in range(9):
            plays("underflow")  # in silence: nobody hears that
        speaker.put(np.full(300, 500, np.int16))
        plays(None)
        for _ in range(2):
            plays("underflow")
        speaker.flush()
        assert asked() == [0.02]
        plays("underflow")
        assert asked() == [0.02]
        speaker.flush()
        assert asked() == [0.02, 0.04]
        speaker.put(np.full(300, 500, np.int16))
        for _ in range(9):
            plays("underflow")
        speaker.flush()
        assert asked() == [0.02, 0.04]
