import pytest

from assistant.errors import UsageError
from assistant.service.places import Places
from assistant.service.removal import Remnant, delete, elsewhere, remnants, size
from assistant.settings import Config


@pytest.fixture
def mac(tmp_path):
    support = tmp_path / "Library/Application Support/assistant"
    logs, caches = tmp_path / "Library/Logs/assistant", tmp_path / "Library/Caches"
    return Places(tmp_path, support, support, support, logs, caches / "assistant")


@pytest.fixture
def linux(tmp_path):
    state = tmp_path / ".local/state/assistant"
    data, config = tmp_path / ".local/share/assistant", tmp_path / ".config/assistant"
    return Places(tmp_path, config, data, state, state / "log", tmp_path / ".cache/assistant")


def fill(path, content=b"12345"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def test_nothing_is_found_where_nothing_is(linux):
    """And removing nothing is no error."""
    assert remnants(linux, [("list", linux.home / "list.txt")]) == []
    delete([])


def test_each_folder_is_listed_once_with_all_it_is_and_its_size(mac):
    """On a Mac settings, models and state are one folder."""
    fill(mac.config / "config.toml")
    fill(mac.data / "models/chat.gguf", bytes(1000))
    assert remnants(mac, []) == [Remnant("models, lists, learned pauses, settings, state", mac.data, 1005)]


def test_what_lies_in_a_listed_folder_is_not_listed_again(linux):
    """Logs are in the state's folder on Linux."""
    fill(linux.log / "turns.jsonl")
    assert remnants(linux, []) == [Remnant("state, logs, measured times", linux.state, 5)]
    times = ("measured times", linux.log / "turns.jsonl")
    assert [one.what for one in remnants(linux, [times])] == ["state, logs, measured times"]


def test_what_is_elsewhere_is_found_and_the_home_never(linux):
    """A setting that names the home folder must not cost the home."""
    fill(linux.home / "Documents/list.txt")
    named = [("list", linux.home / "Documents/list.txt"), ("times", linux.home), ("log", linux.home.parent)]
    assert [remnant.path for remnant in remnants(linux, named)] == [linux.home / "Documents/list.txt"]


def test_of_folders_that_the_settings_name_only_what_is_ours_in_them(tmp_path):
    """Another program's files, and a person's own models, are not."""
    disk = tmp_path / "disk"
    for name in ("turns.jsonl", "turns.jsonl.1", "assistant.log", "control.sock", "muted", "pauses"):
        fill(disk / name)
    fill(disk / "fetched" / ".fetched.json", b"{}")
    for name in ("thesis.doc", "own/model.gguf", "turns.txt"):
        fill(disk / name)
    section = {"folder": disk}
    sections = {"models": section, "latency": section, "log": section, "service": section}
    files = {"listen": {"pauses": disk / "pauses"}, "reply": {"shopping_list": disk / "list"}}
    config = Config.model_validate(sections | files)
    found = {path.name for _, path in elsewhere(config, tmp_path / "mine.toml") if path.exists()}
    ours = {"turns.jsonl", "turns.jsonl.1", "assistant.log", "control.sock", "muted", "pauses"}
    assert found == ours | {"fetched"}


@pytest.mark.parametrize("linked", [False, True])
def test_a_folder_that_is_named_where_a_file_is_meant_is_not_ours(linux, linked):
    """`shopping_list = "~/Documents"` is a setting that can be made; it must not cost the thesis."""
    thesis = linux.home / "Documents/thesis.doc"
    fill(thesis)
    named = linux.home / "link" if linked else thesis.parent
    if linked:
        named.symlink_to(thesis.parent)
    config = Config.model_validate({"listen": {"pauses": named}, "reply": {"shopping_list": named}})
    delete(remnants(linux, elsewhere(config, named)))
    assert thesis.read_bytes() == b"12345"
    assert named.is_dir()


def test_all_of_it_is_gone_and_nothing_else(linux):
    """The neighbours stay."""
    fill(linux.data / "models/chat.gguf")
    fill(linux.config / "config.toml")
    fill(linux.config.parent / "other/config.toml")
    delete(remnants(linux, []))
    left = [path for path in linux.home.rglob("*") if path.is_file()]
    assert left == [linux.config.parent / "other/config.toml"]


def test_of_a_link_only_the_link_is_removed(linux):
    """People put models on another disk."""
    fill(linux.home / "disk/chat.gguf")
    linux.data.parent.mkdir(parents=True)
    linux.data.symlink_to(linux.home / "disk")
    found = remnants(linux, [])
    assert found[0].size < 1000
    delete(found)
    assert not linux.data.is_symlink()
    assert (linux.home / "disk/chat.gguf").is_file()


def test_what_cannot_be_removed_is_said_after_the_rest_is_gone(linux):
    """One thing in the way does not keep the others."""
    fill(linux.config / "config.toml")
    fill(linux.home / "file")
    impossible = Remnant("odd", linux.home / "file" / "beneath a file", 0)
    with pytest.raises(UsageError, match="beneath a file"):
        delete([impossible, *remnants(linux, [])])
    assert not linux.config.exists()


def test_sizes_are_those_of_the_files(tmp_path):
    """Whatever the disk makes of them."""
    fill(tmp_path / "a/b/c", bytes(300))
    fill(tmp_path / "a/d", bytes(7))
    assert size(tmp_path / "a") == 307
