"""The name of a question goes in as an argument; what a library that may hang or crash says to it comes out as JSON.

`look.py` runs this in a process of its own, which can be killed: PortAudio may hang for ever in closing (facts B), and
a wheel made for another processor ends the process that imports it. Lines of JSON on standard output: {"trying": ...}
while something is under way, and at last the answer.
"""

import asyncio
import importlib
import importlib.metadata
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

from assistant.errors import AssistantError, first_line

LIBRARIES = {
    "numpy": "numpy",
    "jinja2": "jinja2",
    "num2words": "num2words",
    "soxr": "soxr",
    "soundfile": "soundfile",
    "sounddevice": "sounddevice",
    "webrtcvad-wheels": "webrtcvad",
    "pywebrtc-audio": "pywebrtc_audio",
    "onnxruntime": "onnxruntime",
    "faster-whisper": "faster_whisper",
    "piper-tts": "piper",
    "llama-cpp-python": "llama_cpp",
}
"""the name to import, by package: what speaks, hears and thinks; the rest has been imported by who reads this"""
WAKE = {"pyopen-wakeword": "pyopen_wakeword", "pymicro-wakeword": "pymicro_wakeword"}
"""...and what only wake words need"""

_SENTENCE = "All is well, and this is only a test."


def wheels(*packages: str) -> Mapping[str, object]:
    """Import each of *packages*: {"versions": by package, "broken": why not, by package}."""
    versions, broken = {}, {}
    for package in packages:
        _print({"trying": package})
        try:
            # Whether it can be imported, and no more: it has its one importer elsewhere (tests/test_imports.py).
            importlib.import_module((LIBRARIES | WAKE)[package])
            versions[package] = importlib.metadata.version(package)
        except Exception as error:  # noqa: BLE001 - whatever a library raises while it is imported is the answer
            broken[package] = first_line(error)
    return {"versions": versions, "broken": broken}


def computing() -> Mapping[str, object]:
    """What llama.cpp computes on: {"devices": bytes by name, "offload": ...}."""
    from assistant.reply.gguf import devices, offloads

    return {"offload": offloads(), "devices": {device.name: device.memory for device in devices()}}


def voice(path: str) -> Mapping[str, object]:
    """Speak a sentence into nothing: {"seconds": of sound}."""
    from assistant.speak.piper import Piper

    loaded = Piper.load(Path(path))
    try:
        return {"seconds": loaded.say(_SENTENCE).size / loaded.rate}
    finally:
        loaded.close()


def devices(microphone: str, loudspeaker: str, headset: str) -> Mapping[str, object]:
    """All sound devices, and the numbers of those that the settings mean: {"found", "microphone", "loudspeaker"}.

    *headset*: "yes" where its microphone may be the default.
    """
    from assistant.devices import Direction, find, opening, present
    from assistant.moving import called
    from assistant.plugged import Want

    answer: dict[str, object] = {"found": [asdict(device) for device in present()], "trouble": ""}
    directions: tuple[tuple[str, Direction, str], ...] = (
        ("microphone", "input", microphone),
        ("loudspeaker", "output", loudspeaker),
    )
    for what, direction, name in directions:
        try:
            with opening(what, name) as sounddevice:
                default = called(Want(direction == "input", name, headset == "yes"))
                answer[what] = find(sounddevice, direction, name, default)["index"]
        except AssistantError as error:
            answer |= {what: None, "trouble": f"{answer['trouble']} {error}".strip()}
    return answer


def hear(microphone: str, headset: str) -> Mapping[str, object]:
    """Listen for a second at most: {"heard": as permission.Hearing, or None where there is no microphone at all}.

    *headset* as in `devices`.
    """
    from assistant.devices import has
    from assistant.listen.microphone import Microphone
    from assistant.service import permission

    if not has("input"):
        return {"heard": None}
    heard = asyncio.run(permission.hear(lambda: Microphone(microphone, headset=headset == "yes"), patience=0.0))
    return {"heard": {"permission": heard.permission.value, "peak": heard.peak, "trouble": heard.trouble}}


QUESTIONS: Mapping[str, Callable[..., Mapping[str, object]]] = {
    one.__name__: one for one in (wheels, computing, voice, devices, hear)
}


def main() -> None:
    """Answer the question on the command line, and end at once: a library may hold a thread."""
    name, *arguments = sys.argv[1:]
    try:
        _print(QUESTIONS[name](*arguments))
    except AssistantError as error:
        _print({"trouble": str(error)})
    os._exit(0)


def _print(answer: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
