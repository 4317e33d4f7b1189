"""A command goes in; each socket that it, or a program it starts, wants to open comes out, and only Unix ones it gets.

    python tests/opened_sockets.py REPORT COMMAND...

The kernel stops every socket() and asks us (seccomp's user notification, Linux 5.5, no rights needed): so libraries in
C++ and child processes are seen as well as Python, which strace would do, too, where there is one, and the audit hooks
of Python would not. Who may open no Internet socket can neither connect one nor send from it. io_uring is stopped as
well, for it can make sockets without socket(). REPORT becomes a JSON list of names such as "AF_INET".
"""

import ctypes
import errno
import fcntl
import json
import os
import platform
import select
import socket
import struct
import sys
from pathlib import Path

FORBIDDEN = 77
"""exit code where the kernel takes no such filter"""

_ARCHITECTURES = {"x86_64": (0xC000003E, 41, 317), "aarch64": (0xC00000B7, 198, 277)}
"""machine: AUDIT_ARCH_..., the numbers of socket() and seccomp() (linux/audit.h, asm/unistd.h)"""
_IO_URING_SETUP = 425
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
"""instructions of a filter: BPF_LD | BPF_W | BPF_ABS, BPF_JMP | BPF_JEQ | BPF_K, BPF_RET | BPF_K"""
_NUMBER, _ARCH = 0, 4
"""offsets in struct seccomp_data"""
_ALLOW, _ASK, _KILL = 0x7FFF0000, 0x7FC00000, 0x80000000
"""SECCOMP_RET_ALLOW, _USER_NOTIF, _KILL_PROCESS"""
_NO_NEW_PRIVS, _SET_FILTER, _NEW_LISTENER = 38, 1, 8
_RECEIVE, _SEND = 0xC0502100, 0xC0182101
"""SECCOMP_IOCTL_NOTIF_RECV and _SEND, for these two structures"""
_QUESTION = struct.Struct("QIIiIQ6Q")
"""struct seccomp_notif: id, pid, flags; number, architecture, instruction, arguments"""
_ANSWER = struct.Struct("QqiI")
"""struct seccomp_notif_resp: id, value, error, flags"""
_GO_ON = 1
"""SECCOMP_USER_NOTIF_FLAG_CONTINUE"""


def main(report: Path, command: list[str]) -> int:
    """Run *command*; its exit code, 128 + n if signal n ended it, FORBIDDEN if the kernel does not let us look."""
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        ours.close()
        socket.send_fds(theirs, [b"."], [_filtered()])
        theirs.close()
        os.execvp(command[0], command)
    theirs.close()
    _, listeners, _, _ = socket.recv_fds(ours, 1, 1)
    report.write_text(json.dumps([name for listener in listeners for name in _asked(listener)]))
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code if code >= 0 else 128 - code


def _filtered():
    """Have the kernel ask about sockets from here on; where it asks. Programs of another architecture are killed."""
    arch, opens, seccomp = _ARCHITECTURES.get(platform.machine(), (0, 0, -1))
    steps = [
        (_LOAD, 0, 0, _ARCH),
        (_EQUAL, 0, 5, arch),
        (_LOAD, 0, 0, _NUMBER),
        (_EQUAL, 2, 0, opens),
        (_EQUAL, 1, 0, _IO_URING_SETUP),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _ASK),
        (_RETURN, 0, 0, _KILL),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HQ", len(steps), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_NO_NEW_PRIVS, *map(ctypes.c_ulong, (1, 0, 0, 0)))
    listener = libc.syscall(ctypes.c_long(seccomp), _SET_FILTER, _NEW_LISTENER, program)
    if listener < 0:
        sys.stderr.write(f"the kernel takes no filter: {os.strerror(ctypes.get_errno())}\n")
        sys.stderr.flush()
        os._exit(FORBIDDEN)
    return listener


def _asked(listener):
    """Answer the kernel until all that it asks about have ended; the name of each family that was asked for."""
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    while poll.poll()[0][1] & select.POLLIN:
        asked = bytearray(_QUESTION.size)
        try:
            fcntl.ioctl(listener, _RECEIVE, asked)
            key, _, _, number, _, _, family, *_ = _QUESTION.unpack(asked)
            ours = number != _IO_URING_SETUP and family == socket.AF_UNIX
            answer = (key, 0, 0, _GO_ON) if ours else (key, 0, -errno.EACCES, 0)
            fcntl.ioctl(listener, _SEND, _ANSWER.pack(*answer))
        except FileNotFoundError:
            continue  # who asked was killed meanwhile
        yield "io_uring" if number == _IO_URING_SETUP else _name(family)


def _name(family):
    try:
        return socket.AddressFamily(family).name
    except ValueError:
        return f"family {family}"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
