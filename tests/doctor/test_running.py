from pathlib import Path

import pytest

from assistant.doctor import running
from assistant.doctor.finding import State
from assistant.doctor.running import Log, Running, Service, Sockets
from assistant.service.manager import Status

INSTALLED = Status("launchd", installed=True, running=True, pid=7)
NONE = Service(Status("systemd", installed=False))


def test_a_service_that_runs_as_it_should_is_right():
    found = running.service(Service(INSTALLED, "Interactive"))
    assert (found.state, "process type Interactive" in found.meaning) == (State.RIGHT, True)


@pytest.mark.parametrize("kind", ["Background", "Standard", "Adaptive"])
def test_any_process_type_but_interactive_is_wrong(kind):
    """11 instead of 87 tokens a second; Standard, which is what none means, is throttled as well (facts A)."""
    found = running.service(Service(INSTALLED, kind))
    assert (found.state, kind in found.meaning) == (State.WRONG, True)


def test_what_a_manager_complains_of_is_wrong():
    complaining = Status("launchd", installed=True, running=True, complaints=("macOS slows it down",))
    found = running.service(Service(complaining))
    assert (found.state, found.detail) == (State.WRONG, "macOS slows it down.")


def test_an_installed_one_that_does_not_run_is_wrong_and_none_at_all_is_not():
    assert running.service(Service(Status("systemd", installed=True))).state is State.WRONG
    assert running.service(Service(Status("systemd", installed=False))).state is State.RIGHT
    assert running.service(Service(None, trouble="There is no manager.")).state is State.UNKNOWN


def test_files_that_macos_may_keep_from_the_service_are_told_of_until_it_has_read_them():
    """What it does not read when it starts, as its log, stays open."""
    model, log = {"reply.model": Path("/Users/ada/Downloads")}, {"log.folder": Path("/Volumes/Stick")}
    models = {"models.folder": Path("/Volumes/Stick")}
    listens, loads = ({"pid": 7, "state": state} for state in ("listening", "loading"))

    def states(kept, status, service=INSTALLED):
        return [one.state for one in running.files(Service(service, kept=kept), Running(status, "1"))]

    assert states(model, listens) == states(model | models, listens) == [State.RIGHT]
    assert states(model | log, listens) == [State.UNKNOWN]
    for status in (loads, None, listens | {"pid": 8}):
        assert states(model, status) == [State.UNKNOWN]
    assert states({}, loads) == states(model, loads, NONE.status) == []
    [found] = running.files(Service(INSTALLED, kept=model), Running(loads, "1"))
    assert ("reply.model" in found.meaning, "ada" in found.meaning) == (True, False)  # that goes into bug reports
    assert "assistant service restart" in found.remedy


def test_none_that_runs_is_unknown_and_one_that_hangs_is_wrong():
    assert [one.state for one in running.assistant(Running(None, "1"), NONE)] == [State.UNKNOWN]
    assert [one.state for one in running.assistant(Running(None, "1", "It does not answer."), NONE)] == [State.WRONG]


def test_one_of_another_version_is_told_to_be_restarted():
    [found] = running.assistant(Running({"version": "0.9", "pid": 7, "degraded": []}, "1.0"), Service(INSTALLED))
    assert (found.state, found.remedy.startswith("assistant service restart")) == (State.WRONG, True)


@pytest.mark.parametrize("service", [NONE, Service(None, trouble="There is no manager."), Service(INSTALLED)])
@pytest.mark.parametrize("status", [{"version": "0.9"}, {"version": "1", "degraded": [{"part": "x", "why": "y"}]}])
def test_whoever_runs_it_in_a_terminal_is_sent_to_no_service(service, status):
    """Not where none is installed, and not where another process is the service's."""
    [found] = running.assistant(Running({"pid": 8, **status}, "1"), service)
    assert found.remedy == "End process 8 (Ctrl-C where it was started), and start it again."


def test_one_that_hangs_is_begun_anew_as_it_was_started():
    """Its process is not known."""
    [service] = running.assistant(Running(None, "1", "It does not answer."), Service(INSTALLED))
    [terminal] = running.assistant(Running(None, "1", "It does not answer."), NONE)
    assert service.remedy.startswith("assistant service restart")
    assert terminal.remedy.startswith("End it ")


def test_all_that_is_degraded_is_told_and_why_stays_out_of_the_meaning():
    """An engine's error may hold what was said, and the meaning goes into bug reports."""
    status = {"version": "1", "degraded": [{"part": "the voice", "why": "secret"}, {"part": "echo", "why": "loud"}]}
    found = running.assistant(Running(status, "1"), NONE)
    assert [(one.state, one.detail) for one in found] == [(State.WRONG, "secret"), (State.WRONG, "loud")]
    assert "secret" not in found[0].meaning


def test_a_well_one_is_right():
    [found] = running.assistant(Running({"version": "1", "state": "listening", "degraded": []}, "1"), NONE)
    assert (found.state, "listening" in found.meaning) == (State.RIGHT, True)


def test_a_socket_that_leads_out_is_wrong_and_named():
    found = running.offline(Sockets("Darwin", 7, ["127.0.0.1:5->127.0.0.1:6", "10.0.0.2:5->93.184.216.34:443"]))
    assert found.state is State.WRONG
    assert found.detail == "10.0.0.2:5->93.184.216.34:443"


def test_no_socket_is_right_and_says_how_to_see_it_oneself():
    assert running.offline(Sockets("Darwin", 7)).remedy == "See yourself: lsof -a -i -nP -p 7"
    assert "ss -tuanp | grep pid=7," in running.offline(Sockets("Linux", 7)).remedy
    found = running.offline(Sockets("Linux", 7))
    assert (found.state, "assistant models and assistant setup" in found.meaning) == (State.RIGHT, True)


def test_what_cannot_be_seen_is_unknown():
    assert running.offline(Sockets("Linux", None)).state is State.UNKNOWN
    assert running.offline(Sockets("Linux", 7, trouble="Not yours.")).state is State.UNKNOWN


@pytest.mark.parametrize(
    ("address", "within"),
    [
        ("127.0.0.1:8080", True),
        ("[::1]:631", True),
        ("[::ffff:127.0.0.1]:5->[::ffff:127.0.0.1]:6", True),
        ("localhost:1", True),
        ("127.0.0.1:5->8.8.8.8:53", False),
        ("0.0.0.0:8080", False),
        ("[::]:8080", False),
        ("*:5353", False),
    ],
)
def test_a_socket_is_within_the_computer_by_its_far_end_or_where_it_listens(address, within):
    assert running.within(address) is within


def test_errors_in_the_log_are_counted_by_event():
    lines = [("error", "turn.failed"), ("info", "turn.over"), ("error", "turn.failed"), ("warning", "x.y")]
    found = running.log(Log(lines))
    assert (found.state, "turn.failed (2 times)" in found.meaning) == (State.WRONG, True)
    assert running.log(Log([("error", "it said: nine")])).meaning.endswith("lines without an event's name.")


def test_warnings_alone_are_no_error_and_a_log_that_cannot_be_read_is_wrong():
    found = running.log(Log([("warning", "x.y")], unreadable=2))
    assert (found.state, "warnings: 1, torn: 2" in found.meaning) == (State.RIGHT, True)
    assert running.log(Log([], trouble="It cannot be read.")).state is State.WRONG
