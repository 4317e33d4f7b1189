import asyncio
import logging
from contextlib import aclosing, contextmanager
from types import SimpleNamespace

import numpy as np
import pytest

from assistant import log, serving
from assistant.errors import AwayError, DeviceError, EngineError, ModelError, ServiceError, UsageError
from assistant.flow import FRAME_SAMPLES, Frame
from assistant.glance import Glance, State
from assistant.health import Health
from assistant.service.mute import keep_muted
from assistant.service.notify import Notifier
from assistant.service.protocol import Request, Verb
from assistant.settings import Config, Log
from tests.virtual_time import run

RELOAD = Request(Verb.RELOAD)


class Home:
    """Assistants that listen until their frames end; those for the wake word "nobody" cannot be had."""

    def __init__(self, refusal=None):
        self.health = Health()
        self.loaded = ()
        self.shelf = SimpleNamespace(holds=lambda _: False)
        self.loads_for = 0.0
        self.talks = []
        self._refusal = refusal

    async def assistant(self, config):
        await asyncio.sleep(self.loads_for)
        if self._refusal is not None and config.listen.wake_words == "nobody":
            raise self._refusal

        async def talk(gate, sink, tell, watchers, **_):
            self.talks.append(config.listen.wake_words)
            watching = [asyncio.create_task(looked(watch)) for watch in watchers]
            try:
                async for _frame in gate.frames():
                    pass
            finally:
                for one in watching:
                    one.cancel()
                await asyncio.wait(watching)

        return SimpleNamespace(config=config, talk=talk, wake=None, turn_model="none")

    async def again(self, assistant):
        return assistant


async def looked(watch):
    """Have it look at somebody who says nothing."""
    async with aclosing(watch(lambda: Glance(-40.0, -60.0, 0.0, State.LISTENING, None))) as looking:
        async for _ in looking:
            pass


class Devices:
    """A microphone and a loudspeaker; each opening of one is refused where its list says so."""

    name = "a microphone of its own"

    def __init__(self, monkeypatch, microphone=(), loudspeaker=(), silent=()):
        self._microphone, self._loudspeaker, self._silent = list(microphone), list(loudspeaker), list(silent)
        monkeypatch.setattr(serving, "Microphone", lambda *_, **__: self)

    async def frames(self):
        _refuse(self._microphone)
        loop = asyncio.get_running_loop()
        try:
            while True:
                await asyncio.sleep(0.02)
                yield Frame(np.zeros(FRAME_SAMPLES, np.int16), 0, loop.time())
                _refuse(self._silent)
        finally:
            await asyncio.sleep(0.3)  # a sound server takes as long to close it

    @contextmanager
    def sink(self, _):
        _refuse(self._loudspeaker)
        yield SimpleNamespace()


class Screen:
    """Of somebody who has started it in a terminal."""

    live = False

    def note(self, text):
        pass

    def show(self, notice):
        pass


class Manager:
    """What it is told, and when."""

    def __init__(self):
        self.letters = []

    def tell(self, **fields):
        self.letters.append((round(asyncio.get_running_loop().time(), 1), next(iter(fields))))


def _refuse(script):
    if script and script.pop(0):
        raise DeviceError("It is away.")


def settings(folder, **listen):
    return Config.model_validate(
        {"listen": listen, "service": {"folder": folder}, "latency": {"journal": False, "folder": folder}}
    )


def lived(home, devices, configs, *, seconds=3.0, screen=None):
    """What came of a reload after a second, in a life of so many; *configs* are read one after the other."""

    async def main():
        first, *later = configs
        life = serving._Life(home, first, lambda: later.pop(0) if later else first, devices.sink, screen)
        living = asyncio.create_task(life.live(Notifier({})))
        await asyncio.sleep(1.0)
        try:
            came = await life.desk.answer(RELOAD) if not living.done() else None
        except ServiceError as error:
            came = error
        await asyncio.sleep(seconds - 1.0)
        talking = life.desk.talk is not None
        living.cancel()
        await asyncio.wait([living])
        if not living.cancelled():
            living.result()
        return came, talking

    return run(main())


@pytest.mark.parametrize(
    "refusal",
    [
        ModelError("It is no model."),
        AwayError("Its disk is away."),
        EngineError("It fails."),
        UsageError('There is no wake word "nobody".'),
    ],
)
def test_a_reload_that_cannot_be_had_is_refused_and_all_goes_on_as_it_was(tmp_path, monkeypatch, refusal):
    """Wake words are settings, and no models: a wrong one is another kind of error."""
    home, devices = Home(refusal), Devices(monkeypatch)
    came, talking = lived(home, devices, [settings(tmp_path), settings(tmp_path, wake_words="nobody")])
    assert str(refusal) in str(came)
    assert talking
    assert home.talks == ["hey jarvis", "hey jarvis"]


@pytest.mark.parametrize(("wake_words", "level"), [("nobody", logging.WARNING), ("hey mycroft", logging.ERROR)])
def test_the_log_is_as_the_new_settings_say_once_they_are_in_force_and_not_before(
    tmp_path, monkeypatch, wake_words, level
):
    """Models that cannot be had are found behind the reading of the settings."""
    log.set_up("warning")
    home, devices = Home(ModelError("It is no model.")), Devices(monkeypatch)
    wanted = settings(tmp_path, wake_words=wake_words)
    lived(home, devices, [settings(tmp_path), wanted.model_copy(update={"log": Log(level="error")})])
    assert [handler.level for handler in logging.getLogger("assistant").handlers] == [level]


def test_a_conversation_that_begins_anew_with_the_same_settings_needs_nothing_of_the_disk(tmp_path, monkeypatch):
    """Headphones are put on, and a model's file has been removed meanwhile: it is loaded, and all goes on."""

    async def main():
        home = Home()
        life = serving._Life(home, settings(tmp_path), None, Devices(monkeypatch).sink, None)
        living = asyncio.create_task(life.live(Notifier({})))
        await asyncio.sleep(1.0)
        home.assistant = None
        life._again()
        await asyncio.sleep(1.0)
        living.cancel()
        await asyncio.wait([living])
        return home.talks, living.cancelled()

    assert run(main()) == (["hey jarvis", "hey jarvis"], True)


@pytest.mark.parametrize(
    ("away", "muted", "ready_at"),
    [("", False, 5.1), ("", True, 5.0), ("loudspeaker", False, 5.0), ("microphone", False, 8.1)],
)
def test_it_is_ready_once_its_models_are_there_and_its_devices_heard_or_known_to_be_away(
    tmp_path, monkeypatch, away, muted, ready_at
):
    """Its manager had been told before any device was opened, and that all was well with what ended at once."""

    async def main():
        home, manager = Home(), Manager()
        home.loads_for = 5.0
        keep_muted(tmp_path, muted)
        devices = Devices(monkeypatch, **({away: [True] * 100} if away else {}))
        life = serving._Life(home, settings(tmp_path), None, devices.sink, None)
        living = asyncio.create_task(life.live(manager))
        await asyncio.sleep(20.0)
        living.cancel()
        await asyncio.wait([living])
        return manager.letters

    assert run(main()) == [(pytest.approx(ready_at, abs=0.11), "READY")]


def test_it_is_ready_again_behind_a_reload_and_not_before_it_hears(tmp_path, monkeypatch):
    """Which systemd waits for."""

    async def main():
        home, manager = Home(), Manager()
        later = settings(tmp_path, wake_words="hey you")
        life = serving._Life(home, settings(tmp_path), lambda: later, Devices(monkeypatch).sink, None)
        living = asyncio.create_task(life.live(manager))
        await asyncio.sleep(2.0)
        home.loads_for = 5.0
        await life.desk.answer(RELOAD)
        await asyncio.sleep(2.0)
        living.cancel()
        await asyncio.wait([living])
        return manager.letters

    (_, first), (_, reloading), (again_at, again) = run(main())
    assert (first, reloading, again) == ("READY", "RELOADING", "READY")
    assert again_at > 7.0


def test_nobody_is_told_that_it_is_ready_where_what_somebody_has_started_ends_without_its_microphone(
    tmp_path, monkeypatch
):
    manager = Manager()

    async def main():
        devices = Devices(monkeypatch, microphone=[True])
        await serving._Life(Home(), settings(tmp_path), None, devices.sink, Screen()).live(manager)

    with pytest.raises(DeviceError, match="away"):
        run(main())
    assert manager.letters == []


def test_muting_and_unmuting_while_the_microphone_is_being_closed_ends_nothing(tmp_path, monkeypatch):
    """A key that is bound to it is pressed twice within a second; a restart would load all models again."""

    async def main():
        home = Home()
        life = serving._Life(home, settings(tmp_path), None, Devices(monkeypatch).sink, None)
        living = asyncio.create_task(life.live(Notifier({})))
        await asyncio.sleep(1.005)
        for verb in (Verb.MUTE, Verb.UNMUTE, Verb.MUTE, Verb.UNMUTE):
            await life.desk.answer(Request(verb))
        await asyncio.sleep(2.0)
        hears = life.desk.status()["devices"]["hears"]
        living.cancel()
        await asyncio.wait([living])
        return home.talks, hears, living.cancelled()

    assert run(main()) == (["hey jarvis"], True, True)
