"""A folder goes in; it is made ours alone, and only one assistant at a time gets it."""

import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from assistant.errors import RunningError, ServiceError, UsageError

LOCK = "lock"
"""File in the folder: whoever runs holds it locked, and has written its pid into it."""
SOCKET = "control.sock"
_LONGEST_PATH = 103
"""bytes of a Unix socket's path on a Mac (sys/un.h: 104 with the zero); Linux has 4 more"""
_LONGEST_PID = 20


def socket_in(folder: Path) -> Path:
    """Where the control socket is. Raises UsageError where its path would be too long for the system."""
    path = folder / SOCKET
    if len(os.fsencode(path)) > _LONGEST_PATH:
        raise UsageError(
            f"The path of the control socket, {path}, is longer than the {_LONGEST_PATH} bytes that systems allow:"
            " name a shorter folder with the setting service.folder."
        )
    return path


def private(folder: Path) -> Path:
    """*folder*, which is for its owner alone, made where it is missing.

    Raises UsageError where it is not that, ServiceError where the disk has none at present.

    Rights that are there already are left alone: it may be somebody's home that was named.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise _kind(error)(f"{folder} cannot be used for the control socket: {error.strerror}.") from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise UsageError(
            f"{folder} is not a folder of yours: remove it, or name another with the setting service.folder."
        )
    if found.st_mode & 0o077:
        raise UsageError(f"{folder} is open to others, but the control socket shall not be: `chmod 700 {folder}`.")
    return folder


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Be the one that runs, for as long as the block lasts, or the process: one that was killed leaves no trace.

    *folder* is made private. Raises as that does, and RunningError with the other's pid when there is one already,
    which is left alone.
    """
    # Opened, never removed: who removes a lock may remove one that somebody else has just taken.
    try:
        lock = os.open(private(folder) / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise _kind(error)(f"{folder / LOCK} cannot be opened: {error.strerror}.") from error
    try:
        if not _locked(lock):
            raise RunningError(_taken(_pid_in(lock)))
        with suppress(OSError):  # a full disk: it is held all the same, and who meets it is not told by whom
            os.ftruncate(lock, 0)
            os.write(lock, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(lock)


def running_pid(folder: Path) -> int | None:
    """The pid of the one that runs; None where none does."""
    try:
        lock = os.open(folder / LOCK, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _pid_in(lock)
    finally:
        os.close(lock)
    return None


def _kind(error: OSError) -> type[UsageError | ServiceError]:
    """What does not mend itself is a UsageError: in place of a folder a file, a link, or one of somebody else's."""
    lasting = {errno.EEXIST, errno.ENOTDIR, errno.EACCES, errno.EPERM, errno.ELOOP}
    return UsageError if error.errno in lasting else ServiceError


def _locked(lock: int) -> bool:
    # Who asks whether one runs holds the lock for a moment.
    for wait in (0.02, 0.02, 0.02, 0.0):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(wait)
        else:
            return True
    return False


def _taken(pid: int | None) -> str:
    process = f" (process {pid})" if pid is not None else ""
    return f"The assistant is running already{process}: `assistant status` shows what it does; nothing was started."


def _pid_in(lock: int) -> int | None:
    """None where it has not been written yet."""
    text = os.pread(lock, _LONGEST_PID, 0).strip()
    return int(text) if text.isdigit() else None
