"""A program that is killed while it writes: what it keeps is as it was, or as it was to be."""

import random

import pytest

from scripts.life_kept import COMMENT, killed, wrong

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", range(8))
def test_killed_while_it_writes_all_that_it_keeps_is_whole(tmp_path, seed):
    """Journal, shopping list, pauses, settings, progress of the setup, mute, lock; scripts/bench_life.py does more."""
    folder = tmp_path / "kept"
    folder.mkdir(mode=0o700)
    assert killed(folder, random.Random(seed)) == []


@pytest.fixture
def kept(tmp_path):
    """As the second round leaves it, but for the journal, whose lines may come later."""
    folder = tmp_path / "kept"
    folder.mkdir(mode=0o700)
    (folder / "journal").mkdir()
    (folder / "list.txt").write_text("item 1\nitem 2\n")
    (folder / "pauses.json").write_text("[0.02, 0.03]")
    (folder / "config.toml").write_text(f"{COMMENT}\n[listen]\npatience_ms = 1002\n")
    (folder / "setup.json").write_text('{"version": 1, "done": {"step": "2"}, "chosen": {}, "written": {}}')
    return folder


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("journal/turns.jsonl", '{"gap": 0.', "journal"),
        ("list.txt", "item 1\nite", "shopping_list"),
        ("list.txt", "", "shopping_list"),
        ("pauses.json", "[0.02]", "pauses"),
        ("pauses.json", "[0.0", "pauses"),
        ("config.toml", "[listen]\npatience_ms = 1002\n", "settings"),
        ("setup.json", '{"done": {"step": "9"}}', "setup"),
        ("muted", "", "mute"),
    ],
)
def test_what_is_not_whole_is_told(kept, file, text, told):
    """What looks at it can fail."""
    assert wrong(kept, 2) == []
    (kept / file).write_text(text)
    assert [line.partition(":")[0] for line in wrong(kept, 2)] == [told]
