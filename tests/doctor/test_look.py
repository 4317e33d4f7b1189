import plistlib
from pathlib import Path

import pytest

from assistant.doctor import computer, look
from assistant.doctor.ask import Answer
from assistant.doctor.finding import State
from assistant.service.launchd import agent
from assistant.service.mute import keep_muted
from assistant.service.permission import Hearing, Permission
from assistant.settings import Config, Log, Models, Reply, Service


@pytest.fixture
def config(tmp_path):
    """Settings whose folders are new."""
    return Config(service=Service(folder=tmp_path / "run"), log=Log(folder=tmp_path / "log"))


def answering(monkeypatch, answer):
    """The process of its own is replaced; test_ask.py has real ones."""
    monkeypatch.setattr(look, "ask", lambda *_question, **_limit: answer)


def test_this_python_is_described():
    """As it is."""
    assert look.python().version >= (3, 11)


def test_the_clocks_of_this_computer_are_looked_at(config):
    """A second passes by both."""
    found = look.clock(config)
    assert found.steady_s >= 1.0
    assert found.written.year >= 2026


def test_a_folder_that_is_not_there_yet_is_on_the_disk_of_what_it_would_be_made_in(config, tmp_path):
    """And can be written."""
    [log] = [disk for disk in look.disks(config) if disk.setting == "log.folder"]
    assert log.folder == tmp_path / "log"
    assert log.free > 0
    assert log.writable


def test_a_file_in_a_folders_place_cannot_be_written_to(config, tmp_path):
    """Whoever asks, root as well."""
    (tmp_path / "log").write_text("")
    [log] = [disk for disk in look.disks(config) if disk.setting == "log.folder"]
    assert not log.writable


def test_the_disk_of_the_models_that_is_not_here_is_said_to_be(config, tmp_path):
    """Where one is wanted from it; what it would be made in says nothing of it."""
    models = Models(folder=tmp_path / "disk/models")
    wanted = Reply(model="mistral-small-24b")
    found = look.disks(config.model_copy(update={"models": models, "reply": wanted}))
    assert [disk.setting for disk in found if disk.away] == ["models.folder"]
    said = computer.disks(found)
    assert (said.state, said.detail) == (State.WRONG, str(models.folder))
    assert said.remedy.startswith("Plug it in")
    assert not any(disk.away for disk in look.disks(config.model_copy(update={"models": models})))


@pytest.mark.parametrize(("kind", "found"), [("Background", "Background"), (None, "Standard")])
def test_the_process_type_is_read_from_launchds_property_list(tmp_path, kind, found):
    """Where it says nothing launchd takes Standard, which is throttled."""
    plist = tmp_path / "agent.plist"
    plist.write_bytes(plistlib.dumps({"Label": "x"} | ({"ProcessType": kind} if kind else {})))
    assert look.process_type(plist) == found


def test_the_agent_that_we_write_ourselves_is_interactive(tmp_path):
    """By the pure function that makes it."""
    plist = tmp_path / "agent.plist"
    plist.write_bytes(plistlib.dumps(agent(["x"], {}, Path("/"), Path("/"))))
    assert look.process_type(plist) == "Interactive"


def test_no_property_list_and_a_broken_one_say_nothing(tmp_path):
    """Linux has none."""
    (tmp_path / "broken.plist").write_text("<plist>")
    assert look.process_type(tmp_path / "none.plist") is None
    assert look.process_type(tmp_path / "broken.plist") is None


def test_no_assistant_that_runs_is_no_trouble(config):
    """There is nothing to ask."""
    found = look.the_running(config)
    assert (found.status, found.trouble) == (None, "")


def test_what_is_muted_is_known_without_asking_anybody(config):
    """It survives restarts."""
    config.service.folder.mkdir()
    assert not look.ears(config, None).muted
    keep_muted(config.service.folder, True)
    assert look.ears(config, None).muted


def test_a_status_tells_the_permission_from_inside(config):
    """An older one did not."""
    devices = {"permission": "denied", "heard_s_ago": 0.1, "hears": True}
    status = {"muted": False, "devices": devices, "degraded": [{"part": "the microphone", "why": "lost 3 times"}]}
    found = look.ears(config, status)
    assert (found.running, found.inside, found.heard_s_ago) == (True, Permission.DENIED, 0.1)
    assert not found.lost
    assert look.ears(config, {"muted": False, "devices": {"hears": False}}).lost
    older = look.ears(config, {"muted": True})
    assert (older.inside, older.lost) == (None, False)


def test_a_status_tells_the_echo_that_is_left():
    """None where nothing is taken out."""
    assert not look.echo(None).running
    assert not look.echo({"echo": None}).used
    found = look.echo({"echo": {"controlled": False, "erle_db": 8.0, "residual_db": -41.0}})
    assert (found.used, found.controlled, found.erle_db) == (True, False, 8.0)


def test_a_library_that_crashes_is_the_broken_one(config, monkeypatch):
    """It was under way."""
    answering(monkeypatch, Answer(trying="soxr", trouble="It crashed (SIGILL)."))
    assert look.wheels(config, 1.0).broken == {"soxr": "It crashed (SIGILL)"}


def test_libraries_of_which_nothing_can_be_told_are_not_called_whole(config, monkeypatch):
    """The process did not even begin."""
    answering(monkeypatch, Answer(trouble="It cannot be started."))
    assert computer.wheels(look.wheels(config, 1.0)).state is State.UNKNOWN


def test_a_microphone_that_hangs_gives_the_sentence_and_no_sound(config, monkeypatch):
    """As one that cannot be opened."""
    answering(monkeypatch, Answer(trouble="It hangs."))
    assert look.hearing(config, 1.0) == Hearing(Permission.UNKNOWN, 0, "It hangs.")


def test_what_the_microphone_gave_comes_back_as_it_was(config, monkeypatch):
    """Or None, where there is none."""
    answering(monkeypatch, Answer({"heard": {"permission": "granted", "peak": 9, "trouble": ""}}))
    assert look.hearing(config, 1.0) == Hearing(Permission.GRANTED, 9)
    answering(monkeypatch, Answer({"heard": None}))
    assert look.hearing(config, 1.0) is None


@pytest.mark.parametrize(("wanted", "told"), [(True, "yes"), (False, "no")])
def test_the_microphone_that_is_heard_is_the_one_the_settings_mean(config, monkeypatch, wanted, told):
    """A headset's only where that is wanted, as when it talks."""
    asked = []
    monkeypatch.setattr(look, "ask", lambda *question, **_: asked.append(question) or Answer({"heard": None}))
    listen = config.listen.model_copy(update={"microphone": "pods", "headset_microphone": wanted})
    look.hearing(config.model_copy(update={"listen": listen}), 1.0)
    assert asked == [("hear", "pods", told)]


def test_espeaks_data_is_found_without_importing_piper(config, monkeypatch):
    """The installed one."""
    answering(monkeypatch, Answer({"seconds": 2.0}))
    found = look.voice(config, 1.0)
    assert (found.present, found.seconds) == (True, 2.0)
    assert (found.data / "phontab").is_file()
