"""The pauses that this person makes inside turns go in, patience to match comes out; nothing but durations is kept.

Somebody who thinks in mid-sentence is waited for longer, somebody who speaks without a break is answered sooner.
"""

import json
import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from assistant import log
from assistant.files import replaced
from assistant.flow import SAMPLE_RATE
from assistant.listen.complete import Stages

KEPT = 200
"""pauses: a few days of talk, so that a cold or a new person is forgotten as soon"""
FEWEST = 30
"""pauses before anything is learned: the 95th percentile of fewer is whichever was the longest"""
UNSURE_SECONDS = (0.4, 1.0)
"""Below, a breath ends the turn; above, waiting is worse than being asked to go on."""
LIKELY_SECONDS = (0.25, 0.5)
MARGIN_SECONDS = 0.1
"""Over what was seen: a longer pause would have ended the turn, so only a margin lets patience grow."""
LONGEST_SECONDS = 5.0
"""What is longer was no pause inside a turn."""

_logger = log.get(__name__)


def learned(pauses: Sequence[float], stages: Stages) -> Stages:
    """*stages* with two of them fitted to *pauses*, in seconds, after which the person spoke on.

    `unsure` covers 95 of 100 of them; `likely`, where the words or the melody say as well that the turn is over, every
    second one, as its default does. Both keep their order to the others. With too few pauses, *stages* as they are.
    """
    real = sorted(pause for pause in pauses if _is_pause(pause))
    if len(real) < FEWEST:
        return stages
    unsure = min(max(_fitted(real, 0.95, UNSURE_SECONDS), stages.sure), stages.open)
    likely = min(max(_fitted(real, 0.5, LIKELY_SECONDS), stages.sure), unsure)
    return replace(stages, likely=likely, unsure=unsure)


class Habits:
    """The last pauses of this person, and the file that remembers them: a JSON list of seconds, for its owner only."""

    def __init__(self, path: Path) -> None:
        """Read *path* if it is there; one that cannot be read or is no such list is begun anew, with one warning."""
        self._path = path
        self._told = False
        self._pauses: deque[float] = deque(self._read(), maxlen=KEPT)

    @property
    def pauses(self) -> list[float]:
        """Seconds, the oldest first, at most KEPT."""
        return list(self._pauses)

    def add(self, pauses: Iterable[float]) -> None:
        """Remember *pauses*, in seconds, of a turn that is over; writes the file, which blocks for a moment.

        A disk that is full or read-only costs the memory of it and one warning, never a turn.
        """
        new = [round(pause, 2) for pause in pauses if _is_pause(pause)]
        if not new:
            return
        self._pauses.extend(new)
        try:
            replaced(self._path, json.dumps(list(self._pauses)))
        except OSError as error:
            self._warn("habits.not_written", error)

    def forget(self) -> None:
        """Know nothing any more, and delete the file. Raises OSError where it cannot be deleted."""
        self._pauses.clear()
        self._path.unlink(missing_ok=True)

    def _read(self) -> list[float]:
        try:
            pauses = json.loads(self._path.read_text())
        except FileNotFoundError:
            return []
        except (OSError, ValueError, RecursionError) as error:
            self._warn("habits.not_read", error)
            return []
        if not isinstance(pauses, list) or not all(_is_pause(pause) for pause in pauses):
            self._warn("habits.not_read", ValueError("not a list of seconds"))
            return []
        return pauses

    def _warn(self, event: str, error: Exception) -> None:
        if not self._told:
            _logger.warning(event, file=str(self._path), reason=str(error))
        self._told = True


def _is_pause(pause: object) -> bool:
    if isinstance(pause, bool) or not isinstance(pause, int | float):
        return False
    return 0 < pause <= LONGEST_SECONDS


def _fitted(ordered: Sequence[float], share: float, clamp: tuple[float, float]) -> int:
    """Samples that cover *share* of the pauses and the margin, within *clamp* seconds."""
    pause = ordered[math.ceil(share * len(ordered)) - 1]
    return round(min(max(pause + MARGIN_SECONDS, clamp[0]), clamp[1]) * SAMPLE_RATE)
