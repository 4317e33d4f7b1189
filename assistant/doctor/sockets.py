"""A process goes in; the network sockets it has open come out, as `lsof` writes them: local->remote, or local."""

import ipaddress
import platform
import re
from contextlib import suppress
from pathlib import Path

from assistant.doctor.running import Sockets
from assistant.service.runner import run

LSOF = "/usr/sbin/lsof"
PROC = Path("/proc")

_TABLES = ("tcp", "tcp6", "udp", "udp6")
_SOCKET = re.compile(r"socket:\[(\d+)\]")
_LOCAL, _REMOTE, _INODE = 1, 2, 9
"""columns of /proc/PID/net/tcp and its like, proc(5)"""
_NOWHERE = ":0000"
"""the port of what is not connected"""


def sockets(pid: int | None) -> Sockets:
    """The sockets of the Internet's families that process *pid*, one of ours, has open."""
    system = platform.system()
    if pid is None:
        return Sockets(system, None)
    try:
        return Sockets(system, pid, in_proc(pid, PROC) if system == "Linux" else _by_lsof(pid))
    except OSError as error:
        return Sockets(system, pid, trouble=f"Its sockets cannot be seen: {error.strerror}.")


def in_proc(pid: int, proc: Path) -> list[str]:
    """As Linux's *proc* tells. Raises OSError where the process is gone, or somebody else's."""
    inodes = set()
    for link in (proc / str(pid) / "fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            inodes |= set(_SOCKET.findall(str(link.readlink())))
    rows = []
    for table in _TABLES:
        with suppress(FileNotFoundError):  # a kernel without IPv6
            rows += (proc / str(pid) / "net" / table).read_text().splitlines()[1:]
    columns = [row.split() for row in rows]
    return [_written(row[_LOCAL], row[_REMOTE]) for row in columns if row[_INODE] in inodes]


def _written(local: str, remote: str) -> str:
    return address(local) if remote.endswith(_NOWHERE) else f"{address(local)}->{address(remote)}"


def address(written: str) -> str:
    """An address as a PC's or ARM's kernel writes it, "0100007F:1F90" (words with the low byte first), as people do."""
    host, _, port = written.partition(":")
    words = [bytes.fromhex(host[at : at + 8])[::-1] for at in range(0, len(host), 8)]
    found = ipaddress.ip_address(b"".join(words))
    return f"[{found}]:{int(port, 16)}" if found.version == 6 else f"{found}:{int(port, 16)}"  # noqa: PLR2004 - IPv6


def _by_lsof(pid: int) -> list[str]:
    """On a Mac; lsof ends with 1, and no word (-w: of warnings), where there is none. Raises OSError where it fails."""
    done = run([LSOF, "-w", "-a", "-i", "-nP", "-p", str(pid), "-Fn"])
    if done.code > 1 or (done.code and done.err.strip()):  # as where it hangs, and is ended
        raise OSError(done.code, done.said)
    return [line[1:] for line in done.out.splitlines() if line.startswith("n")]
