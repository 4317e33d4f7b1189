"""`assistant models` and the profiles, as they are for a person's language and on their computer."""

import json

import pytest
from typer.testing import CliRunner

from assistant.commands import models
from assistant.errors import UsageError
from assistant.weights import sizes

GIB = 2**30


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch, tmp_path):
    """No settings, and no models but the starter's."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("ASSISTANT_MODELS_FOLDER", str(tmp_path / "fetched"))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")


def profiles(*settings):
    done = CliRunner().invoke(models.app, ["list", "--json", *settings], catch_exceptions=False)
    return {profile["name"]: profile for profile in json.loads(done.output)["profiles"]}


def test_a_profile_is_listed_with_the_models_of_the_language_that_is_set():
    german = profiles("--set", "listen.language=de")["standard"]
    assert {"whisper-small", "de_DE-thorsten-medium"} < set(german["models"])
    assert german["settings"]["listen.whisper"] == "whisper-small"
    assert "whisper-small.en" in profiles()["standard"]["models"]


def test_a_profile_is_listed_as_it_is_on_this_computer(monkeypatch):
    monkeypatch.setattr(sizes, "memory", lambda: 24 * GIB)
    assert "mistral-small-24b-q3" in profiles()["standard"]["models"]
    monkeypatch.setattr(sizes, "memory", lambda: 32 * GIB)
    assert "mistral-small-24b" in profiles()["standard"]["models"]


@pytest.mark.parametrize(("language", "told"), [("de", True), ("en", False)])
def test_who_pulls_the_starter_in_another_language_is_told_what_it_knows(language, told):
    done = CliRunner().invoke(models.app, ["pull", "starter", "--set", f"listen.language={language}"])
    assert done.exit_code == 0
    assert (f"It knows English alone, and listen.language is {language}" in done.output) is told


def test_instead_of_what_is_too_large_a_profile_is_named_that_fits_with_the_context_that_is_set(monkeypatch):
    """The one meant for a Mac of 32 GB does not with the longest one."""
    monkeypatch.setattr(sizes, "memory", lambda: 32 * GIB)
    with pytest.raises(UsageError, match=r"^standard needs .* take light, which fits it"):
        CliRunner().invoke(models.app, ["pull", "standard", "--set", "reply.context=131072"], catch_exceptions=False)
