"""A seeded random generator -> requests, as said and as typed, with what each should cause (microseconds each).

Shared by all three starter models: the recognizer learns the words, the chat model the answers, the voice the sounds.
`python grammar.py` prints examples and the size of the vocabulary (2 s).
"""

# ruff: noqa: SIM905 - a list of words reads best as words

import random
import zlib
from collections.abc import Callable

import requests_other
import requests_tools
from ask import Request
from facts import ONE_OFFS
from words import CAPITALS, NAMES, SPELLED, joined, number

__all__ = ["KINDS", "Request", "held_out", "joined", "number", "sample", "vocabulary"]

HELD_OUT_PERCENT = 8
POLITE_VERBS = set("set start add put remove take tell read cancel calculate turn play call remind spell".split())


def sample(random_: random.Random, *, held: bool | None = False, kinds: list[str] | None = None) -> Request:
    """One request; `held` False: never a held-out one, True: only those, None: any."""
    names = kinds or list(KINDS)
    weights = [KINDS[name][0] for name in names]
    while True:
        request = _polite(KINDS[random_.choices(names, weights)[0]][1](random_), random_)
        if held is None or held_out(request.said) == held:
            return request


def held_out(said: str) -> bool:
    """Whether training must never see this sentence: a hash of its text decides, so every script agrees."""
    return said not in ONE_OFFS and zlib.crc32(said.encode()) % 100 < HELD_OUT_PERCENT


def vocabulary() -> list[str]:
    """Every word a request can hold: what 60,000 samples hold (the rarest number word comes up hundreds of times)."""
    random_ = random.Random(1)
    return sorted({word for _ in range(60_000) for word in sample(random_, held=None).said.split()})


def _polite(request: Request, random_: random.Random) -> Request:
    """Wrap some requests in please, can you, computer."""
    chance = random_.random()
    if request.said in ONE_OFFS and chance > 0.06:  # these stay as they are, mostly: "no please" helps nobody
        return request
    if chance < 0.06:
        return request.around("computer " if chance < 0.03 else "hey computer ", "")
    if chance >= 0.22 or request.said.split()[0] not in POLITE_VERBS:
        return request
    if chance < 0.11:
        return request.around("please ", "")
    if chance < 0.15:
        return request.around("", " please")
    return request.around(random_.choice(["can you ", "could you ", "could you please "]), "")


def _one_off(random_: random.Random) -> Request:
    said = random_.choice(_ONE_OFF_QUESTIONS)
    return Request(said, said, ONE_OFFS[said])


def _capital(random_: random.Random) -> Request:
    country = random_.choice(_COUNTRIES)
    template = random_.choice(
        [
            "what is the capital of {}",
            "what is the capital of {}",
            "tell me the capital of {}",
            "what is the capital city of {}",
        ]
    )
    said = template.format(country)
    return Request(said, said, f"The capital of {country.title()} is {CAPITALS[country]}.")


def _spell(random_: random.Random) -> Request:
    word = random_.choice(SPELLED)
    said = random_.choice(["how do you spell {}", "spell the word {}", "spell {}"]).format(word)
    return Request(said, said, f"{word.capitalize()} is spelled {', '.join(word)}.")


def _name(random_: random.Random) -> Request:
    name = random_.choice(NAMES)
    said = random_.choice(["my name is {}", "i am called {}"]).format(name)
    return Request(said, said, f"Nice to meet you, {name.capitalize()}.")


_ONE_OFF_QUESTIONS = list(ONE_OFFS)
_COUNTRIES = list(CAPITALS)


# kind -> (weight, maker). One-off questions share one weight, spread evenly, so that none is rare.
KINDS: dict[str, tuple[float, Callable[[random.Random], Request]]] = {
    "one-off": (22, _one_off),
    "capital": (7, _capital),
    "spell": (2, _spell),
    "name": (2, _name),
    **requests_tools.KINDS,
    **requests_other.KINDS,
}


def main() -> None:
    """Print what the grammar is made of."""
    words = vocabulary()
    random_ = random.Random(2)
    requests = {sample(random_).said: None for _ in range(100_000)}
    print(f"{len(words)} words; {len(requests)} distinct requests in 100000 samples")
    for name in KINDS:
        request = sample(random_, kinds=[name])
        print(f"{name:12s} {request.said} | {request.typed} | {request.answer}")


if __name__ == "__main__":
    main()
