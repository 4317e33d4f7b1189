"""Work that is done before they have surely ended: nobody notices it, and what was for nothing leaves no trace."""

import asyncio

import numpy as np
import pytest

from assistant.actions import Manner
from assistant.errors import EngineError
from assistant.flow import Transcript, Utterance
from assistant.latency.economy import Economy, allowed
from assistant.latency.marks import Marks
from assistant.moves import Rules
from assistant.reply.chat import BRIEFLY, Chat
from assistant.reply.tools import Said, Toolbox
from assistant.speak.wav import PacedSink
from assistant.turn import Memory, Stage, take_turn
from tests.fakes import VOICE_RATE, Broken, FakeRecogniser, FakeVoice, FakeWriter, engines
from tests.test_taking_turns import Talk
from tests.virtual_time import run

ASKED = (0.5, 1.5)


def marks_of(talk):
    return [notice for _, notice in talk.told if isinstance(notice, Marks)]


def test_the_gap_is_the_patience_where_the_engines_need_less():
    """Spoken until 1.5, words at 1.61, a clause and its sound 0.06 later: they wait for 0.18 and a frame."""
    talk = Talk([ASKED], ["what time is it"], ["Noon."], sure=[0.99], takes=0.01, first=0.01)
    (marks,) = marks_of(talk)
    assert marks.gap == pytest.approx(0.2, abs=0.021)
    assert marks.at["first_audio"] < marks.at["turn_ended"]
    assert (marks.counts["speculations"], marks.counts["speculation_won"]) == (1, 1)


def test_the_gap_is_the_pause_and_the_engines_where_they_need_more():
    """Pause 0.1, STT 0.1, first token 0.5, voice 0.05: 0.75, of which the patience hid 0.1; and not 0.18 + 0.65."""
    (marks,) = marks_of(Talk([ASKED], ["what time is it"], ["Noon."], sure=[0.99], first=0.5))
    assert marks.gap == pytest.approx(0.75, abs=0.01)


def test_the_answer_begins_with_the_words_though_their_melody_is_still_being_judged():
    """Words at 1.7, melody at 2.0: the turn ends there, and the answer, ready since 1.87, sounds at once."""
    talk = Talk([ASKED], ["what time is it"], ["Noon."], sure=[0.99], first=0.1, judges=0.4)
    (marks,) = marks_of(talk)
    assert marks.at["first_audio"] < marks.at["turn_ended"]
    assert marks.gap == pytest.approx(0.5, abs=0.021)


def test_who_goes_on_gets_one_answer_to_the_whole_and_the_other_is_counted_as_wasted():
    """It was being written in the pause: no sound, no line on the screen, no message of it."""
    texts = ["add milk", "add milk and bread"]
    talk = Talk([ASKED, (1.9, 2.9)], texts, ["That is milk added now.", "Both added."], sure=[0.3, 0.99], first=0.01)
    assert [text for _, text in talk.understood] == ["add milk and bread"]
    assert [text for _, text in talk.said] == ["Both added."]
    assert talk.messages == [("user", "add milk and bread"), ("assistant", "Both added.")]
    (marks,) = marks_of(talk)
    assert (marks.counts["speculations"], marks.counts["speculation_won"]) == (2, 1)
    assert marks.counts["tokens_wasted"] > 0


def test_off_nothing_begins_before_the_turn_has_ended():
    talk = Talk([ASKED], ["what time is it"], ["Noon."], sure=[0.99], first=0.5, rules=Rules(speculations=0))
    (marks,) = marks_of(talk)
    assert marks.at["first_token"] - marks.at["turn_ended"] >= 0.5
    assert "speculations" not in marks.counts


def utterance():
    """Whatever was said."""
    return Utterance(np.zeros(1, np.int16), 0, 4.0, 5.0)


async def ahead(stage, script):
    """Begin a turn without the floor and do as *script* says with its task, its floor and its memory; its notices."""
    loop = asyncio.get_running_loop()
    memory, told, floor = Memory(Chat("")), [], loop.create_future()
    marks = Marks(loop.time)
    words = loop.create_future()
    words.set_result(Transcript("do it"))
    sink = PacedSink(VOICE_RATE, loop.time)
    turn = asyncio.create_task(take_turn(words, floor, memory, stage, Stage(sink, told.append), marks))
    await script(turn, floor)
    await asyncio.wait([turn])
    return memory, told


def tool_engines(done, *, harmless):
    """Engines whose model calls the one tool there is."""

    def act() -> str:
        """Act."""
        done.append(asyncio.get_running_loop().time())
        return Said("Done.")

    writer = FakeWriter('[TOOL_CALLS][{"name": "act", "arguments": {}}]')
    box = Toolbox([act], harmless=[act] if harmless else [], at_once=[act])
    return engines(FakeRecogniser(), writer, FakeVoice(), box)


@pytest.mark.parametrize(("harmless", "at"), [(True, 0.15), (False, 5.0)])
def test_a_tool_that_changes_something_waits_for_the_floor(harmless, at):
    """One that only tells does not."""
    done = []

    async def grant_late(_turn, floor):
        await asyncio.sleep(5.0)
        floor.set_result(utterance())

    run(ahead(tool_engines(done, harmless=harmless), grant_late))
    assert done == [pytest.approx(at, abs=0.1)]


@pytest.mark.parametrize("harmless", [True, False])
def test_a_turn_that_never_gets_the_floor_leaves_nothing(harmless):
    """Not even the messages of a tool that was asked."""
    done = []

    async def drop(turn, _floor):
        await asyncio.sleep(5.0)
        turn.cancel()

    memory, told = run(ahead(tool_engines(done, harmless=harmless), drop))
    assert (memory.chat.messages, told) == ([], [])
    assert len(done) == harmless


def test_an_engine_that_fails_ahead_of_the_floor_is_silent_until_then():
    """The apology comes when they have ended."""

    class Failing(FakeWriter):
        async def tokens(self, messages, tools, marks):
            raise OSError
            yield

    async def grant_late(turn, floor):
        await asyncio.sleep(5.0)
        assert not turn.done()
        floor.set_result(utterance())

    _, told = run(ahead(engines(FakeRecogniser(), Failing()), grant_late))
    assert told[0] == Transcript("do it")
    assert "Sorry" in told[1].text


def test_while_they_speak_the_model_reads_what_two_drafts_agree_on():
    """Nothing before the second one; the history at once; and it stops when they pause."""
    drafts = ["what is", "what is the cap", "what is the capital of", "what is the capital of france"]
    talk = Talk([(0.5, 3.5)], ["what is the capital of france"], ["Paris."], sure=[0.99], drafts=drafts)
    assert [said for _, _, said in talk.writer.ahead][:4] == ["", "what is", "what is the", "what is the capital of"]
    assert talk.writer.ahead[0][0] == pytest.approx(0.56)
    (marks,) = marks_of(talk)
    assert marks.counts["partials"] >= 4
    assert marks.counts["tokens_ahead"] == 2 + 3 + 5


def test_what_was_said_is_read_when_all_are_silent():
    """Behind an answer: two messages more than before."""
    talk = Talk([ASKED], ["what time is it"], ["Noon."], sure=[0.99])
    assert [(messages, said) for _, messages, said in talk.writer.ahead] == [(0, ""), (2, "")]


def test_what_no_longer_fits_is_forgotten_while_all_are_silent_and_not_when_somebody_waits(monkeypatch):
    """Six turns of about 24 tokens in a context of 160: each prompt goes on where what was read in the silence ends."""
    monkeypatch.setattr(FakeWriter, "context", 160)
    speech, texts = [(at, at + 1.0) for at in (1, 5, 9, 13, 17, 21)], ["what time is it"] * 6
    talk = Talk(speech, texts, ["Noon."] * 6, seconds=26.0, sure=[0.99])
    known = [[messages for at, messages, _ in talk.writer.ahead if at < begins + 1.0][-1] for begins, _ in speech]
    assert known == [len(prompt) - 1 for prompt in talk.writer.prompts] == [0, 2, 4, 6, 8, 4]


def test_reading_along_can_be_off():
    talk = Talk(
        [(0.5, 3.5)], ["what time is it"], ["Noon."], sure=[0.99], drafts=["what"] * 9, manner=Manner(read_ahead=False)
    )
    assert talk.writer.ahead == []


def test_a_model_that_cannot_read_ahead_costs_no_turn(monkeypatch):
    """Its error is logged; the answer comes."""
    monkeypatch.setattr(FakeWriter, "read", Broken(EngineError("blind")).read)
    talk = Talk([ASKED], ["what time is it"], ["Noon."], sure=[0.99])
    assert [text for _, text in talk.said] == ["Noon."]


def slow_turns(number, may):
    """So many questions 3 s apart, each answered later than wanted, with a draft of each that says nothing sure."""
    speech = [(at, at + 1.5) for at in range(1, 3 * number, 3)]
    economy = Economy(0.1, allowed(may))
    return Talk(
        speech, ["what time is it"] * number, ["Noon."] * number, sure=[0.99], seconds=3.0 * number + 2,
        first=0.5, drafts=["so"] * 99, manner=Manner(economy=economy),
    )  # fmt: skip


def test_turns_that_are_too_slow_do_without_more_and_more():
    """A narrow window from the sixth on, no drafts from the eleventh, and at last shorter answers."""
    talk = slow_turns(21, "answer")
    assert talk.recogniser.narrow == [False] * 5 + [True] * 16
    partials = [marks.counts.get("partials", 0) for marks in marks_of(talk)]
    assert all(partials[:10])
    assert not any(partials[11:])
    assert BRIEFLY in talk.messages[0][1]
    assert [marks.counts.get("savings", 0) for marks in marks_of(talk)] == [turn // 5 for turn in range(21)]


def test_they_do_without_nothing_where_that_is_not_allowed():
    talk = slow_turns(7, "none")
    assert not any(talk.recogniser.narrow)


def test_the_second_pause_begins_no_answer_where_that_is_saved():
    """Five slow turns for each of the three steps; then somebody who pauses twice."""
    economy = Economy(0.1)
    for _ in range(15):
        economy.push(1.0)
    talk = Talk(
        [ASKED, (1.9, 2.9), (3.3, 4.3)], ["add milk", "add milk and bread", "add milk and bread and tea"],
        ["Milk.", "All three."], sure=[0.3, 0.3, 0.99], first=0.01, manner=Manner(economy=economy),
    )  # fmt: skip
    (marks,) = marks_of(talk)
    assert marks.counts["speculations"] == 1
    assert [text for _, text in talk.said] == ["All three."]


def test_the_patience_counts_from_the_last_sound_and_not_from_where_the_detector_let_go():
    """It holds on for 100 ms to a voice that has ended at 1.4 s: 0.3 s of patience are over at 1.7 s, not at 1.8."""
    talk = Talk([(0.5, 1.4)], ["what time is it"], ["Noon."], sure=[0.3], takes=0.01, first=0.01, held=0.1)
    (marks,) = marks_of(talk)
    assert marks.gap == pytest.approx(0.3, abs=0.021)
