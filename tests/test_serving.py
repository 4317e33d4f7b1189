import asyncio
import logging
import threading
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest

from assistant import log, serving
from assistant.errors import (
    AwayError,
    DeviceError,
    DeviceLostError,
    DeviceMovedError,
    EngineError,
    ModelError,
    ServiceError,
    UsageError,
)
from assistant.flow import FRAME_SAMPLES, Frame
from assistant.health import Health
from assistant.service.notify import Notifier
from assistant.service.protocol import Request, Verb
from assistant.service.talk import LOUDSPEAKER, MICROPHONE
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

        async def talk(gate, sink, tell, **_):
            self.talks.append(config.listen.wake_words)
            async for _frame in gate.frames():
                pass

        return SimpleNamespace(config=config, talk=talk, wake=None)

    async def again(self, assistant):
        return assistant


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


def _refuse(script):
    if script and script.pop(0):
        raise DeviceError("It is away.")


def settings(folder, **listen):
    return Config.model_validate(
        {"listen": listen, "service": {"folder": folder}, "latency": {"journal": False, "folder": folder}}
    )


def lived(home, devices, configs, *, seconds=3.0):
    """What came of a reload after a second, in a life of so many; *configs* are read one after the other."""

    async def main():
        first, *later = configs
        life = serving._Life(home, first, lambda: later.pop(0) if later else first, devices.sink, None)
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


@pytest.mark.parametrize("away", ["microphone", "loudspeaker"])
def test_a_device_that_is_away_as_the_conversation_begins_anew_is_waited_for(tmp_path, monkeypatch, away):
    """A headset that switches over takes seconds, and it is what makes the conversation begin anew."""
    home, devices = Home(), Devices(monkeypatch, **{away: [False, True, True]})
    _, talking = lived(home, devices, [settings(tmp_path), settings(tmp_path, wake_words="hey you")])
    assert talking
    assert home.talks == ["hey jarvis", "hey you"]


def test_a_loudspeaker_that_never_comes_does_not_keep_the_next_settings_from_being_read(tmp_path, monkeypatch):
    """Its name may be wrong, and be corrected; until then the status says what is waited for."""

    async def main():
        home, devices = Home(), Devices(monkeypatch, loudspeaker=[False, *[True] * 20])
        wrong, corrected = settings(tmp_path, wake_words="hey you"), settings(tmp_path, wake_words="hey we")
        later = [wrong, corrected]
        life = serving._Life(home, settings(tmp_path), lambda: later.pop(0), devices.sink, None)
        living = asyncio.create_task(life.live(Notifier({})))
        await asyncio.sleep(1.0)
        await life.desk.answer(RELOAD)
        await asyncio.sleep(1.0)
        (trouble,) = life.desk.status()["degraded"]
        await life.desk.answer(RELOAD)
        await asyncio.sleep(60.0)
        assert life.desk.status()["degraded"] != [trouble]
        living.cancel()
        await asyncio.wait([living])
        return home.talks, trouble

    talks, trouble = run(main())
    assert talks == ["hey jarvis", "hey we"]
    assert trouble == {"part": LOUDSPEAKER, "why": "It is away. It is waited for."}


def test_a_reload_does_not_wait_for_a_loudspeaker_that_hangs_and_says_that_it_is_left_out(tmp_path, monkeypatch):
    """CoreAudio and ALSA may hang for minutes, and the settings are perhaps what shall help."""

    async def main():
        home, devices, loop, makings = Home(), Devices(monkeypatch), asyncio.get_running_loop(), []
        hangs, in_thread = loop.create_future(), loop.run_in_executor

        def sink(config):
            makings.append(devices.sink(config))
            return makings[-1]

        def run_in_executor(executor, does, *arguments):
            return (
                hangs if len(makings) == 2 and does == makings[1].__enter__ else in_thread(executor, does, *arguments)
            )

        loop.run_in_executor = run_in_executor
        later = [settings(tmp_path, wake_words=words) for words in ("hey you", "hey we")]
        life = serving._Life(home, settings(tmp_path), lambda: later.pop(0), sink, None)
        living = asyncio.create_task(life.live(Notifier({})))
        await asyncio.sleep(1.0)
        first = await life.desk.answer(RELOAD)
        await asyncio.sleep(60.0)
        asked = loop.time()
        second = await life.desk.answer(RELOAD)
        waited = loop.time() - asked
        await asyncio.sleep(0.1)
        troubles = life.desk.status()["degraded"]
        hangs.set_result(makings[1].__enter__())
        await asyncio.sleep(1.0)
        living.cancel()
        await asyncio.wait([living])
        return first, second, waited, troubles, home.talks

    first, second, waited, troubles, talks = run(main())
    assert "hangs" not in first
    assert second == {"changed": ["listen.wake_words"], "loaded": [], "hangs": LOUDSPEAKER}
    assert waited <= 5.0
    assert troubles == [{"part": LOUDSPEAKER, "why": "The loudspeaker does not open. It is waited for."}]
    assert talks == ["hey jarvis", "hey we"]


def test_a_service_whose_microphone_gives_only_silence_waits_for_sound(tmp_path, monkeypatch):
    """Its lid is closed, or a switch at it: ended, launchd would start it again every ten seconds, models and all."""
    _, talking = lived(Home(), Devices(monkeypatch, silent=[False, True]), [settings(tmp_path)])
    assert talking


def test_a_microphone_that_follows_one_that_was_lost_too_often_is_not_called_so(tmp_path, monkeypatch):
    """A loose plug is told of for ten minutes, but not of what was plugged in, or chosen, in its place."""

    async def main():
        life = serving._Life(Home(), settings(tmp_path), None, Devices(monkeypatch).sink, None)
        parts = []
        for error in [DeviceLostError("It stopped.")] * 3 + [DeviceMovedError("another one")]:
            life._lost(error)
            parts.append([trouble.part for trouble in life.desk.troubles()])
        return parts

    assert run(main()) == [[], [], [MICROPHONE], []]


def test_the_status_names_the_microphone_that_was_opened_by_default(tmp_path, monkeypatch):
    async def main():
        life = serving._Life(Home(), settings(tmp_path), None, Devices(monkeypatch).sink, None)
        before = life.desk.status()["devices"]["microphone"]
        living = asyncio.create_task(life.live(Notifier({})))
        await asyncio.sleep(1.0)
        named = life.desk.status()["devices"]["microphone"]
        living.cancel()
        await asyncio.wait([living])
        return before, named

    assert run(main()) == ("the system's default", "a microphone of its own")


@pytest.mark.parametrize("away", ["microphone", "loudspeaker"])
def test_a_device_that_is_away_at_the_start_ends_it(tmp_path, monkeypatch, away):
    """Whoever starts it learns that at once."""
    with pytest.raises(DeviceError, match="away"):
        lived(Home(), Devices(monkeypatch, **{away: [True]}), [settings(tmp_path)])


def test_a_reload_while_it_still_loads_makes_no_device_one_that_has_worked(tmp_path, monkeypatch):
    """Whoever starts it learns as well what is away."""
    home = Home()
    home.loads_for = 1.5
    with pytest.raises(DeviceError, match="away"):
        lived(home, Devices(monkeypatch, loudspeaker=[True]), [settings(tmp_path), settings(tmp_path)], seconds=9.0)


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


def test_what_is_plugged_in_is_looked_at_before_portaudio_lists_it(tmp_path, monkeypatch):
    """Else what comes while the models load is in no list, and no change either."""
    did = []

    def require(*_):
        did.append("listed")
        raise DeviceError("It is away.")

    monkeypatch.setattr(serving, "watch", SimpleNamespace(look=lambda: did.append("looked")), raising=False)
    monkeypatch.setattr(serving, "require", require)
    with pytest.raises(DeviceError, match="away"):
        run(serving.listen(Home(), lambda: settings(tmp_path), None, None))
    assert did == ["looked", "listed"]


def test_a_portaudio_that_hangs_as_it_begins_holds_up_no_signal(tmp_path, monkeypatch):
    """Nothing but a kill ended the program then."""
    kept_waiting = []

    async def main():
        loop, goes_on = asyncio.get_running_loop(), threading.Event()

        def require(*_):
            loop.call_soon_threadsafe(goes_on.set)
            kept_waiting.append(not goes_on.wait(4.0))
            raise DeviceError("It is away.")

        monkeypatch.setattr(serving, "require", require)
        await serving.listen(Home(), lambda: settings(tmp_path), None, None)

    monkeypatch.setattr(serving, "watch", SimpleNamespace(look=lambda: None))
    with pytest.raises(DeviceError, match="away"):
        run(main())
    assert kept_waiting == [False]
