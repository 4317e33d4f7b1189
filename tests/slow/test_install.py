"""What a person gets who installs a wheel: all of the program, and the starter models, in a place of its own."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SOURCES = ("pyproject.toml", "README.md", "LICENSE", "assistant", "models/starter", "voices/starter")
"""what a wheel is made of"""
OFFLINE = ("--disable-pip-version-check", "--quiet", "--no-index", "--no-deps")


def pip(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "pip", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy, for setuptools leaves its own files where it builds."""
    copy, out = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, copy)
    (copy / "models/another.gguf").write_text("a model of somebody's own, who builds the wheel in a full checkout")
    pip("wheel", *OFFLINE, "--no-build-isolation", "--wheel-dir", out, copy)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The `assistant` of a fresh environment with the wheel in it; the libraries are those of this one.

    A line of a .pth file adds their folder, but not what the .pth files in there add: so not this checkout.
    """
    place = tmp_path_factory.mktemp("installed")
    venv.create(place, symlinks=True)
    pip("--python", place / "bin/python", "install", *OFFLINE, wheel)
    packages = next(place.glob("lib/python3*/site-packages"))
    (packages / "libraries.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return place / "bin/assistant"


@pytest.fixture
def run(installed, tmp_path):
    """Run a program of the environment in a folder and a home where nothing is."""

    def run(*arguments):
        environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "XDG_RUNTIME_DIR": "/nonexistent"}
        done = subprocess.run(
            [*map(str, arguments)], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_the_wheel_holds_the_starter_models_and_the_licence_and_no_other_model(wheel):
    """Every file of them that is in the repository, and the whole GPL."""
    with zipfile.ZipFile(wheel) as archive:
        sizes = {info.filename: info.file_size for info in archive.infolist()}
        licence = next(name for name in sizes if name.endswith(".dist-info/licenses/LICENSE"))
        assert archive.read(licence) == (ROOT / "LICENSE").read_bytes()
    models = {name for name in sizes if name.startswith(("assistant/models/", "assistant/voices/"))}
    files = [file for kind in ("models", "voices") for file in (ROOT / kind / "starter").rglob("*") if file.is_file()]
    assert models == {f"assistant/{file.relative_to(ROOT)}" for file in files}
    assert all(sizes[f"assistant/{file.relative_to(ROOT)}"] == file.stat().st_size for file in files)
    assert not [name for name in sizes if not name.startswith(("assistant/", "assistant-"))]


def test_what_is_installed_answers_a_recording_from_a_folder_of_its_own(run, installed, tmp_path):
    """It is the wheel that answers, not this checkout."""
    where = run(installed.with_name("python"), "-c", "import assistant; print(assistant.__file__)")
    assert Path(where.strip()).is_relative_to(installed.parents[1])
    shutil.copy(ROOT / "tests/recordings/question.wav", tmp_path)
    out = run(installed, "run", "--input", "question.wav", "--output", "answer.wav")
    assert "you        what is the capital of france" in out
    assert "Paris" in out
    assert (tmp_path / "answer.wav").stat().st_size > 20_000


def test_what_is_installed_hears_what_it_says(run, installed):
    """So a person can try it without any file of this repository."""
    run(installed, "say", "what is the capital of france", "--output", "said.wav")
    assert run(installed, "transcribe", "said.wav").strip() == "what is the capital of france"


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
@pytest.mark.parametrize(
    ("words", "wanted"),
    [("reh", "rehearse"), ("models pu", "pull"), ("run --th", "--then-listen"), ("nothing-like-it", "")],
)
def test_a_shell_completes_commands_and_options(run, installed, words, wanted):
    """As bash does it, by the function that --show-completion prints."""
    typed = f"assistant {words}"
    done = run(
        "bash",
        "-c",
        f'PATH="{installed.parent}:$PATH"; eval "$(assistant --show-completion bash)"; COMP_WORDS=({typed});'
        f' COMP_CWORD={len(words.split())}; _assistant_completion assistant; echo "${{COMPREPLY[*]}}"',
    )
    assert done.strip() == wanted


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
def test_completion_is_installed_by_one_line_in_the_shells_start_up_file(run, installed, tmp_path):
    """Which a new shell reads; and that line is all that a person has to take out again."""
    (tmp_path / ".bashrc").write_text("# mine\n")
    run("bash", "-c", f'"{installed}" --install-completion; :')
    assert run("bash", "-c", "source ~/.bashrc; complete -p assistant").strip().endswith("assistant")
    mine, *added = (line for line in (tmp_path / ".bashrc").read_text().splitlines() if line)
    assert (mine, len(added)) == ("# mine", 1)
