"""How long an engine's work shall last goes in; it lasts that long: another machine's schedule, seen on this one.

For development. The real engine does the work and its thread sleeps for what is left, so only times change: a
sleeping thread leaves the cores to the others, which a busy engine would not. Tokens are the model's own: the starter
needs 2.6 for a word where Mistral needs about 1.3, so at the same pace its answers take twice as long to be written.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Pace:
    """The least each engine's work lasts, in seconds; 0 is as fast as this machine is."""

    hearing: float = 0.0
    """the recogniser, once over an utterance of whatever length, finished or not"""
    writing: float = 0.0
    """the language model, once over its weights: what one token costs, be it written or read"""
    reading: float = 0.0
    """the language model, a token of a long prompt"""
    speaking: float = 0.0
    """the voice, a clause"""

    def evaluating(self, tokens: int) -> float:
        """Seconds for *tokens* that are evaluated at once.

        Nothing is faster than one token: its weights are read from memory just the same, so a token of the prompt
        that is read alone costs as much as one that is written. At the M2 Max's speeds that is so up to 11 tokens.
        """
        return max(self.writing, tokens * self.reading) if tokens else 0.0


OWN = Pace()
"""This machine's own."""
M2_MAX = Pace(hearing=0.250, writing=1 / 12.4, reading=1 / 138, speaking=0.060)
"""A MacBook Pro with an M2 Max (30 GPU cores, 32 GB). Mistral Small 3.1 24B Q4_K_M as measured with llama-bench
(enescingoz/mac-llm-bench: 137-139 tokens/s read, 12.4 written). The recogniser and the voice are assumed: a small
Whisper with its window trimmed, and a medium Piper voice, for which nobody has published times on such a machine."""
PACES: Mapping[str, Pace] = MappingProxyType({"own": OWN, "m2-max": M2_MAX})
"""By the name that the setting engine.pace gives them."""


@contextmanager
def lasting(seconds: float) -> Iterator[None]:
    """The block lasts at least *seconds*: its thread sleeps for what is left. Blocks, so never in the event loop.

    A block that raises is not held up.
    """
    end = time.monotonic() + seconds
    yield
    left = end - time.monotonic()
    if left > 0:
        time.sleep(left)
