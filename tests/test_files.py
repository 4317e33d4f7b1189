import pytest

from assistant.files import replaced


def test_a_new_file_and_the_folder_made_for_it_are_for_their_owner_alone(tmp_path):
    replaced(tmp_path / "new" / "x", "a")
    assert (tmp_path / "new" / "x").read_text() == "a"
    assert (tmp_path / "new" / "x").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


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


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    def full(_handle):
        raise OSError(28, "No space left on device")

    (tmp_path / "x").write_text("old")
    monkeypatch.setattr("assistant.files.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        replaced(tmp_path / "x", "new")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"x": "old"}
