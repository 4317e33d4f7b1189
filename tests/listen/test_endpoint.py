import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE
from assistant.listen.endpoint import (
    Endpointer,
    Patience,
    Pause,
    Resumed,
    SpeechStarted,
    Stilled,
    Stirring,
    TurnEnded,
)

MS = SAMPLE_RATE // 1000


def timed(flags, patience=None, waits=()):
    """All events that *flags*, one for each 20 ms frame, lead to, with the time in ms at which each is known.

    *waits* gives, pause by pause, the patience in ms that somebody finds right as soon as it has begun.
    """
    endpointer, waits = Endpointer(patience or Patience()), list(waits)
    for index, flag in enumerate(flags):
        event = endpointer.push(index * FRAME_SAMPLES, flag)
        if event is not None:
            yield (index + 1) * 20, event
        if isinstance(event, Pause) and waits:
            endpointer.wait(event.speech_end, waits.pop(0) * MS)


def play(flags, patience=None, waits=()):
    """The events alone."""
    return [event for _, event in timed(flags, patience, waits)]


def speech(milliseconds):
    return [True] * (milliseconds // 20)


def silence(milliseconds):
    return [False] * (milliseconds // 20)


def test_a_turn_begins_before_its_first_syllable_and_ends_after_the_patience():
    """1 s of silence, 2 s of speech: kept from 300 ms before, a pause after 100 ms, ended after 740."""
    assert list(timed(silence(1000) + speech(2000) + silence(1000))) == [
        (1060, SpeechStarted(700 * MS)),
        (3100, Pause(start=700 * MS, speech_end=3000 * MS)),
        (3740, TurnEnded(start=700 * MS, speech_end=3000 * MS)),
    ]


def test_what_may_be_a_beginning_is_told_at_once_and_was_one_or_nothing():
    """A frame at 20 ms is nothing 100 ms later; one at 220 ms is followed by speech."""
    endpointer, told = Endpointer(Patience()), []
    for index in range(20):
        event = endpointer.push(index * FRAME_SAMPLES, index >= 12, index in {0, 10} or index >= 12)
        if event is not None:
            told.append(((index + 1) * 20, type(event)))
    assert told == [(20, Stirring), (120, Stilled), (220, Stirring), (300, SpeechStarted)]


def test_a_turn_that_is_open_stirs_no_more_and_what_stirs_when_one_is_forgotten_is_still_told():
    endpointer = Endpointer(Patience())
    events = [endpointer.push(index * FRAME_SAMPLES, True, True) for index in range(20)]
    assert [type(event) for event in events if event] == [Stirring, SpeechStarted]
    endpointer.forget()
    events = [endpointer.push((20 + index) * FRAME_SAMPLES, False, index == 0) for index in range(3)]
    endpointer.forget()
    events += [endpointer.push((23 + index) * FRAME_SAMPLES, False) for index in range(5)]
    assert [type(event) for event in events if event] == [Stirring, Stilled]


@pytest.mark.parametrize(
    ("voiced", "pause", "end"), [(4, 1080, 1280), (9, 1080, 1280), (11, 1100, 1300), (20, 1100, 1300)]
)
def test_a_silence_counts_from_the_last_sound_and_is_noticed_at_the_nearest_end_of_a_frame(voiced, pause, end):
    """100 and 300 ms behind a voice that ends 4, 9, 11, or 20 ms into the frame from 980 to 1000."""
    endpointer, told = Endpointer(Patience(silence=300 * MS)), {}
    for index in range(80):
        last = voiced * MS if index == 49 else FRAME_SAMPLES
        if (event := endpointer.push(index * FRAME_SAMPLES, index < 50, voiced=last)) is not None:
            told[type(event)] = (index + 1) * 20
    assert (told[Pause], told[TurnEnded]) == (pause, end)


@pytest.mark.parametrize("wait", [180, 300, 600, 1200])
def test_the_patience_found_right_in_a_pause_decides_when_the_turn_ends(wait):
    """Shorter than the default and longer."""
    events = list(timed(speech(1000) + silence(2000), waits=[wait]))
    assert events[-1] == (1000 + wait, TurnEnded(0, 1000 * MS))


def test_a_patience_that_is_already_over_ends_the_turn_at_the_next_frame():
    """The words of a pause may be known late."""
    endpointer = Endpointer(Patience())
    events = [endpointer.push(index * FRAME_SAMPLES, index < 50) for index in range(70)]
    assert events[-1] is None
    endpointer.wait(50 * FRAME_SAMPLES, 180 * MS)
    assert endpointer.push(70 * FRAME_SAMPLES, False) == TurnEnded(0, 50 * FRAME_SAMPLES)


def test_the_patience_of_one_pause_is_not_that_of_the_next():
    """Also when it is found right too late, after they went on."""
    flags = speech(500) + silence(300) + speech(500) + silence(800)
    assert list(timed(flags, waits=[1200]))[-1] == (2040, TurnEnded(0, 1300 * MS))
    endpointer = Endpointer(Patience())
    for index, flag in enumerate(flags[:50]):
        endpointer.push(index * FRAME_SAMPLES, flag)
    endpointer.wait(500 * MS, 180 * MS)
    assert not any(endpointer.push((50 + index) * FRAME_SAMPLES, False) for index in range(4))


def test_a_click_is_not_speech():
    """40 ms are too short to be anything."""
    assert play(silence(500) + speech(40) + silence(1000)) == []


def test_a_yes_is_a_turn():
    """180 ms are speech (scenario 12)."""
    assert isinstance(play(silence(500) + speech(180) + silence(1000))[-1], TurnEnded)


def test_a_hole_in_a_syllable_does_not_hide_it():
    """Speech flags need not be neighbours, only close."""
    assert play([True, False, True, False, True]) == [SpeechStarted(0)]


def test_a_pause_shorter_than_the_patience_is_part_of_the_turn():
    """A pause of 720 ms in mid-sentence: one turn (scenario 9)."""
    events = list(timed(speech(500) + silence(720) + speech(500) + silence(740)))
    assert [at for at, _ in events] == [60, 600, 1280, 1820, 2460]
    assert [type(event) for _, event in events] == [SpeechStarted, Pause, Resumed, Pause, TurnEnded]
    assert events[2][1] == Resumed(720 * MS)
    assert events[-1][1] == TurnEnded(0, speech_end=1720 * MS)


def test_a_click_in_a_pause_neither_resumes_the_turn_nor_makes_its_end_later():
    """Scenario 11: what seemed to be going on was nothing."""
    events = list(timed(speech(500) + silence(200) + speech(40) + silence(600)))
    assert events[-1] == (1240, TurnEnded(0, 500 * MS))
    assert not any(isinstance(event, Resumed) for _, event in events)


def test_a_turn_that_is_forgotten_never_ends_and_the_next_one_starts_as_usual():
    """What was said was not meant for us."""
    endpointer = Endpointer(Patience())
    for index in range(10):
        endpointer.push(index * FRAME_SAMPLES, True)
    endpointer.forget()
    assert not endpointer.open
    quiet = [endpointer.push((10 + index) * FRAME_SAMPLES, False) for index in range(100)]
    assert quiet == [None] * 100
    assert [endpointer.push((110 + index) * FRAME_SAMPLES, True) for index in range(3)][-1] is not None


def test_a_monologue_is_cut_at_the_longest_turn():
    """After 30 s the turn ends, and speech that goes on starts the next one."""
    events = play(speech(31_000))
    assert [type(event) for event in events] == [SpeechStarted, TurnEnded, SpeechStarted]
    assert events[1].speech_end - events[1].start == 30 * SAMPLE_RATE


def test_a_turn_that_is_open_at_the_end_is_not_lost():
    """Closing ends it; closing twice, or with nothing open, gives nothing."""
    endpointer = Endpointer(Patience())
    for index in range(10):
        endpointer.push(index * FRAME_SAMPLES, True)
    assert endpointer.close() == TurnEnded(0, 10 * FRAME_SAMPLES)
    assert endpointer.close() is None


@given(st.lists(st.booleans(), max_size=3000), st.lists(st.integers(100, 1500), max_size=20))
def test_turns_pause_and_go_on_in_order_and_end_after_enough_silence_or_length(flags, waits):
    """Whatever the flags and patiences: start, (pause, resumed)*, (pause,) end; and turns never overlap."""
    patience = Patience(longest=2 * SAMPLE_RATE)
    last_end, kinds = 0, ""
    for at, event in timed(flags, patience, waits):
        kinds += {SpeechStarted: "s", Pause: "p", Resumed: "r", TurnEnded: "e"}[type(event)]
        if isinstance(event, TurnEnded):
            assert event.start < event.speech_end <= at * MS
            assert at * MS - event.speech_end >= 100 * MS or at * MS - event.start >= patience.longest
            assert at * MS - event.start <= patience.longest + FRAME_SAMPLES + patience.pre_roll + patience.window
            assert event.speech_end >= last_end
            last_end = event.speech_end
    assert re.fullmatch("(s(pr)*p?e)*(s(pr)*p?)?", kinds)
