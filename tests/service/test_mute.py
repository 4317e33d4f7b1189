import asyncio

import numpy as np
import pytest
from structlog.testing import capture_logs

from assistant.errors import DeviceError, DeviceLostError, DeviceMovedError, ServiceError
from assistant.flow import FRAME_SAMPLES, Frame
from assistant.listen.microphone import steadfast
from assistant.service.mute import Gate, keep_muted, muted
from tests.virtual_time import run


class Device:
    """Frames every 20 ms for as long as it is open; or what *script* says of each opening."""

    def __init__(self, *script, ends_at=None, closes_in=0.0):
        self.script = list(script)
        self.ends_at = ends_at
        self.closes_in = closes_in
        self.log = []
        self.level = 0

    async def frames(self):
        loop = asyncio.get_running_loop()
        does = self.script.pop(0) if self.script else None
        self._note("opened")
        try:
            if isinstance(does, Exception):
                raise does
            if does == "gives nothing":
                await asyncio.Event().wait()
            while self.ends_at is None or loop.time() < self.ends_at:
                await asyncio.sleep(0.02)
                if does == "is lost" and loop.time() > 1:
                    raise DeviceLostError("unplugged")
                if does == "is silent" and loop.time() > 1:
                    raise DeviceError("nothing but silence")
                yield Frame(np.full(FRAME_SAMPLES, self.level, np.int16), 0, loop.time())
        finally:
            await asyncio.sleep(self.closes_in)
            self._note("closed")

    def _note(self, what):
        self.log.append((round(asyncio.get_running_loop().time(), 6), what))


def heard(gate, *orders):
    """When frames came, while (seconds, what) is done to the *gate*; it is closed at the end."""
    times = []

    async def listen():
        times.extend([frame.captured_at async for frame in gate().frames()])

    async def main():
        nonlocal gate
        made = gate()
        gate = lambda: made  # noqa: E731
        listening = asyncio.create_task(listen())
        loop = asyncio.get_running_loop()
        for at, what in orders:
            await asyncio.sleep(at - loop.time())
            getattr(made, what)()
        await listening

    run(main())
    return times


def test_muting_closes_the_device_at_once_and_unmuting_opens_it():
    device = Device()
    times = heard(lambda: Gate(device, muted=False), (1.005, "mute"), (5.0, "unmute"), (6.005, "close"))
    assert device.log == [(0.0, "opened"), (1.005, "closed"), (5.0, "opened"), (6.005, "closed")]
    assert not any(1.005 < at < 5.0 for at in times)
    assert len(times) == 100


def test_a_device_that_gives_nothing_is_closed_as_soon():
    """It may be away, and would come back unmuted."""
    device = Device("gives nothing")
    heard(lambda: Gate(device, muted=False), (1.0, "mute"), (2.0, "close"))
    assert device.log == [(0.0, "opened"), (1.0, "closed")]


def test_what_starts_muted_opens_nothing():
    device = Device()
    assert heard(lambda: Gate(device, muted=True), (10.0, "close")) == []
    assert device.log == []


def test_muting_and_unmuting_at_once_and_twice_is_harmless():
    device = Device()
    orders = [(1.005, "mute"), (1.005, "mute"), (1.005, "unmute"), (1.005, "unmute"), (2.0, "unmute"), (3.005, "close")]
    times = heard(lambda: Gate(device, muted=False), *orders)
    assert device.log[-1] == (3.005, "closed")
    assert len(times) > 140


def test_who_unmutes_while_the_device_is_still_being_closed_has_it_opened_again():
    """A headset takes a second or two to open, and is closed only then."""
    device = Device(closes_in=0.3)
    times = heard(lambda: Gate(device, muted=False), (1.005, "mute"), (1.1, "unmute"), (3.0, "close"))
    assert device.log == [(0.0, "opened"), (1.305, "closed"), (1.305, "opened"), (3.3, "closed")]
    assert len(times) == 50 + 84


def test_who_mutes_twice_while_the_device_is_still_being_closed_has_it_closed_once():
    device = Device(closes_in=0.3)
    orders = [(1.005, "mute"), (1.1, "unmute"), (1.2, "mute"), (3.0, "close")]
    assert len(heard(lambda: Gate(device, muted=False), *orders)) == 50
    assert device.log == [(0.0, "opened"), (1.305, "closed")]


def test_who_mutes_what_is_being_closed_for_good_does_not_hold_that_up():
    """A reload waits for it, and would until somebody unmutes."""
    device = Device(closes_in=0.3)
    heard(lambda: Gate(device, muted=False), (1.005, "close"), (1.1, "mute"))
    assert device.log == [(0.0, "opened"), (1.305, "closed")]


def test_a_recording_ends_as_it_does_without_a_gate():
    times = heard(lambda: Gate(Device(ends_at=1.0), muted=False))
    assert len(times) == 50


def test_how_long_there_have_been_zeros_alone_is_known_until_something_is_heard_or_it_is_muted():
    """Also over a device that is opened again in between."""

    async def main():
        device = Device("is lost")
        gate, loop = Gate(device, muted=False), asyncio.get_running_loop()
        known = []

        async def listen():
            async for _ in steadfast(gate.frames):
                pass

        listening = asyncio.create_task(listen())
        for does in (lambda: None, lambda: setattr(device, "level", 1), lambda: setattr(device, "level", 0), gate.mute):
            does()
            await asyncio.sleep(3.01)
            known.append(gate.zeros_for(loop.time()))
        gate.close()
        await listening
        return known

    assert run(main()) == pytest.approx([2.99, 0.0, 2.99, 0.0], abs=0.03)


@pytest.mark.parametrize(
    ("does", "error"), [("is lost", DeviceLostError), (DeviceMovedError("another one"), DeviceMovedError)]
)
def test_a_device_that_is_lost_or_given_up_is_told_of_and_raises(does, error):
    """Whoever listens ends the open turn, and asks again."""
    told = []

    async def main():
        async for _ in Gate(Device(does), muted=False, lost=told.append).frames():
            pass

    with pytest.raises(error):
        run(main())
    assert [type(why) for why in told] == [error]


def test_a_device_that_is_gone_when_it_is_unmuted_is_waited_for():
    """Half a second at a time, however long; nothing ends."""
    device = Device(None, *[DeviceError("There is no microphone.")] * 3)
    times = heard(lambda: Gate(device, muted=False), (1.0, "mute"), (2.0, "unmute"), (5.0, "close"))
    assert [at for at, what in device.log if what == "opened"] == [0.0, 2.0, 2.5, 3.0, 3.5]
    assert min(at for at in times if at > 2) > 3.5


@pytest.mark.parametrize("start_muted", [False, True])
def test_a_device_that_is_not_there_at_the_start_ends_it_only_where_it_was_to_be_opened(start_muted):
    """Then the person who starts it learns it at once."""
    device = Device(DeviceError("There is no microphone."))

    def listen():
        return heard(lambda: Gate(device, muted=start_muted), (1.0, "unmute"), (3.0, "close"))

    if start_muted:
        assert listen()
    else:
        with pytest.raises(DeviceError):
            run(anext(Gate(device, muted=False).frames()))


def test_one_that_gives_only_silence_is_waited_for_and_told_of_where_that_is_wanted():
    """A service would end and load its models again, again and again: a Mac's is silent while its lid is closed."""
    told = []
    device = Device("is silent")
    times = heard(lambda: Gate(device, muted=False, lost=told.append, patient=True), (5.0, "close"))
    assert [at for at, what in device.log if what == "opened"] == [0.0, 1.52]
    assert max(times) > 4.9
    assert [str(why) for why in told] == ["nothing but silence"]


def test_one_that_gives_only_silence_ends_it_where_somebody_has_just_started_it():
    """They may have to allow it."""

    async def listen():
        async for _ in Gate(Device("is silent"), muted=False).frames():
            pass

    with pytest.raises(DeviceError, match="nothing but silence"):
        run(listen())


def test_it_is_kept_on_disk(tmp_path):
    """Scenario 26: a restart opens nothing that somebody has closed."""
    assert not muted(tmp_path)
    for on in (True, True, False, False):
        keep_muted(tmp_path, on)
        assert muted(tmp_path) is on


def test_a_disk_that_will_not_keep_it_is_a_sentence(tmp_path):
    with pytest.raises(ServiceError, match="is muted, but a restart"):
        keep_muted(tmp_path / "no folder", True)


def test_a_device_that_stays_away_is_told_of_once_and_counts_as_silent_since_it_was_first_missed():
    """What is tried twice a second for days must not fill the log; and the status has to know of it."""

    async def main():
        gate = Gate(Device(*[DeviceError("There is no microphone.")] * 100), muted=False, patient=True)
        listening = asyncio.create_task(anext(gate.frames(), None))
        await asyncio.sleep(6.1)
        silent = gate.silent(asyncio.get_running_loop().time())
        gate.mute()
        await asyncio.sleep(1.0)
        muted = gate.silent(asyncio.get_running_loop().time())
        gate.close()
        await listening
        return round(silent, 6), muted

    with capture_logs() as logs:
        assert run(main()) == (6.1, None)
    assert [line["event"] for line in logs] == ["microphone.missing"]
