import asyncio
from contextlib import suppress

import numpy as np
import pytest

from assistant.errors import EngineError
from assistant.flow import Clause, Transcript, Utterance
from assistant.latency.marks import Marks
from assistant.reply.chat import Chat
from assistant.reply.tools import Said, Toolbox
from assistant.speak.wav import PacedSink
from assistant.turn import APOLOGY, Memory, Stage, announce, take_turn
from tests.fakes import VOICE_RATE, Broken, FakeRecogniser, FakeVoice, FakeWriter, engines
from tests.virtual_time import run

LONG = "one two three four, five six seven eight. nine ten eleven twelve. thirteen fourteen fifteen sixteen."


async def turn(stage, *, stop_at=None, memory=None):
    """Take one turn that was spoken until 0 s and ended at 0.6 s; give memory, marks, notices."""
    loop = asyncio.get_running_loop()
    await asyncio.sleep(0.6)
    memory = memory or Memory(Chat("Be brief."))
    marks, told = Marks(loop.time), []
    utterance = Utterance(np.zeros(16_000, np.int16), 0, speech_ended_at=0.0, turn_ended_at=0.6)
    sink = PacedSink(VOICE_RATE, loop.time)
    words = stage.recogniser.transcribe(utterance.samples)
    floor = loop.create_future()
    floor.set_result(utterance)
    with suppress(TimeoutError):
        async with asyncio.timeout(stop_at):
            await take_turn(words, floor, memory, stage, Stage(sink, told.append), marks)
    return memory, marks, told


def said(told):
    return [notice.text for notice in told if isinstance(notice, Clause)]


def contents(memory):
    return [(message["role"], message.get("content") or "") for message in memory.chat.messages]


def test_the_gap_is_exactly_the_critical_path():
    """Patience 0.6, STT 0.1, first token 0.1, a one-word clause, voice 0.05: 0.85 s (scenario 1)."""
    memory, marks, told = run(turn(engines(FakeRecogniser("hi"), FakeWriter("Hello."))))
    assert marks.gap == pytest.approx(0.85)
    assert [round(marks.at[stage], 6) for stage in ("transcript", "first_token", "first_audio", "first_sound")] == [
        0.7,
        0.8,
        0.85,
        0.85,
    ]
    assert contents(memory) == [("system", "Be brief."), ("user", "hi"), ("assistant", "Hello.")]
    assert told[0] == Transcript("hi")
    assert told[-1] is marks


def test_the_answer_sounds_before_its_last_word_is_written():
    """Tokens, clauses and sound overlap."""
    writer = FakeWriter(LONG)
    _, marks, told = run(turn(engines(FakeRecogniser("hi"), writer)))
    assert marks.at["first_sound"] < writer.written[-1]
    assert " ".join(said(told)) == LONG


def test_nothing_understood_is_nothing_answered():
    """Noise that the recogniser makes nothing of: no call of the model, no sound (scenario 15)."""
    writer = FakeWriter()
    memory, marks, told = run(turn(engines(FakeRecogniser(""), writer)))
    assert writer.prompts == []
    assert told == [marks]
    assert marks.record()["unmeasured"] == "nothing was understood"
    assert contents(memory) == [("system", "Be brief.")]


def test_a_cancelled_turn_stops_all_work_and_remembers_what_was_heard():
    """Cancelled 1.5 s in: the model writes no more, the voice neither; history is cut to the word (16, 17)."""
    writer, voice = FakeWriter(LONG, every=0.2), FakeVoice()

    async def main():
        memory, _, _ = await turn(engines(FakeRecogniser("hi"), writer, voice), stop_at=1.5)
        written, spoken = len(writer.written), len(voice.spoken)
        await asyncio.sleep(10)
        assert (len(writer.written), len(voice.spoken)) == (written, spoken)
        return memory

    memory = run(main())
    assert writer.closed == 1
    assert len(writer.written) < len(LONG.split())
    role, text = contents(memory)[-1]
    assert role == "assistant"
    assert text.startswith("one two three")
    assert "sixteen" not in text


def test_a_turn_cancelled_before_its_first_sound_leaves_no_answer():
    """Nor the question: whoever goes on before we speak says it again, as part of the whole (scenarios 10 and 18)."""
    memory, _, _ = run(turn(engines(FakeRecogniser("hi"), FakeWriter(LONG)), stop_at=0.15))
    assert contents(memory) == [("system", "Be brief.")]


@pytest.mark.parametrize("part", ["recogniser", "writer"])
def test_an_engine_that_fails_costs_one_turn_and_an_apology(part):
    """The next turn works (scenario 30)."""

    async def main():
        _, marks, told = await turn(engines(**{part: Broken(EngineError("out of luck"))}))
        assert said(told) == [APOLOGY] or " ".join(said(told)) == APOLOGY
        assert marks.gap is None
        _, marks, told = await turn(engines())
        return said(told)

    assert run(main()) == ["Hello."]


def test_a_voice_that_fails_leaves_the_turn_silent_but_ended():
    """Nothing is left to apologise with."""
    _, marks, told = run(turn(engines(voice=Broken(EngineError("hoarse")))))
    assert said(told) == []
    assert told[-1] is marks


def test_a_tools_own_sentence_is_spoken_without_asking_the_model_again():
    """The call, its result and the sentence are all in the history."""

    def ring_bell() -> str:
        """Ring."""
        return Said("Ding.")

    writer = FakeWriter('[TOOL_CALLS][{"name": "ring_bell", "arguments": {}}]')
    stage = engines(FakeRecogniser("ring"), writer, toolbox=Toolbox([ring_bell]))
    memory, _, told = run(turn(stage))
    assert said(told) == ["Ding."]
    assert [role for role, _ in contents(memory)] == ["system", "user", "assistant", "tool", "assistant"]
    assert contents(memory)[-1] == ("assistant", "Ding.")


def test_a_tools_result_goes_back_to_the_model_which_phrases_it():
    """Two calls of the model; the second sees the result."""

    def count_sheep() -> str:
        """Count."""
        return "85"

    writer = FakeWriter('[{"name": "count_sheep", "arguments": {}}]', "There are 85 sheep.")
    stage = engines(FakeRecogniser("how many"), writer, toolbox=Toolbox([count_sheep]))
    _, _, told = run(turn(stage))
    assert " ".join(said(told)) == "There are 85 sheep."
    assert writer.prompts[1][-1]["role"] == "tool"
    assert "85" in writer.prompts[1][-1]["content"]


def test_a_tool_that_does_not_exist_is_admitted():
    """No JSON is spoken, the model is not asked again."""
    writer = FakeWriter('[TOOL_CALLS][{"name": "launch_rocket", "arguments": {"to": "the moon"}}]')
    _, _, told = run(turn(engines(FakeRecogniser("launch"), writer)))
    assert said(told) == ["I can't do that yet."]


def test_a_model_that_only_calls_tools_comes_to_an_end():
    """After a few rounds it is stopped with a sentence."""

    def again() -> str:
        """Go on."""
        return "more"

    writer = FakeWriter(*['[{"name": "again", "arguments": {}}]'] * 9)
    _, _, told = run(turn(engines(FakeRecogniser("go"), writer, toolbox=Toolbox([again]))))
    assert len(writer.prompts) == 4
    assert "could not finish" in " ".join(said(told))


def test_an_announcement_is_spoken_and_remembered():
    """A timer rings on its own."""

    async def main():
        memory, told = Memory(Chat("Be brief.")), []
        sink = PacedSink(VOICE_RATE, asyncio.get_running_loop().time)
        await announce("Your pasta timer is done.", memory, engines(), Stage(sink, told.append))
        return memory, told

    memory, told = run(main())
    assert " ".join(said(told)) == "Your pasta timer is done."
    assert contents(memory)[-1] == ("assistant", "Your pasta timer is done.")
