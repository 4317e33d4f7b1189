import errno

import pytest

from assistant.errors import FetchError, UsageError
from assistant.weights.catalog import Model
from assistant.weights.digest import digest
from assistant.weights.store import RECORD, Store


def model(name="m", kind="chat", **sizes):
    """A model with files of these sizes, None where nobody knows; `x_onnx` is x.onnx."""
    files = [{"path": f"deep/{file.replace('_', '.')}", "bytes": size} for file, size in sizes.items()]
    entry = {"name": name, "kind": kind, "about": "", "repository": "a/b", "revision": "0" * 40}
    return Model.model_validate(entry | {"licence": "", "language": "en", "files": files})


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "ours", (tmp_path / "models", tmp_path / "voices"))


def put(folder, **files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_bytes(content)
    return folder


def publish(store, wanted, **files):
    """As fetch.py does."""
    folder = put(store.unfinished(wanted), **files)
    store.publish(wanted, {file.name: digest(folder / file.name) for file in wanted.files})


def test_a_model_is_where_its_name_is(store):
    wanted = model(x_gguf=3)
    put(store.home(wanted), x_gguf=b"abc")
    assert store.main(wanted) == store.home(wanted) / "x.gguf"


def test_whisper_is_opened_by_its_folder(store):
    wanted = model("w", "whisper", model_bin=3, config_json=2)
    put(store.home(wanted), model_bin=b"abc", config_json=b"{}")
    assert store.main(wanted) == store.home(wanted)


def test_a_file_of_another_size_is_no_model(store):
    wanted = model(x_gguf=3)
    put(store.home(wanted), x_gguf=b"ab")
    assert store.find(wanted) is None


def test_all_of_the_files_have_to_be_there(store):
    wanted = model("v", "voice", x_onnx=3, x_onnx_json=2)
    put(store.home(wanted), x_onnx=b"abc")
    assert store.find(wanted) is None


def test_what_lies_in_a_checkout_is_found_by_itself_or_in_a_folder_of_its_name(store, tmp_path):
    wanted = model("v", "voice", x_onnx=3)
    put(tmp_path / "voices", x_onnx=b"abc")
    assert store.main(wanted) == tmp_path / "voices/x.onnx"
    put(tmp_path / "models/v", x_onnx=b"abc")
    assert store.main(wanted) == tmp_path / "models/v/x.onnx"


def test_a_whisper_model_lies_only_in_a_folder_of_its_own(store, tmp_path):
    """model.bin might be anyone's."""
    put(tmp_path / "models", model_bin=b"abc")
    assert store.find(model("w", "whisper", model_bin=3)) is None


def test_what_was_fetched_comes_before_what_lies_in_a_checkout(store, tmp_path):
    wanted = model(x_gguf=3)
    put(tmp_path / "models", x_gguf=b"abc")
    publish(store, wanted, x_gguf=b"abc")
    assert store.find(wanted) == store.home(wanted)


def test_a_size_that_nobody_stated_is_the_one_that_was_recorded(store):
    wanted = model(x_gguf=None)
    publish(store, wanted, x_gguf=b"abc")
    place = store.main(wanted)
    assert store.known(wanted, place.parent)["x.gguf"].sha256 == digest(place).sha256
    place.write_bytes(b"abcd")
    assert store.find(wanted) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"files": {"x.gguf": {}}}', '{"files": 3}'])
def test_a_record_that_cannot_be_read_does_not_count(store, text):
    wanted = model(x_gguf=3)
    publish(store, wanted, x_gguf=b"abc")
    (store.home(wanted) / RECORD).write_text(text)
    assert store.find(wanted) == store.home(wanted)
    assert store.known(wanted, store.home(wanted))["x.gguf"].sha256 is None


def test_what_is_on_its_way_is_counted_and_no_model(store):
    wanted = model(x_gguf=3)
    put(store.unfinished(wanted), x_gguf_part=b"ab")
    assert store.arrived(wanted) == 2
    assert store.find(wanted) is None


def test_removing_frees_what_the_model_took(store):
    wanted = model(x_gguf=3)
    publish(store, wanted, x_gguf=b"abc")
    put(store.unfinished(wanted), y_part=b"12")
    taken = sum(file.stat().st_size for file in store.home(wanted).iterdir()) + 2
    assert store.remove(wanted) == taken
    assert store.find(wanted) is None
    assert store.arrived(wanted) == 0


def test_of_a_model_that_was_put_elsewhere_the_link_is_removed_alone(store, tmp_path):
    """Which frees nothing, and may be done as often as it is fetched."""
    wanted = model(x_gguf=3)
    disk = put(tmp_path / "disk", x_gguf=b"abc")
    store.folder.mkdir()
    for _ in range(2):
        store.home(wanted).symlink_to(disk)
        assert store.remove(wanted) == 0
        assert not store.home(wanted).is_symlink()
    publish(store, wanted, x_gguf=b"abc")
    assert store.remove(wanted) > 0
    assert (disk / "x.gguf").read_bytes() == b"abc"


def test_a_link_that_leads_nowhere_is_said_before_anything_is_fetched_and_can_be_removed(store, tmp_path):
    """As where its disk is unplugged: 14 GB could be put nowhere."""
    wanted = model(x_gguf=3)
    store.folder.mkdir()
    store.home(wanted).symlink_to(tmp_path / "unplugged")
    with pytest.raises(FetchError, match=rf"unplugged, which is not there.*models remove {wanted.name}"):
        store.check_place(wanted)
    assert store.remove(wanted) == 0
    store.check_place(wanted)
    assert not store.home(wanted).is_symlink()


def test_a_model_that_was_put_on_another_disk_is_repaired_there(store, tmp_path, monkeypatch):
    """To which nothing can be renamed."""

    def rename(source, target, **_):
        raise OSError(errno.EXDEV, "Invalid cross-device link", source, None, target)

    wanted = model(x_gguf=3)
    disk = put(tmp_path / "disk", x_gguf=b"ab")
    store.folder.mkdir()
    store.home(wanted).symlink_to(disk)
    monkeypatch.setattr("os.rename", rename)
    monkeypatch.setattr("os.replace", rename)
    publish(store, wanted, x_gguf=b"abc")
    assert (disk / "x.gguf").read_bytes() == b"abc"
    assert store.find(wanted) == store.home(wanted)


def test_a_persons_own_files_are_not_removed(store, tmp_path):
    place = put(tmp_path / "models", x_gguf=b"abc")
    with pytest.raises(UsageError, match=r"m is in .*models, which is yours to delete"):
        store.remove(model(x_gguf=3))
    assert (place / "x.gguf").exists()


def test_what_is_not_here_cannot_be_removed(store):
    with pytest.raises(UsageError, match="m is not here"):
        store.remove(model(x_gguf=3))
