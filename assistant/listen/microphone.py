"""A microphone's callback goes in, an unbroken stream of 20 ms frames at 16 kHz comes out."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, nullcontext, suppress
from typing import Any, TypeVar

import numpy as np

from assistant import log
from assistant.audio import Resampler, to_mono
from assistant.devices import INPUT_LATENCY, find, muted, open_mono, opening
from assistant.errors import DeviceError, DeviceLostError, DeviceMovedError
from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE, Frame, Samples
from assistant.moving import Place, watch
from assistant.plugged import Want
from assistant.streams import in_thread

_logger = log.get(__name__)

T = TypeVar("T")

_BLOCK_SECONDS = FRAME_SAMPLES / SAMPLE_RATE
"""one frame: it is there as soon as its last sample, as with shorter blocks, and the loop wakes half as often"""
_QUEUE_BLOCKS = 100
"""2 s of sound: the loop is never that late; beyond it the newest block is dropped and counted, never waited for"""
_DEAD_AFTER = 0.7
"""seconds without a block after which a device is gone (facts B: sleep, unplugging, coreaudiod): an open turn, which
shall end within 1 s, ends then. Two cores that six programs kept busy let us wait for 0.46 s at most"""
_STARTS_WITHIN = 5.0
"""seconds until the first block at the start: AirPods take two to become a microphone"""
_RESTARTS_WITHIN = 2.6
"""...and when it is opened again: a PulseAudio that has just begun takes 2.0 (with 2.0 we gave up just then), and
headsets as long; where it was opened in vain it is opened again so soon that it is back within 3 s all the same"""
_AGAIN_AFTER = 0.25
"""seconds before it is opened again, for ever: asking a sound system that is not there takes a millisecond"""
_LEFT_AFTER = 1.0
"""seconds in which one that is still being opened is waited for by who wants it no more, as by `mute` or at the end:
the system's sound may hang (facts B). One that is opened later closes itself (`Place.start`)"""
_MOVES_WITHIN = 10.0
"""seconds in which a person who waits for it is told that the other device, which it moved to, gives nothing"""
_ZEROS_AFTER = 3.0
"""seconds of nothing but exact zeros at the start that mean something is wrong: a real room always has some noise"""
_DEAF_AFTER = 2.0
"""...and later, on a Mac, that it has to be opened again: after sleep, or opened while a headset switched over (B).
Where that changes nothing, twice as long each time, since it may still be switching over..."""
_DEAF_AT_MOST = 600.0
"""...up to this: it may as well be muted, for which nothing has to be done"""

Block = tuple[Samples, float, bool]
"""samples (n, channels) at the device's rate, when the last of them was in the air (seconds, loop's clock), and whether
the device lost some in front of them"""

Blocks = asyncio.Queue[Block | None]
"""None: it shall move to another device"""


class Microphone:
    """A microphone as a Source."""

    def __init__(self, device: str = "", *, headset: bool = False) -> None:
        """*device*: "" the system's default, else an index or part of a name.

        The default is not the microphone of a Bluetooth headset that plays, where there is a built-in one, unless
        *headset*: with it open, the headset plays like a telephone.
        """
        self._device = device
        self._headset = headset
        self.name = ""
        """of the device that was opened last"""
        self.overflows = 0
        """blocks that were dropped, since nobody took them for 2 s"""
        self._zeros: int | None = 0
        """samples of nothing else since there was any sound, or it was opened for that; None where they are harmless"""
        self._bears = _ZEROS_AFTER
        """seconds of them"""
        self._told = False
        self._sounded = False
        self._position = 0
        self._until: float | None = None
        self._lost = False
        self._moved = False
        self._failed = False
        self._opening = False  # also one that was left in that: a thread for each would wait behind it
        self._blocks: Blocks = asyncio.Queue()

    async def frames(self) -> AsyncGenerator[Frame, None]:
        """Frames for as long as the device gives them; their times never go back, whatever the device says.

        Raises DeviceError when it cannot be opened at first, or (on a Mac) gives only zeros, which is what a program
        without the microphone permission is given. Raises DeviceLostError when it stops; frames asked for then come as
        soon as it is back, however long that takes, and their positions go on as the clock did.

        It follows the system's default (`moving.watch`): then it raises DeviceMovedError, and goes on behind it.
        """
        loop = asyncio.get_running_loop()

        def move() -> None:
            with suppress(RuntimeError):  # the loop is over, and all streams with it
                loop.call_soon_threadsafe(_make_move, self._blocks)

        with watch.wanted(lambda running: Want(True, self._device, self._headset, running), move) as place:
            while True:
                if self._lost and not self._moved:
                    await asyncio.sleep(_AGAIN_AFTER)
                while self._opening:  # noqa: ASYNC110 - a thread is in it, and may be for ever
                    await asyncio.sleep(_AGAIN_AFTER)
                self._moved = False
                blocks = self._blocks = asyncio.Queue(_QUEUE_BLOCKS)
                try:
                    stream = self._stream(loop, blocks, place)
                    async with aclosing(in_thread(stream, left_after=_LEFT_AFTER)) as streams:
                        async for rate in streams:
                            async for frame in self._framed(blocks, rate):
                                yield frame
                except DeviceError as error:
                    if not self._lost or isinstance(error, DeviceLostError):
                        raise

    def _stream(self, loop: asyncio.AbstractEventLoop, blocks: Blocks, place: Place) -> Iterator[int]:
        """Open it, give its rate in Hz, and close it at the end. Blocks: a device may take a second."""
        self._opening = True
        try:
            rate = self._opened(loop, blocks, place)
        finally:
            self._opening = False
        try:
            yield rate
        finally:
            # Closing a device that is gone may take ten seconds, or for ever (facts B), and a turn waits to be ended.
            # PortAudio takes a stream off its list at once, so another one can be opened meanwhile.
            place.close(within=0.0) if self._lost and not self._moved else place.close()

    def _opened(self, loop: asyncio.AbstractEventLoop, blocks: Blocks, place: Place) -> int:
        """Have a stream run in *place*; its rate in Hz. Raises DeviceError."""
        quiet, self._failed = self._lost or self._failed, True
        default = place.prepare()
        with opening("microphone", self._device) as sounddevice, muted() if quiet else nullcontext():
            info = find(sounddevice, "input", self._device, default)
            rate = int(info["default_samplerate"])
            stream = open_mono(
                sounddevice,
                info["max_input_channels"],
                lambda channels: sounddevice.InputStream(
                    samplerate=rate,
                    blocksize=int(rate * _BLOCK_SECONDS),
                    device=info["index"],
                    channels=channels,
                    dtype="int16",
                    latency=INPUT_LATENCY,
                    callback=lambda *block: self._callback(loop, blocks, rate, *block),
                ),
            )
            place.start(stream, info["name"])
            self.name = info["name"]
        self._failed = False
        return rate

    async def _framed(self, blocks: Blocks, rate: int) -> AsyncGenerator[Frame, None]:
        resampler = Resampler(rate, SAMPLE_RATE)
        rest: Samples | None = None
        wait = _STARTS_WITHIN if self._until is None else _RESTARTS_WITHIN
        samples, captured_at, _ = await self._next(blocks, wait)
        self._go_on(captured_at - samples.shape[0] / rate)
        while True:
            mono = to_mono(samples[:, :2])  # more channels are rarely more microphones
            self._watch_for_zeros(mono, rate)
            made = resampler.push(mono)
            if rest is None:
                # The resampler holds 1.7 ms back: as much silence in front, and each block fills a frame.
                rest = np.zeros(-made.size % FRAME_SAMPLES, np.int16)
            rest = np.concatenate([rest, made])
            while rest.size >= FRAME_SAMPLES:
                frame, rest = rest[:FRAME_SAMPLES], rest[FRAME_SAMPLES:]
                self._until = max(captured_at - rest.size / SAMPLE_RATE, self._until or float("-inf"))
                yield Frame(frame, self._position, self._until)
                self._position += FRAME_SAMPLES
            before = captured_at
            samples, captured_at, after_hole = await self._next(blocks, _DEAD_AFTER)
            if after_hole:
                samples = _filled(samples, captured_at - before, rate)

    async def _next(self, blocks: Blocks, seconds: float) -> Block:
        try:
            # Not wait_for: until Python 3.12 it loses a cancellation that comes together with a block.
            async with asyncio.timeout(seconds):
                block = await blocks.get()
        except TimeoutError:
            if blocks.empty():
                raise self._silence() from None
            block = blocks.get_nowait()  # it was us who were late
        if block is not None:
            return block
        self._lost = self._moved = True
        _logger.info("microphone.moves")
        raise DeviceMovedError("The microphone is another one now.")

    def _silence(self) -> DeviceError:
        if self._lost or self._until is None:
            return DeviceError("The microphone gives no sound: is it plugged in?")
        self._lost = True
        _logger.warning("microphone.lost", hint="it is opened again as soon as it is back")
        return DeviceLostError("The microphone stopped giving sound: is it still plugged in?")

    def _go_on(self, at: float) -> None:
        """The device's first sample was in the air *at*: the positions of what was missed are left out."""
        if self._until is not None:  # it was lost, moved, or closed, as by `mute`
            missed = at - self._until
            self._position += max(0, round(missed * SAMPLE_RATE / FRAME_SAMPLES)) * FRAME_SAMPLES
            if self._lost:
                _logger.info("microphone.back", away_s=round(missed, 1))
        self._lost = False

    def _callback(self, loop: asyncio.AbstractEventLoop, blocks: Blocks, rate: int, *block: Any) -> None:
        """PortAudio's thread: copies and hands over, nothing else."""
        indata, frames, stream_time, status = block
        age = stream_time.currentTime - stream_time.inputBufferAdcTime
        # Some Linux back ends leave these times at zero or let them jump: then the block is as old as it is long.
        first_at = loop.time() - (age if 0 < age < 1 else frames / rate)
        loop.call_soon_threadsafe(self._hand_over, blocks, (indata.copy(), first_at + frames / rate, bool(status)))

    def _hand_over(self, blocks: Blocks, block: Block) -> None:
        try:
            blocks.put_nowait(block)
        except asyncio.QueueFull:
            self.overflows += 1

    def _watch_for_zeros(self, samples: Samples, rate: int) -> None:
        if samples.any():
            self._zeros, self._sounded, self._bears = 0, True, _DEAF_AFTER
        elif self._zeros is not None:
            self._zeros += samples.size
            if self._zeros >= self._bears * rate:
                self._only_zeros()

    def _only_zeros(self) -> None:
        sentence = only_zeros(sys.platform)
        self._zeros, self._bears = None if sentence is None else 0, min(2 * self._bears, _DEAF_AT_MOST)
        if sentence is not None and not self._sounded:
            raise DeviceError(sentence)
        if not self._told:  # a virtual microphone is silent whenever nobody speaks
            self._told = True
            _logger.warning("microphone.silent", hint="nothing but zeros: is it muted?")
        if sentence is not None:
            self._lost = True
            raise DeviceLostError("The microphone gives nothing but silence; it is opened again.")


def _make_move(blocks: Blocks) -> None:
    if blocks.full():
        blocks.get_nowait()
    blocks.put_nowait(None)


def _filled(samples: Samples, seconds: float, rate: int) -> Samples:
    """*samples* (n, channels), which end *seconds* behind those before them, with silence in place of what was lost.

    So positions stay true to time, and the echo canceller need not learn a new distance.
    """
    lost = round(seconds * rate) - samples.shape[0]
    if not 0 < lost < _DEAD_AFTER * rate:
        return samples
    return np.concatenate([np.zeros((lost, samples.shape[1]), np.int16), samples])


async def steadfast(listen: Callable[[], AsyncGenerator[T, None]]) -> AsyncGenerator[T, None]:
    """What *listen* gives; it is called anew whenever its device is lost."""
    while True:
        try:
            async with aclosing(listen()) as items:
                async for item in items:
                    yield item
        except DeviceLostError:
            continue  # the microphone itself waits, and says so
        return


async def following(
    listen: Callable[[], AsyncGenerator[T, None]], within: float = _MOVES_WITHIN
) -> AsyncGenerator[T, None]:
    """What *listen* gives, for a person who waits for it; it is called anew when its device moves, not when it is lost.

    Raises DeviceError where the other device gives nothing *within* so many seconds.
    """
    moved = False
    while True:
        try:
            async with aclosing(listen()) as items:
                while True:
                    item = await _within(items, within if moved else None)
                    if item is None:
                        return
                    moved = False
                    yield item
        except DeviceMovedError:
            moved = True


async def _within(items: AsyncGenerator[T, None], seconds: float | None) -> T | None:
    """The next of *items*; None at their end."""
    try:
        async with asyncio.timeout(seconds):
            return await anext(items, None)
    except TimeoutError:
        raise DeviceError(
            "The microphone is another one now, and that gives no sound: `assistant devices` lists all there are."
        ) from None


def only_zeros(platform: str) -> str | None:
    """What it means that a microphone gives nothing but zeros; None where it is harmless (a virtual device)."""
    if platform != "darwin":
        return None
    return (
        "The microphone gives nothing but silence: it is muted, or this program may not use it. Allow that where macOS "
        "asks, or in System Settings > Privacy & Security > Microphone for the terminal you start it from, and start "
        "it again. With the lid closed the built-in one is off: `listen.headset_microphone = true` takes a headset's."
    )
