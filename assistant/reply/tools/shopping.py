"""Items go in, a small text file keeps them: one a line, readable and editable by hand."""

import threading
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator

from assistant.files import replaced
from assistant.reply.tools.toolbox import Said

_Items = Annotated[list[str], BeforeValidator(lambda items: items.split(",") if isinstance(items, str) else items)]
"""What a model gives for a list of one is now and then no list."""

_MOST_ITEMS = 500
_LONGEST_ITEM = 80


class ShoppingList:
    """A list on disk; the file is read at every call, so it may be edited meanwhile."""

    def __init__(self, path: Path) -> None:
        """*path* need not exist; its folder is made when the first item comes."""
        self._path = path
        # Whoever is interrupted leaves a change under way, which the next one shall not undo.
        self._changing = threading.Lock()

    def add_to_list(self, items: _Items) -> str:
        """Add items to the shopping list."""
        wanted = _tidy(items)
        if not wanted:
            return Said("I did not hear what to add.")
        with self._changing:
            return self._added(wanted)

    def remove_from_list(self, items: _Items) -> str:
        """Remove items from the shopping list."""
        unwanted = {item.lower() for item in _tidy(items)}
        with self._changing:
            have = self._read()
            gone = [item for item in have if item.lower() in unwanted]
            if not gone:
                return Said("That is not on your shopping list.")
            left = [item for item in have if item.lower() not in unwanted]
            return self._written(left, f"Removed {_joined(gone)} from your shopping list.")

    def clear_list(self) -> str:
        """Remove everything from the shopping list."""
        with self._changing:
            return self._written([], "Your shopping list is empty now.")

    def read_list(self) -> str:
        """Get what is on the shopping list."""
        items = self._read()
        return Said(f"On your list: {_joined(items)}." if items else "Your shopping list is empty.")

    def _added(self, wanted: list[str]) -> Said:
        have = self._read()
        new = [item for item in wanted if item.lower() not in {each.lower() for each in have}]
        if len(have) + len(new) > _MOST_ITEMS:
            return Said("Your shopping list is full.")
        if not new:
            return Said(f"{_joined(wanted).capitalize()} {_are(wanted)} on your shopping list already.")
        return self._written(have + new, f"Added {_joined(new)} to your shopping list.")

    def _read(self) -> list[str]:
        """What the file holds; of one that is damaged, the lines that can be read.

        Raises OSError where there is a file that cannot be read: taken for empty, it would be overwritten.
        """
        try:
            text = self._path.read_bytes().decode("utf-8", errors="ignore")
        except (FileNotFoundError, NotADirectoryError):
            return []
        return _tidy(text.splitlines()[:_MOST_ITEMS])

    def _written(self, items: list[str], sentence: str) -> Said:
        try:
            replaced(self._path, "".join(f"{item}\n" for item in items))
        except OSError:
            return Said("Sorry, the shopping list cannot be written.")
        return Said(sentence)


def _tidy(items: list[str]) -> list[str]:
    """One printable line each, without doubles."""
    lines = [" ".join("".join(c if c.isprintable() else " " for c in item).split())[:_LONGEST_ITEM] for item in items]
    return list({line.lower(): line for line in reversed(lines) if line}.values())[::-1]


def _joined(items: list[str]) -> str:
    if len(items) < 2:  # noqa: PLR2004 - "and" needs two
        return "".join(items)
    return ", ".join(items[:-1]) + " and " + items[-1]


def _are(items: list[str]) -> str:
    return "is" if len(items) == 1 else "are"
