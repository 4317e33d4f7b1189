"""A conversation that is under way goes in; what does not work in it, and why, comes out in sentences."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from assistant.daemon import Assistant
from assistant.health import FAILURES, Trouble
from assistant.latency.economy import Saving
from assistant.listen.echo import EchoCanceller
from assistant.listen.headphones import Worn
from assistant.listen.microphone import Microphone, only_zeros
from assistant.moving import watch
from assistant.service.mute import Gate
from assistant.service.permission import Hearing, advice, asked
from assistant.settings import Config
from assistant.shelf import NO_TURN_MODEL
from assistant.speak.playback import Sink
from assistant.speak.speaker import Speaker

MICROPHONE = "the microphone"
LOUDSPEAKER = "the loudspeaker"
NONE = "none"
"""the name of a loudspeaker that is not there"""

NOTHING: Mapping[str, str | None] = {MICROPHONE: None, LOUDSPEAKER: None}
"""that is known to be wrong with the devices"""
_WITHOUT = {
    Saving.WINDOW: "the recogniser's wide window",
    Saving.DRAFTS: "reading along",
    Saving.SPECULATION: "a second guess in one turn",
    Saving.ANSWER: "long answers",
}
_ZEROS_FOR = 10.0
"""seconds of nothing but zeros on a Mac after which that is told: it has been opened again in vain by then"""
_SILENT_FOR = 3.0
"""seconds without a frame after which the microphone counts as away: it comes back within three of working again"""


@dataclass(frozen=True, slots=True)
class Talk:
    """What there is to see of one conversation."""

    config: Config
    gate: Gate
    echo: EchoCanceller | None
    loudspeaker: str
    lost: Callable[[], bool]
    """whether the loudspeaker is away"""
    microphone: Callable[[], str] = lambda: ""
    """the name of the one that was opened last, "" before"""
    turn_model: str = NO_TURN_MODEL
    """the one that "auto" has found, perhaps none, which nobody notices else"""
    stuck: Callable[[], bool] = lambda: watch.stuck
    """whether a device that does not let go keeps us from finding another one"""

    def troubles(self, now: float, resting: Sequence[Trouble], saved: int) -> list[Trouble]:
        """What does not work at *now* (loop's clock): *resting* parts, worded for what is so by now, and more.

        *saved*: how many of the Savings it does without.
        """
        amiss = {MICROPHONE: self.unheard(now), LOUDSPEAKER: self.unsounded()}
        known = {one.part for one in resting}
        found = [worded(one, amiss) for one in resting]
        found += [Trouble(part, why) for part, why in amiss.items() if why is not None and part not in known]
        if saved:
            found.append(Trouble("the pace of answers", _slow(saved, self.config.latency.target_ms)))
        if self.stuck():
            why = "One that is gone does not let go, so no other is found: `assistant service restart`, or a new start."
            found.append(Trouble("the sound devices", why))
        if self.echo is not None and not self.echo.controlled:
            found.append(
                Trouble(
                    "echo control",
                    "Our own voice is too loud in the microphone: while it speaks, only the wake word and stop are"
                    " heard. Turn the loudspeaker down, or move it away; headphones help for sure.",
                )
            )
        return found

    def echo_left(self) -> Mapping[str, object] | None:
        """How much of our voice is left; None where nothing takes it out, its levels None until it has spoken."""
        if self.echo is None:
            return None
        levels = {"erle_db": self.echo.erle_db, "residual_db": self.echo.residual_db}
        return {
            "controlled": self.echo.controlled,
            **{name: None if level is None else round(level, 1) for name, level in levels.items()},
        }

    def unheard(self, now: float) -> str | None:
        """Why nothing is heard by the microphone, in a sentence; None where something is."""
        if (silent := self.gate.silent(now)) is not None and silent > _SILENT_FOR:
            if self.gate.missing is not None:
                return f"{self.gate.missing} It is waited for."
            return "It gives no sound; it is opened again as soon as it is back."
        if only_zeros(sys.platform) is not None and self.gate.zeros_for(now) > _ZEROS_FOR:
            # Frames come, and macOS may have allowed it: only the samples tell (facts A).
            return f"It gives nothing but zeros: {advice(Hearing(asked(), 0))}."
        return None

    def unsounded(self) -> str | None:
        """Why nobody hears the answers, in a sentence; None where somebody can."""
        if self.loudspeaker == NONE:
            return "There is none, so nobody hears the answers; one that is plugged in is taken."
        return "It is away; it is opened again as soon as it is back." if self.lost() else None

    def hears(self, now: float) -> bool | None:
        """Whether sound comes from the microphone; None where none is to be expected, or has come yet."""
        if self.unheard(now) is not None:
            return False
        return None if self.gate.heard_at is None else True


def worded(failed: Trouble, amiss: Mapping[str, str | None] = NOTHING) -> Trouble:
    """What *failed* too often, as it is by now: unlike other parts a device does not rest, and may work, or be muted.

    *amiss*: by device, what is wrong with it at present, if that is known.
    """
    if failed.part not in amiss:
        return failed
    often = f"It was lost {FAILURES} times within ten minutes, and opened again each time. At last: {failed.why}"
    return Trouble(failed.part, amiss[failed.part] or often)


def _slow(saved: int, target_ms: int) -> str:
    without = ", ".join(_WITHOUT[saving] for saving in list(Saving)[:saved])
    return (
        f"Most took longer than latency.target_ms = {target_ms} to begin, so it does without {without} until they are"
        " faster again; `assistant explain latency` says what takes the time."
    )


def talk_of(
    assistant: Assistant, gate: Gate, microphone: Microphone, echo: EchoCanceller | Worn | None, sink: Sink
) -> Talk:
    """The Talk of *assistant*, which hears *microphone* behind *gate* and speaks into *sink*."""

    def name() -> str:
        return microphone.name

    config, turn_model = assistant.config, assistant.turn_model
    if not isinstance(sink, Speaker):
        return Talk(config, gate, None, NONE, lambda: False, name, turn_model)
    canceller = echo if isinstance(echo, EchoCanceller) else None
    return Talk(config, gate, canceller, sink.name, lambda: sink.away, name, turn_model)
