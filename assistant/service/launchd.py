"""launchd's part of a service: where things are goes in; an agent that runs as it should comes out. macOS 14 or newer.

Tested against a fake that behaves as others saw launchctl behave (facts A); not yet run on a Mac.
"""

import os
import plistlib
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

from assistant import log
from assistant.errors import ServiceError
from assistant.service import bundle
from assistant.service.bundle import IDENTIFIER, NAME, executable
from assistant.service.interpreter import Interpreter
from assistant.service.manager import Status, Tell
from assistant.service.permission import Hearing, advice, kept
from assistant.service.places import Places
from assistant.service.runner import Done, Run

LAUNCHCTL = "/bin/launchctl"

OUTPUTS = ("service.out", "service.err")
"""Files in Places.outputs to which launchd writes what the service prints. It never makes them shorter."""
_OUTPUT_BYTES = 1_000_000
"""what they may grow to before `launched` empties them: years of warnings, and of tracebacks more than anybody reads"""

_POLL_S = 0.5
_POLLS = 60
"""30 s: `bootout` returns before the service is gone, 5 s were measured, and it has 10 s to end (facts A)"""
_ANSWER_POLLS = 200
"""100 s: what permission.hear gives a person to answer, and time to start"""
_EXIT_S = 10
"""s from SIGTERM to SIGKILL: it ends within 2, so what takes longer hangs"""
_THROTTLE_S = 10
"""s between two starts, launchd's own default: named so that nobody has to know"""
_NEVER = "(never exited)"
_FIELD = re.compile(
    r"^\t(pid|runs|last exit code|last terminating signal|pended nondemand spawn|spawn type) = (.*)$", re.MULTILINE
)
"""one tab: what is deeper tells of sockets and the like, and has states of its own"""


def emptied(folder: Path) -> None:
    """Empty the outputs that have grown too long; for the service itself, when it starts: launchd appends to them."""
    for file in (folder / name for name in OUTPUTS):
        if file.exists() and file.stat().st_size > _OUTPUT_BYTES:
            os.truncate(file, 0)


def agent(program: Sequence[str], environ: Mapping[str, str], home: Path, outputs: Path) -> dict[str, object]:
    """The property list of the agent, by the keys of launchd.plist(5). All paths are absolute: launchd expands none."""
    return {
        "Label": IDENTIFIER,
        "ProgramArguments": list(program),
        "EnvironmentVariables": dict(environ),
        "WorkingDirectory": str(home),
        "RunAtLoad": True,
        # After a crash, not after `assistant service stop`, and not where starting it again cannot help (`launched`).
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": _THROTTLE_S,
        "ExitTimeOut": _EXIT_S,
        # Anything else is throttled: 11 instead of 87 tokens a second (facts A).
        "ProcessType": "Interactive",
        "StandardOutPath": str(outputs / OUTPUTS[0]),
        "StandardErrorPath": str(outputs / OUTPUTS[1]),
        # What it writes is its owner's alone. Decimal, as launchd reads it: property lists know no octal numbers.
        "Umask": 0o077,
        # So that Login Items in the Settings show the app's name, not that of a Python.
        "AssociatedBundleIdentifiers": [IDENTIFIER],
    }


def domain(uid: int) -> str:
    """A person's session as launchctl calls it: the one at the screen; agents with a microphone belong there."""
    return f"gui/{uid}"


def parsed(printed: str) -> dict[str, str]:
    """What `launchctl print` says of a service, by launchctl's own words.

    Its output "is not an interface" (launchctl(1)): what is not found is left out, and nobody may rely on it.
    """
    fields: dict[str, str] = {}
    for name, value in _FIELD.findall(printed):
        fields.setdefault(name, value.strip())
    return fields


def complaints(fields: Mapping[str, str], heard: Hearing | None) -> tuple[str, ...]:
    """What is wrong with a loaded service whose `parsed` fields these are, and that last *heard* this."""
    found = []
    # launchd names one of both: of a process that died of a signal there is no exit code.
    signal, code = fields.get("last terminating signal"), fields.get("last exit code", _NEVER)
    if "pid" not in fields and (why := fields.get("pended nondemand spawn")):
        found.append(f"macOS has put off its start ({why}): type assistant service start")
    elif "pid" not in fields and (signal or code not in ("0", _NEVER)):
        found.append(
            f"it ended ({signal or f'exit code {code}'}) and is started again: assistant service logs says why"
        )
    elif "pid" not in fields and code == "0":  # see `launched`
        found.append(
            "it ended where a new start cannot help: assistant service logs says why; then assistant service start"
        )
    spawned = fields.get("spawn type", "interactive")
    if not spawned.startswith("interactive"):
        found.append(f"macOS slows it down (spawn type {spawned}): type assistant service install")
    # What runs says itself whether a microphone has come since it began without one: nobody writes that down.
    if heard is not None and not heard.works and not ("pid" in fields and heard.trouble):
        found.append(advice(heard))
    return tuple(found)


def outdated(made: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    """What is wrong with an agent as it was *made*, where this program would make it as it is *now*."""
    home = Path(made["EnvironmentVariables"]["PYTHONHOME"])
    if not home.is_dir():
        return (f"the Python it was made with is gone from {home}: type assistant service install",)
    if made["ProgramArguments"] != now["ProgramArguments"]:
        return ("another installation of the program made it, and is what it runs: type assistant service install",)
    return ()


class Launchd:
    """The service of one person on a Mac."""

    def __init__(
        self,
        where: Places,
        python: Interpreter,
        carried: Mapping[str, str],
        uid: int,
        run: Run,
        sleep: Callable[[float], None],
    ) -> None:
        """*carried*: variables for the service. *run* and *sleep* (seconds) are the world; tests bring their own."""
        self._uid = uid
        self._where = where
        self._python = python
        self._carried = carried
        self._run = run
        self._sleep = sleep
        self._domain = domain(uid)
        self._target = f"{self._domain}/{IDENTIFIER}"

    @property
    def plist(self) -> Path:
        """The agent's property list."""
        return self._where.agents / f"{IDENTIFIER}.plist"

    def install(self, tell: Tell) -> None:
        """See Manager; makes the app, and has macOS ask for the microphone, before anything runs that needs it."""
        self._need_session()
        app = self._where.bundle
        if bundle.build(app, self._python, self._where.bundle_stamp, self._run):
            tell(f"made {app}")
        self._listen(tell)
        content = plistlib.dumps(self._agent(app))
        self._out()
        try:
            for folder in (self._where.outputs, self._where.agents):
                folder.mkdir(parents=True, exist_ok=True)
            self.plist.write_bytes(content)
        except OSError as error:
            raise ServiceError(f"{self.plist} cannot be written: {error.strerror}.") from error
        self._in()

    def uninstall(self) -> None:
        """See Manager. The microphone's permission is given back."""
        self._out()
        self.plist.unlink(missing_ok=True)
        bundle.remove(self._where.bundle, self._where.bundle_stamp, self._run)

    def start(self) -> None:
        """See Manager."""
        self._need_installed()
        if self._ctl("kickstart", self._target).code:  # 113: it is not loaded
            self._in()

    def stop(self) -> None:
        """See Manager. It is unloaded, since launchd would start again what ends by itself in the wrong way."""
        self._need_installed()
        self._out()

    def restart(self) -> None:
        """See Manager."""
        self._need_installed()
        if self._ctl("kickstart", "-k", self._target).code:
            self._in()

    def status(self) -> Status:
        """See Manager."""
        installed = self.plist.is_file()
        done = self._ctl("print", self._target)
        if done.code:
            return Status("launchd", installed, complaints=self._outdated())
        fields = parsed(done.out)
        pid, runs = fields.get("pid", ""), fields.get("runs", "")
        return Status(
            "launchd",
            installed,
            running=pid.isdecimal(),  # its state says so later: a process that is being started has one of its own
            pid=int(pid) if pid.isdecimal() else None,
            starts=int(runs) if runs.isdecimal() else None,
            last_exit=fields.get("last terminating signal", fields.get("last exit code")),
            complaints=self._outdated() + complaints(fields, kept(self._where.permission)),
        )

    def logs(self, lines: int, *, follow: bool) -> list[list[str]]:
        """See Manager: the program's own log, and both outputs, since a library may print where it likes."""
        files = [self._where.log / log.FILE, *(self._where.outputs / name for name in OUTPUTS)]
        return [["/usr/bin/tail", "-n", str(lines), *(["-F"] if follow else []), *map(str, files)]]

    def ask(self, report: Path) -> list[str]:
        """The command that opens the app, so that macOS asks for the microphone, and *report* tells the answer.

        By LaunchServices: what a terminal starts itself asks in the terminal's name (facts A).
        """
        variables = [word for name, value in self._environ().items() for word in ("--env", f"{name}={value}")]
        inside = self._python.of_a_copy(self._where.bundle, "service", "hear", str(report))[1:]
        return ["/usr/bin/open", "-n", *variables, "-a", str(self._where.bundle), "--args", *inside]

    def _listen(self, tell: Tell) -> None:
        """Have the app listen for a moment, and tell what came of it; the service runs either way, and asks again."""
        report = self._where.permission
        report.unlink(missing_ok=True)
        tell(f"listening for a moment: if macOS asks whether {NAME} may hear the microphone, allow it")
        done = self._run(self.ask(report))
        for _ in range(_ANSWER_POLLS if done.code == 0 else 0):
            if report.exists():
                break
            self._sleep(_POLL_S)
        heard = kept(report)
        tell(advice(heard) if heard else "whether the microphone is heard will be seen when it runs")

    def _agent(self, app: Path) -> dict[str, object]:
        program = self._python.of_a_copy(executable(app), "service", "launched")
        return agent(program, self._environ(), self._where.home, self._where.outputs)

    def _outdated(self) -> tuple[str, ...]:
        """What is wrong with the agent as it is installed, if it is."""
        try:
            return outdated(plistlib.loads(self.plist.read_bytes()), self._agent(self._where.bundle))
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, LookupError, TypeError, ExpatError):
            return (f"{self.plist} cannot be read: type assistant service install",)

    def _environ(self) -> dict[str, str]:
        return {**self._python.environ(), **self._carried}

    def _in(self) -> None:
        """Load and start it, and see that it stays.

        `bootstrap` fails while an old one is still going, and has been seen to succeed without effect (facts A). macOS
        26 may load it and put off its start for good (trusty-tools#2498), unless it is told to start it.
        """
        done = Done(0)
        self._ctl("enable", self._target)  # it may have been switched off in the Settings
        for _ in range(_POLLS):
            done = self._ctl("bootstrap", self._domain, str(self.plist))
            self._sleep(_POLL_S)
            if self._loaded():
                self._ctl("kickstart", self._target)  # nothing happens where it runs
                return
        raise ServiceError(f"launchd does not take {self.plist} ({done.said}): log out and in, and type it again.")

    def _out(self) -> None:
        """Stop and unload it, and wait until it is gone; nothing happens where it is not loaded."""
        if not self._loaded():
            return
        done = self._ctl("bootout", self._target)
        for _ in range(_POLLS):
            if not self._loaded():
                return
            self._sleep(_POLL_S)
        raise ServiceError(f"launchd does not let go of {IDENTIFIER} ({done.said}): log out and in.")

    def _loaded(self) -> bool:
        return self._ctl("print", self._target).code == 0

    def _ctl(self, *words: str) -> Done:
        return self._run([LAUNCHCTL, *words])

    def _need_session(self) -> None:
        if self._uid == 0:
            raise ServiceError("A service with a microphone is yours, not the system's: type it without sudo.")
        if self._ctl("print", self._domain).code:
            raise ServiceError("Nobody is logged in at this Mac's screen, and a microphone belongs to a session there.")

    def _need_installed(self) -> None:
        if not self.plist.is_file():
            raise ServiceError("The service is not installed: type assistant service install")
