import json

from assistant.latency.marks import STAGES, Marks


def test_the_gap_runs_from_the_last_voiced_sample_to_the_first_audible_one():
    marks = Marks(lambda: 99.0)
    marks.stamp("speech_end", 1.25)
    marks.stamp("first_sound", 2.0)
    assert marks.gap == 0.75


def test_a_stamp_without_a_moment_is_now():
    marks = Marks(lambda: 7.5)
    marks.stamp("transcript")
    assert marks.at == {"transcript": 7.5}


def test_the_first_stamp_of_a_stage_stands():
    marks = Marks(lambda: 0.0)
    marks.stamp("first_token", 1.0)
    marks.stamp("first_token", 2.0)
    assert marks.at["first_token"] == 1.0


def test_without_a_sound_there_is_no_gap():
    marks = Marks(lambda: 0.0)
    marks.stamp("speech_end", 1.0)
    assert marks.gap is None
    assert marks.record()["unmeasured"] == "no answer sounded"


def test_a_spoilt_turn_has_no_gap_and_keeps_its_first_reason():
    marks = Marks(lambda: 0.0)
    marks.stamp("speech_end", 1.0)
    marks.stamp("first_sound", 2.0)
    marks.spoil("frames were lost")
    marks.spoil("something else")
    assert (marks.gap, marks.record()["unmeasured"]) == (None, "frames were lost")


def test_counts_add_up():
    marks = Marks(lambda: 0.0)
    marks.count("tokens", 3)
    marks.count("tokens", 4)
    assert marks.record()["tokens"] == 7


def test_the_record_counts_from_the_end_of_speech_and_is_json():
    marks = Marks(lambda: 0.0)
    for number, stage in enumerate(STAGES):
        marks.stamp(stage, 100 + number / 10)
    record = json.loads(json.dumps(marks.record()))
    assert record["at"] == {stage: round(number / 10, 4) for number, stage in enumerate(STAGES)}
    assert (record["gap"], record["unmeasured"]) == (marks.gap, None)


def test_an_empty_record_is_json_too():
    assert json.loads(json.dumps(Marks(lambda: 0.0).record())) == {
        "gap": None,
        "unmeasured": "no answer sounded",
        "at": {},
    }
