"""The sound of a turn so far goes in, the probability that its speaker has finished comes out.

The network is smart-turn v3 (pipecat-ai/smart-turn-v3, BSD-2, 8.7 MB, 23 languages): the encoder of Whisper tiny with
one output. It listens to the melody, so it can tell "set a timer ..." from "set a timer." where the words cannot.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.audio import to_float
from assistant.errors import EngineError, ModelError, first_line
from assistant.flow import SAMPLE_RATE, Samples
from assistant.listen import onnx
from assistant.listen.log_mel import BANDS, SECONDS, STEPS, log_mel

_INPUT = "input_features"

_SETTLES = SAMPLE_RATE // 10
"""samples, 100 ms: a pause is declared at 100 ms of silence"""


class TurnModel:
    """A loaded turn model. It has one worker thread, so that the loop never waits for it (15-50 ms a call)."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="turn-model")

    @classmethod
    def load(cls, path: Path) -> "TurnModel":
        """Open the ONNX file *path*; raises ModelError when it is missing, damaged or another network."""
        session = onnx.session(path)
        shapes = {given.name: given.shape[1:] for given in session.get_inputs()}
        if shapes != {_INPUT: [BANDS, STEPS]}:
            raise ModelError(f"{path} is another network than smart-turn v3: correct listen.turn_model.")
        return cls(session)

    async def completeness(self, samples: Samples) -> float:
        """The probability, 0-1, that the turn is complete: int16 (n,) at 16 kHz from its start to the pause, whole.

        Only the last 8 s count. When cancelled, the call in flight runs to its end in the background. EngineError on
        failure.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._worker, self._completeness, samples)

    def warm_up(self) -> None:
        """Judge a second of faint noise, so that the first turn finds all memory touched. Blocks."""
        noise = np.random.default_rng(0).normal(0, 50, SAMPLE_RATE).astype(np.int16)
        self._worker.submit(self._completeness, noise).result()

    def close(self) -> None:
        """Let the network go; waits for the call in flight."""
        self._worker.shutdown()
        self._session = None

    def _completeness(self, samples: Samples) -> float:
        try:
            [output] = self._session.run(None, {_INPUT: log_mel(window(settled(samples)))[np.newaxis]})
        except Exception as error:  # onnxruntime's errors share no base class; it costs this judgement
            raise EngineError(f"The turn model failed: {first_line(error)}.") from error
        # Its name is "logits", but the file ends in a sigmoid.
        return float(output.squeeze())


def settled(samples: Samples) -> Samples:
    """*samples* with their last _SETTLES once more, as if they had been silent for 200 ms already.

    It is surer then: behind 100 ms alone the median finished request waited for 250 ms in place of 180
    (scripts/bench_turns.py ends). What repeats is the room's own noise.
    """
    return np.concatenate([samples, samples[-_SETTLES:]])


def window(samples: Samples) -> NDArray[np.float32]:
    """The last 8 s, float32 (128000,); in front of less stands silence, as in its training: the end is what counts."""
    last = to_float(samples[-SECONDS * SAMPLE_RATE :])
    return np.pad(last, (SECONDS * SAMPLE_RATE - last.size, 0))
