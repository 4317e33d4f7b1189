"""The unit as systemd reads it, its verbs on a fake systemctl, and both on a real one."""

import configparser
import json
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

from assistant.errors import ServiceError
from assistant.service.client import LOADING
from assistant.service.interpreter import Interpreter
from assistant.service.manager import Status
from assistant.service.places import Places
from assistant.service.runner import LIMIT_S, NOT_FOUND, Done, run
from assistant.service.systemd import UNIT, Systemd, complaints, parsed, unit
from tests.service.user_manager import user_manager

PYTHON = Interpreter(Path("/v/bin/python"), Path("/p/bin/python3"), Path("/p"), (Path("/v/site-packages"),))


def places(home):
    config = home / ".config/assistant"
    data, state = home / ".local/share/assistant", home / ".local/state/assistant"
    return Places(home, config, data, state, state / "log", home / ".cache/assistant")


class FakeSystemctl:
    """Answers as scripted by verb, else with success; what was asked is kept. Left out: what systemctl does."""

    def __init__(self, **answers):
        self.answers = answers
        self.asked = []

    def __call__(self, command, environ=None):
        assert command[:2] == ["systemctl", "--user"]
        self.asked.append(command[2:])
        return self.answers.get(command[2].replace("-", "_"), Done(0))


def read(text):
    """The unit as INI, which it is but for keys that may come twice."""
    parser = configparser.RawConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read_string(text)
    return parser


def test_the_unit_waits_until_it_listens_and_watches_that_it_goes_on():
    """Type=notify, a watchdog, and a restart after a failure."""
    service = read(unit(["/v/bin/python", "-m", "assistant", "serve"], {}))["Service"]
    assert service["Type"] == "notify"
    assert int(service["WatchdogSec"]) > 0
    assert service["Restart"] == "on-failure"


def test_a_wrong_setting_or_model_is_not_tried_again_for_ever():
    """Exit code 2 is the program's word for it (errors.UsageError)."""
    assert read(unit(["/p"], {}))["Service"]["RestartPreventExitStatus"] == "2"


def test_it_is_given_as_long_to_load_its_models_as_commands_wait_for_them():
    """From a slow disk large ones take minutes: killed while it loads, it would begin to load again, for ever."""
    within = int(read(unit(["/p"], {}))["Service"]["TimeoutStartSec"])
    assert LOADING < within < LIMIT_S


def test_it_can_open_no_network_and_still_reach_the_sound_server():
    """PulseAudio, PipeWire and the control socket are Unix sockets."""
    assert read(unit(["/p"], {}))["Service"]["RestrictAddressFamilies"] == "AF_UNIX"


@pytest.mark.parametrize("odd", ["a b", "50%", "$HOME", "üñï"])
def test_a_program_in_an_odd_place_is_found(tmp_path, odd):
    """Asked of systemd itself. It takes no quotes and backslashes in a program's path, however they are written."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd here")
    program = tmp_path / odd
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    file = tmp_path / UNIT
    file.write_text(unit([str(program)], {}))
    done = run(["systemd-analyze", "--user", "verify", str(file)], {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)})
    assert (done.code, done.err) == (0, "")


def test_a_program_that_is_not_there_is_noticed_by_the_same_check(tmp_path):
    """So the check above can fail."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd here")
    file = tmp_path / UNIT
    file.write_text(unit([str(tmp_path / "gone")], {}))
    done = run(["systemd-analyze", "--user", "verify", str(file)], {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)})
    assert "is not executable" in done.err


def test_installing_writes_the_unit_and_starts_it_now_and_at_login(tmp_path):
    """By the Python of this program, and with the shell's places of files."""
    ctl = FakeSystemctl()
    Systemd(places(tmp_path), PYTHON, {"XDG_DATA_HOME": "/d"}, ctl).install(lambda _line: None)
    service = read((tmp_path / ".config/systemd/user" / UNIT).read_text())["Service"]
    assert service["ExecStart"] == '"/v/bin/python" "-P" "-m" "assistant" "serve"'
    assert service["Environment"] == '"XDG_DATA_HOME=/d"'
    verbs = [words[0] for words in ctl.asked]
    assert verbs.index("daemon-reload") < verbs.index("enable") < verbs.index("restart")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Done(NOT_FOUND, err="systemctl: No such file or directory"), "There is no systemd"),
        (Done(1, err="Failed to connect to bus: No medium found"), "log in as yourself"),
        (Done(1, err="Access denied"), "Access denied"),
    ],
)
def test_where_there_is_no_manager_nothing_is_written(tmp_path, answer, said):
    """And the sentence says what helps."""
    with pytest.raises(ServiceError, match=said):
        Systemd(places(tmp_path), PYTHON, {}, FakeSystemctl(daemon_reload=answer)).install(lambda _line: None)
    assert list(tmp_path.iterdir()) == []


def test_one_that_does_not_start_says_its_exit_code_and_where_to_look(tmp_path):
    """The log has the sentence."""
    it = Systemd(
        places(tmp_path),
        PYTHON,
        {},
        FakeSystemctl(restart=Done(1), show=Done(0, "ExecMainStatus=2\nResult=exit-code\n")),
    )
    with pytest.raises(ServiceError, match=r"exit code 2.*assistant service logs"):
        it.install(lambda _line: None)


def test_status_and_uninstalling_work_without_a_manager(tmp_path):
    """As over sudo: what is wrong is told, and the file goes, and the link that a real systemctl has made."""
    it = Systemd(places(tmp_path), PYTHON, {}, FakeSystemctl())
    it.install(lambda _line: None)
    link = it.file.parent / "default.target.wants" / UNIT
    link.parent.mkdir()
    link.symlink_to(it.file)
    lost = Done(1, err="Failed to connect to bus: No medium found")
    it = Systemd(places(tmp_path), PYTHON, {}, FakeSystemctl(show=lost, disable=lost, daemon_reload=lost))
    assert "log in as yourself" in it.status().complaints[0]
    it.uninstall()
    assert not it.status().installed
    assert not link.is_symlink()


@pytest.mark.parametrize(
    ("state", "pid", "running"),
    [
        ("active", 7, True),
        ("reloading", 7, True),
        ("activating", 7, True),
        ("activating", 0, False),
        ("deactivating", 7, False),
        ("inactive", 0, False),
    ],
)
def test_it_runs_while_it_loads_models_and_not_while_it_waits_to_be_started_again(tmp_path, state, pid, running):
    """At a start, and at a reload."""
    ctl = FakeSystemctl(show=Done(0, f"ActiveState={state}\nMainPID={pid}\n"))
    it = Systemd(places(tmp_path), PYTHON, {}, ctl)
    it.install(lambda _line: None)
    assert it.status().running is running


@pytest.mark.parametrize("verb", ["start", "stop", "restart"])
def test_what_is_not_installed_is_said_with_what_to_type(tmp_path, verb):
    """One sentence."""
    with pytest.raises(ServiceError, match="assistant service install"):
        getattr(Systemd(places(tmp_path), PYTHON, {}, FakeSystemctl()), verb)()


def test_a_failed_or_disabled_unit_is_a_complaint():
    """Each with what to type; a healthy one has none."""
    failed = complaints(parsed("ActiveState=failed\nResult=watchdog\nUnitFileState=disabled\n"))
    assert ["watchdog" in failed[0], "at login" in failed[1]] == [True, True]
    assert complaints(parsed("ActiveState=active\nResult=success\nUnitFileState=enabled\n")) == ()


STAND_IN = """\
import json, os, pathlib, signal, socket, sys, time
seen = {"arguments": sys.argv[1:], "environ": dict(os.environ), "families": {}}
for family in ("AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK"):
    try:
        socket.socket(getattr(socket, family), socket.SOCK_DGRAM).close()
    except OSError as error:
        seen["families"][family] = error.strerror
pathlib.Path(__file__).with_name("seen.json").write_text(json.dumps(seen))
if os.environ.get("XDG_DATA_HOME") == "/wrong":
    sys.exit(2)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
way = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
way.connect(os.environ["NOTIFY_SOCKET"])
signal.signal(signal.SIGHUP, lambda *_: way.send(b"RELOADING=1"))
way.send(b"READY=1")
while True:
    signal.pause()
"""
"""What systemd sees of the daemon. Left out: that it is an assistant, and that it tells the watchdog it lives."""


@pytest.fixture(scope="module")
def manager():
    with user_manager() as environ:
        yield environ


@pytest.fixture
def real(manager, tmp_path):
    """The service on a real systemd, with a stand-in for the program."""
    (tmp_path / "assistant.py").write_text(STAND_IN)
    starter = tmp_path / "python"
    starter.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{tmp_path}/assistant.py" "$@"\n')
    starter.chmod(0o755)
    python = Interpreter(starter, starter, tmp_path, ())
    made = []

    def make(**carried):
        made.append(Systemd(places(Path(manager["HOME"])), python, carried, lambda words, _=None: run(words, manager)))
        return made[-1]

    yield make
    for one in made:
        one.uninstall()


def after(value, name, manager):
    """What the unit's property of that *name* is once it is *value* no more."""
    show = ["systemctl", "--user", "show", UNIT, f"--property={name}", "--value"]
    while (now := run(show, manager).out.strip()) == value:
        pass
    return now


def said(_line):
    pass


def test_logs_shows_its_own_log_and_then_what_it_printed_and_systemd_says(tmp_path):
    """A person may not be allowed to read the journal; and the log says more, but nothing of one that was killed."""
    where = places(tmp_path)
    it, printed = Systemd(where, None, {}, None), ["journalctl", "--user-unit", UNIT, "--lines", "20"]
    assert it.logs(20, follow=True) == [[*printed, "--follow"]]
    where.log.mkdir(parents=True)
    (where.log / "assistant.log").touch()
    own = ["tail", "--lines", "20", str(where.log / "assistant.log")]
    assert it.logs(20, follow=False) == [own, [*printed, "--no-pager"]]


@pytest.mark.slow
def test_on_a_real_systemd_it_is_installed_started_stopped_and_removed(real):
    """All verbs, in a person's order."""
    it = real()
    assert it.status() == Status("systemd", installed=False)
    it.install(said)
    running = it.status()
    assert (running.running, running.starts, running.complaints) == (True, 1, ())
    it.restart()
    assert it.status().pid not in (None, running.pid)
    it.stop()
    assert (it.status().running, it.status().pid) == (False, None)
    it.start()
    assert it.status().running
    it.uninstall()
    assert it.status() == Status("systemd", installed=False)
    with pytest.raises(ProcessLookupError):
        os.kill(running.pid, 0)


@pytest.mark.slow
def test_on_a_real_systemd_it_comes_back_after_a_crash(real, manager):
    """By itself: systemd has set itself to start it again."""
    it = real()
    it.install(said)
    os.kill(it.status().pid, signal.SIGKILL)
    assert after("running", "SubState", manager) == "auto-restart"
    assert "is started again" in it.status().complaints[0]


@pytest.mark.slow
def test_on_a_real_systemd_it_runs_while_it_reloads(real, manager):
    """By systemd's own word for that."""
    it = real()
    it.install(said)
    os.kill(it.status().pid, signal.SIGHUP)
    assert after("active", "ActiveState", manager) == "reloading"
    assert it.status().running


@pytest.mark.slow
def test_on_a_real_systemd_a_wrong_setting_fails_once_and_says_so(real):
    """Exit code 2, and no further start."""
    it = real(XDG_DATA_HOME="/wrong")
    with pytest.raises(ServiceError, match="exit code 2"):
        it.install(said)
    assert not it.status().running
    assert "has failed" in it.status().complaints[0]


@pytest.mark.slow
def test_on_a_real_systemd_it_can_open_sockets_of_this_computer_alone(real, tmp_path):
    """The kernel refuses the others, whatever the program tries."""
    real().install(said)
    seen = json.loads((tmp_path / "seen.json").read_text())
    assert set(seen["families"]) == {"AF_INET", "AF_INET6", "AF_NETLINK"}
    assert seen["arguments"] == ["-P", "-m", "assistant", "serve"]


@pytest.mark.slow
@pytest.mark.parametrize("odd", ["a b", 'say "hi"', "50%", "back\\slash", "$HOME", "tab\there", "two\nlines", "üñï"])
def test_on_a_real_systemd_odd_places_of_files_reach_the_program_as_they_are(real, tmp_path, odd):
    """As systemd has its own ideas of quotes, blanks and percent signs."""
    real(XDG_STATE_HOME=odd).install(said)
    assert json.loads((tmp_path / "seen.json").read_text())["environ"]["XDG_STATE_HOME"] == odd
