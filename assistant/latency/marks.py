"""The stamps of one turn: moments on the loop's clock go in, the gap and one JSON-ready record come out."""

from collections.abc import Callable

STAGES = (
    "speech_end",  # the last voiced sample of the question was in the air
    "pause",  # they have fallen silent: we begin to work
    "turn_ended",  # we decided that the person is done
    "transcript",  # the recogniser's final text
    "prefill_done",  # the model has read its prompt
    "first_token",
    "first_clause",  # enough of the answer to speak
    "first_audio",  # its sound is synthesised
    "first_sound",  # its first audible sample is in the air
    "heard",  # the last sample of the answer has sounded
)
"""In the order they happen in a turn without incident."""
INTERRUPTED = "interrupted"
"""the answer was cut off while it sounded: by speech, by a command, or by the end of the program"""
CANCELLED = "cancelled"
"""...and before anything of it had sounded: they went on, or wanted something else"""


class Marks:
    """When each stage of one turn was reached, what was counted, and why it cannot be measured, if so.

    Stamps may come from worker threads: each is one assignment. The first stamp of a name stands, so a stage that
    runs again (a second call of the model after a tool) does not move it.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.at: dict[str, float] = {}
        self.counts: dict[str, int] = {}
        self.unmeasured: str | None = None

    def stamp(self, stage: str, at: float | None = None) -> None:
        """Note that *stage* is reached, now or at the given moment of the loop's clock (seconds)."""
        self.at.setdefault(stage, self._clock() if at is None else at)

    def count(self, name: str, n: int) -> None:
        """Add *n* to the count called *name*."""
        self.counts[name] = self.counts.get(name, 0) + n

    def spoil(self, reason: str) -> None:
        """Say why this turn's gap cannot be measured; the first reason stands."""
        self.unmeasured = self.unmeasured or reason

    def cut_off(self) -> None:
        """The turn is cancelled now; what has sounded by then has been stamped."""
        if "first_sound" in self.at:
            self.stamp(INTERRUPTED)
        else:
            self.stamp(CANCELLED)
            self.spoil("it was cut off before it sounded")

    @property
    def gap(self) -> float | None:
        """Seconds from the last voiced sample of the question to the first audible one of the answer."""
        if self.unmeasured or not {"speech_end", "first_sound"} <= self.at.keys():
            return None
        return self.at["first_sound"] - self.at["speech_end"]

    def record(self) -> dict[str, object]:
        """One turn as a JSON-ready mapping: seconds since speech_end (or since the first stamp), counts, reason."""
        start = self.at.get("speech_end", min(self.at.values(), default=0.0))
        return {
            "gap": self.gap,
            "unmeasured": None if self.gap is not None else self.unmeasured or "no answer sounded",
            "at": {stage: round(self.at[stage] - start, 4) for stage in self.at},
            **self.counts,
        }
