import pytest
from structlog.testing import capture_logs

from assistant.errors import UsageError
from assistant.listen.whisper import understood


def test_a_language_that_the_model_knows_is_listened_for():
    assert understood("de", ["en", "de"]) == "de"


def test_a_code_that_no_whisper_knows_names_the_setting_and_ends_the_program_for_good():
    """Exit code 2: a service that begins again every ten seconds would fail each time."""
    with pytest.raises(UsageError, match=r"listen\.language = xx") as told:
        understood("xx", ["en", "de"])
    assert told.value.exit_code == 2


def test_a_model_of_english_alone_listens_for_english_and_says_so():
    with capture_logs() as logs:
        assert understood("de", ["en"]) == "en"
    assert [line["event"] for line in logs] == ["recogniser.english_only"]
