import errno
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import FetchError
from assistant.weights import fetch
from assistant.weights.fetch import Fetcher
from assistant.weights.hub import Hub
from assistant.weights.patience import ATTEMPTS
from assistant.weights.store import Store
from tests.weights.fake_hub import FakeHub, Fault, model, running
from tests.weights.pulling import CONTENT, OTHER, Pull, Watch, content, part_of


def test_a_model_is_fetched_once_and_then_nobody_is_asked(hub, pull):
    wanted = model("m", hub)
    assert pull(wanted) is True
    assert content(pull, wanted) == CONTENT
    asked = len(hub.asked)
    assert pull(wanted) is False
    assert len(hub.asked) == asked


def test_all_files_of_a_model_come_into_one_folder(tmp_path):
    """By their names alone, small ones verified by git's own hash."""
    with running(FakeHub({"deep/down/v.onnx": CONTENT, "deep/down/v.onnx.json": OTHER})) as hub:
        hub.small.add("deep/down/v.onnx.json")
        pull = Pull(hub, tmp_path)
        wanted = model("v", hub, "voice")
        pull(wanted)
        assert content(pull, wanted) == CONTENT
        assert (pull.store.find(wanted) / "v.onnx.json").read_bytes() == OTHER


def test_a_cut_connection_goes_on_at_the_byte_where_it_was(hub, pull):
    hub.faults = [Fault(cut_after=1000), Fault(cut_after=500)]
    wanted = model("m", hub)
    pull(wanted)
    assert content(pull, wanted) == CONTENT
    assert hub.ranges == [None, "bytes=1000-", "bytes=1500-"]


def test_what_an_earlier_pull_left_is_gone_on_with(hub, pull, tmp_path):
    """Also when the program ended meanwhile; until then there is no model."""
    hub.faults = [Fault(cut_after=3000), *[Fault(cut_after=0)] * ATTEMPTS]
    wanted = model("m", hub)
    with pytest.raises(FetchError, match=r"the connection was cut.*what has arrived is kept"):
        pull(wanted)
    assert content(pull, wanted) is None
    assert pull.store.arrived(wanted) == 3000
    later = Pull(hub, tmp_path)
    later(wanted)
    assert content(later, wanted) == CONTENT
    assert hub.ranges[-1] == "bytes=3000-"
    assert later.watch.begun[0] == ("fetching x.gguf", len(CONTENT), 3000)


def test_a_server_that_can_only_send_all_of_it_may(hub, pull):
    hub.faults = [Fault(cut_after=1000), Fault(whole=True)]
    wanted = model("m", hub)
    pull(wanted)
    assert content(pull, wanted) == CONTENT
    assert pull.watch.done == len(CONTENT)


def test_a_server_that_has_less_than_is_here_begins_anew(hub, pull):
    """416: what is here does not belong to what it has."""
    hub.faults = [Fault(cut_after=1000), Fault(status=416)]
    wanted = model("m", hub)
    pull(wanted)
    assert content(pull, wanted) == CONTENT
    assert hub.ranges == [None, "bytes=1000-", None]


def test_a_part_that_is_longer_than_the_file_is_not_gone_on_with(hub, pull):
    wanted = model("m", hub)
    part_of(pull, wanted, CONTENT + b"more")
    pull(wanted)
    assert content(pull, wanted) == CONTENT
    assert hub.ranges == [None]


def test_a_part_that_is_all_there_needs_only_verifying(hub, pull):
    """The program was killed between the last byte and the name."""
    wanted = model("m", hub)
    part_of(pull, wanted, CONTENT)
    pull(wanted)
    assert content(pull, wanted) == CONTENT
    assert hub.ranges == []


def test_a_part_with_wrong_bytes_is_found_out_at_the_end(hub, pull):
    wanted = model("m", hub)
    part_of(pull, wanted, b"x" * 100)
    with pytest.raises(FetchError, match="arrived damaged and was deleted"):
        pull(wanted)
    assert content(pull, wanted) is None
    pull(wanted)
    assert content(pull, wanted) == CONTENT


def test_wrong_bytes_are_no_model(hub, pull):
    """A right length is not enough; and the next pull begins anew."""
    hub.faults = [Fault(content=CONTENT[:-1] + b"x")]
    wanted = model("m", hub)
    with pytest.raises(FetchError, match=r"x\.gguf of m arrived damaged.*`assistant models pull m` again"):
        pull(wanted)
    assert content(pull, wanted) is None
    pull(wanted)
    assert content(pull, wanted) == CONTENT


def test_a_server_cannot_fill_the_disk(hub, pull):
    """Of a file that does not end, no more than a piece too much is kept, and that not for long."""
    hub.faults = [Fault(content=CONTENT + bytes(20 * 1024 * 1024))]
    wanted = model("m", hub)
    with pytest.raises(FetchError, match="arrived damaged"):
        pull(wanted)
    assert pull.watch.begun[1][1] < len(CONTENT) + 3 * 1024 * 1024
    assert pull.store.arrived(wanted) == 0


def test_a_disk_that_is_too_small_is_told_before_the_first_byte(hub, pull, monkeypatch):
    free = fetch.SPARE_BYTES + len(CONTENT) - 1
    monkeypatch.setattr(fetch.shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    with pytest.raises(FetchError, match=r"m needs 1\.0 GB of disk, and .*models has 1\.0 GB free"):
        pull(model("m", hub))
    assert hub.ranges == []


def test_what_is_here_already_needs_no_more_room(hub, pull, monkeypatch):
    wanted = model("m", hub)
    part_of(pull, wanted, CONTENT[:5000])
    free = fetch.SPARE_BYTES + len(CONTENT) - 5000
    monkeypatch.setattr(fetch.shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    pull(wanted)
    assert content(pull, wanted) == CONTENT


def test_a_disk_that_fills_up_meanwhile_loses_nothing(hub, pull, monkeypatch):
    """The fake leaves out that some of a write may be done."""
    wanted = model("m", hub)
    hub.faults = [Fault(cut_after=2000)]
    real = Path.open

    def full(path, mode="r", **more):
        file = real(path, mode, **more)
        if path.suffix == ".part" and mode == "ab" and path.stat().st_size >= 2000:
            return Full(file)
        return file

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(FetchError, match=r"The disk of .*models is full: make room.*what has arrived is kept"):
        pull(wanted)
    monkeypatch.undo()
    assert pull.store.arrived(wanted) == 2000
    pull(wanted)
    assert content(pull, wanted) == CONTENT


class Full:
    """A file on a disk that is full."""

    def __init__(self, file):
        self._file = file

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()

    def tell(self):
        return self._file.tell()

    def write(self, _):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_disk_that_can_no_longer_be_read_is_named(hub, pull, monkeypatch):
    def broken(*_, **__):
        raise OSError(errno.EIO, "Input/output error")

    pull(model("m", hub))
    monkeypatch.setattr(fetch, "digest", broken)
    with pytest.raises(FetchError, match=r"x\.gguf cannot be read \(Input/output error\)"):
        pull.fetcher.damaged(model("m", hub))


def test_a_folder_that_cannot_be_written_is_named(hub, tmp_path):
    (tmp_path / "models").write_bytes(b"a file where the folder should be")
    with pytest.raises(FetchError, match=r"cannot be written .*: set models\.folder"):
        Pull(hub, tmp_path)(model("m", hub))


def test_two_pulls_of_one_model_do_not_fight(hub, pull):
    """The second is told who has it; another model is no matter."""
    first, second = model("m", hub), model("n", hub)
    with pull.store.held(first):
        with pytest.raises(FetchError, match=r"m is being fetched or removed by another program \(process \d+\)"):
            pull(first)
        assert pull(second) is True
    assert pull(first) is True


HOLD = """
import sys
from pathlib import Path
from assistant.weights.catalog import Model
from assistant.weights.store import Store
with Store(Path(sys.argv[1]), ()).held(Model.model_validate_json(sys.argv[2])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_pull_that_was_killed_holds_nothing(hub, pull):
    wanted = model("m", hub)
    arguments = [sys.executable, "-c", HOLD, str(pull.store.folder), wanted.model_dump_json()]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(FetchError, match=rf"process {other.pid}"):
            pull(wanted)
        other.kill()
        other.wait()
        assert pull(wanted) is True


def test_a_damaged_model_is_repaired_by_its_damaged_file_alone(tmp_path):
    with running(FakeHub({"a.onnx": CONTENT, "a.onnx.json": OTHER})) as hub:
        pull = Pull(hub, tmp_path)
        wanted = model("a", hub, "voice")
        pull(wanted)
        place = pull.store.main(wanted)
        place.write_bytes(CONTENT[:-1] + b"x")
        assert pull.fetcher.damaged(wanted) == ("a.onnx",)
        asked = len(hub.ranges)
        assert pull(wanted) is True
        assert len(hub.ranges) == asked + 1
        assert place.read_bytes() == CONTENT
        assert pull.fetcher.damaged(wanted) == ()


def test_another_revision_does_not_go_on_with_what_was_begun_of_the_old_one(hub, pull):
    old = model("m", hub)
    hub.faults = [Fault(cut_after=3000), *[Fault(cut_after=0)] * ATTEMPTS]
    with pytest.raises(FetchError):
        pull(old)
    hub.files["x.gguf"] = CONTENT[::-1]
    new = model("m", hub, revision="1" * 40)
    pull(new)
    assert content(pull, new) == CONTENT[::-1]
    assert sorted(file.name for file in pull.store.home(new).iterdir()) == [".fetched.json", "x.gguf"]


def test_nothing_is_left_behind_by_a_pull(hub, pull):
    """No part, no second copy: as much disk as the model has bytes."""
    pull(model("m", hub))
    files = [file for file in pull.store.folder.rglob("*") if file.is_file() and file.suffix != ".lock"]
    assert sorted(file.name for file in files) == [".fetched.json", "x.gguf"]


FAULTS = st.one_of(
    st.builds(Fault, cut_after=st.integers(0, 3000)),
    st.builds(Fault, whole=st.just(True), cut_after=st.one_of(st.none(), st.integers(0, 3000))),
    st.builds(Fault, status=st.sampled_from([416, 429, 500, 503, 403])),
    st.builds(Fault, content=st.binary(max_size=3000)),
)


def test_whatever_goes_wrong_only_the_right_bytes_bear_the_models_name(hub):
    """And the model is here in the end, however often one has to ask."""
    source = Hub(hub.address)

    @settings(max_examples=50)
    @given(st.binary(min_size=1, max_size=3000), st.lists(FAULTS, max_size=12))
    def whatever(right, faults):
        hub.files["x.gguf"], hub.faults[:] = right, faults
        wanted = model("m", hub)
        with tempfile.TemporaryDirectory() as folder:
            store = Store(Path(folder), ())
            for _ in range(len(faults) + 1):
                try:
                    Fetcher(source, store, Watch(), lambda _: None).pull(wanted)
                    break
                except FetchError:
                    assert store.main(wanted) is None
            assert store.main(wanted).read_bytes() == right

    with closing(source):
        whatever()
