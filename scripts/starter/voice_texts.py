"""A seed -> sentences for the voice to learn: what the assistant says, what it is asked, and any words (20 s).

    python voice_texts.py         # prints some, and how often each phoneme comes up

Most of it is the program's own answers; a third are words of a large dictionary, the rare sounds of English first, so
that the voice can say anything. Sentences that grammar.held_out picks are never trained.
"""

# ruff: noqa: SIM905 - a list of words reads best as words

import collections
import functools
import itertools
import random
import re
from pathlib import Path

import chat_results
import grammar
import pocketsphinx
from ask import Call
from facts import FALLBACK, ONE_OFFS
from piper.phonemize_espeak import EspeakPhonemizer
from words import CITIES, ITEMS, NAMES, TASKS, TIMER_NAMES, joined, number

VOICE = "en-us"

# What the tools of assistant/reply/tools say beside the sentences chat_results knows, and what the program itself says.
PHRASES = (
    "I can't divide by zero.|I can't work that out.|I did not hear what to add.|Your shopping list is full.|"
    "That is not on your shopping list.|Sorry, the shopping list cannot be written.|There is no timer running.|"
    "I can set timers from one second to one week.|There are too many timers already.|Timer cancelled.|"
    "Two timers cancelled.|I can't do that yet.|Sorry, I did not get the details right.|Please say it again.|"
    "Sorry, that didn't work.|Sorry, something went wrong.|One moment, please.|"
    "The quick brown fox jumps over the lazy dog, and then it rests."
).split("|")
SHORT = (
    "Sure|Okay|Yes|No|Hello|Hi|Thanks|Right|Done|Sorry|Well|Great|Good|Stop|Wait|Please|Maybe|Now|Today|Tomorrow|"
    "Of course|All right|Good morning|Good night|Thank you|You are welcome|Not yet|I see|Go on|Here you are|Never mind|"
    "So|And|But|However|First|Second|Then|Finally|For example|In short|That is right|Not at all|One moment|Goodbye"
).split("|")
RARE = (
    "loch|Bach|uh-huh|croissant|ensemble|restaurant|genre|bonjour|kitten|button|mountain|certain|cotton|frighten|"
    "Llanview|Reichard|Blanc|Neruda|beige|measure|azure|garage|this|that|these|those|with|they|them|though|breathe|"
    "other|mother|father|weather|either|bathe|smooth|rhythm|whether|thus|thing|thought|through|three|fifth|sixth|month"
).split("|")
_DICTIONARY = Path(pocketsphinx.__file__).parent / "model" / "en-us" / "cmudict-en-us.dict"
_LONGEST = 60  # words in one clause


def texts(count: int, seed: int, *, held: bool = False, kinds: list[str] | None = None) -> list[str]:
    """*count* different sentences; `held` True: only those that training never sees, `kinds` some of KINDS alone."""
    r = random.Random(seed)
    names = kinds or list(KINDS)
    found: dict[str, None] = {}
    while len(found) < count:
        name = r.choices(names, [KINDS[name][0] for name in names])[0]
        text = KINDS[name][1](r)
        if grammar.held_out(text) == held:
            found[text] = None
    return list(found)


def sentences(text: str) -> list[str]:
    """The way piper parts them: one chunk of sound each."""
    return re.split(r"(?<=[.!?])\s+", text)


@functools.cache
def phonemizer() -> EspeakPhonemizer:
    """Piper's own; one in a process."""
    return EspeakPhonemizer()


def _answer(r: random.Random) -> str:
    """A sentence of an answer, as the model or a tool words it."""
    answer = grammar.sample(r, held=None).answer
    if isinstance(answer, Call):
        strange = [_word(r).lower() for _ in range(12)]
        answer = chat_results.result(answer, r, strange)[1]
    return r.choice(sentences(answer))


def _tool(r: random.Random) -> str:
    """The sentences the program's tools build: numbers, names and items in fixed frames."""
    seconds, timer = _duration(r), r.choice(TIMER_NAMES)
    items = joined(r.sample(ITEMS, r.choice([1, 1, 2, 3, 4])))
    return r.choice(
        [
            f"Timer set for {seconds}.",
            f"{timer.capitalize()} timer set for {seconds}.",
            f"Your {timer} timer is done.",
            f"Your {number(r.randint(1, 59))} minute timer is done.",
            f"You have {seconds} left.",
            f"There is no {timer} timer.",
            f"Added {items} to your shopping list.",
            f"Removed {items} from your shopping list.",
            f"On your list: {items}.",
            f"It is {_clock(r)}.",
            f"I will remind you to {r.choice(TASKS)} at {_clock(r)}.",
            f"Calling {r.choice(NAMES).capitalize()} now.",
            f"It will be {number(r.randint(-20, 105))} degrees in {r.choice(CITIES).title()}.",
            f"The answer is {_quantity(r)}.",
            r.choice(PHRASES),
        ]
    )


def _request(r: random.Random) -> str:
    """What people ask: replies echo it."""
    said = grammar.sample(r, held=None).said
    mark = "?" if said.split()[0] in set("what who how why where when do are is can could".split()) else "."
    return said[0].upper() + said[1:] + mark


def _known(r: random.Random) -> str:
    """The longer answers known by heart, sentence by sentence."""
    return r.choice(sentences(r.choice([*ONE_OFFS.values(), FALLBACK])))


def _short(r: random.Random) -> str:
    """Clauses of a word or two, which begin many answers."""
    text = r.choice(SHORT) if r.random() < 0.6 else _word(r).capitalize()
    return text + r.choice([".", ".", ",", "!", "?", ""])


def _numbers(r: random.Random) -> str:
    """Numbers, dates, times of day, letters, one after the other."""
    makers = [_quantity, _clock, _date, _letters, _duration]
    return ", ".join(r.choice(makers)(r) for _ in range(r.choice([1, 2, 2, 3]))) + "."


def _any_words(r: random.Random) -> str:
    """A salad from the dictionary, with every mark that shapes the melody."""
    words = [_word(r) for _ in range(r.choice([1, 2, 3, 4, 5, 6, 8, 10]))]
    for index in range(len(words) - 1):
        if r.random() < 0.12:
            words[index] += r.choice([",", ",", ";", ":"])
    return " ".join(words).capitalize() + r.choice([".", ".", ".", "?", "!", ",", ""])


def _cut(r: random.Random) -> str:
    """The clauses the program makes of long sentences: they end at a comma, or at any word."""
    words = _long(r).rstrip(".?!").split() if r.random() < 0.5 else _answer(r).rstrip(".?!").split()
    return " ".join(words[: r.randint(1, min(len(words), 9))]).rstrip(",") + r.choice([",", ",", ""])


def _long(r: random.Random) -> str:
    """Several statements in one breath, up to 60 words."""
    size = r.choice([20, 30, 40, _LONGEST]) if r.random() < 0.4 else 15
    text = r.choice([_answer, _tool, _known])(r).rstrip(".?!")
    while len(text.split()) < size:
        text += r.choice([", and ", ", but ", ", ", " because ", "; "]) + r.choice([_answer, _known, _tool])(r).rstrip(
            ".?!"
        )
    return " ".join(text.split()[:_LONGEST]) + "."


def _word(r: random.Random) -> str:
    if r.random() < 0.12:
        return r.choice(RARE)
    words, weights = _dictionary()
    return r.choices(words, cum_weights=weights)[0]


@functools.cache
def _dictionary() -> tuple[list[str], list[float]]:
    """Dictionary words with cumulated weights: the rarer the rarest sound of a word, the more often it comes up."""
    lines = _DICTIONARY.read_text().splitlines()
    words = sorted({word for line in lines if line and re.fullmatch("[a-z]{2,12}", word := line.split()[0])})
    words = random.Random(0).sample(words, 30_000)  # more would only take longer to weigh
    sounds = [{s for sentence in phonemizer().phonemize(VOICE, word) for s in sentence} for word in words]
    counts = collections.Counter(sound for each in sounds for sound in each)
    weights = [1 / min(counts[sound] for sound in each) ** 0.5 if each else 0.0 for each in sounds]
    return words, list(itertools.accumulate(weights))


def _quantity(r: random.Random) -> str:
    value = r.randint(0, r.choice([20, 100, 100, 1000, 10_000, 999_999]))
    return number(value) + (" point " + " ".join(number(r.randint(0, 9)) for _ in range(2)) if r.random() < 0.2 else "")


def _clock(r: random.Random) -> str:
    minute = r.randint(0, 59)
    spoken = "" if minute == 0 else " oh " + number(minute) if minute < 10 else " " + number(minute)
    return number(r.randint(1, 12)) + spoken + r.choice([" AM", " PM", " a.m.", " o'clock" if minute == 0 else " PM"])


def _date(r: random.Random) -> str:
    return chat_results._date(r)[0]  # noqa: SLF001 - the same dates as the answers have


def _duration(r: random.Random) -> str:
    units = r.choice([["minute"], ["second"], ["hour"], ["minute", "second"], ["hour", "minute"]])
    return joined([f"{number(n)} {unit}{'s' if n > 1 else ''}" for unit in units for n in [r.randint(1, 59)]])


def _letters(r: random.Random) -> str:
    return ", ".join(r.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=r.randint(1, 5)))


KINDS = {
    "answer": (20, _answer),
    "tool": (15, _tool),
    "request": (10, _request),
    "known": (6, _known),
    "short": (9, _short),
    "numbers": (8, _numbers),
    "words": (20, _any_words),
    "cut": (7, _cut),
    "long": (5, _long),
}


def main() -> None:
    """Print examples of each kind and the phonemes from the rarest to the most frequent."""
    r = random.Random(3)
    for name, (weight, maker) in KINDS.items():
        print(f"{weight:3d} % {name}: {' | '.join(maker(r) for _ in range(3))}")
    counts = collections.Counter(
        sound for text in texts(1000, 1) for sentence in phonemizer().phonemize(VOICE, text) for sound in sentence
    )
    print("in 1000 sentences:", ", ".join(f"{sound!r} {count}" for sound, count in reversed(counts.most_common())))


if __name__ == "__main__":
    main()
