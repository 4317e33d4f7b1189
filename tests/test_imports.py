import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

LEVELS = (
    # From what knows nothing of the others to what knows all. A name stands for itself and for what is below it;
    # names on one line may import each other, but those set apart by | may not.
    "assistant",
    "flow errors files audio streams pace health latency.marks latency.chirp latency",
    "plugged core_audio sound_system",
    "settings config log weights devices moving latency.entry latency.journal latency.statistics",
    "latency.economy latency.compare latency.machine",
    "listen | reply | speak",
    "turn",
    "moves",
    "floor",
    "conversation",
    "actions glance guard shelf",
    "daemon",
    "latency.script latency.prompter latency.loopback latency.rehearsal latency.rehearse",
    "latency.report latency.picture latency.explain latency.budget latency.reasons service",
    "doctor",
    "screen",
    "loudspeaker sessions serving",
    "setup",
    "commands",
    "cli",
    "__main__",
)

ENGINES = {
    "sounddevice": ("devices",),
    "faster_whisper": ("listen.whisper",),
    "llama_cpp": ("reply.gguf",),
    "piper": ("speak.piper",),
    "webrtcvad": ("listen.activity",),
    "pywebrtc_audio": ("listen.echo",),
    "pyopen_wakeword": ("listen.wake_engines",),
    "pymicro_wakeword": ("listen.wake_engines",),
    "onnxruntime": ("listen.onnx", "speak.piper"),
    "soundfile": ("audio",),
    "soxr": ("audio",),
    "num2words": ("speak.normalise",),
    "jinja2": ("reply.prompt",),
    "huggingface_hub": ("weights.hub",),
    "httpx2": ("weights.hub",),
    "matplotlib": ("latency.picture",),
    "tomlkit": ("setup.settings_file",),
}
"""Imported inside of functions only, by the files named: the rest of the program works without them."""

LIBRARIES = {
    "pydantic": ("settings", "config", "weights.catalog", "reply.tools"),
    "platformdirs": ("settings", "config", "weights.store", "speak.piper", "service.places"),
    "structlog": ("log",),
    "typer": ("commands", "cli"),
    "rich": ("latency.report", "screen", "commands", "cli"),
}

TASK_MAKERS = ("streams", "conversation", "daemon")


def complaints(root):
    """All that is wrong with the imports of the package in *root*, one sentence each."""
    return [
        f"{name}:{node.lineno} {wrong}"
        for path in sorted((root / "assistant").rglob("*.py"))
        for name in [_name(path.relative_to(root))]
        for node, wrong in _wrong_in(ast.parse(path.read_text()), name)
    ]


def _name(path):
    parts = path.with_suffix("").parts[1:]
    return ".".join(part for part in parts if part != "__init__") or "assistant"


def _wrong_in(tree, name):
    at_the_top = set(tree.body)
    if _place(name) is None:
        yield tree.body[0], "has no place in LEVELS"
    for node in ast.walk(tree):
        for target in _imported(node):
            if wrong := _wrong(name, target, lazy=node not in at_the_top):
                yield node, wrong
        if isinstance(node, ast.Attribute) and node.attr == "create_task" and name not in TASK_MAKERS:
            yield node, "makes a task"


def _imported(node):
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    if node.level:
        return ["." * node.level + (node.module or "")]
    # `from assistant import audio` imports a module; `from assistant import __version__`, the package itself.
    names = [f"{node.module}.{alias.name}" for alias in node.names]
    return [name if _place(name[10:]) else node.module for name in names]


def _wrong(name, target, *, lazy):
    library = target.partition(".")[0]
    if library == "":
        return f"imports {target} relatively"
    if library in ENGINES | LIBRARIES and not _within(name, (ENGINES | LIBRARIES)[library]):
        return f"imports {library}"
    if library in ENGINES and not lazy:
        return f"imports {library} before it is needed"
    if library == "assistant" and not _may(_place(name), _place(target[10:] or library)):
        return f"imports {target}, against the order of LEVELS"
    return None


def _place(name):
    """Where a module stands: its level, and which of the groups set apart there; None if nowhere."""
    places = [
        (len(known), level, group)
        for level, line in enumerate(LEVELS)
        for group, names in enumerate(line.split("|"))
        for known in names.split()
        if _within(name, (known,)) and (known != "latency" or name == known)
    ]
    return max(places)[1:] if places else None


def _may(importer, imported):
    if importer is None or imported is None:
        return False
    return importer[0] > imported[0] or importer == imported


def _within(name, known):
    return any(name == one or name.startswith(one + ".") for one in known)


def test_imports_point_one_way_and_each_library_has_its_importer():
    assert complaints(ROOT) == []


@pytest.mark.parametrize(
    ("file", "line", "complaint"),
    [
        ("audio.py", "from assistant.config import load", "imports assistant.config"),
        ("audio.py", "from assistant import turn", "imports assistant.turn"),
        ("listen/ear.py", "import assistant.speak.wav", "imports assistant.speak.wav"),
        (
            "listen/ear.py",
            "def f():\n    from assistant.reply import chat",
            "imports assistant.reply",
        ),
        ("latency/marks.py", "from assistant.latency.report import x", "imports assistant.latency.report"),
        ("turn.py", "from . import audio", "imports . relatively"),
        ("turn.py", "def f():\n    import llama_cpp", "imports llama_cpp"),
        ("reply/gguf.py", "import llama_cpp", "imports llama_cpp before it is needed"),
        ("speak/wav.py", "from rich.text import Text", "imports rich"),
        ("turn.py", "import asyncio\nasyncio.create_task(x)", "makes a task"),
        ("attic.py", "import os", "has no place in LEVELS"),
        ("latency/attic.py", "import os", "has no place in LEVELS"),
    ],
)
def test_a_bad_tree_is_caught(tmp_path, file, line, complaint):
    path = tmp_path / "assistant" / file
    path.parent.mkdir(parents=True)
    path.write_text(line)
    [found] = complaints(tmp_path)
    assert complaint in found


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("turn.py", "from assistant import log, speak\nfrom assistant.reply.llama import Llama"),
        ("reply/gguf.py", "def f():\n    import llama_cpp"),
        ("reply/tools/clock.py", "from pydantic import BaseModel\nfrom assistant.reply.chat import Chat"),
        ("daemon.py", "from assistant import __version__"),
    ],
)
def test_a_good_tree_is_not(tmp_path, file, line):
    path = tmp_path / "assistant" / file
    path.parent.mkdir(parents=True)
    path.write_text(line)
    assert complaints(tmp_path) == []


BLOCKED = f"""
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {sorted(ENGINES)}:
            raise ImportError(name + " is blocked")

sys.meta_path.insert(0, Blocker())
sys.argv = ["assistant", "--help"]
from assistant import cli
cli.main()
"""


def test_help_works_without_any_engine():
    done = subprocess.run([sys.executable, "-c", BLOCKED], check=False, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "transcribe" in done.stdout
