"""The name of a wait goes in; what it buys, and what shortens it and breaks then, come out: for `assistant explain`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Reason(NamedTuple):
    """Why a wait is there."""

    buys: str
    less: str
    """which way to turn it, and what breaks then"""


REASONS: Mapping[str, Reason] = MappingProxyType(
    {
        "listen.pause_ms": Reason(
            "the engines begin where it may be your end, not at every closed consonant",
            "less begins sooner, and wastes work in mid-sentence: transcripts, and answers that are thrown away",
        ),
        "listen.patience_sure_ms": Reason(
            "words and melody agree that you are done",
            "less interrupts a breath; people leave each other about 200 ms",
        ),
        "listen.patience_likely_ms": Reason(
            "one of them says so",
            "less cuts you off in fluent speech, whose own gaps reach 200 ms",
        ),
        "listen.patience_ms": Reason(
            "nobody can tell",
            "less cuts you off where you pause to think, which takes half a second",
        ),
        "listen.patience_open_ms": Reason(
            'you surely have more to say ("set a timer for")',
            "less cuts you off while you look for a word",
        ),
        "listen.turn_model": Reason(
            "hears from the melody whether you are done; without it you never surely are, and wait for likely",
            "`assistant models pull smart-turn-v3.2` fetches it, 9 MB; it works at each pause, beside the recogniser",
        ),
        "listen.whisper": Reason(
            "your words",
            "a smaller model is faster, and understands less",
        ),
        "reply.speculate": Reason(
            "replies while the silence still lasts; off, the reply begins at the end of your turn",
            "on costs answers that nobody hears: up to three a turn, thrown away when you go on",
        ),
        "reply.prefill": Reason(
            "reads your words while you speak; the last ones wait for the chunk that is being read",
            "off, your whole question is read behind its end; on, it is transcribed twice a second while you speak",
        ),
        "reply.model": Reason(
            "what the answer is worth; nothing of it sounds before its first token",
            "a smaller model is faster, and knows less",
        ),
        "clauses.FIRST_WAIT": Reason(
            "a first clause to be spoken in one breath: a short sentence, or three to eight words",
            "less begins with a few chopped words, behind which the loudspeaker waits for more",
        ),
        "speak.voice": Reason(
            "the sound of the first clause; later ones are made while one sounds",
            "a smaller voice is faster, and sounds poorer",
        ),
        "flow.FRAME_SAMPLES": Reason(
            "sound comes in frames, and one is there when its last sample is: half a frame late on average",
            "less wakes an idle computer more often",
        ),
        "devices.INPUT_LATENCY": Reason(
            "no hole in what you say while the computer is busy; what the device adds tells rehearse --loopback",
            "less loses sound under load, and brought nothing behind PulseAudio",
        ),
        "piper.LEAD_SECONDS": Reason(
            "the onset of the first consonant; all other silence that a voice begins with is cut off",
            'less cuts into a soft "f" or "h"',
        ),
        "devices.OUTPUT_LATENCIES": Reason(
            "no hole in what we say while the computer is busy; it grows by itself where there are some",
            "less breaks up under load",
        ),
        "listen.start_ms": Reason(
            "no click and no chair silences us",
            "less pauses at noises; more loses short words",
        ),
        "interruption.DECIDE_AFTER": Reason(
            'a cough or "mm-hm" is told from a request; we are silent meanwhile, and then may go on',
            "less hears half a word, and drops answers that you wanted",
        ),
        "playback.AHEAD": Reason(
            "sound is handed over so long before it is heard, and dropped at once when you interrupt",
            "less leaves holes where the program is held up",
        ),
    }
)
"""By setting, or by the constant in the program where there is no setting."""
