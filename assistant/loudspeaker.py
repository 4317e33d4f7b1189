"""A loudspeaker to open goes in; an open one comes out, what knows of its sound, and when another one is due."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractContextManager, AsyncExitStack

from assistant import log
from assistant.daemon import Watcher
from assistant.devices import has
from assistant.glance import Glance
from assistant.listen.echo import EchoCanceller
from assistant.listen.headphones import Worn, headphones
from assistant.moving import watch
from assistant.plugged import Want
from assistant.service.desk import QUIET
from assistant.settings import Config
from assistant.speak.playback import Sink
from assistant.speak.speaker import Speaker
from assistant.speak.wav import PacedSink

_logger = log.get(__name__)

_OPENS_WITHIN = 5.0
"""seconds in which a loudspeaker opens: what hangs is told of then, and each time after them left behind if it is no
longer wanted. PulseAudio was seen to take two"""
_HANGS = "The loudspeaker does not open."
_CLOSES_WITHIN = 2.0
"""seconds that its closing is waited for, behind which it goes on in its thread"""
_LOOK_EVERY = 0.5
"""seconds between two looks at which loudspeaker it is, and whether somebody speaks: pauses between turns are longer"""
_QUIET_LOOKS = 2
"""...in a row at which nobody does: the room still echoes our last word at the first one"""
_CLEAR = 22_050
"""Hz at which our voices sound as they are: most of Piper's have so many"""


class Opener:
    """Opens one loudspeaker after the other. One that hangs in that is left behind where it is no longer wanted."""

    def __init__(self, late: Callable[[str], None], unwanted: Callable[[], bool]) -> None:
        """*late* is told where one hangs; *unwanted*: whether what is being opened is for nobody by now."""
        self._late = late
        self._unwanted = unwanted
        self._left: tuple[asyncio.Future[Sink], AbstractContextManager[Sink]] | None = None

    @property
    def hangs(self) -> bool:
        """Whether one that was left behind is still being opened: nothing else can be opened before that is over."""
        return self._left is not None and not self._left[0].done()

    async def open(self, making: AbstractContextManager[Sink], stack: AsyncExitStack) -> Sink | None:
        """What *making* opens, until *stack* ends; None where it is unwanted, and takes long. Raises DeviceError.

        In a thread: it takes seconds, or for ever where the system's sound is in trouble (facts B), and the program has
        to answer commands meanwhile, and to end. It is cancelled only by that end.
        """
        # It holds PortAudio: a thread for each reload would wait behind it, until asyncio has none left for anything.
        if not await self._rid_of_last():
            return None
        coming = asyncio.get_running_loop().run_in_executor(None, making.__enter__)
        coming.add_done_callback(
            lambda done: done.cancelled() or done.exception()
        )  # else asyncio complains, if we are gone
        if not await self._over(coming):
            self._left = coming, making
            _logger.warning(
                "loudspeaker.left", hint="it hangs in being opened; nothing else is opened before that ends"
            )
            return None
        sink = coming.result()
        stack.push_async_callback(_closed, making)
        return sink

    async def _rid_of_last(self) -> bool:
        """Whether what was left behind, if anything was, has opened or failed by now, and is closed."""
        if self._left is None:
            return True
        coming, making = self._left
        if self.hangs:
            self._late(_HANGS)
        if not await self._over(coming):
            return False
        self._left = None
        if coming.exception() is None:
            await _closed(making)
        return True

    async def _over(self, coming: asyncio.Future[Sink]) -> bool:
        """Whether it has opened, or failed, before it took long and was unwanted."""
        while not (await asyncio.wait([coming], timeout=_OPENS_WITHIN))[0]:
            self._late(_HANGS)
            if self._unwanted():
                return False
        return True


def echo_control(config: Config, sink: Sink) -> EchoCanceller | Worn | None:
    """What knows of our voice in the microphone; None where that is not wanted, or nothing of it is played."""
    if not config.listen.echo_control or not isinstance(sink, Speaker):
        return None
    if headphones(sink.name):
        return Worn(lambda: sink.name, asyncio.get_running_loop().time)
    return EchoCanceller(sink.played)


def following(sink: Sink, echo_control: bool, named: Callable[[str], None], again: Callable[[], None]) -> list[Watcher]:
    """What begins anew, by *again*, where the loudspeaker has become another one than the conversation was made for.

    When nobody speaks: whoever begins anew closes the microphone, and would be deaf to "stop" until the answer is over.
    *named* is told what the loudspeaker is called.
    """
    if isinstance(sink, PacedSink):
        return [lambda look: _awaited(look, again)]
    if not isinstance(sink, Speaker):
        return []
    worn = headphones(sink.name) if echo_control else None
    own_rate = (
        sink.rate >= sink.device_rate
    )  # else it was made for another device already, and would come again as it is

    async def follow(look: Callable[[], Glance]) -> AsyncGenerator[None, None]:
        quiet = 0
        while quiet < _QUIET_LOOKS:
            await asyncio.sleep(_LOOK_EVERY)
            named(sink.name)
            quiet = quiet + 1 if _another(sink, worn, own_rate) and look().state in QUIET else 0
        _logger.info("loudspeaker.another", headphones=headphones(sink.name), rate=sink.device_rate)
        again()
        yield

    return [follow]


def _another(sink: Speaker, worn: bool | None, own_rate: bool) -> bool:
    """Whether it is no longer what it was: *worn* on the ears, if that matters, or with so dull a sound of its own."""
    if worn is not None and headphones(sink.name) is not worn:  # only one of both echoes
        return True
    # As a headset in a call has it, behind which there may be any device: all would be dull until a reload.
    return own_rate and sink.rate < min(sink.device_rate, _CLEAR)


async def _awaited(look: Callable[[], Glance], again: Callable[[], None]) -> AsyncGenerator[None, None]:
    """Where there was none. It is wanted meanwhile, or PortAudio would never list what is plugged in."""
    with watch.wanted(lambda running: Want(False, "", running=running), lambda: None):
        quiet = 0
        while quiet < _QUIET_LOOKS:
            await asyncio.sleep(_LOOK_EVERY)
            quiet = quiet + 1 if await asyncio.to_thread(has, "output") and look().state in QUIET else 0
    _logger.info("loudspeaker.there")
    again()
    yield


async def _closed(making: AbstractContextManager[Sink]) -> None:
    closing = asyncio.get_running_loop().run_in_executor(None, making.__exit__, None, None, None)
    await asyncio.wait([closing], timeout=_CLOSES_WITHIN)
