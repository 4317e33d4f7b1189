from datetime import UTC, datetime, timedelta

import pytest

from assistant.latency.entry import entry
from assistant.latency.explain import INTERRUPTING, LATELY, explain
from assistant.latency.reasons import REASONS
from assistant.listen.complete import Stages
from assistant.settings import Config

NOW = datetime(2026, 11, 24, tzinfo=UTC)
STARTER = ["starter", "starter", "starter"]
STAGES = Stages(sure=2880, likely=4800, unsure=9600, open=19_200)
"""180, 300, 600 and 1200 ms"""
AT = {
    "speech_end": 0.0,
    "pause": 0.1,
    "turn_ended": 0.3,
    "transcript": 0.15,
    "prefill_done": 0.16,
    "first_token": 0.17,
    "first_clause": 0.27,
    "first_audio": 0.29,
    "first_sound": 0.33,
}


def turn(n=0, gap=0.33, models=STARTER, source="microphone", ended=0.3, **more):
    record = {"gap": gap, "at": AT | {"turn_ended": ended}, "speculation_won": 1, "models": models, "source": source}
    return entry(record | more, NOW + timedelta(minutes=n))


def settings(**given):
    sections = {}
    for key, value in given.items():
        section, name = key.split("__")
        sections.setdefault(section, {})[name] = value
    return Config(**sections)


def waits(config=None, entries=(), turn_model="smart-turn.onnx"):
    found = explain(config or Config(), STAGES, turn_model, entries)
    return {wait.name: wait for wait in found.waits}


def test_every_wait_has_a_reason_and_every_reason_a_wait():
    assert set(waits()) == set(REASONS)


def test_every_setting_it_names_is_one_and_is_shown_as_it_is():
    config = settings(listen__pause_ms=140, reply__speculate=False, reply__model="/far/away.gguf", listen__start_ms=80)
    found = waits(config)
    for name in (name for name in found if name.startswith(("listen.", "reply.", "speak."))):
        section, key = name.split(".")
        assert hasattr(getattr(config, section), key), name
    shown = {
        name: found[name].value for name in ("listen.pause_ms", "reply.speculate", "reply.model", "listen.start_ms")
    }
    assert list(shown.values()) == ["140", "false", "away.gguf", "80"]
    assert found["listen.pause_ms"].waits == 0.14


def test_patience_costs_what_the_engines_do_not_need_anyway():
    """They are done 190 ms behind the pause of 100: at 290 ms."""
    found = waits(entries=[turn()])
    costs = [found[f"listen.patience_{name}"].costs for name in ("sure_ms", "likely_ms", "ms", "open_ms")]
    assert costs == pytest.approx([0.0, 0.01, 0.31, 0.91])
    assert found["listen.pause_ms"].costs == 0
    assert found["listen.patience_ms"].waits == 0.6


def test_stages_are_shown_with_the_share_of_turns_that_ended_in_them():
    """A turn that ended a little later, since it was judged late, is of the stage before."""
    entries = [turn(ended=ended) for ended in (0.18, 0.31, 0.45, 0.595)]
    found = waits(entries=entries)
    shares = [found[f"listen.patience_{name}"].share for name in ("sure_ms", "likely_ms", "ms", "open_ms")]
    assert shares == [0.25, 0.5, 0.25, 0.0]
    assert waits()["listen.patience_ms"].share is None


def test_only_turns_of_the_same_models_pace_and_source_count_and_of_these_the_last():
    others = [
        turn(0, source="recording"),
        turn(1, models=["small", "starter", "starter"]),
        turn(2, pace="m2-max"),
        turn(3, gap=None, unmeasured="interrupted"),
    ]
    found = explain(Config(), STAGES, None, [turn(gap=0.4), *others[1:], turn(4, gap=0.4)])
    assert (found.turns, found.gap, found.setup) == (2, 0.4, "microphone, starter, starter, starter")
    assert explain(Config(), STAGES, None, [turn(), others[0]]).setup == "recording, starter, starter, starter"
    assert explain(Config(), STAGES, None, others[1:]).turns == 0
    assert explain(Config(), STAGES, None, [turn(n) for n in range(LATELY + 20)]).turns == LATELY
    slowed = explain(settings(engine__pace="m2-max"), STAGES, None, others)
    assert (slowed.turns, slowed.setup[-6:]) == (1, "m2-max")


def test_the_stages_of_the_engines_are_shown_beside_what_they_cost():
    found = waits(entries=[turn(ended=0.2)])
    took = [found[name].measured for name in ("listen.whisper", "reply.prefill", "reply.model", "speak.voice")]
    assert took == pytest.approx([0.05, 0.01, 0.01, 0.02])
    # The engines decide by 90 ms, and the recogniser is slower than that by nothing.
    assert found["listen.whisper"].costs == pytest.approx(0.05)
    assert found["speak.voice"].costs == pytest.approx(0.02)
    assert found["clauses.FIRST_WAIT"].costs == pytest.approx(0.09)


def test_no_wait_costs_more_than_it_lasts():
    """A tool's call lies in the stage of the first clause, too."""
    long = AT | {"first_clause": 2.0, "first_audio": 2.1, "first_sound": 2.2}
    found = waits(entries=[turn(at=long)])
    assert found["clauses.FIRST_WAIT"].costs == pytest.approx(found["clauses.FIRST_WAIT"].waits)
    assert found["clauses.FIRST_WAIT"].measured == pytest.approx(1.83)


def test_at_the_pace_of_a_mac_the_engines_have_waits_of_their_own():
    own, mac = waits(), waits(settings(engine__pace="m2-max"))
    names = ("listen.whisper", "reply.prefill", "reply.model", "speak.voice")
    assert [own[name].waits for name in names] == [None] * 4
    assert [mac[name].waits for name in names] == pytest.approx([0.25, 128 / 138, 1 / 12.4, 0.06])
    assert own["listen.patience_sure_ms"].costs == pytest.approx(0.08)
    assert mac["listen.patience_sure_ms"].costs == 0


def test_what_is_switched_off_costs_what_it_would_save():
    found = waits(settings(reply__speculate=False), [turn(ended=0.3)])
    # The reply takes 140 ms, of which 150 would have been hidden between the transcript and the turn's end.
    assert found["reply.speculate"].costs == pytest.approx(0.14)
    assert waits(entries=[turn()])["reply.speculate"].costs == 0


def test_without_a_turn_model_the_surest_answers_wait_as_long_as_likely_ones():
    assert waits(turn_model=None)["listen.turn_model"].waits == pytest.approx(0.12)
    assert waits(turn_model=None)["listen.turn_model"].costs == pytest.approx(0.12)
    assert waits()["listen.turn_model"].waits == 0


def test_what_an_interruption_waits_for_costs_no_answer_anything():
    found = explain(Config(), STAGES, None, [])
    assert {wait.costs for wait in found.waits if wait.part == INTERRUPTING} == {0.0}


def test_the_answers_that_are_to_be_expected_come_after_the_patience_or_the_engines():
    """And the buffer of the loudspeaker, with what is kept of the voice's own silence."""
    from assistant.devices import OUTPUT_LATENCIES
    from assistant.speak.piper import LEAD_SECONDS

    out = LEAD_SECONDS + (OUTPUT_LATENCIES[0] if isinstance(OUTPUT_LATENCIES[0], float) else 0.0)
    found = explain(Config(), STAGES, None, [turn()])
    assert list(found.expected.values()) == pytest.approx([0.29 + out, 0.3 + out, 0.6 + out, 1.2 + out])
