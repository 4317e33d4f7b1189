import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.floor import Floor, Theirs
from assistant.flow import JOINT, SAMPLE_RATE, Utterance
from assistant.listen.ear import MayBeOver
from assistant.listen.endpoint import Resumed, SpeechStarted, Stilled, Stirring
from assistant.listen.wake import Woken
from assistant.moves import (
    Announce,
    Answer,
    Do,
    Judge,
    Mode,
    Overheard,
    Prepare,
    Ring,
    Rules,
    Scene,
    TimeToDecide,
    TimeToSleep,
    TurnOver,
    Understood,
    Wish,
)

STARTED = SpeechStarted(0)
SILENT, HEARD = Scene(heard=False), Scene(heard=True)


def said(at=0.0, seconds=1.0):
    """Something said from *at* on."""
    samples = np.ones(round(seconds * SAMPLE_RATE), np.int16)
    return Utterance(samples, round(at * SAMPLE_RATE), at + seconds, at + seconds + 0.3)


def told(floor, *events, scene=SILENT):
    """All that *events* lead to, in order."""
    return [command for event in events for command in floor.push(event, scene)]


def answering(**rules):
    """A floor on which a question is being answered."""
    floor = Floor(Rules(**rules))
    told(floor, STARTED, said())
    return floor


def paused(floor, utterance, text, scene):
    """They pause behind *utterance*, which says *text*."""
    judge = told(floor, MayBeOver(utterance), scene=scene)[0]
    return told(floor, Understood(judge.utterance, text), scene=scene)


def test_a_question_is_judged_at_its_pause_and_answered_at_its_end():
    floor, question = Floor(), said()
    assert told(floor, STARTED, MayBeOver(question)) == [Judge(question)]
    assert told(floor, Understood(question, "what time is it")) == [Prepare(question)]
    assert told(floor, question) == [Answer(question)]
    assert told(floor, TurnOver()) == [Do.SLEEP_LATER]
    assert floor.free


def test_a_question_is_answered_though_its_words_are_not_known_yet():
    """The turn waits for them itself."""
    floor, question = Floor(), said()
    assert told(floor, STARTED, MayBeOver(question), question) == [Judge(question), Answer(question)]


def test_speech_while_we_speak_holds_our_breath_at_once():
    assert told(answering(), STARTED, scene=HEARD) == [Do.HOLD, Do.DECIDE_LATER]


@pytest.mark.parametrize("text", ["mm-hm", "okay", "yeah yeah", "", "uh huh"])
def test_a_back_channel_or_a_cough_lets_us_go_on_at_the_same_sample(text):
    """And is not answered (scenario 20)."""
    floor = answering()
    told(floor, STARTED, scene=HEARD)
    assert paused(floor, said(5), text, HEARD) == [Do.FORGET, Do.GO_ON]
    assert told(floor, TurnOver()) == [Do.SLEEP_LATER]


@pytest.mark.parametrize("text", ["stop", "Wait.", "stop talking", "never mind", "hold on"])
def test_stop_ends_our_turn_and_is_not_answered(text):
    """Scenario 21."""
    floor = answering()
    told(floor, STARTED, scene=HEARD)
    assert paused(floor, said(5), text, HEARD) == [Do.CANCEL, Do.GO_ON, Do.FORGET, Do.SLEEP_LATER]
    assert floor.free


def test_the_first_words_of_a_new_request_end_our_turn_before_it_is_over():
    """It is answered at its end, alone: we had spoken."""
    floor, request = answering(), said(5)
    told(floor, STARTED, scene=HEARD)
    assert told(floor, TimeToDecide(), scene=HEARD) == [Do.OVERHEAR]
    assert told(floor, Overheard("what about", 0.5), scene=HEARD) == [Do.CANCEL, Do.GO_ON]
    assert paused(floor, request, "what about tomorrow", HEARD) == [Prepare(request)]
    assert told(floor, request) == [Answer(request)]


def test_a_request_that_ends_before_its_words_are_known_is_answered_when_they_are():
    floor, request = answering(), said(5)
    told(floor, STARTED, scene=HEARD)
    assert told(floor, MayBeOver(request), request, scene=HEARD) == [Judge(request)]
    assert told(floor, Understood(request, "what about tomorrow"), scene=HEARD)[-1] == Answer(request)


def test_wait_silences_us_at_once_and_may_go_on_as_a_request():
    """Its first word is heard while they still speak."""
    for text, answered in (("wait", False), ("wait what about tomorrow", True)):
        floor, request = answering(), said(5)
        told(floor, STARTED, TimeToDecide(), scene=HEARD)
        assert told(floor, Overheard("wait", 0.5), scene=HEARD) == [Do.CANCEL, Do.GO_ON]
        paused(floor, request, text, HEARD)
        assert (floor.theirs is Theirs.NOTHING) is not answered
        if answered:
            assert told(floor, request) == [Answer(request)]


def test_an_okay_that_is_still_going_on_is_looked_at_again():
    floor = answering()
    told(floor, STARTED, TimeToDecide(), scene=HEARD)
    assert told(floor, Overheard("okay", 0.5), scene=HEARD) == [Do.DECIDE_LATER]
    told(floor, TimeToDecide(), scene=HEARD)
    assert told(floor, Overheard("okay but what about", 0.9), scene=HEARD) == [Do.CANCEL, Do.GO_ON]


def test_who_goes_on_before_we_make_a_sound_had_only_paused():
    """Both halves become one utterance, with a short silence between them (scenario 10)."""
    floor, first, second = Floor(), said(0), said(2)
    told(floor, STARTED, first)
    assert told(floor, STARTED) == [Do.HOLD, Do.DECIDE_LATER]
    done = paused(floor, second, "and thirty eight", SILENT)
    assert done == [Do.CANCEL, Do.GO_ON]
    whole = told(floor, second)[0].utterance
    assert whole.position == first.position
    assert whole.speech_ended_at == second.speech_ended_at
    assert whole.samples.size == round((2 + JOINT) * SAMPLE_RATE)


def test_noise_before_our_answer_delays_it_and_no_more():
    """Scenario 23."""
    floor = answering()
    told(floor, STARTED)
    assert paused(floor, said(3), "", SILENT) == [Do.FORGET, Do.GO_ON]
    assert isinstance(floor.answering, Utterance)


def test_in_a_pause_nothing_is_transcribed_twice():
    """The time to decide comes between a pause and its words."""
    floor = answering()
    told(floor, STARTED, MayBeOver(said(5)), scene=HEARD)
    assert told(floor, TimeToDecide(), scene=HEARD) == []


def test_words_of_a_pause_that_is_over_decide_nothing():
    """They come late, when the person speaks again."""
    floor = answering()
    told(floor, STARTED, scene=HEARD)
    judge = told(floor, MayBeOver(said(5)), scene=HEARD)[0]
    assert told(floor, Resumed(0), Understood(judge.utterance, "okay"), scene=HEARD) == [Do.OVERHEAR]
    assert floor.theirs is Theirs.HOLDING


def test_our_own_voice_neither_interrupts_nor_is_answered():
    """What we are saying comes back through the microphone, while we speak and just behind it (scenario 22)."""
    floor, echo = answering(), Scene(heard=True, echo="the capital of france is paris and it is a lovely city")
    told(floor, STARTED, TimeToDecide(), scene=echo)
    assert told(floor, Overheard("france is paris", 0.5), scene=echo) == [Do.DECIDE_LATER]
    assert paused(floor, said(5), "capital of france is paris", echo) == [Do.FORGET, Do.GO_ON]
    told(floor, TurnOver())
    told(floor, STARTED, scene=echo)
    assert paused(floor, said(7), "it is a lovely city", echo) == [Do.FORGET, Do.SLEEP_LATER]


def test_our_own_numbers_are_ours_though_the_recogniser_writes_digits():
    floor, echo = answering(), Scene(heard=True, echo="an hour has sixty minutes")
    told(floor, STARTED, scene=echo)
    assert paused(floor, said(5), "60 minutes", echo) == [Do.FORGET, Do.GO_ON]


def test_what_the_canceller_let_through_is_ours_whatever_it_was_understood_as_but_stop():
    ours = Scene(heard=True, echo="the sun is a star", sure=False, ours=True)
    for text, done in [("who are you", [Do.FORGET, Do.GO_ON]), ("stop", [Do.CANCEL, Do.GO_ON, Do.FORGET])]:
        floor = answering()
        told(floor, STARTED, scene=ours)
        assert told(floor, Overheard("who are", 1.5), scene=ours) == [Do.DECIDE_LATER]
        assert paused(floor, said(5), text, ours)[: len(done)] == done


def test_a_yes_right_behind_our_question_is_an_answer_and_no_echo():
    floor, echo, yes = answering(), Scene(heard=True, echo="shall i add it to your list"), said(5)
    told(floor, TurnOver())
    told(floor, STARTED, scene=echo)
    assert paused(floor, yes, "yes", echo) == [Prepare(yes)]
    assert told(floor, yes) == [Answer(yes)]


def test_no_answer_is_begun_where_more_must_come_or_they_pause_again_and_again():
    """Behind an open word, behind nothing at all, and from the fourth pause on."""
    floor = Floor(Rules(speculations=3))
    told(floor, STARTED)
    begun = []
    for number, text in enumerate(["set a timer for", "", "call mum", "buy milk", "buy bread", "buy tea"], 1):
        begun += paused(floor, said(number), text, SILENT)
        told(floor, Resumed(0))
    assert [command.utterance.position for command in begun] == [3 * SAMPLE_RATE, 4 * SAMPLE_RATE, 5 * SAMPLE_RATE]
    assert not paused(Floor(Rules(speculations=0), theirs=Theirs.ASKING), said(), "buy milk", SILENT)


def test_who_goes_on_after_stop_was_no_more_than_a_pause_gets_one_answer_to_both_halves():
    """The second half alone is not worth beginning with: what was judged lacks the first."""
    floor, first, second = Floor(), said(0), said(2)
    told(floor, STARTED, first)
    told(floor, STARTED)
    judged = paused(floor, second, "and bread", SILENT)
    assert judged == [Do.CANCEL, Do.GO_ON]
    (answer,) = told(floor, second)
    assert answer.utterance.position == first.position


def test_where_echo_cannot_be_controlled_only_stop_interrupts():
    """And we speak on while we listen for it."""
    half = Scene(heard=True, full_duplex=False)
    floor = answering()
    assert told(floor, STARTED, scene=half) == [Do.DECIDE_LATER]
    assert told(floor, TimeToDecide(), Overheard("what about tomorrow", 1.0), scene=half)[-1] == Do.DECIDE_LATER
    assert paused(floor, said(5), "what about tomorrow", half) == [Do.FORGET]
    told(floor, STARTED, scene=half)
    assert paused(floor, said(7), "stop", half)[0] == Do.CANCEL


def test_what_is_half_heard_when_we_fall_silent_is_dropped_where_echo_cannot_be_controlled():
    half = Scene(heard=True, full_duplex=False)
    floor = answering()
    told(floor, STARTED, scene=half)
    assert told(floor, TurnOver(), scene=half) == [Do.FORGET, Do.SLEEP_LATER]


def test_a_turn_that_had_nothing_to_say_leaves_the_floor_to_whoever_spoke_meanwhile():
    floor, request = answering(), said(3)
    told(floor, STARTED)
    assert told(floor, TurnOver()) == [Do.GO_ON]
    assert told(floor, MayBeOver(request), request) == [Judge(request), Answer(request)]


def test_a_timer_rings_between_turns_not_into_them():
    """Nor while somebody speaks."""
    floor, request = answering(), said(5)
    assert told(floor, Ring("Your timer is done.")) == []
    assert told(floor, TurnOver()) == [Announce("Your timer is done.")]
    told(floor, TurnOver(), STARTED)
    assert told(floor, Ring("Again.")) == []
    told(floor, request)
    assert told(floor, TurnOver()) == [Announce("Again.")]


def test_it_sleeps_when_nobody_has_spoken_for_a_while_and_only_where_something_wakes_it():
    for mode, sleeps in ((Mode.OPEN, []), (Mode.WAKE, [Do.SLEEP]), (Mode.PUSH, [Do.SLEEP])):
        floor = answering(mode=mode)
        assert told(floor, TimeToSleep()) == []
        assert told(floor, TurnOver(), TimeToSleep())[1:] == sleeps
        assert told(floor, STARTED, TimeToSleep()) == []


def test_the_wake_word_takes_the_floor_from_us():
    """Also while we hold our breath."""
    floor = answering(mode=Mode.WAKE)
    assert told(floor, Woken("hey jarvis", 0), scene=HEARD) == [Do.CANCEL, Do.AWAKE, Do.SLEEP_LATER]
    floor = answering(mode=Mode.WAKE)
    told(floor, STARTED, scene=HEARD)
    assert told(floor, Woken("hey jarvis", 0), scene=HEARD) == [Do.CANCEL, Do.GO_ON, Do.AWAKE, Do.SLEEP_LATER]


def test_who_wishes_silence_gets_it_at_once_and_nothing_that_waits_is_said_later():
    """While we speak, and while they speak into that; what they say is not answered either."""
    for spoken, done in (((), [Do.CANCEL, Do.FORGET]), ((STARTED,), [Do.CANCEL, Do.GO_ON, Do.FORGET])):
        floor = answering()
        told(floor, Ring("Your timer is done."), *spoken, scene=HEARD)
        assert told(floor, Wish.SILENCE, scene=HEARD) == [*done, Do.SLEEP_LATER]
        assert floor.free
        assert told(floor, said(5)) == []


def test_a_prepared_answer_is_not_given_to_who_wishes_silence():
    floor, question = Floor(), said()
    told(floor, STARTED)
    paused(floor, question, "what time is it", SILENT)
    assert Do.FORGET in told(floor, Wish.SILENCE)
    assert floor.pausing is None
    assert told(floor, question) == []


def test_who_wishes_it_asleep_need_not_wait_for_its_end():
    """In any mode: also where nothing but another wish wakes it."""
    for mode in Mode:
        assert told(answering(mode=mode), Wish.SLEEP, scene=HEARD)[-1] is Do.SLEEP


def test_a_microphone_that_is_closed_takes_no_answer_from_anybody():
    """What is spoken is spoken to its end; what is being said is forgotten."""
    floor = answering()
    assert told(floor, STARTED, scene=HEARD) == [Do.HOLD, Do.DECIDE_LATER]
    assert told(floor, Wish.DEAFNESS, scene=HEARD) == [Do.FORGET, Do.GO_ON]
    assert told(floor, TurnOver()) == [Do.SLEEP_LATER]


def test_what_may_be_a_beginning_makes_us_softer_and_what_comes_of_it_decides():
    """Nothing: as loud as before. Speech: our breath is held, as it would have been."""
    floor = answering()
    assert told(floor, Stirring(), Stilled(), Stirring(), scene=HEARD) == [Do.DUCK, Do.GO_ON, Do.DUCK]
    assert told(floor, STARTED, scene=HEARD) == [Do.HOLD, Do.DECIDE_LATER]
    assert told(floor, Stirring(), Stilled(), scene=HEARD) == []


@pytest.mark.parametrize(
    "scene",
    [SILENT, Scene(heard=True, full_duplex=False), Scene(heard=True, echo="what we say", sure=False)],
)
def test_nobody_hears_a_dip_for_what_may_be_ourselves_or_before_our_first_sound(scene):
    assert told(answering(), Stirring(), scene=scene) == []


def test_who_does_not_want_to_be_interrupted_hears_no_dip_either():
    assert told(answering(barge_in=False), Stirring(), scene=HEARD) == []
    assert told(Floor(), Stirring(), Stilled(), scene=HEARD) == []


class Person:
    """Draws events in an order in which an ear can notice them."""

    def __init__(self, data):
        self.data = data
        self.at = 0.0
        self.state = "quiet"
        self.judging = None

    def next(self):
        ways = {
            "quiet": [STARTED, Woken("hey jarvis", 0)],
            "speaks": ["pause", "end", Overheard(self.words(), 0.5)],
            "pauses": [Resumed(0), "end", "understood"],
        }[self.state]
        always = [TurnOver(), TimeToDecide(), TimeToSleep(), Ring("Ding."), *Wish]
        always += [Stirring(), Stilled()] if self.state == "quiet" else []
        event = self.data.draw(st.sampled_from([*ways, *ways, *always]))
        self.at += 1
        if event == "pause":
            self.state = "pauses"
            return MayBeOver(said(self.at))
        if event == "end":
            self.state = "quiet"
            return said(self.at)
        if event == "understood":
            return Understood(self.judging or said(self.at), self.words())
        self.state = {SpeechStarted: "speaks", Resumed: "speaks", Woken: "quiet"}.get(type(event), self.state)
        return event

    def words(self):
        return self.data.draw(st.sampled_from(["", "okay", "stop", "what time is it", "our own voice"]))


class Watcher:
    """Does what the floor says, and finds fault with it."""

    def __init__(self):
        self.under_way = self.held = self.soft = False

    def do(self, command, person):
        match command:
            case Answer() | Announce():
                assert not self.under_way
                assert not self.held
                self.under_way = True
            case Do.CANCEL:
                assert self.under_way
                self.under_way = False
            case Do.HOLD:
                assert not self.held
                self.held = True
            case Do.DUCK:
                assert self.under_way
                assert not self.held
                self.soft = True
            case Do.GO_ON:
                self.held = self.soft = False
            case Do.FORGET:
                person.state = "quiet"
            case Judge(utterance):
                person.judging = utterance


@given(st.data(), st.booleans(), st.booleans(), st.sampled_from(Mode))
def test_whatever_happens_there_is_one_turn_at_a_time_and_no_breath_is_held_for_ever(data, duplex, barge_in, mode):
    """A held breath ends by GO_ON; a turn begins only when the last one is over or cancelled."""
    floor, person, watcher = Floor(Rules(mode=mode, barge_in=barge_in)), Person(data), Watcher()
    for _ in range(data.draw(st.integers(0, 60))):
        event = person.next()
        if isinstance(event, TurnOver):
            if not watcher.under_way or watcher.held:
                continue
            watcher.under_way = False
        scene = Scene(data.draw(st.booleans()), data.draw(st.sampled_from(["", "our own voice"])), duplex)
        for command in floor.push(event, scene):
            watcher.do(command, person)
        assert watcher.under_way == (floor.answering is not None)
        assert not watcher.held or floor.theirs is Theirs.HOLDING
        if isinstance(event, Stilled) and watcher.under_way and not watcher.held:
            assert not watcher.soft
