import pytest

from assistant.errors import first_line


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("It failed.\nAt great length.", "It failed"),
        ("\n  [ONNX] no\n", "[ONNX] no"),
        ("", "ValueError"),
        (" ", "ValueError"),
    ],
)
def test_of_what_a_library_says_the_first_line_goes_into_our_sentence(said, line):
    """Some begin with an empty one, or say nothing at all."""
    assert first_line(ValueError(said)) == line
