import asyncio

import numpy as np
import pytest

from assistant.conversation import converse
from assistant.errors import DeviceError
from assistant.flow import Utterance
from assistant.listen.ear import hear
from assistant.listen.endpoint import Patience, SpeechStarted
from tests.fakes import OnesAreSpeech, ScriptedSource
from tests.virtual_time import run


class Recorder:
    """Turns that take *takes* seconds and note when they began, ended and were cancelled."""

    def __init__(self, takes=1.0):
        self.takes = takes
        self.log = []

    async def take_turn(self, utterance):
        await self._act("turn")

    async def announce(self, text):
        await self._act(text)

    async def _act(self, name):
        loop = asyncio.get_running_loop()
        self.log.append((round(loop.time(), 6), f"{name} begins"))
        try:
            await asyncio.sleep(self.takes)
        except asyncio.CancelledError:
            self.log.append((round(loop.time(), 6), f"{name} cancelled"))
            raise
        self.log.append((round(loop.time(), 6), f"{name} ends"))


async def script(*events):
    """Events at their times, in seconds."""
    loop = asyncio.get_running_loop()
    for at, event in events:
        await asyncio.sleep(at - loop.time())
        if isinstance(event, Exception):
            raise event
        yield event


async def never():
    await asyncio.Event().wait()
    yield ""


UTTERANCE = Utterance(np.zeros(1, np.int16), 0, 0.0, 0.0)
STARTED = SpeechStarted(0)


def test_a_question_in_the_air_is_a_turn_at_the_end_of_the_patience():
    """Spoken from 0.5 to 2.5 s; the turn begins at 3.1 s and the conversation outlives the recording for it."""
    actions = Recorder(takes=2.0)
    heard = hear(ScriptedSource(4.0, [(0.5, 2.5)]).frames(), OnesAreSpeech(), Patience())
    run(converse(heard, never(), actions, barge_in=False))
    assert actions.log == [(3.1, "turn begins"), (5.1, "turn ends")]


def test_what_is_said_during_a_turn_waits_for_its_end():
    """Without barge-in one turn follows the other."""
    actions = Recorder(takes=2.0)
    heard = script((0.0, STARTED), (1.0, UTTERANCE), (1.5, STARTED), (2.0, UTTERANCE))
    run(converse(heard, never(), actions, barge_in=False))
    assert actions.log == [(1.0, "turn begins"), (3.0, "turn ends"), (3.0, "turn begins"), (5.0, "turn ends")]


def test_with_barge_in_speech_cancels_the_turn():
    """At the very moment speech begins."""
    actions = Recorder(takes=2.0)
    heard = script((1.0, UTTERANCE), (1.5, STARTED), (2.0, UTTERANCE))
    run(converse(heard, never(), actions, barge_in=True))
    assert actions.log == [(1.0, "turn begins"), (1.5, "turn cancelled"), (2.0, "turn begins"), (4.0, "turn ends")]


def test_a_timer_rings_between_turns_not_into_them():
    """It waits for the answer to end."""
    actions = Recorder(takes=1.0)
    run(converse(script((1.0, UTTERANCE), (5.0, STARTED)), script((1.5, "ring")), actions, barge_in=False))
    assert [what for _, what in actions.log] == ["turn begins", "turn ends", "ring begins", "ring ends"]


def test_a_microphone_that_dies_ends_the_conversation_with_its_own_error():
    """Not with a group of errors; the turn under way is cancelled."""
    actions = Recorder(takes=9.0)
    heard = script((1.0, UTTERANCE), (2.0, DeviceError("unplugged")))
    with pytest.raises(DeviceError, match="unplugged"):
        run(converse(heard, never(), actions, barge_in=False))
    assert actions.log[-1] == (2.0, "turn cancelled")


@pytest.mark.parametrize("moment", [0.5, 1.2, 2.5])
def test_cancelling_the_conversation_leaves_nothing_behind(moment):
    """While listening, in a turn, and after one: the virtual loop fails on any task that is left."""

    async def main():
        actions = Recorder(takes=1.0)
        talk = asyncio.create_task(converse(script((1.0, UTTERANCE), (9.0, STARTED)), never(), actions, barge_in=False))
        await asyncio.sleep(moment)
        talk.cancel()
        await asyncio.wait([talk])
        assert talk.cancelled()

    run(main())
