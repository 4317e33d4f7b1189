"""A template and its slots -> a request, as said ("forty seven plus one") and as typed ("47 + 1") (instant)."""

from dataclasses import dataclass

from words import number


@dataclass(frozen=True)
class Call:
    """A tool the model should ask for; arguments that have their default are left out."""

    name: str
    arguments: dict


@dataclass(frozen=True)
class Request:
    """`said` as the recognizer writes it, `typed` with digits and signs; `answer` is a sentence or a tool call."""

    said: str
    typed: str
    answer: str | Call

    def around(self, before: str, after: str) -> "Request":
        """The same with a few words before and after."""
        return Request(before + self.said + after, before + self.typed + after, self.answer)


@dataclass(frozen=True)
class Slot:
    """Something that is said and typed differently, like "three point five" and "3.5"."""

    said: str
    typed: str


def ask(template: str, answer: str | Call, /, **slots: str | int | Slot) -> Request:
    """Fill the template twice: whole numbers as words and as digits, slots each way, strings as they are."""
    return Request(
        template.format(**{name: _said(value) for name, value in slots.items()}),
        template.format(**{name: _typed(value) for name, value in slots.items()}),
        answer,
    )


def tool(name: str, /, **arguments: object) -> Call:
    """A call without the arguments that are zero or empty, because those are the defaults."""
    return Call(name, {key: value for key, value in arguments.items() if value not in (0, "")})


def _said(value: str | int | Slot) -> str:
    if isinstance(value, Slot):
        return value.said
    return number(value) if isinstance(value, int) else value


def _typed(value: str | int | Slot) -> str:
    return value.typed if isinstance(value, Slot) else str(value)
