"""A microphone goes in; a voice, a wake word or a sentence that was heard comes out, or that none was."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from assistant.audio import to_float
from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE, Frame, Utterance
from assistant.listen.activity import Activity
from assistant.listen.ear import Ear, Source
from assistant.listen.endpoint import Patience
from assistant.listen.loudness import level_of
from assistant.listen.microphone import following
from assistant.listen.wake import WakeWords
from assistant.listen.whisper import Whisper

LISTENS_S = 15.0
"""s for which a person is waited for: they read what to say first"""
_SHOWN_EVERY = 5
"""frames (100 ms): an eye follows no more"""
_VOICED = 20
"""frames (0.4 s) of speech that are a voice, and no click"""

Show = Callable[[float], None]
"""is told the loudness of what is heard, in dBFS"""


async def voice(source: Source, activity: Activity, show: Show, seconds: float = LISTENS_S) -> float | None:
    """How far somebody's voice stands out of the room's noise, in dB; None where nobody spoke. Raises DeviceError."""
    above: list[float] = []
    async with aclosing(_shown(source, show, seconds)) as frames:
        async for frame in frames:
            if activity.push(frame):
                above.append(activity.room.level - activity.room.floor)
            if len(above) >= _VOICED:
                return sorted(above)[_VOICED // 2]
    return None


async def wake_word(source: Source, words: WakeWords, show: Show, seconds: float = LISTENS_S) -> str | None:
    """The wake word that was heard; None where none was. Raises DeviceError."""
    words.reset()
    async with aclosing(_shown(source, show, seconds)) as frames:
        async for frame in frames:
            if (woken := words.push(frame)) is not None:
                return woken.word
    return None


async def sentence(
    source: Source, activity: Activity, patience: Patience, whisper: Whisper, show: Show, seconds: float = LISTENS_S
) -> str:
    """The first words that were understood; "" where there were none. Raises DeviceError, EngineError."""
    async with aclosing(Ear(activity, patience).hear(_shown(source, show, seconds))) as events:
        async for event in events:
            if isinstance(event, Utterance) and (text := (await whisper.transcribe(event.samples)).text):
                return text
    return ""


def _shown(source: Source, show: Show, seconds: float) -> AsyncGenerator[Frame, None]:
    """The frames of so many *seconds*, by their own count, whose loudness is shown as they pass.

    Of another device, which may become the default meanwhile, they are as many again.
    """
    return following(lambda: _counted(source, show, seconds))


async def _counted(source: Source, show: Show, seconds: float) -> AsyncGenerator[Frame, None]:
    loudest = float("-inf")
    async with aclosing(source.frames()) as frames:
        number = 0
        async for frame in frames:
            loudest = max(loudest, level_of(to_float(frame.samples)))
            number += 1
            if number % _SHOWN_EVERY == 0:
                show(loudest)
                loudest = float("-inf")
            yield frame
            if number * FRAME_SAMPLES >= seconds * SAMPLE_RATE:
                return
