import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import config
from assistant.errors import UsageError


@pytest.fixture
def file(tmp_path):
    return tmp_path / "config.toml"


def load(file=None, environ=None, flags=None):
    environ = {"XDG_CONFIG_HOME": "/nowhere"} | (environ or {})
    return config.load(environ, flags or {}, file)


def complaints(*args, **kwargs):
    with pytest.raises(UsageError) as caught:
        load(*args, **kwargs)
    return str(caught.value).splitlines()


def test_without_any_layer_all_is_default():
    loaded = config.load({}, {}, None)
    assert loaded.config == config.Config()
    assert set(loaded.origin.values()) == {"default"}


def test_each_layer_wins_over_those_before_it(file):
    file.write_text("[listen]\npatience_ms = 500\nstart_ms = 80\nvad_mode = 1\n")
    environ = {"ASSISTANT_LISTEN_PATIENCE_MS": "400", "ASSISTANT_LISTEN_VAD_MODE": "3"}
    loaded = load(file, environ, {"listen.patience_ms": 300})
    listen = loaded.config.listen
    assert (listen.patience_ms, listen.vad_mode, listen.start_ms, listen.pre_roll_ms) == (300, 3, 80, 300)
    assert [loaded.origin[f"listen.{key}"] for key in ("patience_ms", "vad_mode", "start_ms", "pre_roll_ms")] == [
        "command line",
        "ASSISTANT_LISTEN_VAD_MODE",
        "config.toml",
        "default",
    ]


def test_a_flag_that_was_not_given_changes_nothing():
    assert load(flags={"log.level": None}).origin["log.level"] == "default"


def test_a_wrong_value_is_forgiven_where_a_later_layer_replaces_it(file):
    file.write_text("[listen]\npatience_ms = 'soon'\n")
    assert load(file, flags={"listen.patience_ms": "300"}).config.listen.patience_ms == 300


def test_all_errors_are_told_at_once_each_with_key_value_origin_and_what_is_allowed(file):
    file.write_text("[listen]\npatience_ms = 'soon'\npatiense_ms = 3\n[log]\nlevel = 'loud'\n")
    environ = {"ASSISTANT_REPLY_TEMPERATURE": "9", "ASSISTANT_LISTEN_BARGE_INN": "1"}
    assert complaints(file, environ, {"reply.gpu_layers": "many", "listen.barge_in": "maybe"}) == [
        "7 settings cannot be used:",
        "  listen.patiense_ms = 3 (config.toml): there is no such setting; did you mean listen.patience_ms?",
        "  ASSISTANT_LISTEN_BARGE_INN = '1': there is no such setting; did you mean ASSISTANT_LISTEN_BARGE_IN?",
        "  listen.patience_ms = 'soon' (config.toml): a whole number from 100 to 5000",
        "  listen.barge_in = 'maybe' (command line): true or false",
        "  reply.temperature = '9' (ASSISTANT_REPLY_TEMPERATURE): a number from 0 to 2",
        "  reply.gpu_layers = 'many' (command line): a whole number from -1 to 1000",
        "  log.level = 'loud' (config.toml): one of debug, info, warning, error",
    ]


@pytest.mark.parametrize("language", ["german", "de-DE", "EN", ""])
def test_a_language_is_a_code_not_a_name(language):
    """The recogniser would fail with any other, at each start."""
    assert complaints(flags={"listen.language": language})[1].endswith(f"'{language}' (command line): text like en")


def test_a_device_may_be_named_by_its_number_without_quotes(file):
    file.write_text("[listen]\nmicrophone = 1\n[speak]\nloudspeaker = 2\n")
    config = load(file).config
    assert (config.listen.microphone, config.speak.loudspeaker) == ("1", "2")


def test_one_error_is_counted_as_one():
    assert complaints(flags={"log.level": "loud"})[0] == "1 setting cannot be used:"


def test_a_broken_file_is_no_setting(file):
    file.write_text("[listen\n")
    assert complaints(file)[0] == "The settings file cannot be used:"
    assert complaints(file, flags={"log.level": "loud"})[0] == "The settings file and 1 setting cannot be used:"


def test_a_key_outside_of_any_section_is_unknown(file):
    file.write_text("patience_ms = 300\n")
    assert "there is no such setting" in complaints(file)[1]


def test_a_section_where_a_value_belongs_is_wrong(file):
    file.write_text("[listen.patience_ms]\nlong = 1\n")
    assert complaints(file)[1].endswith("a whole number from 100 to 5000")


def test_a_setting_that_resembles_nothing_points_to_the_list(file):
    file.write_text("[zzz]\nqqq = 1\n")
    assert complaints(file)[1].endswith("`assistant config` lists what can be set")


def test_invalid_toml_names_the_file_and_the_line(file):
    file.write_text("[listen]\npatience_ms = = 3\n")
    line = complaints(file)[1]
    assert str(file) in line
    assert "line 2" in line


def test_a_file_that_cannot_be_read_is_named(tmp_path, file):
    file.write_bytes(b"\xff\xfe\x00")
    assert complaints(file)[1] == f"  {file} cannot be read: it is not text in UTF-8"
    assert complaints(tmp_path)[1] == f"  {tmp_path} cannot be read: Is a directory"


def test_a_missing_file_is_an_error_only_where_somebody_named_it(tmp_path):
    missing = tmp_path / "none.toml"
    assert "does not exist" in complaints(missing)[1]
    assert "does not exist" in complaints(environ={"ASSISTANT_CONFIG": str(missing)})[1]
    usual = config.config_path({})
    if not usual.exists():
        assert config.load({}, {}, usual).path == usual


def test_the_environment_can_name_the_file(file):
    file.write_text("[log]\nlevel = 'debug'\n")
    assert load(environ={"ASSISTANT_CONFIG": str(file)}).config.log.level == "debug"


def test_a_variable_that_names_no_file_is_as_good_as_none(tmp_path, monkeypatch):
    """As a shell has it: `ASSISTANT_CONFIG= assistant run`. The usual file, which it is then, may be missing."""
    monkeypatch.setattr(config.platformdirs, "user_config_path", lambda _: tmp_path)
    assert load(environ={"ASSISTANT_CONFIG": ""}).path == tmp_path / "config.toml"


def test_a_home_folder_in_a_path_is_expanded(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ada")
    made = load(flags={"reply.model": "~/m.gguf", "reply.shopping_list": "~/list.txt", "speak.voice": "starter"}).config
    assert made.reply.model == "/home/ada/m.gguf"
    assert made.reply.shopping_list == Path("/home/ada/list.txt")
    assert made.speak.voice == "starter"


def test_every_setting_is_explained_and_has_a_variable():
    rows = config.explain(config.load({}, {}, None))
    assert len(rows) == len(config._VARIABLES) > 20
    assert all(row.description for row in rows)
    assert rows[0] == ("listen.microphone", "", "default", rows[0].description, "text")
    assert next(row.allowed for row in rows if row.key == "listen.mode") == "one of open, wake, push"


def test_nothing_is_said_to_be_meant_that_is_alike_only_in_the_prefix_of_all():
    with pytest.raises(UsageError, match=r"FOO_BAR.*`assistant config` lists"):
        load(environ={"ASSISTANT_FOO_BAR": "1"})


def test_a_configuration_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        load().config.listen.patience_ms = 3


@given(st.integers())
def test_patience_is_taken_exactly_within_its_limits(ms):
    flags = {"listen.patience_ms": str(ms)}
    if 100 <= ms <= 5000:
        assert load(flags=flags).config.listen.patience_ms == ms
    else:
        assert "from 100 to 5000" in complaints(flags=flags)[1]


values = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers())


@given(st.dictionaries(st.sampled_from(sorted(config._VARIABLES.values())) | st.text(), values))
def test_no_value_gets_past_the_two_ways_out(flags):
    with contextlib.suppress(UsageError):
        assert set(load(flags=flags).origin) == set(config._VARIABLES.values())
