"""A source goes in, its frames come out; while it is muted the device is closed, also behind a restart."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path

from assistant import log
from assistant.errors import DeviceError, DeviceLostError, ServiceError
from assistant.flow import Frame
from assistant.listen.ear import Source

_logger = log.get(__name__)

MUTED = "muted"
"""File in the folder: where it is, the microphone is muted."""
_TRY_EVERY = 0.5
"""seconds between two tries to open a device again that has gone while it was closed"""


def muted(folder: Path) -> bool:
    """Whether it was muted when last anybody said so."""
    return (folder / MUTED).exists()


def keep_muted(folder: Path, on: bool) -> None:
    """Have it start muted, or not. Raises ServiceError where the disk will not have it."""
    file = folder / MUTED
    try:
        if on:
            file.touch(mode=0o600)
        else:
            file.unlink(missing_ok=True)
    except OSError as error:
        now = "muted" if on else "no longer muted"
        raise ServiceError(
            f"The microphone is {now}, but a restart will forget that: {file} cannot be changed ({error.strerror})."
        ) from error


class _ShutError(Exception):
    """The device may no longer be open."""


class Gate:
    """A Source that can be muted and unmuted, and closed for good; it gives frames to one listener at a time."""

    def __init__(
        self,
        source: Source,
        *,
        muted: bool,
        patient: bool = False,
        lost: Callable[[DeviceError], None] = lambda _: None,
    ) -> None:
        """*patient*: one that is away, or gives nothing but silence, is waited for from the beginning, as if muted.

        *lost* is told why, when a device stops that worked, gives silence alone, or is given up for another one.
        """
        self.heard_at: float | None = None
        """seconds, loop's clock: when the last frame was in the air; None since it was opened, lost or muted"""
        self._opened_at: float | None = None
        self._zeros_since: float | None = None
        self._source = source
        self._lost = lost
        self._open = asyncio.Event()
        if not muted:
            self._open.set()
        self._worked = self._patient = muted or patient
        self.missing: str | None = None
        """why the device is waited for, in a sentence; None where it is not"""
        self._closed = False
        self._waiting: asyncio.Timeout | None = None

    def mute(self) -> None:
        """Close the device, at once."""
        if self._closed:  # for good: who listens may still be on its way out, and must not wait for an `unmute`
            return
        self._open.clear()
        if self.missing is not None:
            self.missing = self._opened_at = None
        self._look()

    def unmute(self) -> None:
        """Open it again."""
        self._open.set()

    def close(self) -> None:
        """End the frames."""
        self._closed = True
        self._open.set()
        self._look()

    def silent(self, now: float) -> float | None:
        """Seconds without a frame at *now* (loop's clock); None where none is to be expected."""
        if self._opened_at is None:
            return None
        return now - max(self._opened_at, self.heard_at or self._opened_at)

    def zeros_for(self, now: float) -> float:
        """Seconds up to *now* (loop's clock) in which all that was heard was exactly zero, as no real room is."""
        return 0.0 if self._zeros_since is None else now - self._zeros_since

    async def frames(self) -> AsyncGenerator[Frame, None]:
        """The source's, as long as it may be open. Raises what the source raises.

        A device that worked and cannot be opened again is waited for, however long that takes; and so is sound from
        one that gives only silence, where that is wanted.
        """
        while True:
            await self._open.wait()
            if self._closed:
                return
            self._expect()
            try:
                async with aclosing(self._source.frames()) as frames:
                    while (frame := await self._next(frames)) is not None:
                        self._hear(frame)
                        self._worked, self.missing = True, None
                        yield frame
            except DeviceLostError as error:
                self._lost(error)
                raise
            except DeviceError as error:
                self._miss(error)
                await asyncio.sleep(_TRY_EVERY)
            except _ShutError:
                self.heard_at = self._opened_at = self._zeros_since = None
            else:
                return  # a recording, which is at its end

    def _expect(self) -> None:
        """Frames are expected from now on; of a device that is missing, since it was first missed."""
        self.heard_at = None
        if self.missing is None:
            self._opened_at = asyncio.get_running_loop().time()

    def _hear(self, frame: Frame) -> None:
        self.heard_at = frame.captured_at
        if frame.samples.any():
            self._zeros_since = None
        elif self._zeros_since is None:
            self._zeros_since = frame.captured_at

    def _miss(self, error: DeviceError) -> None:
        """It is waited for. Raises *error* where that is not wanted."""
        # What was heard was silence, as a Mac may give also where it allows the microphone (facts A).
        silent = self.heard_at is not None
        if not (self._patient if silent else self._worked):
            raise error
        if silent:
            self._lost(error)
        if self.missing is None:  # once: it may be tried for days
            _logger.warning("microphone.missing", why=str(error))
        self.missing = str(error)

    @property
    def _may_be_open(self) -> bool:
        return self._open.is_set() and not self._closed

    async def _next(self, frames: AsyncGenerator[Frame, None]) -> Frame | None:
        """None at the end of *frames*. Raises _ShutError where the device may no longer be open."""
        if not self._may_be_open:
            raise _ShutError
        try:
            # The device is closed by cancelling whoever waits for it: it may be away, and give nothing for hours.
            async with asyncio.timeout(None) as self._waiting:
                return await anext(frames, None)
        except TimeoutError:
            # It takes up to seconds until the device is closed: it may be open again by now, which is no end of it.
            raise _ShutError from None
        finally:
            self._waiting = None

    def _look(self) -> None:
        if self._waiting is not None and self._waiting.when() is None:  # once: who closes cannot be hurried
            self._waiting.reschedule(asyncio.get_running_loop().time())
