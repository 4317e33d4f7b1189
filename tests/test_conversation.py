import asyncio

import numpy as np
import pytest

from assistant.conversation import converse
from assistant.errors import DeviceError, EngineError
from assistant.floor import Floor
from assistant.flow import Transcript, Utterance
from assistant.listen.ear import MayBeOver
from assistant.listen.endpoint import Resumed, SpeechStarted
from assistant.moves import Overheard, Ring, Rules, Scene
from tests.virtual_time import run


class Recorder:
    """Turns that take *takes* seconds; notes what is done and when. Words are known 0.1 s after a pause."""

    def __init__(self, takes=1.0, texts=(), overheard="hello there", scene=None):
        self.takes = takes
        self.texts = list(texts)
        self.overheard = overheard
        self.log = []
        self.now = scene or Scene(heard=True)

    def scene(self):
        return self.now

    async def understand(self, utterance):
        await asyncio.sleep(0.1)
        text = self.texts.pop(0)
        if isinstance(text, Exception):
            raise text
        return Transcript(text)

    async def be_patient(self, utterance, words):
        pass

    async def overhear(self):
        if isinstance(self.overheard, Exception):
            raise self.overheard
        return Overheard(self.overheard, 0.5)

    async def catch_up(self):
        pass

    async def read_along(self):
        pass

    async def take_turn(self, words, floor):
        try:
            text = (await words).text
        except EngineError:
            text = "no words"
        await floor
        await self._act(text)

    async def announce(self, text):
        await self._act(text)

    def resumed(self, silence):
        self._note(f"resumed after {silence}")

    def do(self, what):
        self._note(what.name)

    async def _act(self, name):
        self._note(f"{name} begins")
        try:
            await asyncio.sleep(self.takes)
        except asyncio.CancelledError:
            self._note(f"{name} cancelled")
            raise
        self._note(f"{name} ends")

    def _note(self, what):
        self.log.append((round(asyncio.get_running_loop().time(), 6), what))


async def script(*events):
    """Events at their times, in seconds."""
    loop = asyncio.get_running_loop()
    for at, event in events:
        await asyncio.sleep(at - loop.time())
        if isinstance(event, Exception):
            raise event
        yield event


STARTED = SpeechStarted(0)


def said(at):
    return Utterance(np.zeros(1, np.int16), round(at * 16_000), at, at)


def question(at):
    """A question that ends at *at*: its pause 0.1 s later, its end 0.3 s later."""
    return [(at - 0.5, STARTED), (at + 0.1, MayBeOver(said(at))), (at + 0.3, said(at))]


def log_of(actions, *events, asides=(), rules=None):
    run(converse(script(*events), [script(*aside) for aside in asides], actions, Floor(rules or Rules())))
    return actions.log


def test_a_turn_begins_at_the_end_of_the_question_with_words_known_since_its_pause():
    assert log_of(Recorder(texts=["hi"]), *question(1.0)) == [(1.3, "hi begins"), (2.3, "hi ends")]


def test_a_turn_waits_for_words_that_are_late():
    """The question has ended before the 0.1 s were over."""
    events = [(0.5, STARTED), (1.1, MayBeOver(said(1))), (1.15, said(1))]
    assert log_of(Recorder(texts=["hi"]), *events)[0] == (1.2, "hi begins")


def test_a_question_without_a_pause_is_transcribed_at_its_end():
    """As when it has become too long."""
    assert log_of(Recorder(texts=["hi"]), (0.5, STARTED), (1.0, said(1)))[0] == (1.1, "hi begins")


def test_the_words_of_a_pause_in_which_they_go_on_are_forgotten():
    events = [(0.5, STARTED), (1.0, MayBeOver(said(1))), (1.05, Resumed(0)), *question(2.0)[1:]]
    assert log_of(Recorder(texts=["set a", "set a timer"]), *events)[1:2] == [(2.3, "set a begins")]


def test_a_failing_recogniser_costs_a_turn_and_not_the_conversation():
    """Also one that was only overheard."""
    actions = Recorder(texts=[EngineError("deaf"), "hi"], overheard=EngineError("deaf"))
    log = log_of(actions, *question(1.0), *question(4.0))
    assert [what for _, what in log] == ["no words begins", "no words ends", "hi begins", "hi ends"]


def test_an_interruption_holds_the_turn_at_once_and_cancels_it_when_its_words_are_heard():
    """Speech at 2.0 s, its first words looked at 0.4 s later; the new turn begins behind the old one."""
    events = [*question(1.0), (2.0, STARTED), (3.1, MayBeOver(said(3))), (3.3, said(3))]
    assert log_of(Recorder(takes=5, texts=["one", "two"]), *events) == [
        (1.3, "one begins"),
        (2.0, "HOLD"),
        (2.4, "CANCEL"),
        (2.4, "GO_ON"),
        (2.4, "one cancelled"),
        (3.3, "two begins"),
        (8.3, "two ends"),
    ]


def test_a_timer_rings_when_the_turn_is_over():
    actions = Recorder(texts=["hi", "bye"])
    log = log_of(actions, *question(1.0), *question(9.0), asides=[[(1.5, Ring("ding"))]])
    assert [what for _, what in log][:4] == ["hi begins", "hi ends", "ding begins", "ding ends"]


def test_a_microphone_that_dies_ends_the_conversation_with_its_own_error():
    """Not with a group of errors; the turn under way is cancelled."""
    actions = Recorder(takes=9.0, texts=["hi"])
    with pytest.raises(DeviceError, match="unplugged"):
        log_of(actions, *question(1.0), (2.0, DeviceError("unplugged")))
    assert actions.log[-1] == (2.0, "hi cancelled")


@pytest.mark.parametrize("moment", [0.4, 1.15, 1.5, 2.2, 2.5, 3.0, 9.0])
def test_cancelling_the_conversation_leaves_nothing_behind(moment):
    """While listening, judging, in a turn, interrupted and after all that: the virtual loop fails on what is left."""

    async def main():
        events = [*question(1.0), (2.0, STARTED), (3.1, MayBeOver(said(3))), (3.3, said(3)), (99.0, STARTED)]
        actions = Recorder(takes=5.0, texts=["one", "two"])
        talk = asyncio.create_task(converse(script(*events), [], actions, Floor()))
        await asyncio.sleep(moment)
        talk.cancel()
        await asyncio.wait([talk])
        assert talk.cancelled()

    run(main())


def test_a_turn_that_ends_as_it_is_interrupted_does_not_end_the_next_one():
    """Its end is told in the same moment, behind what interrupts it; the next turn is held as any other."""
    interruption = [(1.9, STARTED), (2.2, MayBeOver(said(2.1))), (2.25, said(2.1))]
    cough = [(2.8, STARTED), (2.9, MayBeOver(said(2.85)))]
    actions = Recorder(takes=1.0000000005, texts=["one", "two", ""])
    log = log_of(actions, *question(1.0), *interruption, *cough)
    assert [what for _, what in log] == [
        "one begins", "HOLD", "one ends", "CANCEL", "GO_ON", "two begins", "HOLD", "FORGET", "GO_ON", "two ends",
    ]  # fmt: skip


class Lingering(Recorder):
    """Turns that, cancelled, take 3 s to let go, as an engine that must finish what it has begun."""

    async def _act(self, name):
        try:
            await super()._act(name)
        except asyncio.CancelledError:
            await asyncio.sleep(3.0)
            self._note(f"{name} over")
            raise


def test_a_turn_dropped_while_it_waits_for_another_does_not_let_a_third_one_past_it():
    """One turn at a time: the first was interrupted and still ends, the second was begun in vain meanwhile."""
    interruption = [(2.0, STARTED), (2.7, MayBeOver(said(2.6))), (2.9, Resumed(1)), *question(3.2)[1:]]
    log = log_of(Lingering(takes=5.0, texts=["one", "two", "two of them"]), *question(1.0), *interruption)
    assert [entry for entry in log if entry[1].startswith(("one", "two"))] == [
        (1.3, "one begins"),
        (2.4, "one cancelled"),
        (5.4, "one over"),
        (5.4, "two of them begins"),
        (10.4, "two of them ends"),
    ]
