from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.reply.tools.calculator import calculate, value_of


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("47 + 38", "85"),
        ("15 / 100 * 80", "12"),
        ("15% of 80", "12"),
        ("0.1 + 0.2", "0.3"),
        ("11 / 4", "2.75"),
        ("2 ** 10", "1024"),
        ("2^10", "1024"),
        ("3 x 4", "12"),
        ("6 × 7 ÷ 2", "21"),
        ("(1 + 2) * -3", "-9"),
        ("12,500 + 1", "12501"),
        ("2 ** 0.5", "1.414214"),
        ("1 / 3", "0.333333"),
    ],
)
def test_sums_come_out_as_they_are_spoken(expression, value):
    """Exact, and no longer than can be listened to."""
    assert value_of(expression) == value
    assert calculate(expression) == f"The answer is {value}."


def test_a_division_by_zero_is_said():
    """In words."""
    assert calculate("7 / 0") == "I can't divide by zero."


@pytest.mark.parametrize(
    "expression",
    [
        "9**9**9",
        "__import__('os')",
        "(lambda: 1)()",
        "'a' * 3",
        "True + 1",
        "",
        "1 +",
        "(" * 300,
        "1e999",
        "x",
        "(-8) ** 0.5",
    ],
)
def test_nothing_but_bounded_arithmetic_is_worked_out(expression):
    """At once, with a word and not an exception."""
    assert calculate(expression) == "I can't work that out."


@given(st.integers(-999, 999), st.sampled_from("+-*/"), st.integers(1, 999))
def test_it_agrees_with_fractions(a, operator, b):
    """Python's own, to six decimals."""
    exact = {"+": Fraction(a + b), "-": Fraction(a - b), "*": Fraction(a * b), "/": Fraction(a, b)}[operator]
    assert abs(Fraction(value_of(f"{a} {operator} {b}")) - exact) <= Fraction(1, 10**6)


@given(st.text(alphabet="0123456789+-*/().% x", max_size=40))
def test_any_text_has_an_answer(expression):
    """Nothing raises, nothing hangs."""
    assert calculate(expression)
