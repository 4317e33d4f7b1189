import numpy as np
import pytest

from assistant.flow import FRAME_SAMPLES, Frame
from assistant.listen.wake import WakeWords, Woken

MS = 16
LAG = 400 * MS
RANDOM = np.random.default_rng(1)
WORD = 12345
"""the sample by which the fake engine knows its word"""


class FakeEngine:
    """Knows its word by the sample WORD."""

    def __init__(self, word="hey jarvis", chunk=1280, rests=True):
        self.word, self.lags = word, {word: LAG}
        self.chunk, self.rests = chunk, rests
        self.heard = []
        self.forgotten = 0

    def hear(self, chunk):
        self.heard.append(chunk)
        return self.word if WORD in chunk else None

    def forget(self):
        self.forgotten += 1


def sound(*parts):
    """(ms, amplitude) one after another as noise; an amplitude of WORD is noise with the word's sample at the end."""
    pieces = []
    for ms, amplitude in parts:
        loud = 3000 if amplitude == WORD else amplitude
        piece = RANDOM.integers(-loud, loud + 1, ms * MS).astype(np.int16)
        piece[-1] = WORD if amplitude == WORD else piece[-1]
        pieces.append(piece)
    return np.concatenate(pieces)


def frames(samples, begin=0):
    for at in range(0, len(samples), FRAME_SAMPLES):
        yield Frame(samples[at : at + FRAME_SAMPLES], begin + at, 0.0)


def push_all(wake, samples, begin=0):
    """(what woke, at which sample we knew)."""
    woken = ((wake.push(frame), frame.position + FRAME_SAMPLES) for frame in frames(samples, begin))
    return [(found, at) for found, at in woken if found]


def test_frames_reach_the_engine_in_chunks_of_its_size_without_a_hole():
    engine = FakeEngine(rests=False)
    samples = sound((1010, 500))[: 50 * FRAME_SAMPLES]
    push_all(WakeWords([engine]), samples)
    assert {chunk.size for chunk in engine.heard} == {1280}
    assert np.array_equal(np.concatenate(engine.heard), samples[: 12 * 1280])


def test_engines_of_different_chunks_hear_the_same():
    large, small = FakeEngine(rests=False), FakeEngine("alexa", chunk=320, rests=False)
    wake = WakeWords([large, small])
    samples = sound((800, 500))
    push_all(wake, samples)
    assert np.array_equal(np.concatenate(large.heard), np.concatenate(small.heard))
    assert wake.words == ("hey jarvis", "alexa")


def test_in_one_breath_the_word_ends_as_long_ago_as_the_engine_is_late():
    wake = WakeWords([FakeEngine()])
    [(woken, _)] = push_all(wake, sound((960, 10), (800, WORD), (1040, 3000)))
    assert woken == Woken("hey jarvis", 1760 * MS - LAG)


def test_a_pause_behind_the_word_is_where_it_ends():
    """Recognised 240 ms after its end."""
    samples = sound((960, 10), (640, 3000), (1200, 10))
    samples[1840 * MS - 1] = WORD
    [(woken, at)] = push_all(WakeWords([FakeEngine()]), samples)
    assert woken.position == 1640 * MS
    assert at == 1840 * MS


def test_a_word_recognised_before_it_is_over_waits_a_little_for_its_pause():
    """120 ms of one."""
    samples = sound((960, 10), (680, WORD), (40, 3000), (1120, 10))
    [(woken, at)] = push_all(WakeWords([FakeEngine()]), samples)
    assert woken.position == (1680 + 40) * MS
    assert at == (1680 + 120) * MS


def test_it_does_not_wait_longer_than_200_ms():
    [(_, at)] = push_all(WakeWords([FakeEngine()]), sound((960, 10), (640, WORD), (1040, 3000)))
    assert at == (1600 + 200) * MS


def test_the_end_is_never_before_the_beginning():
    [(woken, _)] = push_all(WakeWords([FakeEngine()]), sound((80, 10), (160, WORD), (800, 3000)))
    assert woken.position == 0


def test_one_utterance_wakes_once():
    again = sound((960, 10), (400, WORD), (400, WORD), (400, WORD), (2000, 10))
    assert len(push_all(WakeWords([FakeEngine()]), again)) == 1


def test_two_engines_that_hear_the_same_word_wake_once():
    engines = [FakeEngine(), FakeEngine("hey jarvis", chunk=320, rests=False)]
    assert len(push_all(WakeWords(engines), sound((960, 10), (800, WORD), (3000, 10)))) == 1


def test_the_word_wakes_again_after_two_seconds():
    twice = sound((960, 10), (800, WORD), (2400, 10), (800, WORD), (1040, 10))
    assert len(push_all(WakeWords([FakeEngine()]), twice)) == 2


def test_an_engine_rests_in_a_quiet_room():
    engine = FakeEngine()
    push_all(WakeWords([engine]), sound((10_000, 10)))
    assert len(engine.heard) <= 1


def test_an_engine_that_costs_nothing_never_rests():
    engine = FakeEngine(chunk=320, rests=False)
    push_all(WakeWords([engine]), sound((2000, 10)))
    assert len(engine.heard) == 100


def test_a_resting_engine_is_shown_what_came_just_before():
    """At least 240 ms: soft first sounds do not stand out."""
    engine = FakeEngine()
    samples = sound((4000, 10), (400, 3000))
    push_all(WakeWords([engine]), samples)
    heard = np.concatenate(engine.heard)
    assert heard.size >= (400 + 240) * MS
    assert np.array_equal(heard, samples[-heard.size :])


def test_a_second_of_quiet_sends_the_engine_to_rest_again():
    engine = FakeEngine()
    push_all(WakeWords([engine]), sound((2000, 10), (400, 3000), (8000, 10)))
    assert (400 + 1000) * MS <= sum(chunk.size for chunk in engine.heard) <= (400 + 1000 + 500) * MS


def test_a_gap_in_the_positions_starts_afresh():
    engine = FakeEngine()
    wake = WakeWords([engine])
    push_all(wake, sound((500, 3000)))
    assert engine.forgotten == 0
    [(woken, _)] = push_all(wake, sound((960, 10), (800, WORD), (1040, 3000)), begin=10_000 * MS)
    assert engine.forgotten == 1
    assert woken.position == (10_000 + 1760) * MS - LAG


def test_reset_forgets_the_word_that_was_being_settled():
    wake = WakeWords([FakeEngine()])
    assert push_all(wake, sound((960, 10), (800, WORD))) == []
    wake.reset()
    assert push_all(wake, sound((1040, 3000)), begin=1760 * MS) == []


@pytest.mark.parametrize("offset", range(0, 1280, 320))
def test_where_the_word_falls_between_two_looks_matters_little(offset):
    samples = sound((960, 10), (640, 3000), (1200, 10))
    samples[1700 * MS + offset] = WORD
    [(woken, _)] = push_all(WakeWords([FakeEngine()]), samples)
    assert woken.position == 1640 * MS
