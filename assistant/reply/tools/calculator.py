"""An arithmetic expression as text goes in, its value as text comes out; nothing is evaluated but arithmetic."""

import ast
import re
from decimal import Decimal
from fractions import Fraction

from assistant.reply.tools.toolbox import Said

_DEEPEST = 50
_LARGEST_POWER = 1000
_MOST_DIGITS = 15
"""beyond that nobody listens"""


def calculate(expression: str) -> str:
    """Work out an arithmetic expression such as "47 + 38", "15 / 100 * 80" or "2 ** 10"."""
    try:
        return Said(f"The answer is {value_of(expression)}.")
    except ZeroDivisionError:
        return Said("I can't divide by zero.")
    except (SyntaxError, ValueError, OverflowError, MemoryError, RecursionError):
        return Said("I can't work that out.")


def value_of(expression: str) -> str:
    """The value in digits; raises ZeroDivisionError, or one of several errors where it is no bounded arithmetic."""
    tree = ast.parse(_in_python(expression), mode="eval")
    return _written(_value(tree.body, _DEEPEST))


def _in_python(expression: str) -> str:
    """Spell operators as people and models write them: ×, ÷, ^, x, % of."""
    if len(expression) > 200:  # noqa: PLR2004 - longer than any sum that was spoken
        raise ValueError("too long")
    text = expression.strip().rstrip("=?").replace("×", "*").replace("÷", "/").replace("−", "-").replace("^", "**")
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    text = re.sub(r"(?<=[\d)])\s*x\s*(?=[\d(])", " * ", text)
    text = re.sub(r"([\d.]+)\s*(?:%|percent)\s*of\b", r"\1 / 100 *", text)
    return re.sub(r"([\d.]+)\s*%(?!\s*[\d(])", r"(\1 / 100)", text)


def _value(node: ast.expr, depth: int) -> Fraction:
    if depth == 0:
        raise ValueError("too deep")
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return Fraction(str(value))
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_value(inner, depth - 1)
        case ast.UnaryOp(op=ast.UAdd(), operand=inner):
            return _value(inner, depth - 1)
        case ast.BinOp(left=left, op=operator, right=right):
            return _combined(operator, _value(left, depth - 1), _value(right, depth - 1))
    raise ValueError("not arithmetic")


def _combined(operator: ast.operator, left: Fraction, right: Fraction) -> Fraction:  # noqa: PLR0911 - one each
    match operator:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div():
            return left / right
        case ast.FloorDiv():
            return Fraction(left // right)
        case ast.Mod():
            return left % right
        case ast.Pow():
            return _power(left, right)
    raise ValueError("not arithmetic")


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    """Bounded: 9 ** 9 ** 9 would keep the machine busy for years."""
    if exponent.denominator != 1:
        if base < 0:
            raise ValueError("a root of a negative number")
        return Fraction(float(base) ** float(exponent))
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if abs(exponent) > _LARGEST_POWER or bits * abs(exponent) > 10 * _LARGEST_POWER:
        raise ValueError("too large")
    return Fraction(base ** int(exponent))


def _written(value: Fraction) -> str:
    """At most six decimals, no trailing zeros: what can be listened to."""
    if abs(value) >= 10**_MOST_DIGITS:
        raise ValueError("too large to say")
    if value.denominator == 1:
        return str(value.numerator)
    rounded = round(Decimal(value.numerator) / Decimal(value.denominator), 6)
    text = f"{rounded:f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
