from hypothesis import given
from hypothesis import strategies as st

from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE
from assistant.listen.endpoint import Endpointer, Patience, SpeechStarted, TurnEnded

MS = SAMPLE_RATE // 1000


def play(flags, patience=None):
    """All events that *flags*, one for each 20 ms frame, lead to."""
    endpointer = Endpointer(patience or Patience())
    events = (endpointer.push(index * FRAME_SAMPLES, flag) for index, flag in enumerate(flags))
    return [event for event in events if event is not None]


def speech(milliseconds):
    return [True] * (milliseconds // 20)


def silence(milliseconds):
    return [False] * (milliseconds // 20)


def test_a_turn_begins_before_its_first_syllable_and_ends_after_the_patience():
    """1 s of silence, 2 s of speech: kept from 300 ms before, ended 600 ms after."""
    assert play(silence(1000) + speech(2000) + silence(1000)) == [
        SpeechStarted(700 * MS),
        TurnEnded(start=700 * MS, speech_end=3000 * MS, end=3600 * MS),
    ]


def test_a_click_is_not_speech():
    """40 ms are too short to be anything."""
    assert play(silence(500) + speech(40) + silence(1000)) == []


def test_a_yes_is_a_turn():
    """180 ms are speech (scenario 12)."""
    assert len(play(silence(500) + speech(180) + silence(1000))) == 2


def test_a_hole_in_a_syllable_does_not_hide_it():
    """Speech flags need not be neighbours, only close."""
    assert play([True, False, True, False, True]) == [SpeechStarted(0)]


def test_a_pause_shorter_than_the_patience_is_part_of_the_turn():
    """A pause of 580 ms in mid-sentence: one turn."""
    events = play(speech(500) + silence(580) + speech(500) + silence(600))
    assert events == [SpeechStarted(0), TurnEnded(0, speech_end=1580 * MS, end=2180 * MS)]


def test_a_monologue_is_cut_at_the_longest_turn():
    """After 30 s the turn ends, and speech that goes on starts the next one."""
    events = play(speech(31_000))
    assert [type(event) for event in events] == [SpeechStarted, TurnEnded, SpeechStarted]
    assert events[1].end - events[1].start == 30 * SAMPLE_RATE


def test_a_turn_that_is_open_at_the_end_is_not_lost():
    """Closing ends it; closing twice, or with nothing open, gives nothing."""
    endpointer = Endpointer(Patience())
    for index in range(10):
        endpointer.push(index * FRAME_SAMPLES, True)
    assert endpointer.close(10 * FRAME_SAMPLES) == TurnEnded(0, 10 * FRAME_SAMPLES, 10 * FRAME_SAMPLES)
    assert endpointer.close(10 * FRAME_SAMPLES) is None


@given(st.lists(st.booleans(), max_size=3000))
def test_starts_and_ends_alternate_and_turns_never_overlap(flags):
    """Whatever the flags: start, end, start, end ...; in order; each end after enough silence or length."""
    patience = Patience(longest=2 * SAMPLE_RATE)
    events = play(flags, patience)
    kinds = [SpeechStarted, TurnEnded] * (len(events) // 2 + 1)
    assert [type(event) for event in events] == kinds[: len(events)]
    for event in events:
        if isinstance(event, TurnEnded):
            assert event.start < event.speech_end <= event.end
            waited, lasted = event.end - event.speech_end, event.end - event.start
            assert waited >= patience.silence or lasted >= patience.longest
            assert lasted <= patience.longest + FRAME_SAMPLES + patience.pre_roll + patience.window
