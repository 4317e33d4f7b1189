import asyncio
import json
from dataclasses import dataclass, replace

import pytest

from assistant.errors import ServiceError, UsageError
from assistant.flow import Clause, Transcript
from assistant.glance import Glance, State
from assistant.health import Health
from assistant.latency.marks import Marks
from assistant.listen.mending import WAKE
from assistant.listen.wake import Woken
from assistant.moves import Ring, Wish
from assistant.service import permission, talk
from assistant.service.desk import Desk
from assistant.service.mute import Gate, muted
from assistant.service.protocol import Request, Verb
from assistant.service.talk import LOUDSPEAKER, MICROPHONE, Talk
from assistant.settings import Config, Log, Service
from assistant.shelf import MODEL
from tests.virtual_time import run


@dataclass
class Echo:
    controlled: bool = True
    erle_db: float | None = None
    residual_db: float | None = None


class Wires:
    """The control socket's other side: whether somebody follows, and what they were told."""

    def __init__(self, followed=True):
        self.followed = followed
        self.told = []

    def tell(self, event, **fields):
        json.dumps(fields)
        self.told.append((round(asyncio.get_running_loop().time(), 3), event, fields))

    @property
    def names(self):
        return [event for _, event, _ in self.told]


class Nothing:
    async def frames(self):
        await asyncio.Event().wait()
        yield


class Place:
    """A desk in a conversation that is going on."""

    def __init__(self, folder, *, talking=True, words=False, reload=None, followed=True, echo=None):
        self.state = State.LISTENING
        self.lost = False
        self.health = Health()
        self.config = Config(service=Service(folder=folder), log=Log(words=words))
        self.desk = Desk(self.config, self.health, reload or self._reload)
        self.wires = self.desk.control = Wires(followed)
        self.gate = Gate(Nothing(), muted=self.desk.muted)
        self.talk = Talk(self.config, self.gate, echo, "a loudspeaker", lambda: self.lost)
        if talking:
            self.desk.began(self.talk)

    async def ask(self, verb, text=""):
        return await self.desk.answer(Request(verb, text))

    def wishes(self):
        waiting = self.desk._wishes
        return [waiting.get_nowait() for _ in range(waiting.qsize())]

    def look(self):
        return Glance(-40.0, -60.0, 0.0, self.state, None)

    async def _reload(self):
        return {"changed": ["listen.mode"]}


def asked(tmp_path, verb, text="", **how):
    """What one request wishes for."""

    async def main():
        place = Place(tmp_path, **how)
        await place.ask(verb, text)
        return place.wishes()

    return run(main())


def test_each_request_becomes_what_the_conversation_understands(tmp_path):
    assert asked(tmp_path, Verb.SAY, "Dinner is ready.") == [Ring("Dinner is ready.")]
    assert asked(tmp_path, Verb.STOP_TALKING) == [Wish.SILENCE]
    assert asked(tmp_path, Verb.SLEEP) == [Wish.SLEEP]
    assert asked(tmp_path, Verb.LISTEN) == [Woken("assistant listen", 0)]


def test_what_is_asked_for_reaches_the_conversation_in_order(tmp_path):
    async def main():
        place = Place(tmp_path)
        wishes = place.desk.wishes()
        await place.ask(Verb.SAY, "one")
        await place.ask(Verb.STOP_TALKING)
        assert [await anext(wishes), await anext(wishes)] == [Ring("one"), Wish.SILENCE]
        await wishes.aclose()

    run(main())


def test_a_text_to_say_waits_until_the_models_are_loaded_and_listening_is_refused(tmp_path):
    assert asked(tmp_path, Verb.SAY, "Hello.", talking=False) == [Ring("Hello.")]
    with pytest.raises(ServiceError, match="still being loaded"):
        asked(tmp_path, Verb.LISTEN, talking=False)


def test_more_than_can_wait_is_refused_and_what_waits_is_kept(tmp_path):
    async def main():
        place = Place(tmp_path, talking=False)
        for _ in range(16):
            await place.ask(Verb.SAY, "again")
        with pytest.raises(ServiceError, match="Too much"):
            await place.ask(Verb.SAY, "and again")
        assert len(place.wishes()) == 16

    run(main())


def test_muting_is_kept_also_where_no_more_can_wait(tmp_path):
    """Nobody takes what waits while the models load; there is nothing being said, then, that must not be heard."""

    async def main():
        place = Place(tmp_path, talking=False)
        for _ in range(16):
            await place.ask(Verb.SAY, "again")
        await place.ask(Verb.MUTE)
        assert place.desk.muted
        assert muted(tmp_path)

    run(main())


def test_muting_closes_the_microphone_drops_what_is_being_said_and_is_kept(tmp_path):
    """Scenario 26; doing it twice is harmless, and told once."""

    async def main():
        place = Place(tmp_path)
        for _ in range(2):
            await place.ask(Verb.MUTE)
        assert not place.gate._may_be_open
        assert muted(tmp_path)
        assert Desk(place.config, Health(), place._reload).muted
        assert place.wishes() == [Wish.DEAFNESS]
        with pytest.raises(ServiceError, match="assistant unmute"):
            await place.ask(Verb.LISTEN)
        for _ in range(2):
            await place.ask(Verb.UNMUTE)
        assert place.gate._may_be_open
        assert not muted(tmp_path)
        assert place.wires.names == ["muted", "unmuted"]

    run(main())


def test_muting_takes_effect_though_the_disk_will_not_keep_it(tmp_path):
    """Who asked learns that a restart forgets it."""

    async def main():
        place = Place(tmp_path / "no folder")
        with pytest.raises(ServiceError, match="a restart will forget"):
            await place.ask(Verb.MUTE)
        assert place.desk.muted
        assert not place.gate._may_be_open

    run(main())


def test_a_reload_tells_what_came_of_it(tmp_path):
    async def refused():
        raise UsageError("1 setting cannot be used")

    async def main():
        assert await Place(tmp_path).ask(Verb.RELOAD) == {"changed": ["listen.mode"]}
        with pytest.raises(UsageError, match="cannot be used"):
            await Place(tmp_path, reload=refused).ask(Verb.RELOAD)

    run(main())


def test_the_status_tells_which_turn_model_is_loaded(tmp_path):
    """It is worth half a second of patience, and "auto" is silent about having found none."""

    async def main():
        place = Place(tmp_path, talking=False)
        before = (await place.ask(Verb.STATUS))["models"]["listen.turn_model"]
        place.desk.began(replace(place.talk, turn_model="smart-turn-v3.2-cpu"))
        return before, (await place.ask(Verb.STATUS))["models"]["listen.turn_model"]

    assert run(main()) == ("auto", "smart-turn-v3.2-cpu")


def test_the_status_tells_all_there_is(tmp_path):
    async def main():
        place = Place(tmp_path, echo=Echo())
        await asyncio.sleep(90)
        watching = asyncio.create_task(anext(place.desk.watch(place.look)))
        await asyncio.sleep(0)
        found = await place.ask(Verb.STATUS)
        json.dumps(found)
        assert (found["state"], found["up_s"], found["muted"], found["mode"]) == ("listening", 90, False, "open")
        assert found["models"]["reply.model"] == "starter"
        devices = {
            "microphone": "the system's default",
            "loudspeaker": "a loudspeaker",
            "heard_s_ago": None,
            "hears": None,
        }
        assert found["devices"] == devices | {"permission": permission.asked().value}
        assert found["memory_mb"]["most"] > 10
        assert (found["gap_ms"], found["turns"]) == (None, 0)
        watching.cancel()
        await asyncio.wait([watching])

    run(main())


def test_the_gap_is_told_of_turns_that_were_measured(tmp_path):
    """Announcements are no turns; a 95th percentile of three turns would be a fairy tale."""

    async def main():
        place = Place(tmp_path)
        for gap in (0.2, 0.3, 0.9, None):
            marks = Marks(lambda: 0.0)
            marks.stamp("speech_end", 1.0)
            if gap is not None:
                marks.stamp("first_sound", 1.0 + gap)
            place.desk.told(marks)
        place.desk.told(Marks(lambda: 0.0))
        found = await place.ask(Verb.STATUS)
        assert found["gap_ms"] == {"turns": 3, "p50": 300, "p95": None}
        assert found["turns"] == 4
        assert place.wires.told[0][2] == {"gap_ms": 200, "unmeasured": None}
        assert place.wires.told[3][2] == {"gap_ms": None, "unmeasured": "no answer sounded"}

    run(main())


@pytest.mark.parametrize("words", [False, True])
def test_what_is_said_is_told_only_where_the_settings_want_it(tmp_path, words):
    async def main():
        place = Place(tmp_path, words=words)
        place.desk.told(Transcript("a secret"))
        place.desk.told(Clause("another one", "another one"))
        return place.wires.told

    told = run(main())
    assert [event for _, event, _ in told] == ["understood", "says"]
    assert ("secret" in str(told)) is words
    assert ("another one" in str(told)) is words


async def watched(place, *changes):
    """Look on while *changes*, (seconds, what), are made."""

    async def looking():
        async for _ in place.desk.watch(place.look):
            pass

    watching = asyncio.create_task(looking())
    loop = asyncio.get_running_loop()
    for at, change in changes:
        await asyncio.sleep(at - loop.time())
        change()
    watching.cancel()
    await asyncio.wait([watching])


def test_whoever_follows_is_told_of_each_state_soon(tmp_path):
    async def main():
        place = Place(tmp_path)
        await watched(
            place,
            (1.05, lambda: setattr(place, "state", State.THINKING)),
            (2.05, lambda: setattr(place, "state", State.SPEAKING)),
            (3.0, lambda: None),
        )
        assert place.wires.told == [
            (0.0, "state", {"state": "listening"}),
            (1.1, "state", {"state": "thinking"}),
            (2.1, "state", {"state": "speaking"}),
        ]

    run(main())


def test_whoever_begins_to_follow_is_told_at_once_from_then_on(tmp_path):
    """While nobody does it looks once a second, which costs nothing."""

    async def main():
        place = Place(tmp_path, followed=False)

        def follows():
            place.wires.followed = True
            place.state = State.THINKING
            place.desk._followed.set()

        await watched(place, (2.3, follows), (3.0, lambda: None))
        assert place.wires.told[-1][:2] == (2.3, "state")

    run(main())


@pytest.mark.parametrize("part", [MODEL, WAKE])
def test_an_engine_that_rests_is_told_and_said_once_and_so_is_its_return(tmp_path, part):
    """Who talks to it in vain shall learn why; all else goes on."""

    async def main():
        place = Place(tmp_path)

        def fails():
            place.health.failed(part, "It has not answered for 30 s", asyncio.get_running_loop().time())

        await watched(place, (1.0, fails), (2.0, fails), (3.0, fails), (3.5, lambda: None))
        assert (await place.ask(Verb.STATUS))["degraded"] == [{"part": part, "why": "It has not answered for 30 s"}]
        await watched(place, (700.0, lambda: None))
        assert [name for name in place.wires.names if name != "state"] == ["degraded", "recovered"]
        (said,) = place.wishes()
        assert part in said.text
        assert "within ten minutes" in said.text  # behind the first failure, which may be nine minutes ago
        assert (await place.ask(Verb.STATUS))["degraded"] == []

    run(main())


def test_what_does_not_work_of_the_devices_is_told_with_what_helps(tmp_path):
    """Half-duplex, a microphone without sound, a loudspeaker that is away; they say nothing aloud."""

    async def main():
        place = Place(tmp_path, echo=Echo(controlled=False))
        place.lost = True
        place.gate._opened_at = 0.0
        await asyncio.sleep(4.0)
        parts = [trouble["part"] for trouble in (await place.ask(Verb.STATUS))["degraded"]]
        assert parts == ["the microphone", "the loudspeaker", "echo control"]
        place.desk.check()
        assert place.wires.names.count("degraded") == 3
        assert place.wishes() == []

    run(main())


def test_a_microphone_that_was_lost_too_often_is_told_of_as_such_not_as_away(tmp_path):
    """It is opened again each time; while it gives nothing, that counts more."""

    async def main():
        place = Place(tmp_path)
        for _ in range(3):
            place.health.failed(MICROPHONE, "It stopped.", asyncio.get_running_loop().time())
        place.gate._opened_at = place.gate.heard_at = 0.0
        (trouble,) = (found := await place.ask(Verb.STATUS))["degraded"]
        assert trouble["why"].startswith("It was lost 3 times within ten minutes, and opened again each time.")
        assert trouble["why"].endswith("It stopped.")
        assert found["devices"]["hears"]
        await asyncio.sleep(4.0)
        (trouble,) = (found := await place.ask(Verb.STATUS))["degraded"]
        assert trouble["why"].startswith("It gives no sound")
        assert not found["devices"]["hears"]
        place.desk.began(None)  # while models are loaded nobody can see that
        (trouble,) = (await place.ask(Verb.STATUS))["degraded"]
        assert trouble["why"].startswith("It was lost 3 times")

    run(main())


def test_a_microphone_that_is_away_is_not_called_back_by_a_conversation_that_begins_anew(tmp_path):
    """It is when the new one hears."""

    async def main():
        place = Place(tmp_path)
        place.gate._opened_at = 0.0
        await asyncio.sleep(4.0)
        place.desk.check()
        place.desk.began(None)
        gate = Gate(Nothing(), muted=False)
        place.desk.began(replace(place.talk, gate=gate))
        place.desk.check()
        assert [name for name in place.wires.names if name != "state"] == ["degraded"]
        gate.heard_at = 4.0
        place.desk.check()
        assert [name for name in place.wires.names if name != "state"] == ["degraded", "recovered"]

    run(main())


def test_a_loudspeaker_that_was_lost_too_often_is_told_of_as_such_also_while_it_plays(tmp_path):
    """A loose plug; one that is away now is called that."""

    async def main():
        place, whys = Place(tmp_path), []
        for lost in (True, False, True, True, False, True, False):
            place.lost = lost
            place.desk.check()
            whys.append([trouble["why"][:11] for trouble in place.desk.status()["degraded"]])
        assert whys == [["It is away;"], [], ["It is away;"], ["It is away;"], [], ["It is away;"], ["It was lost"]]

    run(main())


def test_a_loudspeaker_that_a_conversation_waits_for_is_told_of_and_not_called_back(tmp_path):
    """A display sleeps, and the settings are read anew meanwhile: nobody is listened to until it is there."""

    async def main():
        place = Place(tmp_path)
        place.lost = True
        place.desk.check()
        place.desk.began(None)
        place.desk.waits('There is no loudspeaker called "Display".')
        (trouble,) = (await place.ask(Verb.STATUS))["degraded"]
        assert trouble == {"part": LOUDSPEAKER, "why": 'There is no loudspeaker called "Display". It is waited for.'}
        with pytest.raises(ServiceError, match="Display"):
            await place.ask(Verb.LISTEN)
        assert place.wires.names == ["degraded"]
        place.lost = False
        place.desk.began(Talk(place.config, place.gate, None, "Display", lambda: False))
        assert place.wires.names == ["degraded", "recovered"]

    run(main())


def test_a_device_that_does_not_let_go_is_told_of_with_what_helps(tmp_path):
    """Nothing else finds the one that is plugged in in its place."""

    async def main():
        place = Place(tmp_path)
        place.desk.began(Talk(place.config, place.gate, None, "Display", lambda: False, stuck=lambda: True))
        (trouble,) = (await place.ask(Verb.STATUS))["degraded"]
        assert trouble["part"] == "the sound devices"
        assert "restart" in trouble["why"]

    run(main())


def test_what_it_does_without_while_answers_come_too_late_is_told_with_what_helps(tmp_path):
    """Until a turn does without nothing, or another conversation begins."""

    async def main():
        place = Place(tmp_path)
        for saved in (0, 2, 0, 1):
            marks = Marks(lambda: 0.0)
            marks.stamp("speech_end", 1.0)
            marks.count("savings", saved)
            place.desk.told(marks)
            place.desk.told(Marks(lambda: 0.0))  # an announcement says nothing of it
            place.desk.check()
            troubles = (await place.ask(Verb.STATUS))["degraded"]
            assert [trouble["part"] for trouble in troubles] == ["the pace of answers"] * bool(saved)
            if saved == 2:
                assert "without the recogniser's wide window, reading along until" in troubles[0]["why"]
        assert [name for name in place.wires.names if name != "turn"] == ["degraded", "recovered", "degraded"]
        place.desk.began(place.desk.talk)
        assert (await place.ask(Verb.STATUS))["degraded"] == []
        assert place.wishes() == []

    run(main())


def test_a_macs_microphone_that_gives_zeros_alone_is_amiss_whatever_macos_says(tmp_path, monkeypatch):
    """For as long as it does; elsewhere a virtual one is that quiet whenever nobody speaks."""

    async def main():
        place = Place(tmp_path)
        place.gate._zeros_since = 0.0
        await asyncio.sleep(3600)
        place.gate._opened_at = place.gate.heard_at = 3600.0
        assert (await place.ask(Verb.STATUS))["degraded"] == []
        monkeypatch.setattr(talk.sys, "platform", "darwin")
        monkeypatch.setattr(talk, "asked", lambda: permission.Permission.GRANTED)
        (trouble,) = (await place.ask(Verb.STATUS))["degraded"]
        assert trouble["part"] == "the microphone"
        assert "zeros: macOS allows the microphone" in trouble["why"]
        place.gate._zeros_since = 3595.0
        assert (await place.ask(Verb.STATUS))["degraded"] == []

    run(main())


def test_a_microphone_that_is_muted_is_not_amiss(tmp_path):
    async def main():
        place = Place(tmp_path)
        await place.ask(Verb.MUTE)
        await asyncio.sleep(60)
        assert (await place.ask(Verb.STATUS))["degraded"] == []

    run(main())


def test_the_status_tells_how_much_of_its_own_voice_is_left_and_whether_it_may_hear(tmp_path):
    """For `assistant doctor`, which cannot find out from outside."""

    async def main():
        loud = Place(tmp_path, echo=Echo(controlled=False, erle_db=8.04, residual_db=-41.26)).desk.status()
        assert loud["echo"] == {"controlled": False, "erle_db": 8.0, "residual_db": -41.3}
        new = Place(tmp_path, echo=Echo()).desk.status()
        assert new["echo"] == {"controlled": True, "erle_db": None, "residual_db": None}
        assert Place(tmp_path).desk.status()["echo"] is None
        assert new["devices"]["permission"] == permission.asked().value

    run(main())
