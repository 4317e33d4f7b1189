"""A day of conversation in virtual time: all of the program but its engines and devices, and nothing grows."""

import asyncio
import gc
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest

from assistant import log
from assistant.actions import Doing, Manner
from assistant.conversation import converse
from assistant.floor import Floor
from assistant.flow import FRAME_SAMPLES, Frame
from assistant.health import Health
from assistant.latency.journal import noting, read
from assistant.latency.marks import Marks
from assistant.listen.complete import Stages
from assistant.listen.ear import Ear
from assistant.listen.endpoint import Patience
from assistant.listen.habits import Habits
from assistant.moves import Rules
from assistant.reply.chat import Chat
from assistant.service.desk import Desk
from assistant.service.talk import Talk
from assistant.settings import Config, Service
from assistant.speak.wav import PacedSink
from assistant.turn import Memory
from tests.fakes import FRAME_SECONDS, VOICE_RATE, FakeRecogniser, FakeTurnModel, FakeVoice, FakeWriter, OnesAreSpeech
from tests.fakes import engines as stage
from tests.virtual_time import HOUR, run

pytestmark = pytest.mark.slow

DAY = 24 * HOUR
EVERY = 360.0
"""seconds from one question to the next"""
OPEN = 6.0
"""...of which the microphone is open: an hour of frames takes half a minute to hear"""
EARLY, LATE = 3.0, 22.0
"""hours between which nothing may grow: in the first ones the history, its windows and caches fill"""
SAMPLES = 8
"""at each end: history, journal and habits go up and down"""
ANSWER = "It is noon, as it was a while ago, and as it will be again tomorrow, unless somebody stops the sun."


class NowAndThen:
    """A microphone that is open for a few seconds at a time, in which somebody asks something and pauses once."""

    async def frames(self):
        loop = asyncio.get_running_loop()
        for index in range(round(DAY / FRAME_SECONDS)):
            start = index * FRAME_SECONDS
            into = start % EVERY
            if into >= OPEN:
                continue
            await asyncio.sleep(start + FRAME_SECONDS - loop.time())
            spoken = 0.5 <= into < 1.2 or 1.5 <= into < 2.2
            samples = np.full(FRAME_SAMPLES, int(spoken), np.int16)
            yield Frame(samples, index * FRAME_SAMPLES, round(start + FRAME_SECONDS, 9))


class Engines:
    """The fakes, which never run out and remember nothing."""

    def __init__(self):
        self.recogniser = FakeRecogniser(*["what time is it"] * 9)
        self.writer = FakeWriter(*[ANSWER] * 9, every=0.01)
        self.writer.context = 1024
        self.voice = FakeVoice()
        self.all = stage(self.recogniser, self.writer, self.voice, turn_model=FakeTurnModel(0.5))

    def forget(self):
        for kept in (self.recogniser.heard, self.recogniser.narrow, self.voice.spoken):
            kept.clear()
        for kept in (self.writer.prompts, self.writer.written, self.writer.ahead):
            kept.clear()
        self.recogniser.texts[:] = ["what time is it"] * 9
        self.writer.answers[:] = [ANSWER] * 9


class Held(NamedTuple):
    """What the process holds at the end of a turn."""

    objects: int
    size: int
    """bytes of those that refer to others: lists, mappings, what is in them, ..."""
    messages: int
    tasks: int
    threads: int
    files: int


class Day:
    """The conversation; what it held at the ends of some turns after three hours, and of the last ones."""

    def __init__(self, folder):
        self.folder = folder
        self.engines = Engines()
        self.memory = Memory(Chat(""))
        self.held = []
        self.turns = 0

    async def pass_(self):
        loop = asyncio.get_running_loop()
        config = Config(service=Service(folder=self.folder))
        desk = Desk(config, Health(), lambda: None)
        desk.control = SimpleNamespace(followed=True, tell=lambda *_, **__: None)
        gate = SimpleNamespace(heard_at=None, silent=lambda _: None, zeros_for=lambda _: 0.0)
        desk.began(Talk(config, gate, None, "", lambda: False))
        ear = Ear(OnesAreSpeech(), Patience())
        manner = Manner(Stages(), habits=Habits(self.folder / "pauses.json"))
        with noting(desk.told, self.folder, {}) as tell:

            def told(notice):
                tell(notice)
                if isinstance(notice, Marks) and notice.gap is not None:
                    self._over(loop.time())

            doing = Doing(self.engines.all, self.memory, ear, PacedSink(VOICE_RATE, loop.time), told, manner)
            floor = Floor(Rules())
            await converse(ear.hear(NowAndThen().frames()), [desk.wishes()], doing, floor)

    def _over(self, now):
        self.turns += 1
        self.engines.forget()
        if now > EARLY * HOUR and (len(self.held) < SAMPLES or now > LATE * HOUR):
            gc.collect()
            here = gc.get_objects()
            self.held.append(
                Held(
                    objects=len(here),
                    size=sum(map(sys.getsizeof, here)),
                    messages=len(self.memory.chat.past),
                    tasks=len(asyncio.all_tasks()),
                    threads=threading.active_count(),
                    files=len(list(Path("/dev/fd").iterdir())),
                )
            )


def test_after_a_day_of_talk_it_holds_no_more_than_after_some_hours(tmp_path):
    """Scenario 35: each question is paused in, so that an answer is begun for nothing as well."""
    log.set_up("error")
    day = Day(tmp_path)
    run(day.pass_(), limit=DAY + HOUR)
    assert day.turns == len([turn for turn in read(tmp_path).entries if turn.gap is not None]) == DAY / EVERY
    before, after = (
        [min(held) for held in zip(*part, strict=True)] for part in (day.held[:SAMPLES], day.held[-SAMPLES:])
    )
    grown = Held(*(late - early for early, late in zip(before, after, strict=True)))
    # Our own samples are among them: one object and 120 bytes each.
    assert grown.objects < len(day.held) + 10
    assert grown.size < 10_000
    assert (grown.tasks, grown.threads, grown.files) == (0, 0, 0)
    assert max(held.messages for held in day.held) < 50
