"""A connected Unix socket goes in; the user id of the program at its other end comes out, where the platform tells."""

import socket
import struct
import sys

_UCRED = struct.Struct("=iII")
"""Linux, unix(7): pid, uid, gid"""
_XUCRED = struct.Struct("=II")
"""macOS, sys/ucred.h: the first two fields of xucred, its version (0) and the uid"""
_XUCRED_BYTES = 76
_SOL_LOCAL = 0
_LOCAL_PEERCRED = 1
"""macOS, sys/un.h"""


def peer_uid(connection: socket.socket) -> int | None:
    """Whose program it is; None where that cannot be told. Raises nothing."""
    level, option, size = _asked(sys.platform)
    if not size:
        return None
    try:
        return uid_in(connection.getsockopt(level, option, size), sys.platform)
    except OSError:  # it has hung up already
        return None


def uid_in(credentials: bytes, platform: str) -> int | None:
    """The user id in what getsockopt gave on *platform* (as in sys.platform); None if it is not what we expect."""
    if platform == "linux" and len(credentials) == _UCRED.size:
        return int(_UCRED.unpack(credentials)[1])
    if platform == "darwin" and len(credentials) >= _XUCRED.size:
        version, uid = _XUCRED.unpack_from(credentials)
        return int(uid) if version == 0 else None
    return None


def _asked(platform: str) -> tuple[int, int, int]:
    """Level, option and size for getsockopt; size 0 where there is none."""
    if platform == "linux":
        return socket.SOL_SOCKET, getattr(socket, "SO_PEERCRED", 17), _UCRED.size
    if platform == "darwin":
        return _SOL_LOCAL, _LOCAL_PEERCRED, _XUCRED_BYTES
    return 0, 0, 0
