import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.flow import SAMPLE_RATE
from assistant.listen.complete import Ending, Stages, ending, patience

MS = SAMPLE_RATE // 1000
PIECES = [
    "set",
    "a",
    "timer",
    "for",
    "five",
    "minutes",
    "what",
    "is",
    "the",
    "to",
    "and",
    ",",
    "...",
    "?",
    ".",
    "Add",
    "50%",
]
texts = st.text(max_size=80) | st.lists(st.sampled_from(PIECES)).map(" ".join)

FINISHED = """
set a timer for five minutes
set a ten minute timer
set the kitchen lights to forty percent
could you please start a pasta timer for an hour and a half
wake me up at six thirty
remind me to call the doctor tomorrow
add milk and bread to my shopping list
take eggs off the list
turn the kitchen lights off
turn off the lights in the living room
make it warmer
what time is it
do you know what time it is
what is the capital of france
what is the weather like
what is on my list
what do i need to buy
what can you do
how old are you
how many legs does a dog have
how many days are in a year
what is water made of
what is twelve times four
seven plus five
convert five miles to kilometers
play some classical music
tell me a joke
thank you very much
next song
can you hear me
what is your name
can you recommend a good book
who won the world cup in two thousand eighteen
who are you talking to
tell me what to do
tell me more
send it
what is the traffic like
how tall is mount everest
i'd like to know more about the roman empire
stop
yes
no thank you
timer for five minutes please
"""

OPEN = """
set a timer
set a timer for
set a timer for twenty
set a timer for twenty five minutes and
set a pasta timer
set the kitchen lights
start a twenty five minute
add
add milk to
add milk to my
add milk to my shopping
add milk and
put milk
turn the kitchen lights
turn on
turn on the kitchen
turn off the living
remind me
remind me to
remind me to call
remind me tomorrow
could you
could you please
hey computer
what
what is
what is the
what is the capital
what is the capital of
what is the tallest
what is twenty
what is twelve times
what does a spider
how many legs
how many legs does a dog
how long do i boil
what time
do you
is it going
tell me
tell me about
convert five miles
i need
i want to hear
i'm
because
what is the best
turn the volume
how do you say
the weather in london um
call my
"""

UNSURE = """
add milk
milk
set a timer for two hours
the kitchen lights
yesterday we went out with some friends
play jazz
set an alarm for seven
if i have three apples
"""


def lines(text):
    return text.strip().splitlines()


def as_whisper_writes(text):
    return text[0].upper() + text[1:] + "."


@pytest.mark.parametrize("text", lines(FINISHED))
def test_a_finished_request_ends_as_one_does(text):
    """With punctuation and without."""
    assert ending(text) is Ending.FINISHED
    assert ending(as_whisper_writes(text)) is Ending.FINISHED


@pytest.mark.parametrize("text", lines(OPEN))
def test_a_request_that_breaks_off_surely_goes_on(text):
    """Whisper sets a full stop behind it all the same."""
    assert ending(text) is Ending.OPEN
    assert ending(as_whisper_writes(text)) is Ending.OPEN


@pytest.mark.parametrize("text", lines(UNSURE))
def test_what_may_be_all_is_left_open(text):
    """It can be followed by a list, a unit, a verb."""
    assert ending(text) is Ending.UNSURE


@pytest.mark.parametrize(
    ("language", "finished", "goes_on"),
    [
        ("de", "stelle einen Timer auf zehn Minuten", "stelle einen Timer"),
        ("de", "Schalte das Licht in der Küche ein.", "schalte das Licht in der Küche"),
        ("de", "wie ist das Wetter in Berlin", "wie ist das Wetter in"),
        ("de", "kannst du mir einen Witz erzählen", "kannst du mir einen"),
        ("de", "wie spät ist es", "was ist die Hauptstadt"),
        ("fr", "mets un minuteur de dix minutes", "mets un minuteur"),
        ("fr", "Quelle heure est-il ?", "quelle est la"),
        ("fr", "ajoute du lait à la liste de courses", "ajoute du lait à la"),
        ("es", "pon un temporizador de diez minutos", "pon un temporizador"),
        ("es", "¿Qué hora es?", "qué tiempo hace en"),
        ("es", "añade leche a la lista", "añade leche a la"),
        ("it", "imposta un timer di dieci minuti", "imposta un timer"),
        ("it", "che ore sono", "che tempo fa a"),
        ("it", "aggiungi il latte alla lista", "aggiungi il latte alla"),
    ],
)
def test_other_languages_have_their_endings(language, finished, goes_on):
    """German, French, Spanish and Italian."""
    assert ending(finished, language) is Ending.FINISHED
    assert ending(goes_on, language) is Ending.OPEN


@pytest.mark.parametrize(
    "text", ["Set a timer,", "I was thinking...", "well…", "the lights -", "Add milk, bread,", "", " "]
)
def test_a_dangling_mark_or_nothing_at_all_is_open(text):
    """In any language, one without rules as well."""
    assert ending(text) is Ending.OPEN
    assert ending(text, "xx") is Ending.OPEN


def test_a_question_mark_finishes_what_the_words_leave_open():
    """A full stop does not: Whisper sets it behind everything."""
    assert ending("The kitchen lights?") is Ending.FINISHED
    assert ending("The kitchen lights.") is Ending.UNSURE


def test_a_missing_full_stop_tells_something_only_where_others_stand():
    """The starter recogniser never writes any."""
    assert ending("what is the capital of france") is Ending.FINISHED
    assert ending("What is the capital of France") is Ending.UNSURE


def test_the_last_sentence_counts():
    """What was finished before it does not."""
    assert ending("Thank you. What is the") is Ending.OPEN
    assert ending("And then? Set a timer for five minutes.") is Ending.FINISHED


def test_figures_are_read_like_words():
    """Whisper writes numbers in digits."""
    assert ending("Set a timer for 12 minutes.") is Ending.FINISHED
    assert ending("Set a timer for 12.") is Ending.OPEN
    assert ending("What's 7 + 5?") is Ending.FINISHED
    assert ending("What's 7 +") is Ending.OPEN
    assert ending("Set the lights to 40%.") is Ending.FINISHED


@pytest.mark.parametrize(
    ("text", "probability", "milliseconds"),
    [
        ("what time is it", 0.9, 180),
        ("what time is it", 0.4, 300),
        ("what time is it", 0.05, 740),
        ("what time is it", None, 300),
        ("add milk", 0.99, 300),
        ("add milk", 0.6, 740),
        ("add milk", 0.05, 1200),
        ("add milk", None, 740),
        ("add milk to", 0.99, 1200),
        ("add milk to", 0.05, 1200),
        ("add milk to", None, 1200),
    ],
)
def test_words_and_melody_together_decide(text, probability, milliseconds):
    """180 ms when both agree that it is over, 300 when one says so, 740 when nobody knows, 1200 when it goes on."""
    assert patience(text, probability, Stages()) == milliseconds * MS


@given(texts, st.none() | st.floats(0, 1), st.sampled_from(["en", "de", "fr", "es", "it", "xx"]))
def test_any_text_gets_one_of_the_stages(text, probability, language):
    """Whatever the recogniser writes."""
    stages = Stages(sure=1, likely=2, unsure=3, open=4)
    assert patience(text, probability, stages, language) in {1, 2, 3, 4}


@given(texts, st.floats(0, 1), st.floats(0, 1))
def test_what_sounds_more_complete_never_waits_longer(text, one, other):
    """The same words."""
    less, more = sorted([one, other])
    assert patience(text, more, Stages()) <= patience(text, less, Stages())


def test_words_that_the_recogniser_doubts_prove_nothing():
    """With and without the turn model; an open word stays open."""
    stages = Stages()
    assert patience("we need candles", None, stages, confidence=-0.84) == stages.unsure
    assert patience("we need candles", None, stages, confidence=-0.3) == stages.likely
    assert patience("we need candles", 0.9, stages, confidence=-0.84) == stages.unsure
    assert patience("we need candles and", 0.9, stages, confidence=-0.84) == stages.open
