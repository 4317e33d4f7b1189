import pytest

from assistant.errors import UsageError
from assistant.service.places import Places
from assistant.service.removal import Remnant, remnants, remove, size


@pytest.fixture
def mac(tmp_path):
    support = tmp_path / "Library/Application Support/assistant"
    logs, caches = tmp_path / "Library/Logs/assistant", tmp_path / "Library/Caches"
    return Places(tmp_path, support, support, support, logs, caches / "assistant", caches / "TemporaryItems/assistant")


@pytest.fixture
def linux(tmp_path):
    state = tmp_path / ".local/state/assistant"
    data, config = tmp_path / ".local/share/assistant", tmp_path / ".config/assistant"
    return Places(
        tmp_path, config, data, state, state / "log", tmp_path / ".cache/assistant", tmp_path / "run/assistant"
    )


def fill(path, content=b"12345"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def test_nothing_is_found_where_nothing_is(linux):
    """And removing nothing is no error."""
    assert remnants(linux, [("list", linux.home / "list.txt")]) == []
    remove([])


def test_each_folder_is_listed_once_with_all_it_is_and_its_size(mac):
    """On a Mac settings, models and state are one folder."""
    fill(mac.config / "config.toml")
    fill(mac.data / "models/chat.gguf", bytes(1000))
    assert remnants(mac, []) == [Remnant("models, lists, learned pauses, settings, state", mac.data, 1005)]


def test_what_lies_in_a_listed_folder_is_not_listed_again(linux):
    """Logs are in the state's folder on Linux."""
    fill(linux.log / "turns.jsonl")
    assert remnants(linux, []) == [Remnant("state, logs, measured times", linux.state, 5)]


def test_files_elsewhere_are_found_and_folders_elsewhere_are_left_alone(linux):
    """A setting that names the home folder must not cost the home."""
    fill(linux.home / "Documents/list.txt")
    found = remnants(linux, [("list", linux.home / "Documents/list.txt"), ("times", linux.home)])
    assert [remnant.path for remnant in found] == [linux.home / "Documents/list.txt"]


def test_all_of_it_is_gone_and_nothing_else(linux):
    """The neighbours stay."""
    fill(linux.data / "models/chat.gguf")
    fill(linux.config / "config.toml")
    fill(linux.config.parent / "other/config.toml")
    remove(remnants(linux, []))
    left = [path for path in linux.home.rglob("*") if path.is_file()]
    assert left == [linux.config.parent / "other/config.toml"]


def test_of_a_link_only_the_link_is_removed(linux):
    """People put models on another disk."""
    fill(linux.home / "disk/chat.gguf")
    linux.data.parent.mkdir(parents=True)
    linux.data.symlink_to(linux.home / "disk")
    found = remnants(linux, [])
    assert found[0].size < 1000
    remove(found)
    assert not linux.data.is_symlink()
    assert (linux.home / "disk/chat.gguf").is_file()


def test_what_cannot_be_removed_is_said_after_the_rest_is_gone(linux):
    """One thing in the way does not keep the others."""
    fill(linux.config / "config.toml")
    fill(linux.home / "file")
    impossible = Remnant("odd", linux.home / "file" / "beneath a file", 0)
    with pytest.raises(UsageError, match="beneath a file"):
        remove([impossible, *remnants(linux, [])])
    assert not linux.config.exists()


def test_sizes_are_those_of_the_files(tmp_path):
    """Whatever the disk makes of them."""
    fill(tmp_path / "a/b/c", bytes(300))
    fill(tmp_path / "a/d", bytes(7))
    assert size(tmp_path / "a") == 307
