"""Steps "listening" and "rehearsal": what is set goes in; one sentence understood, and a measured gap, come out."""

import asyncio
from collections.abc import Callable

from assistant import daemon
from assistant.daemon import activity, load_whisper, patience
from assistant.devices import require
from assistant.latency.rehearsal import Rehearsal, Wanted
from assistant.latency.rehearse import QUESTIONS, rehearse
from assistant.latency.report import Waterfall
from assistant.latency.script import Asked
from assistant.latency.statistics import percentile, spans, turn_at
from assistant.listen.microphone import Microphone
from assistant.settings import Config
from assistant.setup import live
from assistant.setup.guide import Guide
from assistant.setup.person import UnfinishedError, yes_or_no
from assistant.weights.catalog import ENGLISH

_COUNT = 3
"""questions besides the one to warm up: 20 s, for which somebody waits gladly once"""


def listening(guide: Guide) -> str:
    """Have a sentence said, and show what was understood. Raises UnfinishedError, DeviceError, ModelError."""
    if not guide.person.present:
        raise UnfinishedError("Somebody has to say a sentence.")
    config = guide.config()
    require("input", config.listen.microphone)
    language = config.listen.language
    like = f", like {QUESTIONS[1]}" if language == ENGLISH else f" in your language ({language})"
    guide.agreed(f"Ready to say a sentence{like} (I listen for {live.LISTENS_S:.0f} s) [yes]")
    while True:
        with guide.person.level() as show:
            text = guide.live(_understood(config, guide.person.tell, show))
        if not text:
            guide.person.tell("I understood nothing.")
            if not guide.person.ask("Again? [yes]", yes_or_no):
                raise UnfinishedError("No sentence was understood.")
            continue
        guide.person.tell(f"I understood: {text}")
        if guide.person.ask("Was it that? [yes]", yes_or_no):
            return "a sentence was understood"


def rehearsal(guide: Guide) -> str:
    """Have the voice that is set ask some questions, and show how long the answers took.

    Raises UnfinishedError, AssistantError.
    """
    language = guide.config().listen.language
    if language != ENGLISH:
        guide.person.tell(f"Its questions are English, and listen.language is {language}.")
        return "left to `assistant rehearse` with recordings of your own"
    guide.agreed(f"Measure how long {_COUNT} answers take (20 s)? [yes]")
    made = Rehearsal(Wanted(count=_COUNT), guide.config())
    if not daemon.run(rehearse(made, guide.person.tell, lambda number, asked: guide.person.tell(_line(number, asked)))):
        raise KeyboardInterrupt
    gaps = made.rehearsed.gaps
    if not gaps:
        raise UnfinishedError("No answer could be measured: `assistant rehearse` says more.")
    usual = turn_at(made.turns, 0.5)
    guide.person.draw(Waterfall(spans(usual), f"gap {1000 * (usual.gap or 0.0):.0f} ms"))
    gap = 1000 * percentile(gaps, 0.5)
    guide.person.tell(judged(gap, made.config))
    return f"gap {gap:.0f} ms"


def judged(gap: float, config: Config) -> str:
    """What a median *gap* in ms means to a person."""
    sentence = f"Answers begin {gap:.0f} ms after a question's end (from files: the devices add their own)."
    if gap <= config.latency.target_ms:
        return sentence
    remedy = "a smaller profile answers sooner, and `assistant explain latency` says what it waits for"
    return f"{sentence} That is slow: {remedy}."


def _line(number: int, asked: Asked) -> str:
    gaps = [record["gap"] for record in asked.records]
    took = ", ".join(f"{1000 * gap:.0f} ms" for gap in gaps if isinstance(gap, float)) or "not measured"
    place = f"{number} of {_COUNT}" if number else "warm-up"
    return f"{place:>7}  {took:>9}  {asked.question.name}"


async def _understood(config: Config, tell: Callable[[str], None], show: live.Show) -> str:
    tell("loading the recogniser ...")
    whisper = await asyncio.to_thread(load_whisper, config)
    try:
        tell("I listen ...")
        source = Microphone(config.listen.microphone, headset=config.listen.headset_microphone)
        return await live.sentence(source, activity(config), patience(config), whisper, show)
    finally:
        whisper.close()
