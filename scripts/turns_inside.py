"""The program, or a part of it, in a virtual room; what it does is printed as it happens, one JSON object a line.

    turns_inside.py story    tells its story for ever, whatever is asked, in its own voice
    turns_inside.py hum      the same in a voice without a pause, so that every moment of silence can be seen
    turns_inside.py story FOLDER   and keep there what the canceller was given and gave, canceller.raw
    turns_inside.py silence  no program: pauses a noise twenty times, and hears how long the loudspeaker takes

For `bench_turns.py`, which starts it in the room's environment.
"""

import asyncio
import json
import sys
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent / "starter"))

from facts import STORY

from assistant import daemon
from assistant.audio import level_db
from assistant.daemon import loaded
from assistant.floor import Floor
from assistant.flow import Audio, Clause, Frame, Samples, Transcript, Utterance
from assistant.latency.marks import Marks
from assistant.listen.echo import EchoCanceller
from assistant.listen.endpoint import SpeechStarted
from assistant.listen.microphone import Microphone
from assistant.moves import Command, Event, Overheard, Scene, Understood
from assistant.settings import Config
from assistant.speak.speaker import Speaker, open_speaker

SETTLES = 2.0
"""seconds of its own speech after which the canceller's work counts"""
JUMP = 0.008
"""seconds by which a block of the loudspeaker's comes later or earlier than behind the last one, that are told"""
PAUSES = 20
VOICE_RATE = 16_000


class Storyteller:
    """A writer that never ends."""

    context = 100_000

    def count(self, messages: Sequence[Any], tools: Sequence[Any]) -> int:
        """Something."""
        return len(messages) + len(tools)

    async def read(self, _messages: object, _tools: object, _said: str = "") -> int:
        """It reads nothing."""
        return 0

    async def tokens(self, _messages: object, _tools: object, marks: Marks) -> AsyncGenerator[str, None]:
        """The story, word by word, again and again."""
        while True:
            for word in STORY.split():
                marks.stamp("first_token")
                await asyncio.sleep(0)
                yield f"{word} "


class Humming:
    """A voice that is the same noise all the time, as long as words would take."""

    def __init__(self) -> None:
        white = np.random.default_rng(0).standard_normal(30 * VOICE_RATE)
        voiced = np.convolve(white, np.ones(8) / 8, "same")  # low-passed, as a voice is
        self._noise = (voiced * 3000 / voiced.std()).clip(-32768, 32767).astype(np.int16)

    async def speak(self, ready: AsyncIterator[Clause]) -> AsyncGenerator[Audio, None]:
        """A third of a second a word."""
        async for clause in ready:
            yield Audio(self._noise[: len(clause.text.split()) * VOICE_RATE // 3], VOICE_RATE, clause)


class Watched(EchoCanceller):
    """Adds up what came in and what was left, once it has settled, until somebody speaks; keeps it, if wanted."""

    def __init__(self, speaker: Speaker, kept: Path | None) -> None:
        super().__init__(speaker.played)
        self.energy = np.zeros(2)
        self._kept = (kept / "canceller.raw").open("wb") if kept else None
        self._reference_of_frame: Samples | None = None

    def push(self, frame: Frame) -> Frame:
        """As it does; noted is what was cancelled."""
        clean = super().push(frame)
        if clean is not frame and self._levels.played >= SETTLES:
            self.energy += [np.square(part.samples.astype(float)).sum() for part in (frame, clean)]
        if self._kept is not None:
            far = self._reference_of_frame
            parts = [frame.samples, np.zeros_like(frame.samples) if far is None else far, clean.samples]
            self._kept.write(np.stack(parts, axis=1).astype(np.int16).tobytes())
        return clean

    def _far(self, frame: Frame) -> Samples | None:
        self._reference_of_frame = super()._far(frame)
        return self._reference_of_frame


class Floored(Floor):
    """Prints what it is told by the ear and the recogniser, how things stood, and what it decided."""

    def push(self, event: Event, scene: Scene) -> list[Command]:
        """As it does."""
        done = super().push(event, scene)
        if isinstance(event, SpeechStarted | Overheard | Understood | Utterance):
            tell(
                "floor",
                event=type(event).__name__,
                position=event.position if isinstance(event, SpeechStarted | Utterance) else None,
                text=getattr(event, "text", None),
                confidence=round(getattr(event, "confidence", 0.0), 2),
                sure=scene.sure,
                full_duplex=scene.full_duplex,
                echo=bool(scene.echo),
                done=[str(one) if not hasattr(one, "utterance") else type(one).__name__ for one in done],
                **STATE,
            )
        return done


STATE: dict[str, object] = {}
"""how the canceller stood a moment ago"""


def tell(what: str, **more: object) -> None:
    """Print one line."""
    # In one piece: threads tell things as well, and print writes the end of a line by itself.
    sys.stdout.write(json.dumps({"at": time.monotonic(), "what": what, **more}) + "\n")
    sys.stdout.flush()


async def program(kind: str, kept: Path | None) -> None:
    """Listen, and answer everything with the story."""
    vars(daemon)["Floor"] = Floored
    with open_speaker("") as speaker:
        echo = Watched(speaker, kept)
        watch(speaker)
        async with loaded(Config()) as assistant:
            voice = Humming() if kind == "hum" else assistant.engines.voice
            engines = replace(assistant.engines, writer=Storyteller(), voice=voice)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(levels(echo, speaker))
                tell("ready")
                await replace(assistant, engines=engines).talk(Microphone(), speaker, told, echo=echo)


def watch(speaker: Any) -> None:
    """Note when it is ducked, paused, resumed and flushed."""

    def noting(name: str, action: Callable[[], None]) -> Callable[[], None]:
        def noted() -> None:
            tell(name)
            action()

        return noted

    for name in ("duck", "pause", "resume", "flush"):
        setattr(speaker, name, noting(name, getattr(speaker, name)))
    add, off, ended, before = speaker.played.add, deque[float](maxlen=9), 0.0, 0.0

    def added(samples: Samples, sounds_at: float, *, after_hole: bool = False) -> None:
        nonlocal ended, before
        since, before = time.monotonic() - before, time.monotonic()
        jump = sounds_at - ended - sorted(off)[len(off) // 2] if off else 0.0
        off.append(sounds_at - ended)
        ended = sounds_at + samples.size / speaker.rate
        if after_hole or abs(jump) > JUMP:
            tell("hole", ms=round(1000 * jump, 1), flagged=after_hole, asked_after_ms=round(1000 * since, 1))
        add(samples, sounds_at, after_hole=after_hole)

    speaker.played.add = added


def told(notice: object) -> None:
    """Print what was understood."""
    if isinstance(notice, Transcript):
        tell("understood", text=notice.text)


async def levels(echo: Watched, speaker: Speaker) -> None:
    """Say every second how well it cancels."""
    while True:
        await asyncio.sleep(1.0)
        raw, clean = echo.energy
        hole = speaker.played.hole_ended_at
        STATE.update(
            residual_db=echo.residual_db and round(echo.residual_db, 1),
            of_late_db=echo.erle_db and round(echo.erle_db, 1),
            hole_ended_at=hole if hole > 0 else None,
            underflows=speaker.underflows,
            early_ms=echo._early,  # noqa: SLF001 - nobody else wants to know
        )
        tell("levels", erle=10 * np.log10(raw / max(clean, 1.0)) if raw else None, **STATE)


async def pauses() -> None:
    """Pause and go on; the microphone here is the room's ear, so that what the loudspeaker does is heard."""
    with open_speaker("") as speaker:
        noise = (np.random.default_rng(0).standard_normal(60 * speaker.rate) * 3000).astype(np.int16)
        speaker.put(noise)
        frames: list[Frame] = []
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(listen(frames))
            await asyncio.sleep(2.0)
            for turn in range(PAUSES):
                decided = time.monotonic()
                speaker.pause()
                await asyncio.sleep(0.5)
                tell("silent", after=last_sound(frames, decided) - decided, underflows=speaker.underflows)
                speaker.resume()
                await asyncio.sleep(0.5 + turn * 0.0037)
            listening.cancel()


async def listen(frames: list[Frame]) -> None:
    """Keep all frames."""
    async with aclosing(Microphone().frames()) as source:
        async for frame in source:
            frames.append(frame)  # noqa: PERF401 - others look at the list while it grows


def last_sound(frames: list[Frame], since: float) -> float:
    """When the last millisecond with sound in it was in the air."""
    last = since
    for frame in frames:
        for place, piece in enumerate(np.split(frame.samples, 20)):
            if frame.captured_at > since and level_db(piece) > -50:
                last = frame.captured_at - 0.019 + 0.001 * place
    return last


if __name__ == "__main__":
    folder = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    asyncio.run(pauses() if sys.argv[1] == "silence" else program(sys.argv[1], folder))
