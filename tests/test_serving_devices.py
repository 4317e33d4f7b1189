"""Devices that are away, hang or come as a conversation begins, or begins anew."""

import asyncio
import threading
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from assistant import serving
from assistant.errors import DeviceError, DeviceLostError, DeviceMovedError
from assistant.service.notify import Notifier
from assistant.service.talk import LOUDSPEAKER, MICROPHONE
from tests.test_serving import RELOAD, Devices, Home, Screen, lived, settings
from tests.virtual_time import run


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
def test_a_device_that_is_away_at_the_start_ends_what_somebody_has_started(tmp_path, monkeypatch, away):
    """They learn that at once."""
    with pytest.raises(DeviceError, match="away"):
        lived(Home(), Devices(monkeypatch, **{away: [True]}), [settings(tmp_path)], screen=Screen())


def test_a_reload_while_it_still_loads_makes_no_device_one_that_has_worked(tmp_path, monkeypatch):
    """Whoever starts it learns as well what is away."""
    home, devices = Home(), Devices(monkeypatch, loudspeaker=[True])
    home.loads_for = 1.5
    with pytest.raises(DeviceError, match="away"):
        lived(home, devices, [settings(tmp_path), settings(tmp_path)], seconds=9.0, screen=Screen())


@pytest.mark.parametrize(("away", "part"), [("microphone", MICROPHONE), ("loudspeaker", LOUDSPEAKER)])
def test_a_service_begins_without_a_device_says_so_once_and_takes_it_when_it_comes(tmp_path, monkeypatch, away, part):
    """At login nothing may be plugged in: it had ended, and was started again every ten seconds, models and all."""

    async def main():
        devices = Devices(monkeypatch, **{away: [True] * 100})
        life = serving._Life(Home(), settings(tmp_path), None, devices.sink, None)
        living = asyncio.create_task(life.live(Notifier({})))
        await asyncio.sleep(40.0)
        missing = life.desk.status()["degraded"]
        await asyncio.sleep(20.0)
        later = life.desk.status()
        living.cancel()
        await asyncio.wait([living])
        return missing, later["degraded"], later["devices"]["hears"], living.cancelled()

    with capture_logs() as logs:
        missing, later, hears, cancelled = run(main())
    trouble = {"part": part, "why": "It is away. It is waited for."}
    assert trouble in missing
    assert trouble not in later
    assert (hears, cancelled) == (True, True)
    assert [line["event"] for line in logs].count(f"{away}.missing") == 1
    assert [line["part"] for line in logs if line["event"] == "part.degraded"].count(part) == 1


def test_what_is_plugged_in_is_looked_at_before_portaudio_lists_it(tmp_path, monkeypatch):
    """Else what comes while the models load is in no list, and no change either."""
    did = []

    def require(*_):
        did.append("listed")
        raise DeviceError("It is away.")

    monkeypatch.setattr(serving, "watch", SimpleNamespace(look=lambda: did.append("looked")), raising=False)
    monkeypatch.setattr(serving, "require", require)
    with pytest.raises(DeviceError, match="away"):
        run(serving.listen(Home(), lambda: settings(tmp_path), None, Screen()))
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
        await serving.listen(Home(), lambda: settings(tmp_path), None, Screen())

    monkeypatch.setattr(serving, "watch", SimpleNamespace(look=lambda: None))
    with pytest.raises(DeviceError, match="away"):
        run(main())
    assert kept_waiting == [False]


def test_a_system_that_hangs_in_its_list_of_devices_is_not_waited_for(tmp_path, monkeypatch):
    """Nobody could ask the service anything meanwhile, and its manager would take it for well."""
    goes_on, hung = threading.Event(), []

    def require(*_):
        goes_on.set()
        raise DeviceError("It is away.")

    monkeypatch.setattr(serving, "_LOOKS_WITHIN", 0.05)
    monkeypatch.setattr(serving, "require", require)
    monkeypatch.setattr(serving, "watch", SimpleNamespace(look=lambda: hung.append(not goes_on.wait(20.0))))
    with pytest.raises(DeviceError, match="away"):
        asyncio.run(serving.listen(Home(), lambda: settings(tmp_path), None, Screen()))
    assert hung == [False]
