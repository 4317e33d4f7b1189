"""How it behaves when people behave as people do: all of the program but its engines and devices, in virtual time."""

import asyncio

import pytest

from assistant.actions import Doing, Manner
from assistant.conversation import converse
from assistant.floor import Floor
from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE, Clause, Transcript
from assistant.latency.marks import Marks
from assistant.listen.ear import Ear
from assistant.listen.endpoint import Patience
from assistant.listen.wake import Woken
from assistant.moves import Mode, Rules
from assistant.reply.chat import Chat
from assistant.speak.wav import PacedSink
from assistant.turn import Memory
from tests.fakes import VOICE_RATE, FakeRecogniser, FakeTurnModel, FakeVoice, FakeWriter, OnesAreSpeech, ScriptedSource
from tests.fakes import engines as stage
from tests.virtual_time import run

LONG = "one two three four five six seven eight nine ten. " * 9
"""90 words: 9 s of speech, a tenth of a second each"""


class Watched(PacedSink):
    """Notes when it is paused, resumed, flushed and chimed."""

    def __init__(self, clock):
        self.log = []
        super().__init__(VOICE_RATE, clock)

    def pause(self):
        self._note("pause")
        super().pause()

    def resume(self):
        self._note("resume")
        super().resume()

    def flush(self):
        self._note("flush")
        super().flush()

    def chime(self, samples):
        self._note("chime")

    def _note(self, what):
        self.log.append((round(self._clock(), 6), what))


class Echo:
    """A canceller that has learnt the room, or not; our own voice is among what the source says, where it leaks."""

    def __init__(self, *, controlled=True, converged=True, leaks=False, late=0.0):
        """*late*: how many seconds behind their sound it is given its frames."""
        self.controlled = controlled
        self.converged = converged
        self.leaks = leaks
        self._late = late

    @property
    def heard_at(self):
        return asyncio.get_running_loop().time() - self._late


class Talk:
    """One conversation; what came of it."""

    def __init__(
        self, speech, texts, answers, *, seconds=12.0, sure=(), rules=None, wake=None, echo=None, manner=None, **pace
    ):
        """*pace*: how long the engines take (takes, first, every, judges), drafts, and the detector holds on (held)."""
        self.recogniser = FakeRecogniser(*texts, takes=pace.get("takes", 0.1), drafts=pace.get("drafts", ()))
        self.writer = FakeWriter(*answers, first=pace.get("first", 0.1), every=pace.get("every", 0.02))
        self.voice = FakeVoice()
        self.memory = Memory(Chat(""))
        self.told = []
        self._turn_model = FakeTurnModel(*sure, takes=pace.get("judges", 0.0))
        self._source = ScriptedSource(seconds, speech)
        self._rules = rules or Rules()
        self._wake = wake
        self._echo = echo
        self._manner = manner or Manner()
        self._held = pace.get("held", 0.0)
        run(self._talk())

    async def _talk(self):
        clock = asyncio.get_running_loop().time
        self.sink = Watched(clock)
        ear = Ear(OnesAreSpeech(self._held), Patience(), self._wake)
        ear.asleep = self._rules.mode is not Mode.OPEN
        engines = stage(self.recogniser, self.writer, self.voice, turn_model=self._turn_model)
        doing = Doing(engines, self.memory, ear, self.sink, self._tell, self._manner, self._echo)
        await converse(ear.hear(self._source.frames()), [], doing, Floor(self._rules))

    def _tell(self, notice):
        self.told.append((round(asyncio.get_running_loop().time(), 6), notice))

    @property
    def messages(self):
        return [(message["role"], message["content"]) for message in self.memory.chat.messages]

    @property
    def understood(self):
        return [(at, notice.text) for at, notice in self.told if isinstance(notice, Transcript)]

    @property
    def said(self):
        return [(at, notice.text) for at, notice in self.told if isinstance(notice, Clause)]


def test_a_surely_finished_request_is_answered_after_180_ms_and_what_the_engines_take():
    """Spoken until 1.5 s, paused at 1.6, words at 1.7, over in the next frame; the answer is under way since 1.7."""
    talk = Talk([(0.5, 1.5)], ["what time is it"], ["It is noon."], sure=[0.99])
    assert talk.understood == [(1.72, "what time is it")]
    assert talk.said[0][0] == pytest.approx(1.70 + 0.1 + 2 * 0.02 + 0.05)


def test_numbers_are_spoken_in_the_language_that_was_set():
    """An answer is in the language of its question."""
    speaks_german = {"rules": Rules(language="de"), "manner": Manner(language="de")}
    talk = Talk([(0.5, 1.5)], ["Was kostet das?"], ["Das kostet 25 Euro."], sure=[0.99], **speaks_german)
    spoken = [notice.spoken for _, notice in talk.told if isinstance(notice, Clause)]
    assert spoken == ["Das kostet fünfundzwanzig Euro."]


def test_a_pause_in_mid_sentence_is_one_turn_and_nothing_sounds_in_it():
    """600 ms behind an open word (scenario 9)."""
    texts = ["set a timer for", "set a timer for twelve minutes"]
    talk = Talk([(0.5, 1.5), (2.1, 3.1)], texts, ["Done."], sure=[0.02, 0.99])
    assert [text for _, text in talk.understood] == ["set a timer for twelve minutes"]
    assert talk.said[0][0] > 3.1
    assert len(talk.writer.prompts) == 1


def test_a_slow_recogniser_is_waited_for_since_its_words_may_show_that_they_only_think():
    """They come 0.92 s into a pause of 1 s; without them no answer could begin anyway."""
    texts = ["set a timer for", "set a timer for twelve minutes"]
    talk = Talk([(0.5, 1.5), (2.5, 3.5)], texts, ["Done."], sure=[0.02, 0.99], takes=0.8)
    assert talk.understood == [(4.42, "set a timer for twelve minutes")]
    assert len(talk.writer.prompts) == 1


def test_who_goes_on_after_the_answer_was_begun_gets_one_answer_to_the_whole():
    """No sound of the first, no trace of it (scenario 10)."""
    texts = ["add milk", "and", "add milk and bread", "add milk and bread"]
    talk = Talk([(0.5, 1.5), (1.8, 2.8)], texts, [LONG, "Both added."], sure=[0.99, 0.99, 0.99], every=0.5)
    assert [text for _, text in talk.said] == ["Both added."]
    assert talk.messages == [("user", "add milk and bread"), ("assistant", "Both added.")]
    assert talk.writer.closed == 2


def test_a_click_after_the_request_does_not_keep_the_answer_waiting():
    """40 ms of it (scenario 11)."""
    talk = Talk([(0.5, 1.5), (1.64, 1.68)], ["what time is it"], ["It is noon."], sure=[0.99])
    assert talk.understood == [(1.72, "what time is it")]


def test_yes_is_a_turn_and_a_click_is_not():
    """180 ms and 40 ms (scenario 12)."""
    talk = Talk([(0.5, 0.68), (3.0, 3.04)], ["yes"], ["Okay."], sure=[0.9])
    assert [text for _, text in talk.understood] == ["yes"]
    assert talk.recogniser.heard == [talk.recogniser.heard[0]]


def test_who_speaks_for_longer_than_can_be_held_is_answered_once_and_at_the_end():
    """45 s without a pause: never more than 30 s at once, one answer, to the last 30 (scenario 13)."""
    texts = ["as i said", "and then", "that is all what time is it"]
    talk = Talk([(0.5, 45.5)], texts, [LONG, "Noon."], seconds=60.0, sure=[0.99])
    assert talk.messages == [("user", texts[-1]), ("assistant", "Noon.")]
    assert talk.said[-1][0] > 45.5
    assert max(talk.recogniser.heard) <= 30 * SAMPLE_RATE
    assert len(talk.recogniser.heard) == 3


def test_a_pause_every_two_seconds_starts_no_answer():
    """Thirty seconds of talk, each pause behind an open word and transcribed once (scenario 13)."""
    speech = [(0.5 + 2.5 * at, 2.5 + 2.5 * at) for at in range(11)]
    texts = ["and then the"] * 10 + ["and then the end of it"]
    talk = Talk(speech, texts, ["I see."], seconds=35.0, sure=[0.1] * 10 + [0.99])
    assert [text for _, text in talk.understood] == texts[-1:]
    assert len(talk.writer.prompts) == 1


def test_noise_that_the_recogniser_makes_nothing_of_is_no_turn():
    """Scenario 15."""
    talk = Talk([(0.5, 1.5)], [""], [], sure=[0.5])
    assert talk.messages == []
    assert talk.said == []


def test_a_back_channel_pauses_the_answer_and_lets_it_go_on_at_the_same_sample():
    """Heard at 3.06 s, over at 3.3, known at 3.4: the answer ends just that much later (scenario 20)."""
    answers, question = [LONG.strip()], (0.5, 1.5)
    alone = Talk([question], ["what time is it"], list(answers), sure=[0.99])
    talk = Talk([question, (3.0, 3.2)], ["what time is it", "mm-hm"], list(answers), sure=[0.99, 0.5])
    assert talk.sink.log[:2] == [(3.06, "pause"), (3.4, "resume")]
    assert talk.messages == alone.messages
    assert talk.sink.log[-1][0] - alone.sink.log[-1][0] == pytest.approx(3.4 - 3.06, abs=0.03)
    assert len(talk.writer.prompts) == 1


@pytest.mark.parametrize(("text", "length"), [("", 0.1), ("", 0.4), ("okay", 0.3), ("yeah yeah", 0.5)])
def test_a_cough_a_clap_or_an_okay_costs_the_answer_nothing_but_time(text, length):
    """Each is transcribed, and nothing is asked of the model (scenario 20)."""
    texts = ["what time is it", *[text] * (2 if length > 0.34 else 1)]
    talk = Talk([(0.5, 1.5), (3.0, 3.0 + length)], texts, [LONG.strip()], sure=[0.99, 0.5])
    assert [what for _, what in talk.sink.log] == ["pause", "resume", "flush"]
    assert talk.messages == [("user", "what time is it"), ("assistant", LONG.strip())]
    assert len(talk.writer.prompts) == 1


def test_stop_ends_the_answer_and_nothing_is_said_to_it():
    """What was audible stays, to the word, marked as interrupted (scenarios 16, 17, 21)."""
    talk = Talk([(0.5, 1.5), (3.0, 3.3)], ["what time is it", "stop"], [LONG], sure=[0.99, 0.5])
    assert talk.sink.log[0] == (3.06, "pause")
    assert talk.sink.log[1] == (3.5, "flush")
    assert [role for role, _ in talk.messages] == ["user", "assistant"]
    heard = talk.messages[-1][1]
    assert heard.endswith(" …")
    started = talk.said[0][0]
    assert len(heard.split()) - 1 == int((3.06 + 0.04 - started) / 0.1 + 1e-6)  # a word's last 40 ms may be missing
    assert len(talk.voice.spoken) < 8  # of ten: what was made ahead, and no more
    (marks,) = [notice for _, notice in talk.told if isinstance(notice, Marks)]
    assert marks.at["interrupted"] == pytest.approx(3.5, abs=0.01)
    assert marks.gap is not None


def test_a_new_request_takes_the_floor_and_is_answered_from_its_first_syllable_on():
    """Its first words are heard 0.4 s after it was noticed, and 0.1 s of transcribing later the answer is gone."""
    texts = ["what time is it", "what about", "what about tomorrow"]
    talk = Talk([(0.5, 1.5), (3.0, 4.5)], texts, [LONG, "Rain."], sure=[0.99, 0.99])
    assert talk.sink.log[:2] == [(3.06, "pause"), (3.56, "flush")]
    assert [text for _, text in talk.understood] == ["what time is it", "what about tomorrow"]
    assert talk.said[-1][1] == "Rain."
    assert talk.recogniser.heard[-1] >= 1.5 * SAMPLE_RATE
    assert [role for role, _ in talk.messages] == ["user", "assistant", "user", "assistant"]


def test_interrupted_when_all_is_synthesised_and_still_sounds_it_is_cut_at_the_right_word_all_the_same():
    """Half of the last clause (scenario 19)."""
    talk = Talk(
        [(0.5, 1.5), (2.33, 2.63)], ["what time is it", "stop"], ["one two three four five six."], sure=[0.99, 0.5]
    )
    assert talk.voice.spoken == ["one two three four five six."]
    started = talk.said[0][0]
    assert (
        talk.messages[-1][1].split()[:-1]
        == ["one", "two", "three", "four", "five", "six."][: int((2.39 - started) / 0.1)]
    )


def test_interrupted_before_the_first_sample_sounded_there_was_no_answer_and_no_question():
    """The model had begun to write (scenario 18)."""
    talk = Talk([(0.5, 1.5), (2.0, 2.6)], ["what time is it", "never", "never mind"], [LONG], sure=[0.99], every=0.5)
    assert talk.writer.written
    assert talk.said == []
    assert talk.messages == []
    marks = next(notice for _, notice in talk.told if isinstance(notice, Marks))
    assert marks.record()["unmeasured"] == "it was cut off before it sounded"
    assert "cancelled" in marks.at
    assert "interrupted" not in marks.at


def test_noise_before_the_answer_delays_it_and_no_more():
    """Scenario 23."""
    talk = Talk([(0.5, 1.5), (1.8, 2.1)], ["what time is it", ""], ["Well."], sure=[0.99, 0.5], every=0.6)
    assert talk.messages == [("user", "what time is it"), ("assistant", "Well.")]
    assert talk.said[0][0] < 2.4


def test_the_end_of_our_own_answer_that_comes_back_from_the_room_is_no_request():
    """It begins 30 ms behind our last word, and what it says is known 0.8 s later (scenario 22)."""
    talk = Talk(
        [(0.5, 1.5), (5.08, 5.68)],
        ["what time is it", "eight nine ten"],
        [(LONG[: len(LONG) // 3]).strip()],
        sure=[0.99],
        echo=Echo(),
    )
    assert talk.said[0][0] + 3.0 == pytest.approx(5.03)
    assert [text for _, text in talk.understood] == ["what time is it"]


@pytest.mark.parametrize(("late", "ours"), [(0.7, True), (0.0, False)])
def test_the_end_of_our_own_answer_is_ours_however_late_the_program_comes_to_hear_it(late, ours):
    """The same words 0.65 s behind our last one: on a busy computer they were in the air with it, else repeated."""
    talk = Talk(
        [(0.5, 1.5), (5.68, 6.28)],
        ["what time is it", "eight nine ten"],
        [(LONG[: len(LONG) // 3]).strip(), "Ten."],
        sure=[0.99],
        echo=Echo(late=late),
    )
    assert [text for _, text in talk.understood][1:] == ([] if ours else ["eight nine ten"])


@pytest.mark.parametrize("converged", [False, True])
def test_our_own_voice_that_leaks_into_the_microphone_does_not_interrupt_us(converged):
    """Five times in a minute of speech, short and long; it is known by its words (scenario 22)."""
    speech = [(0.5, 1.5), (5.0, 5.3), (12.0, 12.9), (20.0, 20.2), (33.0, 33.3), (41.0, 41.6)]
    twelve, last = ["two three", "two three four five", "three four five six"], ["six seven"] * 2
    texts = ["what time is it", "seven eight", *twelve, "five", "ten one", *last]
    answer = LONG.strip() * 7
    talk = Talk(speech, texts, [answer], seconds=50.0, sure=[0.99], echo=Echo(converged=converged))
    assert [text for _, text in talk.understood] == ["what time is it"]
    assert talk.messages[-1] == ("assistant", answer)


def test_where_our_own_voice_got_through_the_canceller_whatever_it_is_taken_for_does_not_interrupt_us_and_stop_does():
    """Its words are not ours any more: garbled, they are others' questions."""
    talk = Talk(
        [(0.5, 1.5), (4.0, 4.3), (6.0, 6.3), (8.0, 8.3)],
        ["what time is it", "who are you", "goodbye", "stop"],
        [LONG],
        sure=[0.99, 0.5],
        echo=Echo(converged=False, leaks=True),
    )
    assert [text for _, text in talk.understood] == ["what time is it"]
    cancelled = [at for at, what in talk.sink.log if what == "flush"]
    assert cancelled[0] > 8.0


def test_where_the_echo_stays_too_loud_only_stop_interrupts_and_nothing_is_paused_for():
    """Half-duplex: our own voice, another request, then the word for it."""
    talk = Talk(
        [(0.5, 1.5), (4.0, 4.3), (6.0, 6.3), (8.0, 8.3)],
        ["what time is it", "six seven", "what about tomorrow", "stop"],
        [LONG],
        sure=[0.99, 0.5],
        echo=Echo(controlled=False),
    )
    assert [what for _, what in talk.sink.log] == ["flush", "resume", "flush"]
    assert talk.sink.log[0][0] == pytest.approx(8.5)
    assert len(talk.writer.prompts) == 1


class WakesAt:
    """Hears the wake word at these times, in seconds."""

    def __init__(self, *times):
        self.times = [round(at * SAMPLE_RATE) for at in times]

    def push(self, frame):
        if any(frame.position <= at < frame.position + FRAME_SAMPLES for at in self.times):
            return Woken("hey jarvis", frame.position)
        return None


def test_asleep_nothing_is_transcribed_and_a_follow_up_needs_no_wake_word_for_8_s():
    """Talk at 1 s is not for us; woken at 4 s; a follow-up at 9 s; asleep 8 s after its answer, and at 25 s (25)."""
    talk = Talk(
        [(1.0, 2.0), (4.1, 5.0), (9.0, 10.0), (25.0, 26.0)],
        ["what time is it", "and tomorrow"],
        ["Noon.", "Noon again."],
        sure=[0.99, 0.99],
        seconds=30.0,
        rules=Rules(Mode.WAKE),
        wake=WakesAt(4.0),
    )
    assert [text for _, text in talk.understood] == ["what time is it", "and tomorrow"]
    chimes = [at for at, what in talk.sink.log if what == "chime"]
    assert chimes[0] == pytest.approx(4.02)
    assert len(chimes) == 2
    answered = talk.said[-1][0] + 0.2
    assert chimes[1] - answered == pytest.approx(8.0, abs=0.05)


def test_asleep_two_minutes_of_talk_cost_no_transcription_and_no_sound():
    """Scenario 24."""
    speech = [(at, at + 3.0) for at in range(1, 120, 4)]
    talk = Talk(speech, [], [], seconds=120.0, rules=Rules(Mode.WAKE), wake=WakesAt())
    assert talk.recogniser.heard == []
    assert talk.writer.prompts == []
    assert talk.sink.log == []


def test_a_wake_word_that_nothing_follows_lets_it_sleep_again():
    talk = Talk([], [], [], seconds=20.0, rules=Rules(Mode.WAKE), wake=WakesAt(4.0))
    assert [round(at) for at, what in talk.sink.log if what == "chime"] == [4, 12]
