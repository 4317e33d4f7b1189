"""systemd's part of a service: where things are goes in; a user unit that runs as it should comes out."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from assistant import log
from assistant.errors import ServiceError
from assistant.service.interpreter import Interpreter
from assistant.service.manager import Status, Tell
from assistant.service.places import Places
from assistant.service.runner import NOT_FOUND, Done, Run

UNIT = "assistant.service"

_SHOWN = ("ActiveState", "SubState", "MainPID", "NRestarts", "ExecMainStatus", "Result", "UnitFileState")

_RUNS = frozenset({"active", "activating", "reloading"})

_TEMPLATE = """\
[Unit]
Description=Voice assistant, on this computer alone
After=pipewire-pulse.service pipewire.service pulseaudio.service
# For ever: a microphone may be plugged in tomorrow.
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
ExecStart={program}
ExecReload=/bin/kill -HUP $MAINPID
{environ}
Restart=on-failure
RestartSec=10
# A setting or a model that is wrong stays wrong.
RestartPreventExitStatus=2
WatchdogSec=30
# Large models take their time from a slow disk: ten minutes, as commands wait for them, and one for the devices.
TimeoutStartSec=660
# It ends within 2 s, so what takes longer hangs.
TimeoutStopSec=10
UMask=0077

# The sound server and the control socket are Unix sockets, and there is no other way out of here: no network.
RestrictAddressFamilies=AF_UNIX
NoNewPrivileges=yes
LockPersonality=yes
RestrictNamespaces=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
# Left out: what needs a namespace of its own (ProtectHome and the like: the control socket could not tell any more who
# asks), and MemoryDenyWriteExecute (ctypes and the engines may make code).

[Install]
WantedBy=default.target
"""


def unit(program: Sequence[str], environ: Mapping[str, str]) -> str:
    """The unit file, by systemd.service(5) and systemd.exec(5), for systemd 245 or newer."""
    lines = [f"Environment={_quoted(f'{name}={value}')}" for name, value in environ.items()]
    # Variables are filled in behind the program's own path only.
    words = [_quoted(program[0]), *(_quoted(word).replace("$", "$$") for word in program[1:])]
    return _TEMPLATE.format(program=" ".join(words), environ="\n".join(lines))


def parsed(shown: str) -> dict[str, str]:
    """What `systemctl show` says, by its own words."""
    return dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)


def complaints(fields: Mapping[str, str]) -> tuple[str, ...]:
    """What is wrong with an installed unit whose `parsed` fields these are."""
    found = []
    if fields.get("SubState") == "auto-restart":
        code = fields.get("ExecMainStatus", "unknown")
        found.append(f"it ended (exit code {code}) and is started again: assistant service logs says why")
    if fields.get("ActiveState") == "failed":
        why = fields.get("Result", "unknown")
        found.append(f"it has failed ({why}), see assistant service logs; then type assistant service start")
    if fields.get("UnitFileState") not in ("enabled", None):
        found.append("it does not start at login: type assistant service install")
    return tuple(found)


def trouble(verb: str, done: Done) -> str:
    """Why systemctl did not do *verb*, in a sentence."""
    if done.code == NOT_FOUND:
        return "There is no systemd on this computer: start `assistant serve` by other means."
    if "bus" in done.err:
        return (
            "No systemd of your own runs here, as after sudo or su: log in as yourself. For one that runs without a"
            " log-in: loginctl enable-linger"
        )
    return f"systemctl {verb} failed: {done.said}."


class Systemd:
    """The service of one person on Linux."""

    def __init__(self, where: Places, python: Interpreter, carried: Mapping[str, str], run: Run) -> None:
        """*carried*: variables for the service. *run* is the world; tests bring their own."""
        self._where = where
        self._python = python
        self._carried = carried
        self._run = run

    @property
    def file(self) -> Path:
        """The unit."""
        return self._where.units / UNIT

    @property
    def _wanted(self) -> Path:
        """The link by which it is started at login."""
        return self._where.units / "default.target.wants" / UNIT

    def install(self, tell: Tell) -> None:
        """See Manager."""
        self._must("daemon-reload")  # before anything is written: is there a manager at all?
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self.file.write_text(unit(self._python.of_its_own("serve"), self._carried))
        except OSError as error:
            raise ServiceError(f"{self.file} cannot be written: {error.strerror}.") from error
        self._must("daemon-reload")
        self._must("enable", UNIT)
        tell(f"made {self.file}; starting, which takes as long as the models take to load")
        self.restart()

    def uninstall(self) -> None:
        """See Manager."""
        if not (self.file.exists() or self._wanted.is_symlink()):
            return
        self._ctl("disable", "--now", UNIT)
        for made in (self.file, self._wanted):  # the link, too: without a bus, as after su, systemctl does nothing
            made.unlink(missing_ok=True)
        self._ctl("daemon-reload")
        self._ctl("reset-failed", UNIT)

    def start(self) -> None:
        """See Manager."""
        self._begin("start")

    def stop(self) -> None:
        """See Manager."""
        self._need_installed()
        self._must("stop", UNIT)

    def restart(self) -> None:
        """See Manager."""
        self._begin("restart")

    def status(self) -> Status:
        """See Manager."""
        if not self.file.exists():
            return Status("systemd", installed=False)
        done = self._ctl("show", UNIT, f"--property={','.join(_SHOWN)}")
        if done.code:
            return Status("systemd", installed=True, complaints=(trouble("show", done),))
        fields = parsed(done.out)
        pid, restarts = fields.get("MainPID", "0"), fields.get("NRestarts", "")
        return Status(
            "systemd",
            installed=True,
            # "activating" or "reloading" while it loads models, when it answers already; without a process it waits.
            running=fields.get("ActiveState") in _RUNS and pid != "0",
            pid=int(pid) or None,
            starts=int(restarts) + 1 if restarts.isdecimal() and pid != "0" else None,
            last_exit=fields.get("ExecMainStatus"),
            complaints=complaints(fields),
        )

    def logs(self, lines: int, *, follow: bool) -> list[list[str]]:
        """See Manager: the program's own log, and what it printed or systemd says of it, which is what is followed."""
        own, count = self._where.log / log.FILE, ["--lines", str(lines)]
        return [
            *([["tail", *count, str(own)]] if own.exists() else []),
            ["journalctl", "--user-unit", UNIT, *count, *(["--follow"] if follow else ["--no-pager"])],
        ]

    def _begin(self, verb: str) -> None:
        """*verb* it. One that failed too often is given another chance: who types this has mended something."""
        self._need_installed()
        self._ctl("reset-failed", UNIT)
        if self._ctl(verb, UNIT).code:
            fields = parsed(self._ctl("show", UNIT, f"--property={','.join(_SHOWN)}").out)
            raise ServiceError(
                f"The service did not start (exit code {fields.get('ExecMainStatus', 'unknown')}):"
                " assistant service logs says why."
            )

    def _must(self, *words: str) -> Done:
        """Raises ServiceError unless it succeeds."""
        done = self._ctl(*words)
        if done.code:
            raise ServiceError(trouble(words[0], done))
        return done

    def _ctl(self, *words: str) -> Done:
        return self._run(["systemctl", "--user", *words])

    def _need_installed(self) -> None:
        if not self.file.exists():
            raise ServiceError("The service is not installed: type assistant service install")


def _quoted(word: str) -> str:
    """*word* as one word of a unit file: systemd.syntax(7) for quotes, systemd.unit(5) for `%`."""
    safe = word.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("%", "%%")
    return f'"{safe}"'
