import os
import socket
import struct

import pytest

from assistant.service.peers import peer_uid, uid_in


def test_the_other_end_of_a_socket_of_ours_is_ours():
    """Asked of the kernel this runs on."""
    one, other = socket.socketpair(socket.AF_UNIX)
    with one, other:
        assert peer_uid(one) == os.getuid()


def test_a_socket_that_is_closed_tells_nothing():
    one, other = socket.socketpair(socket.AF_UNIX)
    one.close()
    other.close()
    assert peer_uid(one) is None


@pytest.mark.parametrize(
    ("credentials", "platform", "uid"),
    [
        (struct.pack("=iII", 1, 501, 20), "linux", 501),
        (struct.pack("=iII", 1, 501, 20)[:-1], "linux", None),
        # struct xucred { u_int cr_version; uid_t cr_uid; short cr_ngroups; gid_t cr_groups[16]; }
        (struct.pack("@IIh16I", 0, 501, 1, *[20] * 16), "darwin", 501),
        (struct.pack("@IIh16I", 1, 501, 1, *[20] * 16), "darwin", None),
        (b"", "darwin", None),
        (struct.pack("=iII", 1, 501, 20), "plan9", None),
    ],
)
def test_the_user_is_where_each_system_documents_it(credentials, platform, uid):
    assert uid_in(credentials, platform) == uid
