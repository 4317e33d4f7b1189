"""A systemd of a user's own, away from this machine's: its variables come out, for a test."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

SYSTEMD = next((path for path in ("/usr/lib/systemd/systemd", "/lib/systemd/systemd") if Path(path).exists()), None)

SCRIPT = """
for tree in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
    if [ -w $tree/cgroup.procs ]; then mkdir -p $tree/$1 && echo $$ > $tree/$1/cgroup.procs || exit 9; fi
done
# A manager wants a machine that was booted by systemd: in a view of /run of its own, this one was.
exec unshare --mount --fork --kill-child sh -c '
    mount -t tmpfs tmpfs /run/systemd && mkdir /run/systemd/system &&
    exec "$0" --user --unit=quiet.target --log-target=console' "$2"
"""

STARTS_WITHIN_S = 10


@contextmanager
def user_manager():
    """The variables by which `systemctl --user` finds it; skips the test, with the reason, where there can be none.

    Nothing of the machine's own is touched: it has its own folders, its own cgroup, and a target that wants nothing.
    """
    _need()
    # Not under tmp_path: the path of a socket may have 107 characters at most.
    with tempfile.TemporaryDirectory(prefix="systemd-") as folder:
        environ, log = _furnished(Path(folder)), Path(folder) / "systemd.log"
        cgroup = f"assistant-test-{os.getpid()}"
        with log.open("wb") as out:
            manager = subprocess.Popen(
                ["sh", "-c", SCRIPT, "sh", cgroup, SYSTEMD], env=environ, stdout=out, stderr=out, start_new_session=True
            )
        try:
            _wait_for(manager, environ, log)
            yield environ
        finally:
            subprocess.run(["systemctl", "--user", "exit"], env=environ, capture_output=True, check=False)
            try:
                manager.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(manager.pid, signal.SIGKILL)
                manager.wait()
            _clear(cgroup)


def _furnished(folder):
    """Its folders, with a target that wants nothing, and without the sockets that would wake this machine's helpers."""
    home, runtime = folder / "home", folder / "run"
    units = home / ".config/systemd/user"
    units.mkdir(parents=True)
    runtime.mkdir(mode=0o700)
    (units / "quiet.target").write_text("[Unit]\nDefaultDependencies=no\n")
    (units / "sockets.target").symlink_to("/dev/null")
    environ = {"PATH": os.environ["PATH"], "HOME": str(home), "XDG_RUNTIME_DIR": str(runtime)}
    return environ | {"XDG_CONFIG_HOME": str(home / ".config"), "LANG": "C.UTF-8"}


def _need():
    if SYSTEMD is None or shutil.which("systemctl") is None:
        pytest.skip("there is no systemd here")
    if os.getuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("only root can give a systemd of its own the view of /run that it needs")


def _wait_for(manager, environ, log):
    until = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until and manager.poll() is None:
        done = subprocess.run(["systemctl", "--user", "list-jobs"], env=environ, capture_output=True, check=False)
        if done.returncode == 0:
            return
        time.sleep(0.05)
    lines = log.read_text(errors="replace").strip().splitlines()
    pytest.skip(f"no systemd of its own can be started here: {lines[-1] if lines else 'it says nothing'}")


def _clear(cgroup):
    for tree in ("", "systemd", "unified"):
        top = Path("/sys/fs/cgroup", tree, cgroup)
        for group in sorted(top.rglob("*"), reverse=True):
            if group.is_dir():
                group.rmdir()
        if top.is_dir():
            top.rmdir()
