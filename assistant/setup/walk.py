"""A guide goes in; it goes through the steps in their order, leaving out what is finished. What is left comes out."""

from collections.abc import Callable, Mapping
from pathlib import Path

from assistant.errors import AssistantError
from assistant.service.lock import running_pid
from assistant.setup import choosing, sound, trying, waking, writing
from assistant.setup.guide import Guide
from assistant.setup.person import UnfinishedError

SETTINGS = "settings"

STEPS: Mapping[str, Callable[[Guide], str]] = {
    "models": choosing.models,
    "microphone": sound.microphone,
    "loudspeaker": sound.loudspeaker,
    "waking": waking.waking,
    SETTINGS: writing.settings,
    "listening": trying.listening,
    "rehearsal": trying.rehearsal,
}
"""Each says in words what it came to. Raises UnfinishedError where it is left out, and AssistantError."""

_ALONE = frozenset({"microphone", "loudspeaker", "listening", "rehearsal"})
"""what another assistant would hear and answer, or what loads the models a second time"""


def walk(guide: Guide) -> list[str]:
    """Take each step that is not finished; the steps that are left. Ctrl-C loses none that is finished.

    Raises UsageError where progress or settings cannot be kept.
    """
    guide.check_kept()
    folder = guide.config().service.folder
    left = [step for step in STEPS if not _come_through(guide, step, folder)]
    if (pid := running_pid(folder)) is not None:
        guide.person.tell(f"\nThe assistant in process {pid} reads its settings anew when you type assistant reload.")
    return left


def is_finished(guide: Guide, step: str) -> bool:
    """Whether there is nothing to do for *step*: it was finished, and still holds."""
    if step == SETTINGS:
        return step in guide.progress.done and not guide.progress.pending
    note = guide.progress.done.get(step)
    return note is not None and (step != "models" or choosing.still_here(guide, note))


def _come_through(guide: Guide, step: str, folder: Path) -> bool:
    """Whether *step* is finished now; *folder*: of the service, by which another assistant is known that runs."""
    if is_finished(guide, step):
        guide.person.tell(f"\n{step}: {guide.progress.done[step]} (done before)")
        return True
    guide.person.tell(f"\n{step}")
    if step in _ALONE and (pid := running_pid(folder)) is not None:
        guide.person.tell(
            f"An assistant runs in process {pid}, and would get between: end it for this step (Ctrl-C, or"
            " `assistant service stop`)."
        )
        return False
    try:
        note = STEPS[step](guide)
    except (UnfinishedError, AssistantError) as reason:
        guide.person.tell(str(reason))
        return False
    guide.finish(step, note)
    guide.person.tell(f"done: {note}")
    return True
