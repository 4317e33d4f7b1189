"""A question of probe.py goes in; its answer, or why there is none, comes out within a time limit."""

import json
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assistant.service.interpreter import this

TROUBLE = "trouble"
"""key of an answer that is none: a sentence that says why"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a process said before it ended, or was ended."""

    said: Mapping[str, Any] = field(default_factory=dict)
    """the last thing it said; empty where it said nothing"""
    trying: str = ""
    """what it had just begun, where it did not come to its end"""
    trouble: str = ""
    """why there is no answer, in a sentence; empty where there is one"""


def ask(question: str, *arguments: str, limit: float) -> Answer:
    """Have a process of its own answer *question*, for *limit* seconds at most. Raises nothing that is expected."""
    command = [str(this().command), "-P", "-m", "assistant.doctor.probe", question, *arguments]
    return answered(command, limit)


def answered(command: Sequence[str], limit: float) -> Answer:
    """What *command*, which speaks as probe.py does, said within *limit* seconds."""
    try:
        done = subprocess.run(  # noqa: S603 - our own program, with settings as arguments
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # ALSA and the like print pages there
            check=False,
            timeout=limit,
        )
    except subprocess.TimeoutExpired as late:
        return _read(late.stdout or b"", f"It hangs: it did not end within {limit:.0f} s.")
    except OSError as error:
        return Answer(trouble=f"{command[0]} cannot be started: {error.strerror}.")
    return _read(done.stdout, _ended(done.returncode))


def _read(out: bytes, ended: str) -> Answer:
    """*ended*: why it had to end; empty where it came to its end."""
    said: Mapping[str, Any] = {}
    for line in out.decode(errors="replace").splitlines():
        try:
            read = json.loads(line)
        except ValueError:
            continue  # a library printed it
        if isinstance(read, dict):
            said = read
    if "trying" in said:
        return Answer(trying=str(said["trying"]), trouble=ended or "It said nothing.")
    if ended or not said:
        return Answer(trouble=ended or "It said nothing.")
    return Answer(said, trouble=str(said.get(TROUBLE, "")))


def _ended(code: int) -> str:
    if code == 0:
        return ""
    if code > 0:
        return f"It failed (exit code {code})."
    return f"It crashed ({signal.Signals(-code).name}): a library was built for another computer."
