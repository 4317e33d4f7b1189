import ipaddress
import os
import socket
from contextlib import closing
from pathlib import Path

import pytest

from assistant.doctor import sockets as doctors
from assistant.doctor.sockets import address, in_proc, sockets
from assistant.service.runner import NOT_FOUND, Done


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("0100007F:1F90", "127.0.0.1:8080"),
        ("22D8B85D:01BB", "93.184.216.34:443"),
        ("00000000000000000000000001000000:0277", "[::1]:631"),
        ("0000000000000000FFFF00000100007F:0005", "[::ffff:127.0.0.1]:5"),
    ],
)
def test_addresses_are_read_as_the_kernel_writes_them(written, read):
    """proc(5): words with the low byte first, the port as it is."""
    host, _, port = address(written).rpartition(":")
    wanted_host, _, wanted_port = read.rpartition(":")
    assert port == wanted_port
    assert ipaddress.ip_address(host.strip("[]")) == ipaddress.ip_address(wanted_host.strip("[]"))


@pytest.mark.skipif(not Path("/proc/self/net/tcp").exists(), reason="no /proc here")
def test_a_real_sockets_ends_are_seen_and_unix_sockets_are_none():
    """Listening, and connected; those of this process alone."""
    before = sockets(os.getpid()).open
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
        with closing(socket.create_connection(server.getsockname())) as client, closing(socket.socket(socket.AF_UNIX)):
            mine = client.getsockname()[1]
            found = set(sockets(os.getpid()).open) - set(before)
            assert found == {f"127.0.0.1:{port}", f"127.0.0.1:{mine}->127.0.0.1:{port}"}


def test_a_kernel_without_ipv6_is_no_trouble(tmp_path):
    """Its table is missing then."""
    (tmp_path / "7/fd").mkdir(parents=True)
    (tmp_path / "7/net").mkdir()
    (tmp_path / "7/fd/3").symlink_to("socket:[42]")
    row = "0: 0100007F:1F90 00000000:0000 0A 0:0 00:0 0 0 0 {} 1"
    (tmp_path / "7/net/tcp").write_text(f"head\n{row.format(42)}\n{row.format(43)}\n")
    assert in_proc(7, tmp_path) == ["127.0.0.1:8080"]


def test_none_that_runs_has_none_and_one_that_is_gone_is_trouble():
    """No process has that number: Linux and macOS stop well before."""
    assert sockets(None).pid is None
    assert sockets(2**31 - 1).trouble


@pytest.fixture
def mac(monkeypatch):
    """A Mac as far as its lsof goes, by what that prints with -Fn (its manual page: a letter, then the field)."""
    answers = []
    monkeypatch.setattr(doctors.platform, "system", lambda: "Darwin")
    monkeypatch.setattr(doctors, "run", lambda _command: answers.pop())
    return answers


def test_lsofs_fields_are_read_on_a_mac(mac):
    """It ends with 1 where there is no such socket, without a word."""
    mac.append(Done(0, "p7\nf12\nn10.0.0.2:50000->93.184.216.34:443\nf13\nn*:5353\n"))
    assert sockets(7).open == ["10.0.0.2:50000->93.184.216.34:443", "*:5353"]
    mac.append(Done(1))
    found = sockets(7)
    assert (found.open, found.trouble) == ([], "")


@pytest.mark.parametrize(
    "done", [Done(NOT_FOUND, err="lsof: No such file or directory"), Done(1, err="lsof did not end within 60 s")]
)
def test_without_an_answer_of_lsof_nothing_is_claimed(mac, done):
    """Its absence is no proof, nor that it hangs."""
    mac.append(done)
    assert "cannot be seen" in sockets(7).trouble
