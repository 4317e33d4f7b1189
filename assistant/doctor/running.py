"""What is known of the service, the running assistant, its sockets and its log goes in; is it well? Pure."""

import ipaddress
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assistant.doctor.computer import MAC
from assistant.doctor.finding import Finding, right, unknown, wrong
from assistant.doctor.scrub import EVENT
from assistant.service.desk import LOADING
from assistant.service.guarded import PROGRAM, advice
from assistant.service.manager import Status

_ERRORS = frozenset({"error", "critical"})
_SHOWN = 5
_READ = frozenset({PROGRAM, "models.folder", "reply.model", "listen.whisper", "listen.turn_model", "speak.voice"})
"""what an assistant that listens has read"""
_NO_EVENT = "lines without an event's name"
"""what a library wrote: it may hold anything"""


@dataclass(frozen=True, slots=True)
class Service:
    """What the service manager says."""

    status: Status | None
    """None where there is no manager, which `trouble` tells"""
    process_type: str | None = None
    """of the launchd agent's property list: the whole difference between 11 and 87 tokens a second (facts A)"""
    trouble: str = ""
    kept: Mapping[str, Path] = field(default_factory=dict)
    """what macOS may keep from it, by setting, and the folder that has it"""


@dataclass(frozen=True, slots=True)
class Running:
    """The assistant that runs, by its socket."""

    status: Mapping[str, object] | None
    """what `assistant status --json` shows; None where none runs or answers"""
    ours: str
    """the version of this program"""
    trouble: str = ""
    """why there is no answer from one that runs"""


@dataclass(frozen=True, slots=True)
class Sockets:
    """The network sockets of the running assistant."""

    system: str
    pid: int | None
    """None where none runs"""
    open: Sequence[str] = ()
    """its sockets of the Internet's families, as lsof writes them: local->remote, or local alone"""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Log:
    """What was logged in the last day: the level and the event of each line."""

    lines: Sequence[tuple[str, str]]
    unreadable: int = 0
    """lines that are none"""
    trouble: str = ""
    """why the files cannot be read"""


def service(facts: Service) -> Finding:
    """Whether it is started at login, as it should be."""
    name = "service"
    if facts.status is None:
        return unknown(name, "Nobody here can tell.", detail=facts.trouble)
    status = facts.status
    if not status.installed:
        return right(name, "None is installed: it runs while you run it.", "assistant service install")
    if status.complaints:
        ended = f", last exit: {status.last_exit}" if status.last_exit is not None else ""
        told = f"Something is wrong with it ({status.manager}{ended})."
        return wrong(name, told, "assistant service logs", "; ".join(status.complaints) + ".")
    if facts.process_type not in {None, "Interactive"}:
        return wrong(
            name,
            f"Its process type is {facts.process_type}: macOS gives it slow cores, and answers take many times as"
            " long.",
            "assistant service install  (renews it)",
        )
    kind = f", process type {facts.process_type}" if facts.process_type else ""
    if not status.running:
        return wrong(name, f"It is installed ({status.manager}{kind}) and does not run.", "assistant service start")
    return right(name, f"It runs ({status.manager}, process {status.pid}{kind}).")


def files(facts: Service, running: Running) -> list[Finding]:
    """Whether macOS lets the service have its files; nothing where none of them lies in a folder that macOS guards."""
    status = facts.status
    if status is None or not status.installed or not facts.kept:
        return []
    name = "files of the service"
    told = running.status or {}
    loaded = status.running and told.get("pid") == status.pid and told.get("state") != LOADING
    if loaded and facts.kept.keys() <= _READ:
        return [right(name, "It has read what it needs, although macOS guards the folders in which that lies.")]
    where = ", ".join(f"{key} in {folder}" for key, folder in facts.kept.items())
    meaning = f"macOS may keep it out of the folders of: {', '.join(facts.kept)}."
    remedy = advice(facts.kept)
    return [unknown(name, meaning, f"{remedy[0].upper()}{remedy[1:]}.", where)]


def assistant(facts: Running, service: Service) -> list[Finding]:
    """What the one that runs says of itself; *service* tells whether it is that, or somebody's in a terminal."""
    name = "running assistant"
    if facts.trouble:
        return [wrong(name, "It does not answer.", _anew(None, service), facts.trouble)]
    if facts.status is None:
        verb = "start" if service.status is not None and service.status.installed else "install"
        remedy = f"assistant run, or assistant service {verb}"
        return [unknown(name, "None runs: what only it can tell is left open.", remedy)]
    anew = _anew(facts.status.get("pid"), service)
    if facts.status.get("version") != facts.ours:
        return [wrong(name, f"It is version {facts.status.get('version')}, and this is {facts.ours}.", anew)]
    degraded = facts.status.get("degraded")
    troubles = degraded if isinstance(degraded, list) else []
    return [wrong(name, f"Amiss: {one['part']}.", anew, str(one["why"])) for one in troubles] or [
        right(name, f"It is {facts.status.get('state')}, and nothing is amiss.")
    ]


def _anew(pid: object, service: Service) -> str:
    """What begins the assistant in process *pid* anew; None where nobody knows which one that is."""
    status = service.status
    if status is not None and status.installed and pid in {None, status.pid}:
        return "assistant service restart  (assistant service logs says more)"
    which = "it" if pid is None else f"process {pid}"
    return f"End {which} (Ctrl-C where it was started), and start it again."


def offline(facts: Sockets) -> Finding:
    """Whether the running assistant has a way out of the computer, and how to see that oneself."""
    name = "offline"
    if facts.pid is None:
        return unknown(
            name, "None runs. When one does, this shows its sockets; there must be none:", command(facts.system, "PID")
        )
    see = f"See yourself: {command(facts.system, str(facts.pid))}"
    if facts.trouble:
        return unknown(name, "Its sockets cannot be seen.", see, facts.trouble)
    out = [address for address in facts.open if not within(address)]
    if out:
        return wrong(
            name,
            f"It has network sockets, and should have none: {len(out)}.",
            f"{see}  Please report it: assistant doctor --bundle report.zip",
            ", ".join(out[:_SHOWN]),
        )
    kept = ", but for some within this computer" if facts.open else ""
    told = f"It has no network socket open{kept}; only assistant models and assistant setup go online."
    return right(name, told, see)


def command(system: str, pid: str) -> str:
    """What shows the network sockets of a process: nothing where it has none."""
    return f"lsof -a -i -nP -p {pid}" if system == MAC else f"ss -tuanp | grep pid={pid},"


def within(address: str) -> bool:
    """Whether a socket, as lsof writes it, leads nowhere but to this computer itself."""
    host = address.rpartition("->")[2].rpartition(":")[0].strip("[]")
    try:
        found = ipaddress.ip_address(host)
        # Until Python 3.13, an IPv4 address in an IPv6 socket is not looked into.
        return (getattr(found, "ipv4_mapped", None) or found).is_loopback
    except ValueError:
        return host == "localhost"


def log(facts: Log) -> Finding:
    """Whether something went wrong in the last day."""
    name = "log"
    if facts.trouble:
        return wrong(name, "It cannot be read.", "assistant config  (log.folder says where it is)", facts.trouble)
    errors = Counter(event if EVENT.fullmatch(event) else _NO_EVENT for level, event in facts.lines if level in _ERRORS)
    warnings = sum(level == "warning" for level, _ in facts.lines)
    torn = f", torn: {facts.unreadable}" if facts.unreadable else ""
    if errors:
        told = ", ".join(f"{event} ({count} times)" if count > 1 else event for event, count in errors.most_common())
        remedy = "assistant service logs, or read assistant.log in log.folder  (assistant config says where that is)"
        return wrong(name, f"Errors in the last day: {told}.", remedy)
    return right(name, f"No error in the last day (lines: {len(facts.lines)}, warnings: {warnings}{torn}).")
