"""A seeded random generator -> conversations as the program holds them, with the words to learn marked (0.2 ms each).

The words nobody expects (out-of-domain questions, odd things on a list) come from the dictionary pocketsphinx ships.
"""

# ruff: noqa: SIM905 - a list of words reads best as words

import functools
import random
import re
from pathlib import Path

import chat_format
import chat_results
import grammar
import pocketsphinx
from ask import Call, Request
from facts import FALLBACK, ONE_OFFS
from words import CAPITALS, PROPER

SYSTEM = (
    "You are a voice assistant running on this computer. What you write is spoken aloud: answer in one or two short "
    "sentences of plain words, without markup. Use a tool when one helps."
)
COPIED = ("name", "items", "room", "task", "text", "genre")
"""arguments that repeat words of the request letter by letter, so that any words could stand there"""
OTHER_SYSTEMS = (
    "You are a helpful voice assistant. Keep answers short.",
    "You are a friendly assistant.",
    "Answer in one short sentence.",
    "You are a concise local voice assistant. Your replies are spoken aloud.",
    "Be brief. Use plain words and no markup.",
)
_STRANGE_QUESTIONS = (
    "what is a {}|what is the {} of {}|why do {} {}|how do i {} a {}|who invented the {}|who wrote {}|"
    "who painted the {}|"
    "what is the largest {}|what is the tallest {}|how many {} are there|what color is the {}|how old is the {}|"
    "how far away is {}|what is the capital of {}|where is {}|when did {} {}|tell me about {}|explain {}|"
    "how does {} work|"
    "do you like {}|what do {} eat|how many legs does a {} have|who is {} {}|what happened in {}|why is {} so {}|"
    "should i {} the {}|what is the best {} for {}|translate {} into {}|what is the meaning of {}|how tall is {}|"
    "who was the first {}|how much does a {} cost|is {} better than {}|can you {}|book a {} to {}|open {}|find {}|"
    "search for {} {}|{}|{} {}|{} {} {}|{} {} {} {} {}|what comes after {}|how long do i cook {}|i want to {} {}|"
    "i think {} is {}|did you see the {}|write a {} about {}|what is the opposite of {}|who won the {} in {}"
).split("|")


def conversation(r: random.Random) -> tuple[list[str], list[bool]]:
    """Texts to join, and which of them the model should learn to write."""
    return _of_turns(r, r.choice([1, 1, 2, 2, 3, 4, 5, 6]))


def long_conversation(r: random.Random) -> tuple[list[str], list[bool]]:
    """Half of them as long as the program lets one become before it forgets the oldest turns: 3,000 tokens.

    Of what it was not taught in such lengths a model knew nothing any more: 118 of 120 requests were answered rightly
    behind 600 tokens, 23 behind 900, none behind 2,000.
    """
    return _of_turns(r, r.randint(7, 65)) if r.random() < 0.5 else conversation(r)


def _of_turns(r: random.Random, count: int) -> tuple[list[str], list[bool]]:
    messages, learn = _system(r)
    for _ in range(count):
        for message, wanted in turn(r):
            messages.append(message)
            learn.append(wanted)
    return chat_format.pieces(messages, tools_offered(r)), [False, *learn]


def copying(r: random.Random) -> tuple[list[str], list[bool]]:
    """An exercise: say again what was said, or what a tool answered; any words and numbers, so nothing can be guessed.

    After 400 steps of this a model copies 98 of 100 tokens; after 200 of conversations alone it copied nothing yet.
    """
    words = known_words() if r.random() < 0.4 else strange_words()
    text = " ".join(_number(r) if r.random() < 0.3 else r.choice(words) for _ in range(r.randint(1, 8)))
    role = r.choice(["user", "tool"])
    messages = [{"role": role, "content": text}, {"role": "assistant", "content": text}]
    return chat_format.pieces(messages, []), [False, False, True]


def turn(r: random.Random, *, held: bool = False) -> list[tuple[dict, bool]]:
    """One request and all that follows: (message, whether to learn it); an interrupted answer is only read."""
    request = any_request(r, held=held)
    asked = ({"role": "user", "content": written(request, r)}, False)
    if isinstance(request.answer, str):
        if r.random() < 0.06:
            return [asked, ({"role": "assistant", "content": _interrupted(request.answer, r)}, False)]
        return [asked, ({"role": "assistant", "content": request.answer}, True)]
    called = ({"role": "assistant", "content": "", "tool_calls": [as_message(request.answer)]}, True)
    if r.random() < 0.15:  # the conversation may end with the call
        return [asked, called]
    content, sentence = chat_results.result(request.answer, r, strange_words() if r.random() < 0.5 else known_words())
    return [
        asked,
        called,
        ({"role": "tool", "content": content}, False),
        ({"role": "assistant", "content": sentence}, True),
    ]


def any_request(r: random.Random, *, held: bool = False) -> Request:
    """Mostly the grammar's, a quarter of them about odd things; some that nobody can answer."""
    chance = r.random()
    if chance < 0.09:
        return out_of_domain(r)
    request = grammar.sample(r, held=held)
    return odd_words(request, r) if chance < 0.35 else request


def out_of_domain(r: random.Random, *, held: bool = False) -> Request:
    """A question with words from the dictionary, or a salad of words from the grammar."""
    while True:
        if r.random() < 0.1:
            said = " ".join(r.choices(known_words(), k=r.randint(4, 9)))
        else:
            template = r.choice(_STRANGE_QUESTIONS)
            said = re.sub(r"\{\}", lambda _: r.choice(strange_words()), template)
        if said not in ONE_OFFS and not any(country in said for country in CAPITALS) and grammar.held_out(said) == held:
            return Request(said, said, FALLBACK)


def odd_words(request: Request, r: random.Random) -> Request:
    """The same request about other things: words to copy (items, names, rooms, tasks) become ones it never saw.

    Only copying can get these right, so the model cannot settle for guessing among the things it knows.
    """
    if not isinstance(request.answer, Call):
        return request
    arguments = dict(request.answer.arguments)
    said, typed = f" {request.said} ", f" {request.typed} "
    for name in [name for name in COPIED if name in arguments]:
        values = arguments[name] if isinstance(arguments[name], list) else [arguments[name]]
        others = [" ".join(r.choices(strange_words(), k=r.choice([1, 1, 2, 3]))) for _ in values]
        for value, other in zip(values, others, strict=True):
            pattern = rf"(?<=\W){re.escape(value)}(?=\W)"
            said, typed = re.sub(pattern, other, said, count=1), re.sub(pattern, other, typed, count=1)
        arguments[name] = others if isinstance(arguments[name], list) else others[0]
    return Request(said.strip(), typed.strip(), Call(request.answer.name, arguments))


def written(request: Request, r: random.Random) -> str:
    """Half as the starter recognizer writes (lower case, words), half as people type or better recognizers write."""
    if r.random() < 0.5:
        return request.said
    text = request.typed if r.random() < 0.7 else request.said
    if r.random() < 0.4:
        text = re.sub(r"\bwhat is\b", "what's", text)
        text = re.sub(r"\bdo not\b", "don't", re.sub(r"\bi am\b", "i'm", text))
    if r.random() < 0.8:
        text = " ".join(word.capitalize() if word in PROPER or word == "i" else word for word in text.split(" "))
    if r.random() < 0.8:
        text = text[0].upper() + text[1:]
    question = text.split()[0].lower() in {
        "what",
        "what's",
        "how",
        "who",
        "why",
        "where",
        "is",
        "do",
        "can",
        "could",
        "will",
        "when",
    }
    return text + r.choice(["?", "?", ""] if question else [".", ".", "", "!"])


def tools_offered(r: random.Random) -> list[str]:
    """The program's tools in its order, some others, or none: their names are long, and most lessons can do without."""
    chance = r.random()
    if chance < 0.4:
        return list(chat_results.SUPPORTED)
    if chance < 0.5:
        return r.sample(chat_results.SUPPORTED, r.randint(3, 10))
    return []


def as_message(call: Call) -> dict:
    """A call as it stands in an assistant's message."""
    return {"type": "function", "id": "call00000", "function": {"name": call.name, "arguments": call.arguments}}


@functools.cache
def strange_words() -> list[str]:
    """Words of pocketsphinx's English dictionary that no request of ours holds."""
    path = Path(pocketsphinx.__file__).parent / "model" / "en-us" / "cmudict-en-us.dict"
    words = {line.split()[0] for line in path.read_text().splitlines() if line}
    return sorted(word for word in words if re.fullmatch("[a-z]{3,11}", word) and word not in set(known_words()))


@functools.cache
def known_words() -> list[str]:
    """The grammar's words."""
    return grammar.vocabulary()


def _system(r: random.Random) -> tuple[list[dict], list[bool]]:
    chance = r.random()
    if chance < 0.45:
        return [], []
    text = SYSTEM if chance < 0.85 else " ".join(r.sample(OTHER_SYSTEMS, r.choice([1, 1, 2])))
    return [{"role": "system", "content": text}], [False]


def _number(r: random.Random) -> str:
    return str(r.randint(0, 10 ** r.randint(1, 9)))


def _interrupted(answer: str, r: random.Random) -> str:
    words = answer.split()
    return " ".join(words[: r.randint(1, len(words))]) + " …"
