"""A loudspeaker and a microphone go in; how long sound takes from one to the other, as chirps tell, comes out."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import numpy as np

from assistant.errors import DeviceError
from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE, Frame
from assistant.latency.chirp import NEEDED, Loopback, Trip, agreed, chirp, find
from assistant.listen.ear import Source
from assistant.listen.microphone import following
from assistant.speak.playback import AUDIBLE, Sink

CHIRPS = 8
"""three may be drowned, by a door or a word, and enough are left"""
_SETTLES = 1.0
"""seconds before the first one: PulseAudio's times wander at the start of a stream"""
_WINDOW = 1.5
"""seconds in which a chirp must come back: Bluetooth takes 0.3, and a room is silent again when the next one comes"""


async def loop_back(source: Source, sink: Sink) -> Loopback:
    """Send CHIRPS from *sink* to *source*, which hears it; 13 s.

    Where *source* moves to another device, all of them once more. Raises DeviceError where they do not come back, and
    what *source* raises.
    """
    clock = asyncio.get_running_loop().time
    trips: list[Trip | None] = []

    def anew() -> AsyncGenerator[Frame, None]:
        trips.clear()
        return source.frames()

    async with aclosing(following(anew)) as frames:
        await _listen(frames, clock, _SETTLES)
        while len(trips) < CHIRPS:
            trips.append(await _trip(frames, sink, clock))
    heard = [trip for trip in trips if trip is not None]
    found = agreed(heard, CHIRPS)
    if found is None:
        raise DeviceError(
            f"Of {CHIRPS} chirps from the loudspeaker the microphone heard {len(heard)} clearly, and {NEEDED} must come"
            " back alike: turn the loudspeaker up, take headphones off, and let nobody talk meanwhile."
        )
    return found


async def _trip(frames: AsyncGenerator[Frame, None], sink: Sink, clock: Callable[[], float]) -> Trip | None:
    """Send one chirp, and listen for it; None where it was not heard."""
    sound = chirp(sink.rate)
    sink.begin()
    handed_over_at = clock()
    sink.put(sound)
    heard = await _listen(frames, clock, _WINDOW)
    audible_at = sink.progress().first_sound_at
    echo = find(np.concatenate([frame.samples for frame, _ in heard]))
    if echo is None or audible_at is None:
        return None
    index = int(echo.at) // FRAME_SAMPLES
    frame, arrived_at = heard[index]
    before_its_end = ((index + 1) * FRAME_SAMPLES - echo.at) / SAMPLE_RATE
    first_audible = int(np.flatnonzero(np.abs(sound.astype(np.int32)) >= AUDIBLE)[0])
    sounded_at = audible_at - first_audible / sink.rate
    return Trip(
        arrived_at - before_its_end - handed_over_at, frame.captured_at - before_its_end - sounded_at, echo.clear_db
    )


async def _listen(
    frames: AsyncGenerator[Frame, None], clock: Callable[[], float], seconds: float
) -> list[tuple[Frame, float]]:
    """The frames of the next *seconds*, at least one, each with the moment it came."""
    until = clock() + seconds
    heard: list[tuple[Frame, float]] = []
    async for frame in frames:
        heard.append((frame, clock()))
        if heard[-1][1] >= until:
            return heard
    raise DeviceError("The microphone ended before the chirps had come back: is it still plugged in?")
