import os
from pathlib import Path

import pytest

from assistant import weights
from assistant.errors import AwayError, ModelError, UsageError
from assistant.weights import disk as module
from assistant.weights.disk import away, check_here

NAME = "mistral-small-24b"


@pytest.fixture
def volumes(tmp_path, monkeypatch):
    """Where disks come and go, and one that is mounted there."""
    place = tmp_path / "Volumes"
    disk = place / "Mounted"
    disk.mkdir(parents=True)
    monkeypatch.setattr(module, "PLUGGED_IN", (place,))
    monkeypatch.setattr(Path, "is_mount", lambda self: self == disk)
    return place


def test_a_disk_that_is_not_plugged_in_is_away(volumes):
    """Whatever of the path there would be on it."""
    assert away(volumes / "Gone")
    assert away(volumes / "Gone/models")
    assert away(volumes / "Gone/deep/models")


def test_the_empty_folder_that_a_disk_is_mounted_on_is_no_disk(volumes):
    """As with what is named in /etc/fstab; a folder with something in it is somebody's own."""
    (volumes / "here/models").mkdir(parents=True)
    assert away(volumes / "here/models")
    assert away(volumes / "here/models/deeper")
    (volumes / "here/models/one").touch()
    assert not away(volumes / "here/models")


def test_on_a_disk_that_is_here_nothing_is_away(volumes):
    """What is not there yet has not been fetched."""
    assert not away(volumes / "Mounted")
    assert not away(volumes / "Mounted/models")
    assert not away(volumes / "Mounted/deep/models")


def test_a_link_is_where_it_leads_to(volumes, tmp_path):
    (tmp_path / "models").symlink_to(volumes / "Gone/models")
    (tmp_path / "others").symlink_to(volumes / "Mounted/models")
    assert away(tmp_path / "models")
    assert not away(tmp_path / "others")


def test_elsewhere_a_disk_is_away_where_not_even_the_folder_is_here_that_it_would_be_in(tmp_path, monkeypatch):
    """But nobody has made our own one before the first model is fetched."""
    assert away(tmp_path / "disk/models")
    assert not away(tmp_path / "models")
    assert not away(tmp_path)
    monkeypatch.setattr(module, "default_folder", lambda: tmp_path / "data/assistant/models")
    assert not away(tmp_path / "data/assistant/models")


def test_only_where_no_disks_come_and_go_is_the_folder_to_be_made(volumes, tmp_path):
    """There it would be on the system's disk."""
    with pytest.raises(AwayError, match=rf"{volumes}/Gone/models is on .*: plug it in, or correct models\.folder"):
        check_here(volumes / "Gone/models")
    with pytest.raises(AwayError, match=r"plug it in, or make the folder, or correct models\.folder"):
        check_here(tmp_path / "disk/models")
    check_here(volumes / "Mounted/models")


def test_of_what_cannot_be_looked_at_nothing_is_claimed(volumes):
    """A file in a folder's place."""
    (volumes / "file").touch()
    assert not away(volumes / "file")


def test_a_model_on_a_disk_that_is_away_is_no_model_to_fetch(volumes):
    """That it may be, too, is said at the end; no error for which a service would give up."""
    with pytest.raises(
        AwayError, match=rf"{NAME}, .* disk that {volumes}/Gone/models is on .*: plug it in; if"
    ) as told:
        weights.chat(NAME, volumes / "Gone/models")
    assert told.value.exit_code == 1
    assert not isinstance(told.value, UsageError)  # launchd is told "done" of those
    with pytest.raises(ModelError, match="is not here yet"):
        weights.chat(NAME, volumes / "Mounted/models")


def test_a_model_of_ours_that_is_a_link_to_a_disk_that_is_away_is_away(volumes, tmp_path):
    (tmp_path / NAME).symlink_to(volumes / "Gone" / NAME)
    with pytest.raises(AwayError, match=rf"the disk that {tmp_path / NAME} is on"):
        weights.chat(NAME, tmp_path)


@pytest.mark.parametrize("find", [weights.chat, weights.whisper, weights.voice, weights.turn_model])
def test_a_path_on_a_disk_that_is_away_is_told_as_that(volumes, tmp_path, find):
    """Also where a link leads there; a name on a disk that is here is wrong, and stays it."""
    (tmp_path / "link").symlink_to(volumes / "Gone/models/model")
    for place in (volumes / "Gone/models/model", tmp_path / "link"):
        with pytest.raises(AwayError, match=rf"{place}.* does not exist, and the disk it is on .*: plug it in"):
            find(str(place))
    with pytest.raises(ModelError, match="does not exist: correct"):
        find(str(volumes / "Mounted/models/model"))


def test_a_path_that_begins_here_is_misspelt_not_away(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError, match="does not exist: correct"):
        weights.chat(os.path.join("modles", "mistral", "chat.gguf"))  # noqa: PTH118 - relative, as it is typed
