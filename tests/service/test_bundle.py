import plistlib
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.errors import ServiceError
from assistant.service import bundle
from assistant.service.bundle import Bundle, digest, executable, info, planned
from assistant.service.interpreter import Interpreter, this
from tests.service.fake_mac import FakeMac
from tests.service.mach_o import thin

QUESTION = Path(__file__).parents[1] / "recordings" / "question.wav"
PYTHON = Interpreter(Path("/v/bin/python"), Path("/p/bin/python3.12"), Path("/p"), (Path("/v/site-packages"),))


def test_the_app_says_why_it_wants_the_microphone_and_stays_out_of_the_dock():
    """Without a usage string macOS asks nobody, and gives silence (facts A)."""
    keys = plistlib.loads(plistlib.dumps(info()))
    assert keys["NSMicrophoneUsageDescription"]
    assert keys["LSUIElement"] is True
    assert keys["CFBundlePackageType"] == "APPL"
    assert keys["CFBundleIdentifier"] == bundle.IDENTIFIER


def test_the_app_holds_its_description_and_one_executable_and_nothing_of_the_program():
    """What is in it may never change with an upgrade."""
    made = planned(PYTHON, thin(["/usr/lib/libSystem.B.dylib"]))
    assert set(made.files) == {"Contents/Info.plist"}
    assert dict(made.copies) == {"Contents/MacOS/assistant": PYTHON.binary}
    assert executable(Path("/A.app")) == Path("/A.app/Contents/MacOS") / str(info()["CFBundleExecutable"])


def test_the_same_app_for_another_place_of_our_packages():
    """Our packages move with each version of Python; our own version is nowhere in the app."""
    content = thin(["/usr/lib/libSystem.B.dylib"])
    moved = replace(PYTHON, sites=(Path("/elsewhere"),), command=Path("/elsewhere/python"))
    assert digest(planned(PYTHON, content), PYTHON, content) == digest(planned(moved, content), moved, content)


def test_the_same_app_for_a_patched_framework():
    """Homebrew's and python.org's: the shell in the app loads the new Python, and keeps the permission."""
    shell = replace(PYTHON, framework=True)
    assert digest(MADE, shell, b"3.13.1") == digest(MADE, shell, b"3.13.2")


def test_the_same_app_for_a_framework_whose_folder_bears_its_patch_release(tmp_path):
    """As Homebrew's do; one link leads to whichever is installed."""
    home, digests = tmp_path / "opt", []
    for release in ("3.13.5", "3.13.6"):
        (tmp_path / release).mkdir()
        home.unlink(missing_ok=True)
        home.symlink_to(tmp_path / release)
        brewed = replace(PYTHON, home=home, binary=tmp_path / release / "Python.app/Python", framework=True)
        content = thin([f"{tmp_path / release}/Python"])
        digests.append(digest(planned(brewed, content), brewed, content))
    assert digests[0] == digests[1]


MADE = Bundle({"Contents/Info.plist": b"a"}, {}, ["-rpath", "x", "y"])


@pytest.mark.parametrize(
    ("made", "python", "content"),
    [
        (MADE, PYTHON, b"other"),
        (replace(MADE, files={"Contents/Info.plist": b"b"}), PYTHON, b"python"),
        (replace(MADE, relinked=[]), PYTHON, b"python"),
        (MADE, replace(PYTHON, home=Path("/other")), b"python"),
    ],
)
def test_a_different_app_is_told_from_it(made, python, content):
    """Each of these would be signed differently, or not start."""
    assert digest(made, python, content) != digest(MADE, PYTHON, b"python")


def test_it_is_signed_ad_hoc_with_a_fixed_identifier_over_the_whole_app():
    """What the linker signs has no Info.plist bound, and is asked about at each start (facts A)."""
    words = bundle.sign(Path("/A.app"))
    assert words == ["/usr/bin/codesign", "--force", "--sign", "-", "--identifier", bundle.IDENTIFIER, "/A.app"]


@pytest.fixture
def made(tmp_path):
    """An app that is there, its stamp, a Mac that knows it, and a Python of which another one has to be made."""
    home = tmp_path / "python"
    home.mkdir()
    (home / "python3.12").write_bytes(thin(["/usr/lib/libSystem.B.dylib"]))
    python = Interpreter(tmp_path / "venv/bin/python", home / "python3.12", home, ())
    app, stamp, mac = tmp_path / "Applications/Assistant.app", tmp_path / "state/stamp", FakeMac()
    assert bundle.build(app, python, stamp, mac)
    mac.permitted.add(bundle.IDENTIFIER)
    python.binary.write_bytes(thin(["/usr/lib/libSystem.B.dylib", "/usr/lib/libz.dylib"]))
    return app, stamp, mac, python


@pytest.mark.parametrize("failing", ["Assistant.app", "stamp"])
def test_an_app_whose_place_no_other_can_take_is_left_as_it_was_with_its_permission(made, monkeypatch, failing):
    """Be it that the new one cannot be put there, or that what it is made of cannot be kept."""
    app, stamp, mac, python = made
    before = {path: path.read_bytes() for path in (executable(app), stamp)}

    def refusing(move):
        def moved(self, target):
            if Path(target).name == failing and not self.name.endswith(".before"):
                raise OSError(28, "No space left on device", str(target))
            return move(self, target)

        return moved

    monkeypatch.setattr(Path, "rename", refusing(Path.rename))
    monkeypatch.setattr(Path, "replace", refusing(Path.replace))
    with pytest.raises(ServiceError, match="cannot be made: No space left on device"):
        bundle.build(app, python, stamp, mac)
    assert {path: path.read_bytes() for path in (executable(app), stamp)} == before
    assert list(app.parent.iterdir()) == [app]
    assert mac.permitted == {bundle.IDENTIFIER}


def test_of_an_app_that_was_replaced_nothing_is_left(made):
    app, stamp, mac, python = made
    before, stamped = executable(app).read_bytes(), stamp.read_text()
    assert bundle.build(app, python, stamp, mac)
    assert executable(app).read_bytes() != before
    assert stamp.read_text() != stamped
    assert list(app.parent.iterdir()) == [app]
    bundle.remove(app, stamp, mac)
    assert list(app.parent.iterdir()) == []


def test_a_copy_of_this_very_interpreter_starts_the_program(tmp_path):
    """By PYTHONHOME and our packages alone, from another folder, with nothing else of the environment."""
    python = this()
    copy = executable(tmp_path / "A.app")
    copy.parent.mkdir(parents=True)
    shutil.copyfile(python.binary, copy)
    copy.chmod(0o755)
    if subprocess.run(["ldd", str(copy)], capture_output=True, text=True, check=False).stdout.count("not found"):
        pytest.skip("this Python looks for its library beside itself; on a Mac install_name_tool would mend that")
    done = subprocess.run(
        python.of_a_copy(copy, "--version"),
        env=python.environ(),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.split()[:1]) == (0, ["assistant"]), done.stderr


@pytest.mark.slow
def test_a_copy_of_this_very_interpreter_loads_the_engines(tmp_path):
    """They are found by our packages alone, and understand a question."""
    python = this()
    copy = executable(tmp_path / "A.app")
    copy.parent.mkdir(parents=True)
    shutil.copyfile(python.binary, copy)
    copy.chmod(0o755)
    done = subprocess.run(
        python.of_a_copy(copy, "transcribe", str(QUESTION)),
        env=python.environ() | {"HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "capital of france" in done.stdout, done.stderr


def test_a_copy_sees_our_packages_and_not_those_of_the_python_below(tmp_path):
    """Homebrew's Python has packages of its own, of versions of its own."""
    python = this()
    words = python.of_a_copy(python.binary)
    code = words[words.index("-c") + 1].split("from assistant")[0] + "print(*sys.path, sep='\\n')"
    done = subprocess.run(
        [*words[: words.index("-c")], "-c", code, str(tmp_path)],
        env=python.environ(),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    packages = [line for line in done.stdout.splitlines() if "site-packages" in line or line == str(tmp_path)]
    assert packages == [str(tmp_path)]
    assert sys.base_prefix != sys.prefix, "this test means nothing outside of a virtual environment"
