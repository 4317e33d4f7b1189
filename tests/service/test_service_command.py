"""The service's commands as a stranger meets them, in a home of their own."""

import json
import os
import subprocess
import sys

import pytest

from assistant import log
from assistant.commands import control, service
from assistant.errors import AwayError, UsageError
from assistant.service import permission
from assistant.service.lock import only_one
from assistant.service.mute import keep_muted
from assistant.service.permission import Hearing, Permission
from assistant.settings import Config


@pytest.fixture
def home(tmp_path):
    """An empty one, without a service manager."""
    return tmp_path


def assistant(home, *arguments, typed="", **environ):
    """Run the command; give its exit code, what it printed, and what it complained about."""
    names = {"CONFIG": ".config", "DATA": ".local/share", "STATE": ".local/state", "CACHE": ".cache"}
    folders = {f"XDG_{name}_HOME": str(home / folder) for name, folder in names.items()}
    done = subprocess.run(
        [sys.executable, "-m", "assistant", *arguments],
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "COLUMNS": "200", **folders, **environ},
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def fill(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("12345")


@pytest.mark.parametrize("verb", ["install", "uninstall", "start", "stop", "restart", "status", "logs"])
def test_every_verb_shows_an_example(home, verb):
    """And needs none of the engines."""
    code, out, _ = assistant(home, "service", verb, "--help")
    assert code == 0
    assert f"Example: assistant service {verb}" in out


def test_status_of_nothing_says_what_to_type_and_has_an_exit_code_of_its_own(home):
    """For people, and as JSON."""
    code, out, _ = assistant(home, "service", "status")
    assert code == 4
    assert "assistant service install" in out
    code, out, _ = assistant(home, "service", "status", "--json")
    assert code == 4
    assert json.loads(out)["installed"] is False


def test_without_a_manager_installing_is_one_sentence_and_writes_nothing(home):
    """As over sudo."""
    code, _, err = assistant(home, "service", "install", XDG_RUNTIME_DIR=str(home / "none"))
    assert code == 1
    assert err.startswith("assistant: ")
    assert list(home.rglob("*.service")) == []


def test_uninstalling_everything_lists_it_asks_and_leaves_no_trace(home):
    """All folders, and the list that the settings put elsewhere."""
    fill(home / ".local/share/assistant/models/chat/chat.gguf")
    fill(home / ".local/state/assistant/run/muted")
    fill(home / ".cache/other/file")
    (home / ".config/assistant").mkdir(parents=True)
    list_file = home / "list.txt"
    (home / ".config/assistant/config.toml").write_text(f'[reply]\nshopping_list = "{list_file}"\n')
    fill(list_file)
    code, out, err = assistant(home, "uninstall", "--all", typed="y\n")
    assert (code, err) == (0, "")
    for path in (".local/share/assistant", ".local/state/assistant", ".config/assistant", "list.txt"):
        assert str(home / path) in out
    assert [path for path in home.rglob("*") if path.is_file()] == [home / ".cache/other/file"]


def test_who_says_no_keeps_everything(home):
    """Exit code 1, as for an answer that a script may ask for."""
    fill(home / ".local/share/assistant/pauses.json")
    code, _, _ = assistant(home, "uninstall", "--all", typed="n\n")
    assert code == 1
    assert (home / ".local/share/assistant/pauses.json").exists()


def test_where_nobody_can_answer_nothing_is_deleted_and_it_is_said_what_to_add(home):
    """As in a script."""
    fill(home / ".local/share/assistant/pauses.json")
    code, _, err = assistant(home, "uninstall", "--all", typed="")
    assert code == 2
    assert "--yes" in err
    assert (home / ".local/share/assistant/pauses.json").exists()


@pytest.mark.parametrize("everything", [["--all"], []])
def test_where_nothing_is_nobody_is_asked(home, everything):
    """There would be nothing to agree to."""
    code, out, err = assistant(home, "uninstall", *everything, typed="")
    assert (code, err) == (0, "")
    assert "nothing to remove" in out


def test_logs_without_what_shows_them_say_where_they_are_as_well(home):
    """As on a Linux without systemd."""
    code, _, err = assistant(home, "service", "logs", PATH=str(home))
    assert code == 1
    assert err.startswith("assistant: ")
    assert "assistant.log" in err


def test_without_all_only_the_service_goes(home):
    """Settings, models and logs stay for the next time."""
    fill(home / ".config/systemd/user/assistant.service")
    fill(home / ".local/share/assistant/pauses.json")
    code, _, _ = assistant(home, "uninstall", "--yes", XDG_RUNTIME_DIR=str(home / "none"))
    assert code == 0
    assert not (home / ".config/systemd/user/assistant.service").exists()
    assert (home / ".local/share/assistant/pauses.json").exists()


@pytest.mark.parametrize("command", [["service", "uninstall"], ["uninstall", "--yes"]])
def test_one_that_goes_on_listening_is_told(home, command):
    """As after su, where the service's manager cannot be reached."""
    fill(home / ".config/systemd/user/assistant.service")
    with only_one(home / ".local/state/assistant/run"):
        code, out, _ = assistant(home, *command, XDG_RUNTIME_DIR=str(home / "none"))
    assert code == 0
    assert f"kill {os.getpid()} ends it" in out


def test_wrong_settings_are_no_reason_to_keep_the_program(home):
    """The usual places are cleared, the settings among them."""
    (home / ".config/assistant").mkdir(parents=True)
    (home / ".config/assistant/config.toml").write_text("[listen\n")
    fill(home / ".local/share/assistant/pauses.json")
    code, out, _ = assistant(home, "uninstall", "--all", "--yes")
    assert code == 0
    assert "not valid TOML" in out
    assert list(home.rglob("*assistant*")) == []


def test_nothing_is_deleted_while_an_assistant_runs(home):
    """It would write again what is gone. Nor is half of it done: the service stays, too."""
    fill(home / ".local/share/assistant/pauses.json")
    fill(home / ".config/systemd/user/assistant.service")
    with only_one(home / ".local/state/assistant/run"):
        code, _, err = assistant(home, "uninstall", "--all", "--yes")
    assert code == 1
    assert str(os.getpid()) in err
    assert (home / ".local/share/assistant/pauses.json").exists()
    assert (home / ".config/systemd/user/assistant.service").exists()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where a service keeps its log and its lock, by its settings."""
    settings = {"log": {"folder": tmp_path}, "service": {"folder": tmp_path}}

    def config_from(_settings, *, to_file):
        log.set_up("warning", tmp_path if to_file else None)
        return Config.model_validate(settings)

    monkeypatch.setattr(service, "config_from", config_from)
    return tmp_path


def refusals(folder):
    """Why it has not begun, by its log."""
    lines = [json.loads(line) for line in (folder / "assistant.log").read_text().splitlines()]
    return [line["why"] for line in lines if line["event"] == "service.refused"]


@pytest.mark.parametrize("said", [Permission.DENIED, Permission.RESTRICTED, Permission.NOT_ASKED])
def test_launched_without_a_microphone_ends_well_and_says_why(folder, monkeypatch, capsys, said):
    """Exit code 0: launchd would start it again for ever, and it would never be heard."""
    monkeypatch.setattr(service, "_heard", lambda *_, **__: Hearing(said, None))
    service.launched()
    err = capsys.readouterr().err
    assert "macOS" in err
    assert len(err.splitlines()) == 1
    (why,) = refusals(folder)
    assert "macOS" in why


def test_launched_before_a_microphone_is_plugged_in_it_serves_and_waits_for_one(folder, monkeypatch):
    """It had ended, and was started again every ten seconds."""
    served = []
    nothing = Hearing(Permission.NOT_ASKED, 0, "There is no microphone.")
    monkeypatch.setattr(service, "_heard", lambda *_, **__: nothing)
    monkeypatch.setattr(control, "serve", lambda: served.append("it"))
    service.launched()
    assert served == ["it"]


def test_launched_muted_it_opens_no_microphone_to_have_macos_ask(folder, monkeypatch):
    """Scenario 26: muted is muted behind a restart, also where nobody has answered macOS yet."""
    served = []
    monkeypatch.setattr(permission, "asked", lambda: Permission.NOT_ASKED)
    monkeypatch.setattr(service, "_heard", lambda *_, **__: pytest.fail("it was opened"))
    monkeypatch.setattr(control, "serve", lambda: served.append("it"))
    keep_muted(folder, True)
    service.launched()
    assert served == ["it"]


def test_launched_with_wrong_settings_ends_well_and_says_why(tmp_path, monkeypatch, capsys):
    """Likewise; its log is where it is by default, since nobody knows better."""

    def wrong(_settings, **_):
        raise UsageError("1 setting cannot be used.")

    monkeypatch.setattr(service, "config_from", wrong)
    monkeypatch.setattr(control, "default_log", lambda: tmp_path)
    service.launched()
    assert "1 setting" in capsys.readouterr().err
    assert refusals(tmp_path) == ["1 setting cannot be used."]


def test_a_service_that_is_refused_every_ten_seconds_says_so_once(folder):
    """A disk may be away for days, and the log holds weeks."""
    log.set_up("warning", folder)

    def begin(why):
        with pytest.raises(AwayError), control.told_to_the_log():
            raise AwayError(why)

    begin("The disk is away.")
    begin("The disk is away.")
    begin("Another disk is away.")
    assert refusals(folder) == ["The disk is away.", "Another disk is away."]


def test_what_crashes_it_is_in_its_log_with_where_it_did(folder):
    log.set_up("warning", folder)
    with pytest.raises(ZeroDivisionError), control.told_to_the_log():
        1 / 0  # noqa: B018
    line = json.loads((folder / "assistant.log").read_text())
    assert (line["event"], line["level"]) == ("service.crashed", "error")
    assert "ZeroDivisionError" in line["exception"]


def test_a_second_one_is_no_failure_of_the_first(home):
    with only_one(home / ".local/state/assistant/run"):
        code, _, err = assistant(home, "serve")
    assert code == 2
    assert "running already" in err
    assert list(home.rglob("assistant.log")) == []


def test_hearing_for_the_app_writes_what_came_of_it(home):
    """Here, without a sound device: in the words of the error."""
    report = home / "report.json"
    code, _, _ = assistant(home, "service", "hear", str(report), PULSE_SERVER="unix:/nonexistent")
    assert code == 0
    assert set(json.loads(report.read_text())) == {"permission", "peak", "trouble"}
