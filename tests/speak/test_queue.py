import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.speak.queue import FADE, PlayQueue

RATE = 16_000
FADED = round(FADE * RATE)
BLOCK = 160


def counting(first, count):
    """Samples that tell their own place."""
    return np.arange(first, first + count, dtype=np.int16)


def pull(queue, count=BLOCK, sounds_at=0.0):
    out = np.full(count, -1, np.int16)
    queue.pull(out, sounds_at)
    return out.tolist()


def pulls(queue, count, times):
    return [sample for _ in range(times) for sample in pull(queue, count)]


def test_the_device_gets_every_sample_once_and_silence_where_there_is_none():
    """Blocks of 160 across chunk borders, then silence."""
    queue = PlayQueue(RATE)
    queue.put(counting(1, 250))
    queue.put(counting(251, 50))
    assert pull(queue) + pull(queue) + pull(queue) == [*range(1, 301)] + [0] * 180


def test_what_lies_in_the_devices_buffer_has_not_sounded():
    """160 samples pulled that sound from 1.00 to 1.01 s."""
    queue = PlayQueue(RATE)
    queue.put(np.full(320, 5000, np.int16))
    pull(queue, sounds_at=1.0)
    assert queue.progress(0.95).sounded == 0
    assert queue.progress(0.95).first_sound_at is None
    assert queue.progress(1.005).sounded == 80
    assert queue.progress(1.2).sounded == 160
    assert queue.progress(1.2).first_sound_at == 1.0


def test_flushing_leaves_silence():
    """What was queued is gone; what was pulled stays counted, and what comes next is whole."""
    queue = PlayQueue(RATE)
    queue.put(np.full(320, 5000, np.int16))
    pull(queue, 100)
    queue.flush()
    assert not any(pull(queue, 100, sounds_at=1.0))
    assert (queue.progress(2.0).queued, queue.progress(2.0).sounded) == (100, 100)
    queue.put(counting(1, 100))
    assert pull(queue, 100) == [*range(1, 101)]
    assert (queue.progress(2.0).queued, queue.progress(2.0).sounded) == (200, 200)


def test_a_pause_is_silence_within_one_block_and_goes_on_at_the_same_sample():
    """80 samples fade out, 80 fade in; each is pulled once."""
    queue = PlayQueue(RATE)
    queue.put(np.full(1000, 8000, np.int16))
    assert pull(queue) == [8000] * BLOCK
    queue.pause()
    fading = pull(queue)
    assert fading[:FADED] == [100 * n for n in range(FADED - 1, -1, -1)]
    assert not any(fading[FADED:] + pull(queue))
    queue.resume()
    assert pull(queue) == [100 * n for n in range(1, FADED + 1)] + [8000] * (BLOCK - FADED)
    assert queue.progress(9.0).sounded == 2 * BLOCK + FADED


def test_a_fade_goes_on_over_blocks_that_are_shorter_than_itself():
    """Blocks of 32: two and a half of them."""
    queue = PlayQueue(RATE)
    queue.put(np.full(1000, 8000, np.int16))
    queue.pause()
    assert pulls(queue, 32, 4) == [100 * max(0, n) for n in range(79, 79 - 128, -1)]
    queue.resume()
    assert pulls(queue, 32, 4) == [100 * min(80, n) for n in range(1, 129)]


def test_progress_stands_still_while_paused_and_does_not_fall_back_afterwards():
    """With 40 ms in the device's buffer: what was pulled before the pause has sounded when it goes on."""
    queue = PlayQueue(RATE)
    queue.put(np.full(1000, 8000, np.int16))
    pull(queue, sounds_at=0.04)
    queue.pause()
    pull(queue, sounds_at=0.05)
    assert queue.progress(0.045).sounded == 80
    assert [queue.progress(now).sounded for now in (0.1, 5.0)] == [BLOCK + FADED] * 2
    queue.resume()
    pull(queue, sounds_at=5.04)
    assert queue.progress(5.0).sounded == BLOCK + FADED
    assert queue.progress(5.045).sounded == BLOCK + FADED + 80


@pytest.mark.parametrize("end", ["begin", "flush"])
def test_a_new_answer_is_neither_paused_nor_faded_in(end):
    queue = PlayQueue(RATE)
    queue.put(counting(1, 300))
    queue.pause()
    pull(queue)
    getattr(queue, end)()
    queue.put(counting(5001, BLOCK))
    assert pull(queue) == [*range(5001, 5001 + BLOCK)]


def test_beginning_counts_from_zero_and_drops_what_was_left():
    queue = PlayQueue(RATE)
    queue.put(np.full(300, 8000, np.int16))
    pull(queue)
    queue.begin()
    assert (queue.progress(9.0).queued, queue.progress(9.0).sounded, queue.progress(9.0).first_sound_at) == (0, 0, None)
    assert not any(pull(queue))


def test_a_chime_sounds_over_the_answer_and_through_a_pause_and_does_not_count():
    """Saturating, not wrapping round; a second chime waits for the first."""
    queue = PlayQueue(RATE)
    queue.put(np.full(80, 30_000, np.int16))
    queue.chime(np.full(100, 5000, np.int16))
    queue.chime(np.full(20, 1000, np.int16))
    assert pull(queue) == [32_767] * 80 + [5000] * 20 + [1000] * 20 + [0] * 40
    assert queue.progress(9.0).sounded == 80
    queue.pause()
    pull(queue)
    queue.chime(np.full(200, -7, np.int16))
    assert pull(queue) + pull(queue) == [-7] * 200 + [0] * 120


def test_a_chime_is_not_the_first_sound_of_an_answer():
    queue = PlayQueue(RATE)
    queue.chime(np.full(100, 5000, np.int16))
    pull(queue)
    assert queue.progress(9.0).first_sound_at is None


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 400)),
        st.tuples(st.just("pull"), st.integers(1, 300)),
        st.tuples(st.sampled_from(["pause", "resume", "flush", "begin"]), st.none()),
    ),
    max_size=40,
)


@given(ACTIONS)
def test_no_sample_is_lost_or_doubled_whatever_happens(actions):
    """Samples come out in their order and unchanged, but for those faded at a pause; the counts always agree."""
    queue, waiting, queued, sounded, made, faded, turns = PlayQueue(RATE), [], 0, 0, 0, 0, 0
    for action, count in actions:
        if action == "put":
            queue.put(counting(1 + made, count))
            waiting += range(1 + made, 1 + made + count)
            queued, made = queued + count, (made + count) % 16_000
        elif action == "pull":
            out = pull(queue, count)
            taken = queue.progress(9.0).sounded - sounded
            expected, waiting, sounded = waiting[:taken], waiting[taken:], sounded + taken
            assert not any(out[taken:])
            assert all(0 <= got <= wanted for got, wanted in zip(out, expected, strict=False))
            faded += sum(got != wanted for got, wanted in zip(out, expected, strict=False))
        else:
            getattr(queue, action)()
            turns += action in ("pause", "resume")
            if action in ("flush", "begin"):
                waiting, queued = [], sounded
            if action == "begin":
                queued = sounded = 0
        progress = queue.progress(9.0)
        assert (progress.queued, progress.sounded) == (queued, sounded)
        assert progress.queued == progress.sounded + len(waiting)
    assert faded <= turns * FADED


@given(ACTIONS, st.integers(1, 300))
def test_all_that_is_queued_is_pulled_in_the_end(actions, count):
    """However it was paused: after a resume nothing stays behind, and a paused queue gives nothing but silence."""
    queue = PlayQueue(RATE)
    for action, argument in actions:
        if action == "pull":
            pull(queue, argument)
        else:
            getattr(queue, action)(*[] if argument is None else [counting(1, argument)])
    queue.pause()
    pull(queue, FADED)
    held = queue.progress(9.0)
    assert not any(pull(queue, count))
    assert queue.progress(9.0) == held
    queue.resume()
    pull(queue, held.queued - held.sounded + 1)
    assert queue.progress(9.0).sounded == queue.progress(9.0).queued == held.queued


def test_a_duck_is_a_quarter_within_one_block_loses_no_sample_and_ends_in_full_sound():
    """60 samples down, 60 up; what is in between is a quarter."""
    queue = PlayQueue(RATE)
    queue.put(np.full(1000, 8000, np.int16))
    queue.duck()
    assert pull(queue) == [100 * n for n in range(FADED - 1, 20, -1)] + [2000] * (BLOCK - FADED + 21)
    queue.resume()
    assert pull(queue) == [100 * n for n in range(21, FADED + 1)] + [8000] * (BLOCK - FADED + 20)
    assert queue.progress(9.0).sounded == 2 * BLOCK


def test_a_pause_out_of_a_duck_is_silence_sooner_and_a_duck_within_a_pause_is_none():
    """20 samples from a quarter to nothing; only going on ends it."""
    queue = PlayQueue(RATE)
    queue.put(np.full(1000, 8000, np.int16))
    queue.duck()
    pull(queue)
    queue.pause()
    assert pull(queue) == [100 * n for n in range(19, -1, -1)] + [0] * (BLOCK - 20)
    queue.duck()
    assert not any(pull(queue))
    queue.resume()
    assert pull(queue)[-1] == 8000


def test_an_answer_that_begins_in_a_pause_or_after_a_duck_of_the_last_one_is_neither_heard_nor_quiet():
    """A queue that was empty then has nothing to fade."""
    queue = PlayQueue(RATE)
    queue.pause()
    pull(queue)
    queue.put(np.full(1000, 8000, np.int16))
    assert not any(pull(queue))
    queue.duck()
    queue.begin()
    queue.put(np.full(1000, 8000, np.int16))
    assert pull(queue) == [8000] * BLOCK
