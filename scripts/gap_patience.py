"""Turns in; how much silence was meant to end the last of them comes out, which the marks do not tell.

For `bench_gap.py`: a late decision must not pass for patience. It looks inside, as only a benchmark may.
"""

from assistant.flow import SAMPLE_RATE
from assistant.listen.ear import Ear


class Patience:
    """What the ear was last told to wait for."""

    def __init__(self) -> None:
        self.seconds = 0.0
        wait = Ear.wait

        def noted(ear: Ear, speech_ended_at: float, silence: int) -> None:
            self.seconds = silence / SAMPLE_RATE
            wait(ear, speech_ended_at, silence)

        Ear.wait = noted  # type: ignore[method-assign]  # for the whole process, which measures and ends
