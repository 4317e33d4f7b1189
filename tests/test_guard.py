import asyncio
import threading

import numpy as np
import pytest

from assistant.errors import EngineError, ModelError, StalledError
from assistant.flow import Clause, Transcript
from assistant.guard import (
    STALLED_AFTER,
    GuardedRecogniser,
    GuardedTurnModel,
    GuardedVoice,
    GuardedWriter,
    Place,
)
from assistant.health import Health
from assistant.latency.marks import Marks
from assistant.turn import APOLOGY
from tests.fakes import FakeRecogniser, FakeTurnModel, FakeVoice, FakeWriter, engines
from tests.test_turn import said, turn
from tests.virtual_time import run

SOUND = np.zeros(16_000, np.int16)


class Engine:
    """An engine of any kind: hangs, raises or works, as *does* says."""

    context = 4096

    def __init__(self, does="works"):
        self.does = does
        self.closed = False

    def close(self):
        self.closed = True

    async def transcribe(self, samples, narrow=False):
        await self._do()
        return Transcript("hello")

    draft = transcribe

    async def completeness(self, samples):
        await self._do()
        return 0.9

    async def speak(self, ready):
        async for clause in ready:
            await self._do()
            async for audio in FakeVoice().speak(_one(clause)):
                yield audio

    async def tokens(self, messages, tools, marks):
        await self._do()
        yield "hello"

    async def read(self, messages, tools, said=""):
        await self._do()
        return 3

    def count(self, messages, tools):
        return 7

    async def _do(self):
        if self.does == "hangs":
            await asyncio.Event().wait()
        if isinstance(self.does, Exception):
            raise self.does
        await asyncio.sleep(0.1)


async def _one(item):
    yield item


def place(*engines, load=None):
    """A place with the first of *engines* in it; the others are loaded one after the other."""
    first, *others = engines
    return Place("the engine", first, load or (lambda: others.pop(0)), Health())


async def spoken(voice, *texts):
    async def ready():
        for text in texts:
            yield Clause(text, text)

    return [audio.clause.text async for audio in voice.speak(ready())]


async def written(writer):
    return [piece async for piece in writer.tokens([], [], Marks(lambda: 0.0))]


USES = {
    "transcribe": lambda place: GuardedRecogniser(place).transcribe(SOUND),
    "draft": lambda place: GuardedRecogniser(place).draft(SOUND),
    "completeness": lambda place: GuardedTurnModel(place).completeness(SOUND),
    "speak": lambda place: spoken(GuardedVoice(place), "one", "two"),
}


@pytest.mark.parametrize("use", USES)
def test_an_engine_that_hangs_is_given_up_and_another_one_takes_its_place(use):
    """Not before it has had its time; the one that hangs is not closed, which would wait for it."""
    hanging, fresh = Engine("hangs"), Engine()

    async def main():
        held = place(hanging, fresh)
        loop = asyncio.get_running_loop()
        with pytest.raises(StalledError):
            await USES[use](held)
        assert STALLED_AFTER <= loop.time() <= STALLED_AFTER + 3
        await USES[use](held)
        assert held.present is fresh
        assert held.lost == 1
        await held.close(1.0)

    run(main())
    assert (hanging.closed, fresh.closed) == (False, True)


@pytest.mark.parametrize("use", USES)
def test_an_engine_that_raises_stays_in_its_place_until_the_third_time(use):
    """Then it is asked no more until ten minutes have passed since the first."""
    engine = Engine(EngineError("It failed."))

    async def main():
        held = place(engine)
        for _ in range(3):
            with pytest.raises(EngineError, match="It failed"):
                await USES[use](held)
        engine.does = "works"
        with pytest.raises(EngineError, match="rests"):
            await USES[use](held)
        await asyncio.sleep(600)
        await USES[use](held)
        assert held.present is engine

    run(main())


def test_a_writer_that_says_it_stalls_is_replaced():
    """It alone knows: its worker may be waiting for whoever reads."""

    async def main():
        held = place(Engine(StalledError("It has not answered.")), Engine())
        writer = GuardedWriter(held)
        with pytest.raises(StalledError):
            await written(writer)
        assert writer.count([], []) == 0
        assert await written(writer) == ["hello"]
        assert writer.count([], []) == 7
        assert await writer.read([], [], "hello") == 3

    run(main())


@pytest.mark.parametrize("answer", ["", "  \n"])
def test_an_answer_of_nothing_costs_the_turn_and_no_more(answer):
    async def main():
        writer = FakeWriter(*[answer] * 9, "Hello.")
        guarded = GuardedWriter(place(writer))
        for _ in range(9):
            with pytest.raises(EngineError, match="nothing"):
                await written(guarded)
        assert await written(guarded) == ["Hello."]

    run(main())


def test_a_long_sound_may_take_a_slow_recogniser_longer():
    """Half a minute of it, on an old computer."""

    async def main():
        loop = asyncio.get_running_loop()
        with pytest.raises(StalledError):
            await GuardedRecogniser(place(Engine("hangs"))).transcribe(np.zeros(30 * 16_000, np.int16))
        assert loop.time() == 30 * 3 + STALLED_AFTER

    run(main())


def test_a_voice_may_wait_for_its_next_clause_for_ever():
    """That is the model's affair."""

    async def main():
        async def ready():
            yield Clause("one", "one")
            await asyncio.sleep(100)
            yield Clause("two", "two")

        texts = [audio.clause.text async for audio in GuardedVoice(place(FakeVoice())).speak(ready())]
        assert texts == ["one", "two"]

    run(main())


def test_what_cannot_be_loaded_again_costs_turns_and_not_the_program():
    """The file has gone meanwhile: tried twice more, and then not for a while."""
    tries = []

    def load():
        tries.append(1)
        raise ModelError("chat.gguf does not exist.")

    async def main():
        held = place(Engine("hangs"), load=load)
        with pytest.raises(StalledError):
            await GuardedTurnModel(held).completeness(SOUND)
        for sentence in ("does not exist", "does not exist", "rests", "rests"):
            with pytest.raises(EngineError, match=sentence):
                await GuardedTurnModel(held).completeness(SOUND)
        assert len(tries) == 2
        await held.close(1.0)

    run(main())


def test_two_that_need_it_load_it_once():
    loads = []

    def load():
        loads.append(1)
        return FakeTurnModel(0.5)

    async def main():
        held = place(Engine("hangs"), load=load)
        with pytest.raises(StalledError):
            await GuardedTurnModel(held).completeness(SOUND)
        await asyncio.gather(*(GuardedTurnModel(held).completeness(SOUND) for _ in range(2)))

    run(main())
    assert loads == [1]


class Slow:
    """Loads *engine*, which ends as soon as it may."""

    def __init__(self, engine):
        self.engine = engine
        self.loads = 0
        self.began, self.may_end = threading.Event(), threading.Event()

    def __call__(self):
        self.loads += 1
        self.began.set()
        self.may_end.wait(10)  # seconds, real ones: or a failure would hang
        return self.engine

    async def asked_in_vain(self, place):
        """Somebody asks for it, and is cancelled."""
        asking = asyncio.create_task(place.engine())
        await asyncio.sleep(0)
        await asyncio.to_thread(self.began.wait)
        asking.cancel()
        await asyncio.wait([asking])


def test_a_load_whose_asker_is_cancelled_is_the_next_ones():
    """Nobody can stop it: a talkative person would have several large models loaded side by side, and none kept."""
    load = Slow(FakeTurnModel(0.5))

    async def main():
        held = place(Engine("hangs"), load=load)
        with pytest.raises(StalledError):
            await GuardedTurnModel(held).completeness(SOUND)
        for _ in range(3):
            await load.asked_in_vain(held)
        load.may_end.set()
        await GuardedTurnModel(held).completeness(SOUND)

    run(main())
    assert load.loads == 1


@pytest.mark.parametrize("in_time", [True, False])
def test_what_is_being_loaded_as_its_place_is_closed_is_closed_too(in_time):
    """Also where it comes later than anybody waits; then a thread was left behind."""
    load = Slow(Engine())

    async def main():
        held = place(Engine(), load=load)
        held._engine = None
        await load.asked_in_vain(held)
        closing = asyncio.create_task(held.close(1.0 if in_time else 0.0))
        await asyncio.sleep(0)
        if not in_time:
            assert not await closing
        load.may_end.set()
        if in_time:
            assert await closing
        await asyncio.sleep(1)
        assert held.present is None

    run(main())
    for thread in threading.enumerate():
        if thread.name == "the engine-close":
            thread.join()
    assert load.engine.closed


def test_a_writer_of_a_conversation_that_begins_between_two_models_knows_how_much_the_next_one_holds():
    """With a context of nothing it would forget everything behind each turn."""

    async def main():
        held = place(Engine(StalledError("It has not answered.")), Engine())
        with pytest.raises(StalledError):
            await written(GuardedWriter(held))
        assert held.present is None
        assert GuardedWriter(held).context == 4096

    run(main())


def test_who_still_waits_for_an_engine_that_was_given_up_does_not_cost_the_next_one_its_place():
    """A draft and a transcript run side by side: both of them meet the engine that hangs, one after the other."""

    async def main():
        fresh = Engine()
        held = place(Engine("hangs"), fresh)
        recogniser = GuardedRecogniser(held)
        draft = asyncio.create_task(recogniser.draft(SOUND))
        await asyncio.sleep(10)
        transcript = asyncio.create_task(recogniser.transcribe(SOUND))
        with pytest.raises(StalledError):
            await draft
        assert await recogniser.transcribe(SOUND) == Transcript("hello")
        with pytest.raises(StalledError):
            await transcript
        assert held.present is fresh
        assert held.lost == 1
        await held.close(1.0)

    run(main())


def test_a_hang_that_two_meet_is_one_failure():
    """Two hangs are bad luck, and it does not rest for them."""

    async def main():
        recogniser = GuardedRecogniser(place(Engine("hangs"), Engine("hangs"), Engine()))
        for _ in range(2):
            calls = recogniser.draft(SOUND), recogniser.transcribe(SOUND)
            met = await asyncio.gather(*calls, return_exceptions=True)
            assert [type(error) for error in met] == [StalledError, StalledError]
        assert await recogniser.transcribe(SOUND) == Transcript("hello")

    run(main())


def test_cancelling_ends_a_hanging_call_at_once():
    async def main():
        for use in USES.values():
            call = asyncio.create_task(use(place(Engine("hangs"))))
            await asyncio.sleep(1)
            call.cancel()
            await asyncio.wait([call])
            assert call.cancelled()
        assert asyncio.get_running_loop().time() == len(USES)

    run(main())


def guarded(*, recogniser=None, writer=None, voice=None):
    """Engines of which those given stand, hung, in their places, with working ones to follow."""
    fakes = FakeRecogniser("hi", "hi again"), FakeWriter("Hello.", "Hello again."), FakeVoice()
    engine, pen, mouth = (
        place(hung, fake) if hung is not None else place(fake)
        for hung, fake in zip((recogniser, writer, voice), fakes, strict=True)
    )
    return engines(GuardedRecogniser(engine), GuardedWriter(pen), GuardedVoice(mouth))


@pytest.mark.parametrize(
    "hung",
    [
        {"recogniser": Engine("hangs")},
        {"writer": Engine(StalledError("It has not answered for 30 s"))},
        {"voice": Engine("hangs")},
    ],
    ids=lambda hung: next(iter(hung)),
)
def test_a_turn_whose_engine_hangs_ends_with_an_apology_and_the_next_one_works(hung):
    """Scenario 30; a voice that hangs is replaced in time to apologise."""

    async def main():
        stage = guarded(**hung)
        memory, marks, told = await turn(stage)
        assert " ".join(said(told)) == APOLOGY
        assert marks.record()["unmeasured"] == "an engine failed"
        _, _, told = await turn(stage, memory=memory)
        assert said(told)[-1].startswith("Hello")

    run(main())


def test_a_model_that_answers_nothing_ends_its_turn_with_an_apology():
    async def main():
        stage = engines(FakeRecogniser("hi"), GuardedWriter(place(FakeWriter(""))), FakeVoice())
        _, _, told = await turn(stage)
        assert " ".join(said(told)) == APOLOGY

    run(main())
