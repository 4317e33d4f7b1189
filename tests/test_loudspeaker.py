import asyncio
import threading
from contextlib import AsyncExitStack, contextmanager

import pytest

from assistant import loudspeaker
from assistant.errors import DeviceError
from tests.virtual_time import run


class Device:
    """A loudspeaker that opens as soon as it may."""

    def __init__(self, error=None):
        self.may_open = threading.Event()
        self.log = []
        self._error = error

    @contextmanager
    def made(self):
        self.may_open.wait(10)  # seconds, real ones: or a failure would hang
        if self._error is not None:
            raise self._error
        self.log.append("opened")
        yield self
        self.log.append("closed")


def test_a_loudspeaker_that_takes_long_to_open_holds_up_nobody_else():
    """Commands are answered meanwhile, and the microphone can be muted."""

    async def main():
        device, told = Device(), []
        async with AsyncExitStack() as stack:
            opening = asyncio.create_task(loudspeaker.opened(device.made(), stack, told.append))
            for _ in range(3):
                await asyncio.sleep(0)
            assert not opening.done()
            device.may_open.set()
            assert await opening is device
            assert device.log == ["opened"]
        assert device.log == ["opened", "closed"]
        assert told == []

    run(main())


def test_one_that_hangs_is_told_of_and_waited_for(monkeypatch):
    monkeypatch.setattr(loudspeaker, "_OPENS_WITHIN", 0.0)

    async def main():
        device, told = Device(), []
        async with AsyncExitStack() as stack:

            def tell(why):
                told.append(why)
                device.may_open.set()

            assert await loudspeaker.opened(device.made(), stack, tell) is device
        assert told == ["The loudspeaker does not open."]

    run(main())


def test_one_that_will_not_open_raises():
    async def main():
        device = Device(DeviceError("It is away."))
        device.may_open.set()
        async with AsyncExitStack() as stack:
            await loudspeaker.opened(device.made(), stack, print)

    with pytest.raises(DeviceError, match="away"):
        run(main())
