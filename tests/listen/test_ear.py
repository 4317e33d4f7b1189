import asyncio
from contextlib import aclosing
from dataclasses import replace

import numpy as np
import pytest

from assistant.errors import DeviceError
from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE, Utterance
from assistant.listen.ear import Ear, MayBeOver
from assistant.listen.endpoint import Patience, Resumed, SpeechStarted, Stilled, Stirring
from assistant.listen.recording import Recording
from assistant.listen.wake import Woken
from tests.fakes import OnesAreSpeech, ScriptedSource
from tests.virtual_time import run


class WokenAt:
    """Hears a wake word that ended at *end* seconds, and says so *late* seconds afterwards."""

    def __init__(self, end, late=0.2):
        self.end, self.at = round(end * SAMPLE_RATE), round((end + late) * SAMPLE_RATE)

    def push(self, frame):
        return Woken("hey jarvis", self.end) if frame.position <= self.at < frame.position + FRAME_SAMPLES else None


async def events(source, ear=None, act=lambda ear, event: None):
    """All that an ear notices, and when; *act* is called with the ear and each event."""
    loop, ear = asyncio.get_running_loop(), ear or Ear(OnesAreSpeech(), Patience())
    noticed = []
    async with aclosing(ear.hear(source.frames())) as heard:
        async for event in heard:
            noticed.append((loop.time(), event))
            act(ear, event)
    return noticed


def kinds(noticed):
    return [type(event) for _, event in noticed]


def test_an_utterance_comes_when_the_patience_is_over_with_its_pre_roll_and_times():
    """Speech from 0.5 to 2.5 s, patience 0.74: known at 0.56, perhaps over at 2.6, over at 3.24; audio from 0.2."""
    (started, first), (paused, so_far), (ended, utterance) = run(events(ScriptedSource(4.0, [(0.5, 2.5)])))
    assert (started, paused, ended) == (0.56, 2.6, 3.24)
    assert first == SpeechStarted(round(0.2 * SAMPLE_RATE))
    assert so_far.utterance.samples.size == round(2.4 * SAMPLE_RATE)
    assert utterance.position == round(0.2 * SAMPLE_RATE)
    assert utterance.samples.size == round(3.04 * SAMPLE_RATE)
    assert int(utterance.samples.sum()) == 2 * SAMPLE_RATE
    assert utterance.speech_ended_at == so_far.utterance.speech_ended_at == pytest.approx(2.5)
    assert utterance.turn_ended_at == pytest.approx(3.24)


class AllIsSpeech:
    def push(self, frame):
        return True


def test_patience_counts_from_where_the_voice_has_faded_not_from_where_the_detector_lets_go():
    """A detector that holds on for ever: the pause is known 100 ms behind the last sound all the same."""
    source = ScriptedSource(3.0, [(0.5, 2.5)])
    (paused,) = [
        at for at, event in run(events(source, Ear(AllIsSpeech(), Patience()))) if isinstance(event, MayBeOver)
    ]
    assert paused == pytest.approx(2.6)


def test_the_patience_that_is_set_at_a_pause_ends_the_turn():
    """180 ms for a turn that surely is complete."""

    def be_sure(ear, event):
        if isinstance(event, MayBeOver):
            ear.wait(event.utterance.speech_ended_at, round(0.18 * SAMPLE_RATE))

    assert run(events(ScriptedSource(4.0, [(0.5, 2.5)]), act=be_sure))[-1][0] == 2.68


def test_a_pause_in_mid_sentence_is_one_turn_with_both_halves():
    """600 ms with a patience of 1.2 s (scenario 9)."""

    def be_patient(ear, event):
        if isinstance(event, MayBeOver):
            ear.wait(event.utterance.speech_ended_at, round(1.2 * SAMPLE_RATE))

    noticed = run(events(ScriptedSource(6.0, [(0.5, 1.5), (2.1, 3.1)]), act=be_patient))
    assert kinds(noticed) == [SpeechStarted, MayBeOver, Resumed, MayBeOver, Utterance]
    assert int(noticed[-1][1].samples.sum()) == 2 * SAMPLE_RATE


def test_what_is_said_so_far_can_be_had_while_it_is_said_and_only_then():
    sizes = []
    run(events(ScriptedSource(4.0, [(0.5, 2.5)]), act=lambda ear, _: sizes.append(ear.so_far().size)))
    assert sizes == [round(0.36 * SAMPLE_RATE), round(2.4 * SAMPLE_RATE), 0]


def test_what_is_said_when_the_recording_ends_is_still_an_utterance():
    """Speech up to the very last frame."""
    assert kinds(run(events(ScriptedSource(2.0, [(1.0, 2.0)])))) == [SpeechStarted, Utterance]


def test_what_was_said_when_the_microphone_died_is_still_an_utterance():
    """The turn closes at once (scenario 14)."""

    class Dying(ScriptedSource):
        async def frames(self):
            async with aclosing(super().frames()) as frames:
                async for frame in frames:
                    yield frame
            raise DeviceError("unplugged")

    noticed = []

    async def main():
        ear = Ear(OnesAreSpeech(), Patience())
        async with aclosing(ear.hear(Dying(2.0, [(1.0, 2.0)]).frames())) as heard:
            async for event in heard:
                noticed.append(event)  # noqa: PERF401 - what came before the error must be kept

    with pytest.raises(DeviceError, match="unplugged"):
        run(main())
    assert [type(event) for event in noticed] == [SpeechStarted, Utterance]


def test_a_turn_that_is_forgotten_leaves_nothing():
    """Neither its end nor its sound, not even in the next utterance."""

    def forget_first(ear, event):
        if isinstance(event, SpeechStarted) and event.position < SAMPLE_RATE:
            ear.forget()

    noticed = run(events(ScriptedSource(6.0, [(0.5, 0.56), (2.5, 3.5)]), act=forget_first))
    assert kinds(noticed) == [SpeechStarted, SpeechStarted, MayBeOver, Utterance]
    assert int(noticed[-1][1].samples.sum()) == SAMPLE_RATE


def test_asleep_only_the_wake_word_is_heard_and_what_follows_in_one_breath_is_kept():
    """Asleep until "hey jarvis" ends at 3.0 s, known 0.2 s late; the request goes on until 4.5 s without a pause."""
    ear = Ear(OnesAreSpeech(), Patience(), WokenAt(3.0))
    ear.asleep = True
    noticed = run(events(ScriptedSource(6.0, [(0.5, 1.5), (2.4, 4.5)]), ear))
    assert kinds(noticed) == [Woken, SpeechStarted, MayBeOver, Utterance]
    assert noticed[0][0] == pytest.approx(3.22)
    utterance = noticed[-1][1]
    assert utterance.position == pytest.approx(3.0 * SAMPLE_RATE, abs=FRAME_SAMPLES)
    assert not ear.asleep


def test_a_request_that_is_over_when_the_wake_word_is_recognised_is_heard_all_the_same():
    """Recognised 0.7 s late, when "stop" behind it has long been said."""
    ear = Ear(OnesAreSpeech(), Patience(), WokenAt(3.0, late=0.7))
    ear.asleep = True
    noticed = run(events(ScriptedSource(6.0, [(2.4, 3.04), (3.2, 3.5)]), ear))
    assert kinds(noticed) == [Woken, SpeechStarted, MayBeOver, Utterance]
    assert [at for at, _ in noticed[:3]] == pytest.approx([3.72] * 3)
    assert noticed[-1][1].speech_ended_at == pytest.approx(3.5)


def test_a_wake_word_alone_is_no_request():
    """Its last vowel dies away behind what counts as its end."""
    ear = Ear(OnesAreSpeech(), Patience(), WokenAt(3.0))
    ear.asleep = True
    assert kinds(run(events(ScriptedSource(6.0, [(2.4, 3.08)]), ear))) == [Woken]


def test_awake_the_wake_word_begins_the_turn_anew_without_itself():
    """It is not transcribed."""
    noticed = run(events(ScriptedSource(6.0, [(2.4, 4.5)]), Ear(OnesAreSpeech(), Patience(), WokenAt(3.0))))
    assert kinds(noticed) == [SpeechStarted, Woken, SpeechStarted, MayBeOver, Utterance]
    assert noticed[-1][1].position == pytest.approx(3.0 * SAMPLE_RATE, abs=FRAME_SAMPLES)


def test_silence_is_not_kept():
    """An hour of silence leaves only the pre-roll in memory: the one utterance after it is short."""
    noticed = run(events(ScriptedSource(100.0, [(98.0, 98.5)])))
    assert noticed[-1][1].samples.size < 2 * SAMPLE_RATE


def test_a_recording_is_played_at_the_speed_of_sound_and_followed_by_silence(tmp_path):
    """Half a second of file and one of silence: 75 frames, the last at 1.5 s."""
    from assistant.audio import write_wav

    path = tmp_path / "half.wav"
    write_wav(path, np.full(SAMPLE_RATE // 2, 7, np.int16), SAMPLE_RATE)

    async def frames(**options):
        loop = asyncio.get_running_loop()
        async with aclosing(Recording(path, silence_after=1.0, **options).frames()) as source:
            return [(loop.time(), frame) async for frame in source]

    timed = run(frames())
    assert len(timed) == 75
    assert timed[-1][0] == pytest.approx(1.5)
    assert timed[-1][1].captured_at == pytest.approx(1.5)
    assert sum(int(frame.samples.sum()) for _, frame in timed) == 7 * SAMPLE_RATE // 2
    assert run(frames(real_time=False))[-1][0] == 0.0


def test_what_may_be_a_beginning_is_noticed_unless_the_ear_is_asleep():
    """A frame that is none in the end."""
    for asleep in (False, True):
        doubts = iter([False] * 5 + [True] + [False] * 100)
        ear = Ear(OnesAreSpeech(), Patience(), perhaps=lambda doubts=doubts: next(doubts))
        ear.asleep = asleep
        found = kinds(run(events(ScriptedSource(1.0), ear)))
        assert found == ([] if asleep else [Stirring, Stilled])


def test_what_was_heard_before_a_long_silence_of_the_device_is_in_no_utterance():
    """Muted for a minute, with no hole in the positions; who speaks at once has no more of a pre-roll than that."""

    class Muted(ScriptedSource):
        async def frames(self):
            async for frame in super().frames():
                if frame.position == round(0.5 * SAMPLE_RATE):
                    await asyncio.sleep(60)
                yield replace(frame, captured_at=asyncio.get_running_loop().time())

    (utterance,) = [event for _, event in run(events(Muted(3.0, [(0.52, 1.5)]))) if isinstance(event, Utterance)]
    assert utterance.position == round(0.5 * SAMPLE_RATE)
