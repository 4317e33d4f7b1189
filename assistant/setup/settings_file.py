"""A settings file's text and new values go in; the same text with these in it comes out, all else as it was. Pure.

The only importer of tomlkit, which keeps comments, order and blank lines.
"""

import difflib
from collections.abc import Mapping, MutableMapping
from typing import Any

from assistant.errors import UsageError

_AROUND = 1
"""lines shown before and behind a change: a person sees in which section it is"""


def merged(text: str, changes: Mapping[str, object]) -> str:
    """*text* with the values of *changes*, by key (listen.mode). Raises UsageError where it is not TOML."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
    except TOMLKitError as error:
        raise UsageError(f"The settings file is not valid TOML ({error}): correct it, and type this again.") from error
    for key, value in changes.items():
        section, _, name = key.partition(".")
        if section not in document:
            document.add(section, tomlkit.table())
        table: MutableMapping[str, Any] = document[section]  # config.py has read it: no plain value
        table[name] = value
    return document.as_string()


def difference(before: str, after: str) -> list[str]:
    """Lines as `diff -u` shows them: those that go with a -, those that come with a +, and what stands around them."""
    shown = difflib.unified_diff(before.splitlines(), after.splitlines(), n=_AROUND, lineterm="")
    return [line for line in shown if not line.startswith(("---", "+++", "@@"))]
