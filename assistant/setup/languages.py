"""A locale, or a person's answer, goes in; the code of a language that Whisper knows comes out. Pure."""

from collections.abc import Mapping

from assistant.setup.person import WrongAnswerError

_CODES = (
    "af am ar as az ba be bg bn bo br bs ca cs cy da de el en es et eu fa fi fo fr gl gu ha haw he hi hr ht hu hy id is"
    " it ja jw ka kk km kn ko la lb ln lo lt lv mg mi mk ml mn mr ms mt my ne nl nn no oc pa pl ps pt ro ru sa sd si sk"
    " sl sn so sq sr su sv sw ta te tg th tk tl tr tt uk ur uz vi yi yo zh"
)
CODES = frozenset(_CODES.split())
"""ISO 639: what all of Whisper's sizes for many languages know (large-v3 knows yue besides)"""
_OTHERWISE = {"nb": "no", "fil": "tl", "jv": "jw", "iw": "he"}
"""what locales call languages that Whisper calls otherwise"""
_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
"""which of them counts first: setlocale(3)"""


def of_locale(environ: Mapping[str, str]) -> str:
    """The language that programs are to speak, as in LANG=de_DE.UTF-8; "" where none is named that Whisper knows."""
    locale = next((environ[name] for name in _VARIABLES if environ.get(name)), "")
    code = locale.partition(".")[0].partition("_")[0]
    code = _OTHERWISE.get(code, code)
    return code if code in CODES else ""


def code(text: str, default: str) -> str:
    """The code that *text* is; nothing is the *default*. Raises WrongAnswerError."""
    answer = text.strip().lower() or default
    if answer not in {*CODES, default}:
        raise WrongAnswerError(f"{text!r} is no answer: type the code of a language, like de or fr, or skip.")
    return answer
