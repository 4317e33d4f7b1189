import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.flow import Clause
from assistant.speak.word_times import Stretch, shared_out, stretches, word_ends

VOWEL, CONSONANT, BLANK = 100, 50, 20


def said(phonemes):
    """The stretches of espeak-ng's *phonemes*: vowels last 100 samples, blanks 20, all else 50."""
    return stretches(
        (each, VOWEL if each in "aeiouɪəʌæɔ" else BLANK if each == " " else CONSONANT) for each in phonemes
    )


def test_a_word_ends_with_its_last_sound_and_a_comma_is_behind_it():
    """Piper's ^ and $ make no sound either; stress and length do, and are no phonemes."""
    assert said("^hˈeɪ, juː.$") == [Stretch(50, 350, 3), Stretch(420, 620, 2)]


def test_nothing_that_sounds_is_no_stretch():
    """A dash between blanks, nothing at all."""
    assert said("^ — $") == said("") == []


def test_as_many_words_as_stretches_are_matched_one_by_one():
    """However long each is, and whatever is written without a sound: it is done with what precedes."""
    three = [Stretch(0, 10, 1), Stretch(20, 30, 9), Stretch(40, 50, 1)]
    assert word_ends(Clause("Yes — never, ever.", "Yes — never, ever."), three) == (10, 10, 30, 50)
    assert word_ends(Clause("— Yes — never, ever.", "— Yes — never, ever."), three)[0] == 10


def test_small_words_that_are_drawn_together_share_their_time_by_letters():
    """To espeak-ng "of the" is one: three parts of seven for the first, a blank counted with each."""
    found = word_ends(Clause("one of the best", "one of the best"), said("^wʌn ʌvðə best$"))
    assert found == (250, 270 + 300 * 3 // 7 + 1, 570, 840)


def test_a_word_that_is_said_in_several_ends_with_the_last_of_them():
    """A letter behind a number."""
    found = word_ends(Clause("at 221B now", "at twenty-oneB now"), said("^æt twentiwʌn biː naʊ$"))
    assert len(found) == 3
    assert found[1] == said("^æt twentiwʌn biː naʊ$")[2].end


def test_what_is_written_in_digits_is_done_with_the_last_of_its_words():
    """Four words for one, and the others stay where they are."""
    clause = Clause("It is 4:05 PM now.", "It is four oh five p m now.")
    eight = [Stretch(at * 10, at * 10 + 8, 2) for at in range(8)]
    assert word_ends(clause, eight) == (8, 18, 48, 68, 78)


def test_what_cannot_be_matched_is_not_guessed():
    """Twenty words in two stretches, or none at all."""
    words = " ".join(["word"] * 20)
    assert word_ends(Clause(words, words), [Stretch(0, 10, 5), Stretch(20, 30, 5)]) == ()
    assert word_ends(Clause("word", "word"), []) == ()
    assert word_ends(Clause("—", "—"), [Stretch(0, 10, 5)]) == ()


def test_without_times_they_are_shared_out_by_letters():
    """Every word is a letter longer for the blank behind it."""
    assert shared_out(Clause("a bcd ef", "a bcd ef"), 100, 1000) == (300, 700, 1000)
    assert shared_out(Clause("$5 now", "five dollars now"), 0, 170) == (130, 170)
    assert shared_out(Clause("— —", "—"), 0, 180) == (180, 180)


WORDS = st.lists(st.sampled_from(["of", "the", "—", "4:05", "unfortunately", "U.S.A.,", "I'd"]), max_size=8)
SAID = st.lists(st.tuples(st.integers(1, 500), st.integers(1, 12)), max_size=10)


@given(WORDS, WORDS, SAID)
def test_whatever_is_written_spoken_and_said_the_ends_rise_within_what_was_said(written, spoken, lengths):
    """One for each word, or none."""
    times, at = [], 0
    for length, sounds in lengths:
        times.append(Stretch(at, at + length, sounds))
        at += length + 10
    clause = Clause(" ".join(written), " ".join(spoken))
    found = word_ends(clause, times)
    assert len(found) in {0, len(written)}
    assert list(found) == sorted(found)
    assert all(0 <= end <= at for end in found)
    guessed = shared_out(clause, 100, 1000)
    assert len(guessed) == len(written)
    assert list(guessed) == sorted(guessed)
    assert all(100 <= end <= 1000 for end in guessed)


@pytest.mark.parametrize("later", [0, 7])
def test_a_second_sentence_is_later(later):
    assert Stretch(1, 2, 3).later(later) == Stretch(1 + later, 2 + later, 3)
