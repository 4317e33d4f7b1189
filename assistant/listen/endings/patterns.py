"""What one language's endings are made of, and how their patterns are written."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Endings:
    """One language. `polite` is taken off first; then the first of the others with a match decides, in this order."""

    polite: re.Pattern[str]
    """what may stand around a request and tells nothing about it"""
    whole: re.Pattern[str]
    """finished, in spite of a last word that wants another behind it"""
    goes_on: re.Pattern[str]
    """surely broken off: nobody ends like this"""
    may_go_on: re.Pattern[str]
    """could be all, and is often followed by more"""
    done: re.Pattern[str]
    """has the shape of a request or a question"""


def any_of(words: dict[str, str], *patterns: str) -> re.Pattern[str]:
    """One pattern of many; NAME in them stands for any of *words*["NAME"]."""
    text = "|".join(f"(?:{pattern})" for pattern in patterns)
    for name, alternatives in words.items():
        text = text.replace(name, f"(?:{'|'.join(alternatives.split())})")
    return re.compile(text)
