import pytest

from assistant.listen.agreement import agreed


@pytest.mark.parametrize(
    ("before", "now", "sure"),
    [
        ("", "what is", ""),
        ("what is the cap", "what is the capital of", "what is the"),
        ("What is the capital.", "What is the capital of France?", "What is the"),
        ("Set a timer", "Set a timer.", "Set a"),
        ("Set a timer for five minutes", "Set a timer for five minutes", "Set a timer for five minutes"),
        ("Call mum,", "Call mum, please.", "Call mum"),
        ("it costs 5 €", "it costs 5 € or", "it costs 5 €"),
        ("two words", "too words", ""),
    ],
)
def test_only_whole_words_that_both_begin_with_are_sure(before, now, sure):
    """And no punctuation behind the last of them, which depends on what follows."""
    assert agreed(before, now) == sure
