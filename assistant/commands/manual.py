"""The commands of a group go in; its --help comes out as a manual page has it: in sections, in whole sentences."""

from typing import Any

from typer.core import TyperGroup

WIDTH = 100
"""columns at most: what is wider is hard to read"""


class Manual(TyperGroup):
    """A group whose --help lists commands by section, each with its first sentence, wrapped where others cut it."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - the signature is typer's
        """Write the sections, in the order in which commands were added; their names are typer's rich_help_panel.

        *ctx* and *formatter* are click's, whose types typer has no public names for.
        """
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, command in self.commands.items():
            if not command.hidden:
                section = getattr(command, "rich_help_panel", None) or "Commands"
                sections.setdefault(section, []).append((name, first_sentence(command.help or "")))
        for section, rows in sections.items():
            with formatter.section(section):
                formatter.write_dl(rows)


def first_sentence(text: str) -> str:
    """What a docstring begins with: up to the full stop before another sentence, or to the end of its paragraph."""
    paragraph = " ".join(text.split("\n\n", maxsplit=1)[0].split())
    sentence, stop, _ = paragraph.partition(". ")
    return sentence if stop else paragraph.removesuffix(".")
