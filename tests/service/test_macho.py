from pathlib import Path

import pytest

from assistant.errors import ServiceError
from assistant.service.macho import Links, changes, links
from tests.service.mach_o import WEAK, fat, thin

SYSTEM = "/usr/lib/libSystem.B.dylib"
HOME = Path("/opt/python")
BINARY = HOME / "bin/python3.12"


def nothing(_path):
    return False


def everything(_path):
    return True


def test_the_libraries_and_run_paths_of_an_executable_are_found():
    """In the file's order."""
    found = links(thin([SYSTEM, "@rpath/libpython3.12.dylib"], ["@loader_path/../lib"]))
    assert found == Links((SYSTEM, "@rpath/libpython3.12.dylib"), ("@loader_path/../lib",))


def test_all_architectures_of_one_file_are_looked_at_and_each_name_told_once():
    """python.org's interpreter is for Apple Silicon and Intel."""
    assert links(fat(thin([SYSTEM, "/a"]), thin([SYSTEM, "/b"], command=WEAK))).libraries == (SYSTEM, "/a", "/b")


@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\nexec python3\n", b"\x7fELF" + bytes(60), thin([SYSTEM])[:50]])
def test_what_is_no_mach_o_is_one_sentence(content):
    """A shell script as an app's executable is silently given no microphone (facts A)."""
    with pytest.raises(ServiceError, match="not a 64-bit Mach-O"):
        links(content)


def test_a_load_command_without_a_length_does_not_loop_for_ever():
    """A broken file is an error."""
    broken = bytearray(thin([SYSTEM]))
    broken[36:40] = bytes(4)
    with pytest.raises(ServiceError):
        links(bytes(broken))


def test_an_interpreter_that_loads_by_absolute_paths_is_copied_as_it_is():
    """As framework builds do."""
    library = "/opt/homebrew/Frameworks/Python.framework/Versions/3.12/Python"
    assert changes(Links((library, SYSTEM), ()), BINARY, HOME, nothing) == []


def test_a_library_beside_the_interpreter_is_named_by_its_real_place():
    """python-build-standalone, which uv installs."""
    beside = "@executable_path/../lib/libpython3.12.dylib"
    assert changes(Links((beside,), ()), BINARY, HOME, everything) == [
        "-change",
        beside,
        "/opt/python/lib/libpython3.12.dylib",
    ]


def test_a_run_path_is_searched_in_its_order_and_made_absolute_for_the_libraries_behind():
    """As in conda: the interpreter finds libpython, and libpython finds zlib, by the executable's run path."""
    found = changes(
        Links(("@rpath/libpython3.12.dylib",), ("@loader_path/../none", "@loader_path/../lib", "/usr/local/lib")),
        BINARY,
        HOME,
        lambda path: path == Path("/opt/python/lib/libpython3.12.dylib"),
    )
    assert found == [
        *("-change", "@rpath/libpython3.12.dylib", "/opt/python/lib/libpython3.12.dylib"),
        *("-rpath", "@loader_path/../none", "/opt/python/none"),
        *("-rpath", "@loader_path/../lib", "/opt/python/lib"),
    ]


def test_a_library_that_is_nowhere_is_one_sentence():
    """It names what is missing."""
    with pytest.raises(ServiceError, match=r"needs @rpath/libpython3.12.dylib"):
        changes(Links(("@rpath/libpython3.12.dylib",), ("@loader_path/../lib",)), BINARY, HOME, nothing)


def test_a_library_behind_a_link_is_named_by_the_link(tmp_path):
    """Homebrew's opt/python leads to a folder of one version, which the next upgrade takes away."""
    version, link = tmp_path / "Cellar/3.13.1", tmp_path / "opt"
    version.mkdir(parents=True)
    link.symlink_to(version)
    found = changes(Links((f"{version}/Python", SYSTEM), ()), version / "Python.app/Python", link, everything)
    assert found == ["-change", f"{version}/Python", f"{link}/Python"]
