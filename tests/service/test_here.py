import os

import pytest

from assistant.errors import ModelError, ServiceError, UsageError
from assistant.service import here
from assistant.service.here import alone, begun, findable, kept_back
from assistant.service.lock import only_one
from assistant.service.manager import Status
from assistant.settings import Config


class Scripted:
    """A manager that says of its service what it is told to, and the last of it for ever."""

    def __init__(self, *statuses):
        self.statuses = list(statuses)

    def status(self):
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]


def running(pid):
    return Status("scripted", installed=True, running=True, pid=pid)


ENDED = Status("scripted", installed=True, running=False)


def test_a_missing_model_is_said_before_anything_is_installed():
    """Not in a log that nobody reads."""
    for section, name, file in (("reply", "model", "/nothing.gguf"), ("listen", "turn_model", "/nothing.onnx")):
        with pytest.raises(ModelError, match=file):
            findable(Config.model_validate({section: {name: file}}))


@pytest.mark.parametrize(("section", "name"), [("reply", "model"), ("service", "folder"), ("models", "folder")])
def test_what_is_found_from_this_folder_alone_is_said_before_anything_is_installed(
    tmp_path, monkeypatch, section, name
):
    """The service starts in the home folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.gguf").touch()
    with pytest.raises(UsageError, match=rf"set {section}\.{name} to {tmp_path}/mine\.gguf"):
        findable(Config.model_validate({section: {name: "mine.gguf"}}))
    findable(Config())


def test_what_macos_may_keep_from_the_service_is_found_by_where_it_really_lies(tmp_path, monkeypatch):
    """A link does not help; and elsewhere nobody keeps anything."""
    downloads = tmp_path / "Downloads"
    downloads.mkdir()
    (downloads / "mine.gguf").touch()
    (tmp_path / "link.gguf").symlink_to(downloads / "mine.gguf")
    monkeypatch.setenv("HOME", str(tmp_path))
    config = Config.model_validate({"reply": {"model": str(tmp_path / "link.gguf")}})
    assert kept_back(config) == {}
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    assert kept_back(config) == {"reply.model": downloads}


@pytest.mark.parametrize("folder", ["Documents", "work"])
def test_so_is_where_the_program_lies(tmp_path, monkeypatch, folder):
    """The process that launchd starts reads it in the app's name."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    packages = tmp_path / folder / ".venv/lib/python3.12/site-packages"
    packages.mkdir(parents=True)
    monkeypatch.setattr("site.getsitepackages", lambda: [str(packages)])
    assert ("the program" in kept_back(Config())) is (folder == "Documents")


class Time:
    """Passes where somebody sleeps."""

    def __init__(self):
        self.now = 0.0

    def sleep(self, seconds):
        self.now += seconds


def told(service, folder, monkeypatch, *answers):
    """What is said of *service*, and after how many s; *answers*: its own to `status`, the last one for ever."""
    time, answers = Time(), list(answers)

    def ask(_folder, _request):
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(here, "ask", ask)
    return begun(service, folder, time.sleep, lambda: time.now), time.now


def status(state="asleep", *, muted=False, hears=None, degraded=()):
    return {"state": state, "muted": muted, "devices": {"hears": hears}, "degraded": list(degraded)}


AWAY = {"part": "the loudspeaker", "why": "It is away."}


@pytest.mark.parametrize(
    "serves", [status(hears=True), status(hears=False), status(muted=True), status("loading", degraded=[AWAY])]
)
def test_it_runs_once_its_models_are_loaded_and_its_devices_tried(tmp_path, monkeypatch, serves):
    """This process stands for it. It had been told as soon as it held its lock, before it read a truncated model."""
    on_its_way = [ServiceError("It is just starting."), status("loading"), status("loading", muted=True), status()]
    with only_one(tmp_path / "run"):
        said, after = told(Scripted(running(os.getpid())), tmp_path / "run", monkeypatch, *on_its_way, serves)
    assert (said, after) == ("it runs", pytest.approx(0.8))


def test_one_that_loads_its_models_for_long_is_said_to(tmp_path, monkeypatch):
    """Nobody waits for ever."""
    with only_one(tmp_path / "run"):
        said, after = told(Scripted(running(os.getpid())), tmp_path / "run", monkeypatch, status("loading"))
    assert "loads its models" in said
    assert 20 < after < 60


def test_what_runs_without_the_lock_for_long_has_not_begun(tmp_path, monkeypatch):
    """As while macOS asks for the microphone."""
    said, after = told(Scripted(running(1)), tmp_path, monkeypatch, status(hears=True))
    assert "not begun" in said
    assert 20 < after < 60


def test_what_ends_at_once_is_told(tmp_path, monkeypatch):
    """A manager has called it running before it had read its settings."""
    with pytest.raises(ServiceError, match="assistant service logs"):
        told(Scripted(running(1), ENDED), tmp_path, monkeypatch, status())


def test_so_is_what_ends_because_of_its_models(tmp_path, monkeypatch):
    with only_one(tmp_path), pytest.raises(ServiceError, match="assistant service logs"):
        told(Scripted(*[running(os.getpid())] * 9, ENDED), tmp_path, monkeypatch, status("loading"))


def test_what_is_not_seen_running_yet_has_not_ended(tmp_path, monkeypatch):
    """It is asked while launchd is still starting it."""
    with only_one(tmp_path):
        assert told(Scripted(ENDED, running(os.getpid())), tmp_path, monkeypatch, status(hears=True))[0] == "it runs"


def test_an_assistant_of_somebody_elses_is_in_the_way_and_the_services_own_is_not(tmp_path):
    """Only one can run."""
    with only_one(tmp_path / "run"):
        alone(Scripted(running(os.getpid())), tmp_path / "run")
        with pytest.raises(ServiceError, match=str(os.getpid())):
            alone(Scripted(ENDED), tmp_path / "run")
    alone(Scripted(ENDED), tmp_path / "run")
