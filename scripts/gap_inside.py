"""The program in a virtual room; each turn's marks are printed as it ends, one JSON object a line.

    gap_inside.py [--set KEY=VALUE ...] [--block SECONDS] [--pass-through]

--block stops the event loop for so long when an answer's first sound is about to be handed over; --pass-through is no
program: what the microphone hears goes to the loudspeaker at once, which is the room's own delay. For `bench_gap.py`
and tests/room, which start it in the room's environment.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

from gap_patience import Patience

from assistant.audio import level_db
from assistant.commands.common import config_from
from assistant.daemon import loaded
from assistant.devices import INPUT_LATENCY, opening
from assistant.latency.marks import Marks
from assistant.listen.echo import EchoCanceller
from assistant.listen.microphone import Microphone
from assistant.speak.speaker import open_speaker


def tell(what: str, **more: object) -> None:
    """Print one line."""
    print(json.dumps({"what": what, **more}), flush=True)


async def program(settings: list[str], block: float) -> None:
    """Listen and answer until killed, as `assistant run` does."""
    config, patience = config_from(settings), Patience()
    with open_speaker(config.speak.loudspeaker) as speaker:
        if block:
            block_before_sound(speaker, block)

        def told(notice: object) -> None:
            if isinstance(notice, Marks):
                tell("turn", underflows=speaker.underflows, patience=patience.seconds, **notice.record())

        async with loaded(config) as assistant:
            tell("ready")
            await assistant.talk(
                Microphone(config.listen.microphone), speaker, told, echo=EchoCanceller(speaker.played)
            )


def block_before_sound(speaker: Any, seconds: float) -> None:
    """Let the event loop stand still for so long when the first piece of each answer is handed over."""
    put: Callable[[Any], None] = speaker.put
    begin: Callable[[], None] = speaker.begin
    fresh = True

    def beginning() -> None:
        nonlocal fresh
        fresh = True
        begin()

    def late(samples: Any) -> None:
        nonlocal fresh
        if fresh:
            time.sleep(seconds)
        fresh = False
        put(samples)

    speaker.begin, speaker.put = beginning, late


async def pass_through() -> None:
    """What the microphone hears goes to the loudspeaker in the block in which it comes, without a program between."""
    with open_speaker("") as speaker, opening("microphone", "") as sounddevice:

        def passing(block: Any, *_: object) -> None:
            if level_db(block) > -50:
                speaker.put(block[:, 0].copy())

        with sounddevice.InputStream(
            samplerate=speaker.rate,
            blocksize=speaker.rate // 100,
            channels=1,
            dtype="int16",
            latency=INPUT_LATENCY,
            callback=passing,
        ):
            tell("ready")
            await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", action="append", metavar="KEY=VALUE")
    parser.add_argument("--block", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--pass-through", action="store_true")
    chosen = parser.parse_args()
    asyncio.run(pass_through() if chosen.pass_through else program(chosen.set or [], chosen.block))
