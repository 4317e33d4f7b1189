import pytest

from assistant.errors import UsageError
from assistant.setup.progress import Progress, read, replaced, write

SOME = (
    Progress()
    .finished("models", "light")
    .choosing({"listen.mode": "wake", "reply.temperature": 0.15})
    .all_written()
    .choosing({"listen.mode": "open"})
)


def test_what_is_kept_comes_back(tmp_path):
    write(tmp_path / "new" / "setup.json", SOME)
    assert read(tmp_path / "new" / "setup.json") == SOME


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"version": 1, "done": []}',
        '{"version": 2, "done": {"models": "x"}, "chosen": {}, "written": {}}',
        "\ufffd",
    ],
)
def test_a_file_that_makes_no_sense_is_a_beginning(tmp_path, text):
    (tmp_path / "setup.json").write_text(text)
    assert read(tmp_path / "setup.json") == Progress()


def test_no_file_is_a_beginning(tmp_path):
    assert read(tmp_path / "setup.json") == Progress()


def test_what_has_been_written_is_pending_again_only_when_it_is_chosen_anew():
    assert SOME.pending == {"listen.mode": "open"}
    assert SOME.all_written().pending == {}
    assert SOME.all_written().choosing({"listen.mode": "open"}).pending == {"listen.mode": "open"}


def test_steps_can_be_opened_again():
    assert SOME.finished("rehearsal", "gap 1 ms").without("rehearsal", "listening").done == {"models": "light"}


def test_a_new_file_is_for_its_owner_alone(tmp_path):
    replaced(tmp_path / "x", "a")
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o600


def test_a_file_keeps_its_rights_and_a_link_stays_one(tmp_path):
    real, link = tmp_path / "dotfiles" / "config.toml", tmp_path / "config.toml"
    real.parent.mkdir()
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    replaced(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert real.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in real.parent.iterdir()] == ["config.toml"]


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot be written"):
        replaced(tmp_path / "file" / "setup.json", "")


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    def full(_handle):
        raise OSError(28, "No space left on device")

    (tmp_path / "x").write_text("old")
    monkeypatch.setattr("assistant.setup.progress.os.fsync", full)
    with pytest.raises(UsageError, match="No space left"):
        replaced(tmp_path / "x", "new")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"x": "old"}
