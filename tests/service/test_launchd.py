"""The agent and its app on a Mac that behaves as facts A describes, without a Mac."""

import plistlib
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.errors import ServiceError
from assistant.service.bundle import IDENTIFIER, executable
from assistant.service.interpreter import Interpreter
from assistant.service.launchd import Launchd, agent, complaints, emptied, outdated, parsed
from assistant.service.manager import Status
from assistant.service.permission import Hearing, Permission
from assistant.service.places import Places
from assistant.service.runner import Done
from tests.service.fake_mac import DOMAIN, UID, FakeMac
from tests.service.mach_o import thin

DOCUMENTED = {
    # launchd.plist(5) of macOS 14
    "Label": str,
    "ProgramArguments": list,
    "EnvironmentVariables": dict,
    "WorkingDirectory": str,
    "RunAtLoad": bool,
    "KeepAlive": dict,
    "ThrottleInterval": int,
    "ExitTimeOut": int,
    "ProcessType": str,
    "StandardOutPath": str,
    "StandardErrorPath": str,
    "Umask": int,
    "AssociatedBundleIdentifiers": list,
}


@pytest.fixture
def where(tmp_path):
    home = tmp_path / "home"
    support = home / "Library/Application Support/assistant"
    logs = home / "Library/Logs/assistant"
    caches = home / "Library/Caches"
    return Places(home, support, support, support, logs, caches / "assistant")


@pytest.fixture
def python(tmp_path):
    """As uv lays one out: a link, and a libpython beside the interpreter."""
    home = tmp_path / "python"
    (home / "bin").mkdir(parents=True)
    (home / "lib").mkdir()
    (home / "lib/libpython3.12.dylib").touch()
    binary = home / "bin/python3.12"
    binary.write_bytes(thin(["@executable_path/../lib/libpython3.12.dylib"]))
    return Interpreter(tmp_path / "venv/bin/python", binary, home, (tmp_path / "venv/lib/python3.12/site-packages",))


@pytest.fixture
def told():
    return []


def service(where, python, mac, carried=(), uid=UID):
    return Launchd(where, python, dict(carried), uid, mac, mac.sleep)


def test_the_agent_is_made_of_documented_keys_and_absolute_paths():
    """What launchd does not know it takes without a word, and expands neither ~ nor variables."""
    made = plistlib.loads(plistlib.dumps(agent(["/a/b", "serve"], {"PYTHONHOME": "/p"}, Path("/h"), Path("/l"))))
    assert {key: type(value) for key, value in made.items()} == DOCUMENTED
    paths = [made["ProgramArguments"][0], made["WorkingDirectory"], made["StandardOutPath"], made["StandardErrorPath"]]
    assert all(path.startswith("/") for path in paths)
    assert "~" not in str(made)
    assert "$" not in str(made)


def test_the_agent_runs_at_full_speed_and_comes_back_after_a_crash_only():
    """Any other process type costs seven eighths of the tokens (facts A)."""
    made = agent(["/a"], {}, Path("/h"), Path("/l"))
    assert made["ProcessType"] == "Interactive"
    assert made["KeepAlive"] == {"SuccessfulExit": False}


def test_no_shell_stands_between_launchd_and_the_app():
    """The permission would be the shell's (facts A)."""
    program = agent(["/Users/me/Applications/Assistant.app/Contents/MacOS/assistant"], {}, Path("/h"), Path("/l"))
    assert program["ProgramArguments"][0].endswith("Assistant.app/Contents/MacOS/assistant")
    assert "Program" not in program


def test_installing_signs_the_app_asks_for_the_microphone_and_starts_the_agent(where, python, told):
    """In that order: what is signed later, or asked later, starts without a microphone."""
    mac = FakeMac()
    service(where, python, mac).install(told.append)
    names = [Path(command[0]).name for command in mac.commands]
    order = [names.index(name) for name in ("install_name_tool", "codesign", "open")]
    assert order == sorted(order)
    assert names.index("open") < mac.commands.index(["/bin/launchctl", "bootstrap", DOMAIN, *mac_plist(where)])
    assert service(where, python, mac).status() == Status("launchd", True, True, 4001, 1, "(never exited)")
    assert "the microphone is heard" in told


def mac_plist(where):
    return [str(where.agents / f"{IDENTIFIER}.plist")]


def test_the_agent_starts_the_apps_own_executable_with_the_program_outside_of_it(where, python, told):
    """So that upgrading the program leaves the signature alone."""
    service(where, python, FakeMac(), {"ASSISTANT_CONFIG": "/c.toml"}).install(told.append)
    made = plistlib.loads(Path(*mac_plist(where)).read_bytes())
    assert made["ProgramArguments"][0] == str(executable(where.bundle))
    assert str(python.sites[0]) in made["ProgramArguments"]
    assert made["ProgramArguments"][-2:] == ["service", "launched"]
    assert made["EnvironmentVariables"] == {"PYTHONHOME": str(python.home), "ASSISTANT_CONFIG": "/c.toml"}


def test_installing_again_leaves_the_app_as_it_is(where, python, told):
    """A new signature would be a new app, without the permission."""
    mac = FakeMac()
    service(where, python, mac).install(told.append)
    before = (executable(where.bundle)).stat().st_ino
    service(where, python, mac).install(told.append)
    assert executable(where.bundle).stat().st_ino == before
    assert len([words for words in mac.of("codesign") if "--sign" in words]) == 1
    assert len(mac.of("tccutil")) == 1
    assert service(where, python, mac).status().running


@pytest.mark.parametrize("damage", ["another Python", "a changed byte", "gone"])
def test_an_app_that_is_not_as_it_was_made_is_made_anew(where, python, told, damage):
    """A broken one is mended by installing again."""
    mac = FakeMac()
    service(where, python, mac).install(told.append)
    if damage == "another Python":
        python.binary.write_bytes(thin(["@executable_path/../lib/libpython3.12.dylib", "/usr/lib/libz.dylib"]))
    elif damage == "a changed byte":
        (where.bundle / "Contents/Info.plist").write_bytes(b"{}")
    else:
        executable(where.bundle).unlink()
    before = len(mac.commands)
    service(where, python, mac).install(told.append)
    assert len([words for words in mac.of("codesign") if "--sign" in words]) == 2
    assert service(where, python, mac).status().running
    # The old one's permission is forgotten: it is shown as this one's, and does not hold for it.
    names = [Path(command[0]).name for command in mac.commands[before:]]
    assert names.index("lsregister") < names.index("tccutil") < names.index("open")


def test_a_patched_framework_keeps_its_app_as_long_as_that_starts(where, python, told):
    """An upgrade of Homebrew's Python costs no permission; one that breaks the app has it made anew."""
    mac = FakeMac()
    framework = replace(python, framework=True)
    service(where, framework, mac).install(told.append)
    python.binary.write_bytes(thin(["@executable_path/../lib/libpython3.12.dylib"]) + b"patched")
    service(where, framework, mac).install(told.append)
    assert len([words for words in mac.of("codesign") if "--sign" in words]) == 1
    mac.starts = iter([False])
    service(where, framework, mac).install(told.append)
    assert len([words for words in mac.of("codesign") if "--sign" in words]) == 2


def test_nobody_waits_for_ever_for_an_answer(where, python, told):
    """The person may have gone; the service is there all the same, and asks again."""
    mac = FakeMac(answer_after=10_000)
    service(where, python, mac).install(told.append)
    assert 90 < mac.now < 200
    assert service(where, python, mac).status().running


def test_an_interpreter_that_cannot_be_relinked_leaves_no_half_made_service(where, python, told):
    """Nothing is there that would start at the next login."""

    class WithoutTools(FakeMac):
        def _install_name_tool(self, *_words):
            return Done(1, err="xcode-select: error: no developer tools were found")

    mac = WithoutTools()
    with pytest.raises(ServiceError, match="xcode-select --install"):
        service(where, python, mac).install(told.append)
    assert list(where.bundle.parent.iterdir()) == []
    assert service(where, python, mac).status() == Status("launchd", installed=False)


def test_an_app_that_does_not_start_is_never_installed(where, python, told):
    """Found out by starting it, before launchd tries for ever."""

    class Broken(FakeMac):
        def _execute(self, command, environ):
            return Done(1, err="dyld: Library not loaded: @rpath/libpython3.12.dylib")

    with pytest.raises(ServiceError, match="Library not loaded"):
        service(where, python, Broken()).install(told.append)
    assert not Path(*mac_plist(where)).exists()


def test_installing_over_a_running_one_waits_until_launchd_has_let_go_of_it(where, python, told):
    """`bootout` returns at once, and `bootstrap` fails with error 5 for seconds after (facts A)."""
    mac = FakeMac(gone_after=3.0, busy_for=5.0)
    service(where, python, mac).install(told.append)
    service(where, python, mac).install(told.append)
    assert mac.now >= 8.0
    assert service(where, python, mac).status().running


def test_a_bootstrap_that_succeeds_without_effect_is_done_again(where, python, told):
    """As has been seen (facts A)."""
    mac = FakeMac(slips=2)
    service(where, python, mac).install(told.append)
    assert len([words for words in mac.of("launchctl") if words[0] == "bootstrap"]) == 3
    assert service(where, python, mac).status().running


def test_one_that_macos_loads_and_does_not_start_is_started(where, python, told):
    """As macOS 26 does."""
    mac = FakeMac(pends=True)
    it = service(where, python, mac)
    it.install(told.append)
    assert it.status().running
    it.stop()
    it.start()
    assert it.status().running


def test_a_start_that_macos_has_put_off_is_a_complaint(where, python, told):
    """Behind a crash as well, to save power."""
    mac = FakeMac(pends=True)
    it = service(where, python, mac)
    it.install(told.append)
    mac.loaded[IDENTIFIER].update(pid=None, runs=0)
    assert it.status().complaints == ("macOS has put off its start (speculative): type assistant service start",)


def test_one_that_is_being_started_has_not_ended(where, python, told):
    """It has a process, and is in another state for a moment."""
    mac = FakeMac()
    it = service(where, python, mac)
    it.install(told.append)
    it.restart()
    mac.states = iter(["xpcproxy"])
    assert (it.status().running, it.status().complaints) == (True, ())


def test_a_launchd_that_never_takes_it_is_one_sentence_in_the_end(where, python, told):
    """It does not wait for ever."""
    mac = FakeMac(slips=10_000)
    with pytest.raises(ServiceError, match="launchd does not take"):
        service(where, python, mac).install(told.append)
    assert mac.now <= 60


def test_one_that_never_ends_is_one_sentence_in_the_end(where, python, told):
    """Nor does stopping wait for ever."""
    mac = FakeMac(gone_after=10_000)
    service(where, python, mac).install(told.append)
    with pytest.raises(ServiceError, match="does not let go"):
        service(where, python, mac).stop()


def test_stopping_waits_until_it_has_stopped_and_starting_starts_it_again(where, python, told):
    """Stopped it is not loaded: `kickstart` says 113, so it is bootstrapped."""
    mac = FakeMac()
    it = service(where, python, mac)
    it.install(told.append)
    it.stop()
    assert it.status() == Status("launchd", installed=True, running=False)
    it.start()
    assert it.status().running


def test_starting_one_that_runs_and_stopping_one_that_does_not_changes_nothing(where, python, told):
    """Both are what was asked for already."""
    mac = FakeMac()
    it = service(where, python, mac)
    it.install(told.append)
    it.start()
    assert it.status().pid == 4001
    it.stop()
    it.stop()
    assert not it.status().running


def test_restarting_starts_another_one_loaded_or_not(where, python, told):
    """By `kickstart -k` where it is loaded."""
    mac = FakeMac()
    it = service(where, python, mac)
    it.install(told.append)
    it.restart()
    assert it.status().pid == 4002
    it.stop()
    it.restart()
    assert it.status().running


@pytest.mark.parametrize("verb", ["start", "stop", "restart"])
def test_what_is_not_installed_is_said_with_what_to_type(where, python, verb):
    """One sentence."""
    with pytest.raises(ServiceError, match="assistant service install"):
        getattr(service(where, python, FakeMac()), verb)()


def test_nobody_at_the_screen_is_one_sentence_and_nothing_is_made(where, python, told):
    """As over ssh: there is no session that has a microphone."""
    with pytest.raises(ServiceError, match="Nobody is logged in"):
        service(where, python, FakeMac(session=False)).install(told.append)
    assert not where.home.exists()


def test_root_is_sent_away(where, python, told):
    """With sudo it would be the system's, which has no microphone."""
    with pytest.raises(ServiceError, match="without sudo"):
        service(where, python, FakeMac(), uid=0).install(told.append)


def test_uninstalling_leaves_nothing_and_gives_the_permission_back(where, python, told):
    """While the app is still there: macOS knows an identifier only by its app (facts A)."""
    mac = FakeMac()
    it = service(where, python, mac)
    it.install(told.append)
    where.bundle.with_name(".Assistant.app").mkdir()  # of an installation that was killed
    it.uninstall()
    assert it.status() == Status("launchd", installed=False)
    assert list(where.bundle.parent.iterdir()) == []
    assert not where.bundle_stamp.exists()
    assert mac.permitted == set()
    assert mac.of("lsregister")[-1] == ["-u", str(where.bundle)]
    it.uninstall()


@pytest.mark.parametrize(
    ("microphone", "said"),
    [(("denied", 0), "System Settings"), (("granted", 0), "tccutil reset"), (None, "will be seen")],
)
def test_a_microphone_that_is_not_heard_is_told_and_does_not_stop_the_installing(where, python, told, microphone, said):
    """The person may allow it later."""
    mac = FakeMac(microphone=microphone)
    service(where, python, mac).install(told.append)
    assert any(said in line for line in told)
    assert service(where, python, mac).status().running


def test_status_reads_what_launchctl_prints_and_not_what_is_nested_in_it(where, python, told):
    """Sockets have states of their own, and an exit code may have a name."""
    mac = FakeMac()
    it = service(where, python, mac)
    it.install(told.append)
    job = mac.loaded[IDENTIFIER]
    job.update(pid=None, last="78: EX_CONFIG")
    status = it.status()
    assert (status.running, status.pid, status.starts, status.last_exit) == (False, None, 1, "78: EX_CONFIG")
    assert "78: EX_CONFIG" in status.complaints[0]


def test_one_that_ended_well_by_itself_is_a_complaint(where, python, told):
    """As it does where settings are wrong: launchd starts it no more, and says nothing."""
    mac = FakeMac()
    it = service(where, python, mac)
    it.install(told.append)
    mac.loaded[IDENTIFIER].update(pid=None, last="0")
    assert it.status().complaints == (
        "it ended where a new start cannot help: assistant service logs says why; then assistant service start",
    )


def test_one_that_dies_of_a_signal_is_a_complaint(where, python, told):
    """As a library that is not found has it die: launchd names the signal, and no exit code any more."""
    mac = FakeMac()
    it = service(where, python, mac)
    it.install(told.append)
    mac.loaded[IDENTIFIER].update(pid=None, runs=57, signal="Abort trap: 6")
    status = it.status()
    assert (status.running, status.last_exit) == (False, "Abort trap: 6")
    assert status.complaints[0].startswith("it ended (Abort trap: 6)")


def test_what_launchctl_prints_may_change_altogether():
    """It is not an interface, says launchctl(1)."""
    assert parsed("something else entirely\n") == {}
    assert complaints({}, None) == ()


def test_a_throttled_service_and_a_refused_microphone_are_complaints():
    """Each says what to type."""
    found = complaints({"pid": "1", "spawn type": "daemon (3)"}, Hearing(Permission.DENIED, None))
    assert [("spawn type" in found[0]), ("refuses" in found[1])] == [True] * 2
    assert all("type assistant service" in complaint for complaint in found)


def test_that_there_was_no_microphone_once_is_no_complaint_of_one_that_runs():
    """It begins without one, and takes what comes: what was written down then is never written anew."""
    heard = Hearing(Permission.NOT_ASKED, 0, "There is no microphone.")
    assert complaints({"pid": "1"}, heard) == ()
    assert "There is no microphone." in complaints({}, heard)[0]


@pytest.mark.parametrize("stopped", [False, True])
def test_one_whose_python_is_gone_says_so_to_another_installation_of_the_program(
    where, python, told, tmp_path, stopped
):
    """As after `uv tool install` with a newer Python: whoever asks runs on that one."""
    mac = FakeMac()
    it = service(where, python, mac)
    it.install(told.append)
    if stopped:
        it.stop()
    (tmp_path / "newer").mkdir()
    newer = service(where, replace(python, home=tmp_path / "newer", sites=(tmp_path / "newer/site-packages",)), mac)
    [complaint] = newer.status().complaints
    assert complaint.startswith("another installation of the program made it")
    python.home.rename(tmp_path / "gone")
    [complaint] = newer.status().complaints
    assert complaint == f"the Python it was made with is gone from {python.home}: type assistant service install"


@pytest.mark.parametrize("content", [b"", b"{}", b"<plist>", b"\xff"])
def test_an_agent_that_cannot_be_read_is_a_complaint(where, python, told, content):
    """Somebody's editor was at it."""
    it = service(where, python, FakeMac())
    it.install(told.append)
    it.plist.write_bytes(content)
    assert "cannot be read: type assistant service install" in it.status().complaints[0]


def test_an_agent_of_this_very_program_is_not_outdated(where):
    """Whatever the shell's variables are."""
    made = agent(["/a"], {"PYTHONHOME": str(where.home.parent), "ASSISTANT_CONFIG": "/c"}, Path("/h"), Path("/l"))
    assert outdated(made, agent(["/a"], {"PYTHONHOME": "/p"}, Path("/h"), Path("/l"))) == ()


def test_logs_shows_the_programs_own_log_and_what_it_printed(where, python):
    """Blanks in "Application Support" and the like are no matter: it is a list."""
    logs = service(where, python, FakeMac()).logs(20, follow=True)[0]
    assert logs[:4] == ["/usr/bin/tail", "-n", "20", "-F"]
    assert logs[4] == str(where.log / "assistant.log")
    assert logs[5:] == [str(where.outputs / name) for name in ("service.out", "service.err")]


def test_what_launchd_writes_stays_where_it_is_found_when_the_logs_move(where, python, told, tmp_path):
    """As log.folder is read anew at each start, and the agent is not."""
    mac = FakeMac()
    it = service(where, python, mac)
    it.install(told.append)
    moved = service(replace(where, log=tmp_path / "disk"), python, mac)
    assert plistlib.loads(it.plist.read_bytes())["StandardErrorPath"] in moved.logs(20, follow=False)[0]
    moved.install(told.append)
    assert not (tmp_path / "disk").exists()


def test_outputs_that_have_grown_long_are_emptied_and_short_ones_kept(tmp_path):
    """As launchd appends to them for ever, and nobody else does anything about it."""
    (tmp_path / "service.err").write_bytes(bytes(1_000_001))
    (tmp_path / "service.out").write_bytes(b"short")
    emptied(tmp_path)
    assert (tmp_path / "service.err").read_bytes() == b""
    assert (tmp_path / "service.out").read_bytes() == b"short"


def test_the_app_is_opened_by_launch_services_with_its_variables_before_its_arguments(where, python):
    """A terminal that starts it itself asks in its own name, and what follows --args is the app's (open(1))."""
    words = service(where, python, FakeMac()).ask(Path("/r.json"))
    assert words[0] == "/usr/bin/open"
    variable = words.index(f"PYTHONHOME={python.home}")
    assert words[variable - 1] == "--env"
    assert variable < words.index("--args")
    assert words[-3:] == ["service", "hear", "/r.json"]


def test_places_of_another_home_change_nothing_in_this_one(where, python, told, tmp_path):
    """All that is written lies where the places say."""
    other = replace(where, home=tmp_path / "other")
    service(other, python, FakeMac()).install(told.append)
    assert not (where.home / "Applications").exists()
    assert other.bundle.is_dir()
