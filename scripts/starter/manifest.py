"""The starter weights -> models/starter/MANIFEST.json: how each was made, its size and SHA-256 (instant).

python manifest.py            # checks the files against it
python manifest.py --write    # writes it anew
"""

# ruff: noqa: SIM905 - a list of words reads best as words

import hashlib
import importlib.metadata
import json
import sys
from pathlib import Path

import chat_train
import stt_train
import voice_train

ROOT = Path(__file__).parents[2]
PATH = ROOT / "models" / "starter" / "MANIFEST.json"
PACKAGES = "torch transformers tokenizers numpy scipy gguf ctranslate2 onnx".split()
FILES = ("models/starter/chat.gguf", "models/starter/whisper/*", "voices/starter/*.onnx*")


def main() -> None:
    """Write or check; exits with 1 if a file is not what the manifest says."""
    if "--write" in sys.argv:
        PATH.write_text(json.dumps(_manifest(), indent=1) + "\n")
        print(f"wrote {PATH}")
        return
    wanted = json.loads(PATH.read_text())["files"]
    wrong = [name for name, facts in _files().items() if wanted.get(name) != facts] + [
        n for n in wanted if n not in _files()
    ]
    print("\n".join(f"not as in the manifest: {name}" for name in wrong) or f"{len(wanted)} files as in the manifest")
    sys.exit(bool(wrong))


def _manifest() -> dict:
    return {
        "by": "scripts/starter/make_all.sh",
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "made": {
            "chat": [{"seed": stage.seed, "steps": stage.steps} for stage in chat_train.STAGES.values()],
            "whisper": [{"seed": stage.seed, "steps": stage.steps} for stage in stt_train.STAGES.values()],
            "voice": [{"seed": 1, "steps": voice_train.STEPS}],
        },
        "files": _files(),
    }


def _files() -> dict[str, dict]:
    paths = [path for pattern in FILES for path in sorted(ROOT.glob(pattern))]
    return {str(path.relative_to(ROOT)): _facts(path) for path in paths}


def _facts(path: Path) -> dict:
    return {"bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


if __name__ == "__main__":
    main()
