import errno
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.errors import RunningError, ServiceError, UsageError
from assistant.service.lock import LOCK, only_one, private, running_pid, socket_in

HOLDS = """
import sys, time
from pathlib import Path
from assistant.service.lock import only_one
with only_one(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(folder):
    """Another process that holds the lock until its standard input ends."""
    child = subprocess.Popen([sys.executable, "-c", HOLDS, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout.readline() == b"held\n"
    return child


def test_the_second_one_is_told_of_the_first_by_its_pid_and_leaves_it_alone(tmp_path):
    """Scenario 33."""
    with holder(tmp_path) as first:
        with pytest.raises(RunningError, match=f"running already \\(process {first.pid}\\)"), only_one(tmp_path):
            pass
        assert running_pid(tmp_path) == first.pid
        assert first.poll() is None
        first.stdin.close()


def test_a_lock_whose_holder_was_killed_is_taken_over(tmp_path):
    """Its pid stands in the file still, and means nothing."""
    with holder(tmp_path) as killed:
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        killed.stdin.close()
    assert (tmp_path / LOCK).read_text() == f"{killed.pid}\n"
    assert running_pid(tmp_path) is None
    with only_one(tmp_path):
        assert (tmp_path / LOCK).read_text() == f"{os.getpid()}\n"


def test_a_full_disk_keeps_nobody_from_running(tmp_path, monkeypatch):
    """Scenario 34: nor does it let a second one run, who is not told the other's pid."""

    def full(file, data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    with only_one(tmp_path):
        assert running_pid(tmp_path) is None
        with pytest.raises(RunningError, match="running already: "), only_one(tmp_path):
            pass


def test_it_is_free_when_the_block_ends(tmp_path):
    for _ in range(2):
        with only_one(tmp_path):
            pass
    assert running_pid(tmp_path) is None


@pytest.mark.parametrize("left", ["", "12", "no pid", "\x00\x00"])
def test_what_a_crash_left_in_the_file_keeps_nobody_from_starting(tmp_path, left):
    (tmp_path / LOCK).write_text(left)
    with only_one(tmp_path):
        pass


def test_the_folder_is_made_for_its_owner_alone_and_one_that_is_open_is_refused_as_it_is(tmp_path):
    """It may be somebody's home that was named: its rights are not ours to change."""
    folder = tmp_path / "a" / "b"
    assert stat.S_IMODE(private(folder).stat().st_mode) == 0o700
    folder.chmod(0o750)
    with pytest.raises(UsageError, match="chmod 700"):
        private(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o750


def test_a_folder_that_is_none_or_leads_elsewhere_is_refused(tmp_path):
    """A link could lead into a folder of somebody else's choice."""
    (tmp_path / "file").touch()
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for name in ("file", "link", "file/below"):
        with pytest.raises(UsageError, match=name):
            private(tmp_path / name)


def test_a_lock_that_is_a_link_is_not_followed(tmp_path):
    """What it leads to would be emptied."""
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / LOCK).symlink_to(victim)
    with pytest.raises(UsageError, match="cannot be opened"), only_one(tmp_path):
        pass
    assert victim.read_text() == "precious"


def test_a_disk_that_has_no_room_at_present_is_tried_again(tmp_path, monkeypatch):
    """By its exit code; a new start may help."""

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "mkdir", full)
    with pytest.raises(ServiceError, match="No space left"):
        private(tmp_path / "run")


def test_a_path_that_no_system_allows_names_the_setting():
    assert socket_in(Path("/Users/somebody/Library/Application Support/assistant/run")).name == "control.sock"
    with pytest.raises(UsageError, match=r"service\.folder"):
        socket_in(Path("/" + "long" * 30))


def test_where_none_has_ever_run_none_runs(tmp_path):
    assert running_pid(tmp_path / "nowhere") is None
