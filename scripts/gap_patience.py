"""Turns in; how much silence was meant to end the last of them comes out, which the marks do not tell.

For `bench_gap.py`: a late decision must not pass for patience. It looks inside, as only a benchmark may.
"""

from typing import Any

from assistant import actions
from assistant.flow import SAMPLE_RATE


class Patience:
    """What was last decided."""

    def __init__(self) -> None:
        self.seconds = 0.0
        decide = actions.patience_for

        def noted(*given: Any) -> int:
            silence = decide(*given)
            self.seconds = silence / SAMPLE_RATE
            return silence

        actions.patience_for = noted  # for the whole process, which measures and ends
