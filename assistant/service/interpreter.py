"""What Python says about itself goes in; how a copy of it, or a service, starts this program comes out."""

import os
import site
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_BOOT = """\
import os, site, sys
for folder in sys.argv.pop(1).split(os.pathsep):
    site.addsitedir(folder)
from assistant.__main__ import main
main()
"""
"""-S keeps the packages of the Python below out, which may be others than ours. addsitedir, not PYTHONPATH: it reads
the .pth files by which pip's editable installs and some packages are found."""

_FLAGS = ("-P", "-S")
"""nothing is imported from the folder it happens to be started in, and nothing but what _BOOT adds"""

_CARRIED = ("ASSISTANT_CONFIG", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")
"""Variables that say where files are. A service does not see the shell's, and would look elsewhere."""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """The Python that this program runs on."""

    command: Path
    """what starts it with our packages: the virtual environment's link"""
    binary: Path
    """the file that is really executed, without links"""
    home: Path
    """where its own library is: PYTHONHOME for a copy of *binary*"""
    sites: tuple[Path, ...]
    """folders with packages, ours among them"""
    framework: bool = False
    """whether *binary* is nothing but a shell around a framework, which holds Python itself"""

    def of_its_own(self, *arguments: str) -> list[str]:
        """The command of a service that may run the Python as it is installed."""
        return [str(self.command), "-P", "-m", "assistant", *arguments]

    def of_a_copy(self, copy: Path, *arguments: str) -> list[str]:
        """The command that runs this program by *copy*, a copy of *binary*; it needs `environ` around it."""
        return [str(copy), *_FLAGS, "-c", _BOOT, os.pathsep.join(map(str, self.sites)), *arguments]

    def environ(self) -> dict[str, str]:
        """Variables without which a copy does not find its own library."""
        return {"PYTHONHOME": str(self.home)}


def this() -> Interpreter:
    """The Python that is running."""
    folders = [*site.getsitepackages(), *([site.getusersitepackages()] if site.ENABLE_USER_SITE else [])]
    base = Path(getattr(sys, "_base_executable", None) or sys.executable)
    framework = bool(sysconfig.get_config_var("PYTHONFRAMEWORK"))
    return Interpreter(
        command=Path(sys.executable),
        binary=binary(base, Path(sys.base_prefix), framework=framework).resolve(),
        home=Path(sys.base_prefix),
        sites=tuple(Path(folder) for folder in folders if Path(folder).is_dir()),
        framework=framework,
    )


def binary(base: Path, prefix: Path, *, framework: bool) -> Path:
    """The file to copy: *base*, but of a framework build (python.org, Homebrew) the one inside its Python.app.

    There bin/python is only a stub that starts that one, which has an identity of its own and no usage string
    (CPython's Mac/Tools/pythonw.c).
    """
    return prefix / "Resources/Python.app/Contents/MacOS/Python" if framework else base


def carried(environ: Mapping[str, str]) -> dict[str, str]:
    """Variables of a shell that a service must see too, to find the same files. Paths are made absolute."""
    return {name: os.path.abspath(environ[name]) for name in _CARRIED if environ.get(name)}  # noqa: PTH100 - no links


def left_behind(environ: Mapping[str, str]) -> Sequence[str]:
    """Settings made by variables of this shell, which a service does not see: they belong into the settings file."""
    return sorted(name for name in environ if name.startswith("ASSISTANT_") and name not in _CARRIED)
