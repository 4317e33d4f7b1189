"""Headphones that are taken off or put on amidst an answer: all of the program but engines, devices and detector."""

import asyncio
from contextlib import nullcontext, suppress
from types import SimpleNamespace

import numpy as np
import pytest

from assistant import daemon, serving
from assistant.daemon import Assistant
from assistant.flow import FRAME_SAMPLES, Frame
from assistant.health import Health
from assistant.listen.echo import EchoCanceller
from assistant.moves import Wish
from assistant.reply.chat import Chat
from assistant.reply.tools.timers import Timers
from assistant.service.notify import Notifier
from assistant.settings import Config
from assistant.speak.speaker import Speaker
from assistant.turn import Memory
from tests.fakes import FRAME_SECONDS, VOICE_RATE, FakeTurnModel, FakeVoice, FakeWriter
from tests.fakes import engines as stage
from tests.test_half_duplex import COUNTING, Recogniser
from tests.virtual_time import run

QUESTION = (0.5, 1.5), (2.0, "what time is it")
"""when it is asked, and until when it is understood; COUNTING answers it from 2.1 to 6.1 s"""
OVER = 6.2


class Voices:
    """A detector that takes all that is loud for speech."""

    room = SimpleNamespace(level=-90.0, floor=-90.0)
    probability = 0.0
    perhaps = False

    def push(self, frame):
        return np.abs(frame.samples).mean() > 300


class Room:
    """A loudspeaker and a microphone, which hears a person in *speech*, and the loudspeaker if nobody wears it."""

    def __init__(self, name, speech, changes):
        """*changes*: (when, name) of another loudspeaker that is played on from then on."""
        self.clock = asyncio.get_running_loop().time
        self.speaker = Speaker(VOICE_RATE, name=name, clock=self.clock)
        self.opened = []
        self._speech = speech
        self._changes = list(changes)
        self._audible = False
        self._noise = np.random.default_rng(1)

    async def play(self):
        """What PortAudio's thread does, block by block."""
        times = SimpleNamespace(currentTime=0.0, outputBufferDacTime=0.01)
        while True:
            if self._changes and self.clock() >= self._changes[0][0]:
                self.speaker.name = self._changes.pop(0)[1]
            block = bytearray(2 * VOICE_RATE // 100)
            self.speaker.callback(block, VOICE_RATE // 100, times, None)
            self._audible = any(block) and "AirPods" not in self.speaker.name
            await asyncio.sleep(0.01)

    async def frames(self):
        """A microphone's; each time it is opened is noted."""
        self.opened.append(round(self.clock(), 2))
        index = round(self.clock() / FRAME_SECONDS)
        while True:
            start = index * FRAME_SECONDS
            await asyncio.sleep(start + FRAME_SECONDS - self.clock())
            theirs = any(a <= start + 1e-9 and start + FRAME_SECONDS <= b + 1e-9 for a, b in self._speech)
            loud = 3000 if theirs or self._audible else 0
            samples = (loud * self._noise.standard_normal(FRAME_SAMPLES)).astype(np.int16)
            yield Frame(samples, index * FRAME_SAMPLES, round(start + FRAME_SECONDS, 9))
            index += 1


class Talk:
    """Twelve seconds of `assistant serve`; what came of it."""

    def __init__(self, folder, name, speech, texts, changes=(), *, reload_at=None, sleep_at=None, **listen):
        """*reload_at*: when other settings are asked for, *sleep_at*: when it is sent to sleep; *listen*: settings."""
        self.writer = FakeWriter(COUNTING, "Rain.", every=0.02)
        self.memory = Memory(Chat(""))
        self._recogniser = Recogniser(*texts)
        self._config = Config.model_validate(
            {"service": {"folder": folder}, "latency": {"folder": folder, "journal": False}, "listen": listen}
        )
        self._reload_at = reload_at
        self._sleep_at = sleep_at
        self._room = lambda: Room(name, speech, changes)
        run(self._serve())

    async def assistant(self, config):
        """As a Home's."""
        made = stage(self._recogniser, self.writer, FakeVoice(), turn_model=FakeTurnModel(0.99))
        return Assistant(config, made, None, Timers(self.room.clock), self.memory, Health(), "none")

    async def again(self, assistant):
        """As a Home's."""
        return assistant

    async def _serve(self):
        self.room = self._room()
        shelf = SimpleNamespace(holds=lambda config: True)
        home = SimpleNamespace(health=Health(), loaded=(), assistant=self.assistant, again=self.again, shelf=shelf)
        other = self._config.model_copy(update={"listen": self._config.listen.model_copy(update={"follow_up_s": 9})})
        life = serving._Life(home, self._config, lambda: other, lambda _: nullcontext(self.room.speaker), None)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(serving, "Microphone", lambda device, headset: self.room)
            patch.setattr(daemon, "activity", lambda config: Voices())
            with suppress(TimeoutError):
                async with asyncio.timeout(12.0), asyncio.TaskGroup() as tasks:
                    tasks.create_task(self.room.play())
                    if self._reload_at is not None:
                        asyncio.get_running_loop().call_at(self._reload_at, life.hung_up)
                    if self._sleep_at is not None:
                        asyncio.get_running_loop().call_at(self._sleep_at, life.desk._wish, Wish.SLEEP)
                    await life.live(Notifier({}))
        self.state = life.desk._state
        self.cancels = isinstance(life.desk.talk.echo, EchoCanceller)

    @property
    def heard(self):
        return self._recogniser.heard

    @property
    def said(self):
        return [message["content"] for message in self.memory.chat.messages if message["role"] == "assistant"]


def test_what_is_heard_of_us_when_headphones_are_taken_off_amidst_an_answer_neither_ends_it_nor_is_answered(tmp_path):
    """There is echo control as soon as it is over, and who asks then is answered."""
    texts = [QUESTION[1], (OVER, "three four five six seven"), (99, "what about tomorrow")]
    talk = Talk(tmp_path, "AirPods", [QUESTION[0], (9.0, 10.0)], texts, [(3.2, "Loudspeaker")])
    assert talk.said == [COUNTING.strip(), "Rain."]
    _, again = talk.room.opened
    assert OVER < again < 9.0
    assert talk.cancels


def test_stop_is_heard_from_who_takes_headphones_off_amidst_an_answer(tmp_path):
    """Said from 4.5 to 4.8 s."""
    texts = [QUESTION[1], (4.6, "three four five"), (99, "six seven stop nine")]
    talk = Talk(tmp_path, "AirPods", [QUESTION[0], (4.5, 4.8)], texts, [(3.2, "Loudspeaker")])
    assert len(talk.said) == 1
    assert talk.said[0].endswith(" …")
    assert 20 < len(talk.said[0].split()) < 35


def test_who_puts_headphones_on_amidst_an_answer_can_interrupt_it_as_before(tmp_path):
    """Asked again from 4 to 5 s; the conversation begins anew behind the answer to that."""
    texts = [QUESTION[1], (99, "what about tomorrow")]
    talk = Talk(tmp_path, "Loudspeaker", [QUESTION[0], (4.0, 5.0)], texts, [(1.8, "AirPods")])
    assert talk.said[0].endswith(" …")
    assert talk.said[1] == "Rain."
    assert talk.room.opened[1] > 5.5
    assert not talk.cancels


def test_stop_is_heard_behind_a_reload_that_was_asked_for_amidst_an_answer(tmp_path):
    """It begins behind the answer, which the microphone has to be open for."""
    texts = [QUESTION[1], (99, "stop")]
    talk = Talk(tmp_path, "AirPods", [QUESTION[0], (4.5, 4.8)], texts, reload_at=3.0)
    assert len(talk.said) == 1
    assert talk.said[0].endswith(" …")
    _, again = talk.room.opened
    assert 4.8 < again < OVER


def test_who_asks_something_as_a_reload_is_asked_for_is_heard_to_the_end_and_answered_before(tmp_path):
    """Half a sentence would be answered, and nobody would hear "stop" meanwhile."""
    talk = Talk(tmp_path, "AirPods", [QUESTION[0]], [QUESTION[1]], reload_at=1.0)
    assert talk.said == [COUNTING.strip()]
    assert talk.heard == [pytest.approx(1.4, abs=0.3)]
    _, again = talk.room.opened
    assert again == pytest.approx(OVER, abs=0.2)


def test_a_reload_in_silence_begins_at_once(tmp_path):
    talk = Talk(tmp_path, "AirPods", [], [(99, "")], reload_at=3.0)
    assert talk.room.opened == [0.0, pytest.approx(3.0, abs=0.1)]


def test_headphones_that_are_soon_put_on_again_begin_nothing_anew(tmp_path):
    """They were off for a second of the answer."""
    texts = [QUESTION[1], (99, "three four five six seven")]
    talk = Talk(tmp_path, "AirPods", [QUESTION[0]], texts, [(3.2, "Loudspeaker"), (4.0, "AirPods")])
    assert talk.said == [COUNTING.strip()]
    assert len(talk.room.opened) == 1


def test_headphones_begin_nothing_anew_where_nobody_wants_echo_control(tmp_path):
    """There is nothing to be done otherwise."""
    talk = Talk(tmp_path, "AirPods", [QUESTION[0]], [QUESTION[1]], [(7.0, "Loudspeaker")], echo_control=False)
    assert talk.said == [COUNTING.strip()]
    assert len(talk.room.opened) == 1


@pytest.mark.parametrize("anew", [{"changes": [(2.0, "AirPods")]}, {"reload_at": 2.0}])
def test_who_was_sent_to_sleep_sleeps_on_when_the_conversation_begins_anew(tmp_path, anew):
    """Before a meeting, in which headphones are put on; nobody wants it to answer into that."""
    talk = Talk(tmp_path, "Loudspeaker", [(5.0, 6.0)], [(99, "what time is it")], sleep_at=1.0, **anew)
    assert len(talk.room.opened) == 2
    assert talk.said == []
    assert talk.state == "asleep"
