import pytest

from assistant.setup.languages import CODES, code, of_locale
from assistant.setup.person import WrongAnswerError


def test_the_languages_are_those_of_whisper():
    """All sizes know them; what large-v3 knows besides no profile has."""
    from faster_whisper.tokenizer import _LANGUAGE_CODES

    assert set(_LANGUAGE_CODES) - {"yue"} == CODES


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({"LANG": "de_DE.UTF-8"}, "de"),
        ({"LANG": "nb_NO.UTF-8"}, "no"),
        ({"LANG": "de"}, "de"),
        ({"LANG": "de_DE.UTF-8", "LC_MESSAGES": "fr_FR"}, "fr"),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "it_IT@euro"}, "it"),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": ""}, "de"),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "C"}, ""),
        ({"LANG": "C.UTF-8"}, ""),
        ({"LANG": "xx_YY"}, ""),
        ({}, ""),
    ],
)
def test_a_locale_names_a_language_where_it_names_one(environ, language):
    assert of_locale(environ) == language


def test_a_code_is_taken_in_any_case_and_nothing_is_the_default():
    assert code(" DE ", "en") == "de"
    assert code("", "fr") == "fr"


def test_a_default_that_only_the_largest_whisper_knows_may_stay():
    """Somebody has set it."""
    assert code("", "yue") == "yue"


@pytest.mark.parametrize("answer", ["german", "xx", "d"])
def test_what_is_no_code_is_refused_with_an_example(answer):
    with pytest.raises(WrongAnswerError, match="like de or fr"):
        code(answer, "en")
