import asyncio
import stat
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.files import replaced
from assistant.flow import ToolCall
from assistant.reply.tools import Toolbox
from assistant.reply.tools.shopping import ShoppingList


def test_items_are_added_read_removed_and_cleared(tmp_path):
    """In the order they came, each once, whatever its case."""
    path = tmp_path / "deep" / "list.txt"
    shopping = ShoppingList(path)
    assert shopping.read_list() == "Your shopping list is empty."
    assert shopping.add_to_list(["milk", "Bread"]) == "Added milk and Bread to your shopping list."
    assert shopping.add_to_list(["MILK"]) == "Milk is on your shopping list already."
    assert shopping.add_to_list(["eggs"]) == "Added eggs to your shopping list."
    assert path.read_text() == "milk\nBread\neggs\n"
    assert shopping.read_list() == "On your list: milk, Bread and eggs."
    assert shopping.remove_from_list(["bread", "rice"]) == "Removed Bread from your shopping list."
    assert shopping.remove_from_list(["rice"]) == "That is not on your shopping list."
    assert shopping.clear_list() == "Your shopping list is empty now."
    assert shopping.read_list() == "Your shopping list is empty."


def test_the_file_is_private_and_nothing_else_is_left(tmp_path):
    """Only the owner reads it; no temporary file stays."""
    path = tmp_path / "list.txt"
    ShoppingList(path).add_to_list(["milk"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["list.txt"]


def test_a_damaged_file_gives_what_can_be_read(tmp_path):
    """And is whole again after the next item."""
    path = tmp_path / "list.txt"
    path.write_bytes(b"milk\n\xff\xfe\x00\nbread")
    shopping = ShoppingList(path)
    assert shopping.read_list() == "On your list: milk and bread."
    shopping.add_to_list(["eggs"])
    assert path.read_text() == "milk\nbread\neggs\n"


def test_a_file_that_cannot_be_read_is_not_overwritten(tmp_path):
    """A folder stands in for a disk that fails: root may read any file."""
    (tmp_path / "list.txt").mkdir()
    with pytest.raises(OSError, match="directory"):
        ShoppingList(tmp_path / "list.txt").add_to_list(["milk"])
    assert (tmp_path / "list.txt").is_dir()


def test_one_item_need_not_be_a_list(tmp_path):
    """Models write "milk, bread" for ["milk", "bread"]."""
    box = Toolbox([ShoppingList(tmp_path / "list.txt").add_to_list])
    outcome = asyncio.run(box.call(ToolCall("add_to_list", {"items": "milk, bread"})))
    assert outcome.say == "Added milk and bread to your shopping list."


def test_a_place_that_cannot_be_written_is_admitted(tmp_path):
    """A file where the folder should be."""
    (tmp_path / "blocked").write_text("")
    said = ShoppingList(tmp_path / "blocked" / "list.txt").add_to_list(["milk"])
    assert said == "Sorry, the shopping list cannot be written."


def test_a_change_that_is_under_way_is_not_undone_by_the_next(tmp_path, monkeypatch):
    """Somebody interrupts while the disk is slow, and asks for more; here the first waits for the second in vain."""
    began, second = threading.Event(), threading.Event()

    def slow(path, text):
        if not began.is_set():
            began.set()
            second.wait(0.2)
        replaced(path, text)

    monkeypatch.setattr("assistant.reply.tools.shopping.replaced", slow)
    kept = ShoppingList(tmp_path / "list.txt")
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(kept.add_to_list, ["milk"])
        began.wait(5)
        kept.add_to_list(["eggs"])
        second.set()
        first.result()
    assert kept.read_list() == "On your list: milk and eggs."


@given(st.lists(st.text(max_size=90), max_size=5))
def test_any_items_stay_one_line_each(tmp_path_factory, items):
    """No item can smuggle in a second one."""
    path = tmp_path_factory.mktemp("list") / "list.txt"
    shopping = ShoppingList(path)
    shopping.add_to_list(items)
    lines = path.read_text().splitlines() if path.exists() else []
    assert len(lines) <= len(items)
