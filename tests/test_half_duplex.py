"""Where echo cannot be taken out: the microphone hears us while we speak, and only "stop" and the wake word count."""

import asyncio

import numpy as np
import pytest

from assistant.actions import OVERHEARD, Doing, Manner
from assistant.conversation import converse
from assistant.floor import Floor
from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE, Frame, Transcript, Utterance
from assistant.listen.ear import Ear, MayBeOver
from assistant.listen.endpoint import Patience, SpeechStarted
from assistant.listen.interruption import stops
from assistant.listen.wake import Woken
from assistant.moves import Answer, Do, Judge, Mode, Rules, Scene, TurnOver, Understood
from assistant.reply.chat import Chat
from assistant.turn import Memory
from tests.fakes import FRAME_SECONDS, FakeTurnModel, FakeVoice, FakeWriter, OnesAreSpeech
from tests.fakes import engines as stage
from tests.test_taking_turns import Echo, WakesAt, Watched
from tests.virtual_time import run

COUNTING = "one two three four five six seven eight nine ten. " * 4
"""40 words: 4 s of speech, from 2.1 s on"""


class EchoingRoom:
    """A source in which our own voice is speech as loud as a person's, who speaks from *start* to *end*."""

    def __init__(self, seconds, speech):
        self.seconds = seconds
        self.speech = speech
        self.sink = None

    async def frames(self):
        loop = asyncio.get_running_loop()
        for index in range(round(self.seconds / FRAME_SECONDS)):
            start = index * FRAME_SECONDS
            await asyncio.sleep(start + FRAME_SECONDS - loop.time())
            progress = self.sink.progress()
            ours = 0 < progress.sounded < progress.queued
            theirs = any(a <= start + 1e-9 and start + FRAME_SECONDS <= b + 1e-9 for a, b in self.speech)
            samples = np.full(FRAME_SAMPLES, int(ours or theirs), np.int16)
            yield Frame(samples, index * FRAME_SAMPLES, round(start + FRAME_SECONDS, 9))


class Recogniser:
    """Understands a text until its time (s), then the next one; takes 0.1 s."""

    def __init__(self, *texts):
        self.texts = texts
        self.heard = []

    async def transcribe(self, samples, narrow=False):
        now = asyncio.get_running_loop().time()
        self.heard.append(samples.size / SAMPLE_RATE)
        await asyncio.sleep(0.1)
        return Transcript(next(text for until, text in self.texts if now <= until))

    async def draft(self, samples):
        await asyncio.sleep(0.1)
        return Transcript("")


class Talk:
    def __init__(self, speech, texts, answers, *, wake=None):
        self.recogniser = Recogniser(*texts)
        self.writer = FakeWriter(*answers, every=0.02)
        self.memory = Memory(Chat(""))
        self._room = EchoingRoom(12.0, speech)
        self._wake = wake
        run(self._talk())

    async def _talk(self):
        self._room.sink = self.sink = Watched(asyncio.get_running_loop().time)
        ear = Ear(OnesAreSpeech(), Patience(), self._wake)
        engines = stage(self.recogniser, self.writer, FakeVoice(), turn_model=FakeTurnModel(0.99))
        doing = Doing(
            engines, self.memory, ear, self.sink, lambda notice: None, Manner(), Echo(controlled=False, converged=False)
        )
        await converse(ear.hear(self._room.frames()), [], doing, Floor(Rules(Mode.OPEN)))

    @property
    def said(self):
        return [message["content"] for message in self.memory.chat.messages if message["role"] == "assistant"]

    def when(self, what):
        return [at for at, noted in self.sink.log if noted == what]


QUESTION = (0.5, 1.5), (2.0, "what time is it")


@pytest.mark.parametrize(
    "echo", ["one two three four five", "vor fife sick says", "", "okay", "three", "five wait eight"]
)
def test_our_own_voice_neither_stops_us_nor_is_answered_when_we_fall_silent(echo):
    """However it is misunderstood; the answer sounds to its end without a pause."""
    talk = Talk([QUESTION[0]], [QUESTION[1], (99, echo)], [COUNTING])
    assert talk.said == [COUNTING.strip()]
    assert len(talk.writer.prompts) == 1
    assert not talk.when("pause")


def test_stop_is_heard_amidst_our_own_words_and_nothing_is_said_to_it():
    """Said from 4 to 4.3 s: silent half a second later, what was heard by then is kept, what we said is no request."""
    texts = [QUESTION[1], (4.1, "five six seven"), (99, "seven eight stop nine")]
    talk = Talk([QUESTION[0], (4.0, 4.3)], texts, [COUNTING])
    assert 4.1 < talk.when("flush")[0] < 4.8
    assert len(talk.writer.prompts) == 1
    assert talk.said[0].endswith(" …")
    assert 17 < len(talk.said[0].split()) < 27


def test_anything_else_that_is_said_does_not_interrupt_us():
    """It cannot be told from what is left of our own voice."""
    texts = [QUESTION[1], (4.1, "five six seven"), (99, "seven what about tomorrow nine")]
    talk = Talk([QUESTION[0], (4.0, 5.0)], texts, [COUNTING])
    assert talk.said == [COUNTING.strip()]
    assert len(talk.writer.prompts) == 1


def test_a_stop_that_is_our_own_does_not_stop_us():
    """We may speak of it."""
    answer = "I can stop the timer for you if you tell me to stop it now please do."
    talk = Talk([QUESTION[0]], [QUESTION[1], (99, "timer for you if you tell me to stop it")], [answer])
    assert talk.said == [answer]


def test_the_wake_word_interrupts_us():
    """And then we listen: what follows it is answered."""
    texts = [QUESTION[1], (4.5, "five six seven"), (99, "what about tomorrow")]
    talk = Talk([QUESTION[0], (4.2, 5.2)], texts, [COUNTING, "Rain."], wake=WakesAt(4.0))
    assert talk.when("flush")[0] == pytest.approx(4.02)
    assert talk.said[0].endswith(" …")
    assert talk.said[1] == "Rain."


def test_who_speaks_when_we_have_fallen_silent_is_answered():
    """Half a second after our last word."""
    texts = [QUESTION[1], (6.4, "vor fife sick"), (99, "what about tomorrow")]
    talk = Talk([QUESTION[0], (6.7, 7.7)], texts, [COUNTING, "Rain."])
    assert talk.said == [COUNTING.strip(), "Rain."]


def test_only_the_last_seconds_are_looked_at_however_long_we_speak():
    """Four, while the ear has ours open for all of them."""
    talk = Talk([QUESTION[0]], [QUESTION[1], (99, "vor fife sick")], [COUNTING * 2])
    looks = talk.recogniser.heard[1:-1]
    assert max(looks) == pytest.approx(OVERHEARD)
    assert len(looks) <= 8.0 / 0.5 + 1


def utterance():
    return Utterance(np.zeros(SAMPLE_RATE, np.int16), 0, 1.0, 1.5)


def test_what_was_on_its_way_when_it_was_forgotten_is_not_answered():
    """Our turn is over, and what the ear had open is forgotten; its end was noticed just before."""
    floor, half = Floor(), Scene(heard=True, echo="one two", full_duplex=False)
    floor.answering = utterance()
    ours = utterance()
    floor.push(SpeechStarted(0), half)
    assert floor.push(MayBeOver(ours), half) == [Judge(ours)]
    assert Do.FORGET in floor.push(TurnOver(), half)
    done = floor.push(ours, half) + floor.push(Understood(ours, "vor fife"), half)
    assert not any(isinstance(command, Answer) for command in done)


@pytest.mark.parametrize(
    ("text", "ours", "language", "stopped"),
    [
        ("five six stop eight", "one two three four five six seven eight", "en", True),
        ("stop", "one two three", "en", True),
        ("wait", "one two three", "en", True),
        ("five wait eight", "one two three four five six seven eight", "en", False),
        ("please stop", "", "en", True),
        ("she told him to stop there", "", "en", False),
        ("stop the timer", "I can stop the timer.", "en", False),
        ("fünf halt acht", "vier fünf sechs sieben acht", "de", True),
        ("", "one", "en", False),
        ("one", "", "en", False),
    ],
)
def test_stop_counts_where_it_is_not_our_own_word(text, ours, language, stopped):
    assert stops(text, ours, language) is stopped


def test_woken_is_no_speech():
    """The wake word works while we hold our breath for nothing, too."""
    floor = Floor(answering=utterance())
    half = Scene(heard=True, echo="one two", full_duplex=False)
    floor.push(SpeechStarted(0), half)
    assert floor.push(Woken("hey jarvis", 0), half)[:2] == [Do.CANCEL, Do.GO_ON]
