import pytest

from assistant.weights.digest import Digest, Expected, digest
from assistant.weights.fetch import agree
from tests.weights.fake_hub import FakeHub, model


@pytest.mark.parametrize(
    ("expected", "right"),
    [
        (Expected(3), True),
        (Expected(4), False),
        (Expected(3, sha256="a"), True),
        (Expected(3, sha256="b"), False),
        (Expected(3, git_sha1="g"), True),
        (Expected(3, sha256="a", git_sha1="h"), False),
    ],
)
def test_a_file_fits_if_all_that_is_expected_of_it_is_right(expected, right):
    assert Digest(3, "a", "g").fits(expected) is right


def test_hashes_are_those_of_the_tools_that_people_know(tmp_path):
    """`printf hello | sha256sum` and `printf hello | git hash-object --stdin`."""
    file = tmp_path / "f"
    file.write_bytes(b"hello")
    told = []
    found = digest(file, told.append, git=True)
    assert found == Digest(
        5,
        "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0",
    )
    assert told == [5]


def test_what_neither_states_is_not_disagreed_about():
    """The hub names small files by git's hash, large ones by SHA-256; the catalog knows this or that."""
    [file] = model("m", FakeHub(), files=[{"path": "x", "bytes": 3, "sha256": "a" * 64}]).files
    assert agree(file, Expected(3, git_sha1="g"))
    assert not agree(file, Expected(3, sha256="b" * 64))
    assert not agree(file, Expected(4))
