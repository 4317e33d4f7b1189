from pathlib import Path

from assistant.service.interpreter import binary, carried, left_behind, this


def test_the_running_python_is_known_by_its_link_its_file_and_its_packages():
    """The link leads to our packages, the file is what a copy is made of."""
    python = this()
    assert python.command.exists()
    assert python.binary.is_file()
    assert not python.binary.is_symlink()
    assert any((site / "numpy").is_dir() for site in python.sites)


def test_of_a_framework_build_the_interpreter_inside_its_python_app_is_copied():
    """bin/python3 only starts that one, which has an identity of its own (CPython, Mac/Tools/pythonw.c)."""
    prefix = Path("/Library/Frameworks/Python.framework/Versions/3.13")
    assert (
        binary(prefix / "bin/python3.13", prefix, framework=True)
        == prefix / "Resources/Python.app/Contents/MacOS/Python"
    )
    assert binary(Path("/p/bin/python3.13"), Path("/p"), framework=False) == Path("/p/bin/python3.13")


def test_a_service_looks_for_files_where_the_shell_does():
    """With absolute paths: it starts in another folder."""
    found = carried({"ASSISTANT_CONFIG": "mine.toml", "XDG_DATA_HOME": "/data", "XDG_CACHE_HOME": "", "PATH": "/bin"})
    assert found == {"ASSISTANT_CONFIG": str(Path.cwd() / "mine.toml"), "XDG_DATA_HOME": "/data"}


def test_settings_of_the_shell_alone_are_named():
    """A service would not see them, and nobody would know why."""
    assert left_behind({"ASSISTANT_LISTEN_MODE": "wake", "ASSISTANT_CONFIG": "/c", "HOME": "/h"}) == [
        "ASSISTANT_LISTEN_MODE"
    ]
