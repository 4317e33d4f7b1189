"""What `--help` shows, of the program and of every command."""

import pytest
import typer
from typer.core import TyperGroup

from assistant.cli import app
from assistant.commands.manual import first_sentence
from tests.test_cli import assistant


def commands(group=None, path=()):
    """Every command that --help lists, by the words that are typed for it."""
    for name, command in (group or typer.main.get_command(app)).commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, (*path, name))
        elif not command.hidden:
            yield (*path, name), command


@pytest.mark.parametrize(("words", "command"), [pytest.param(*each, id=" ".join(each[0])) for each in commands()])
def test_every_command_shows_one_example_of_itself(words, command):
    """Last, and on a line of its own."""
    *_, example = command.help.strip().split("\n\n")
    assert example.startswith(f"Example: assistant {' '.join(words)}")
    assert command.help.count("Example:") == 1


def test_help_lists_all_commands_by_section_in_whole_sentences():
    """What somebody wants comes first: talking."""
    code, out, _ = assistant("--help")
    assert code == 0
    sections = [line for line in out.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert sections == ["Options:", "Talk:", "Set up:", "Settings:", "Service:", "Measure:"]
    listed = {line.split()[0] for line in out.partition("Talk:")[2].splitlines() if line[:2] == "  " != line[2:4]}
    assert {words[0] for words, _ in commands()} <= listed
    assert "..." not in out.partition("Talk:")[2]


@pytest.mark.parametrize(("words", "command"), [pytest.param(*each, id=" ".join(each[0])) for each in commands()])
def test_what_is_to_be_typed_is_told_in_words_of_people(words, command):
    """KEY=VALUE, FILE, N: not <list[str]>, <int range>."""
    _, _, options = command.get_help(typer.Context(command)).partition("Options:")
    assert "--help" in options
    assert "<" not in options, words


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Speak a text,\n    aloud. Where it runs, it speaks.\n\n    Example: say", "Speak a text, aloud"),
        ("List them.\n\nExample: list", "List them"),
        ("Show log.words, until 7:30", "Show log.words, until 7:30"),
        ("", ""),
    ],
)
def test_a_command_is_told_by_its_first_sentence(text, sentence):
    assert first_sentence(text) == sentence
