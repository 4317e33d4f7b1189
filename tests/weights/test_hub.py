from contextlib import closing

import pytest

from assistant.errors import FetchError
from assistant.weights.digest import Expected
from assistant.weights.hub import Hub
from assistant.weights.patience import ATTEMPTS
from tests.weights.fake_hub import FakeHub, Fault, model, running
from tests.weights.pulling import CONTENT, Pull, content


@pytest.mark.parametrize("field", ["sha256", "bytes", "git_sha1"])
def test_a_hub_that_states_something_else_than_the_catalog_is_not_believed(hub, pull, field):
    """Before the first byte: 14 GB later would be late."""
    hub.small.add("x.gguf")
    if field == "sha256":
        hub.small.clear()
    wrong = {"sha256": "f" * 64, "bytes": 7, "git_sha1": "f" * 40}[field]
    wanted = model("m", hub, files=[{"path": "x.gguf", field: wrong}])
    with pytest.raises(FetchError, match=r"another x\.gguf of m than our catalog knows"):
        pull(wanted)
    assert hub.ranges == []


def test_the_catalogs_hash_is_verified_where_the_hub_states_none(hub, pull):
    """It names small files by git's hash only."""
    hub.small.add("x.gguf")
    wanted = model("m", hub, files=[{"path": "x.gguf", "sha256": "f" * 64}])
    with pytest.raises(FetchError, match="arrived damaged"):
        pull(wanted)


def test_the_hub_is_waited_for_as_long_as_it_asks(hub, pull):
    hub.faults = [Fault(status=429, headers={"Retry-After": "7"}), Fault(status=503)]
    hub.refusals = [Fault(status=429, headers={"Retry-After": "300"})]
    wanted = model("m", hub)
    pull(wanted)
    assert content(pull, wanted) == CONTENT
    assert pull.naps == [300.0, 7.0, 2.0]


def test_the_hubs_own_header_for_its_limits_is_understood_and_the_waiting_is_told(hub, pull):
    """It counts requests in windows of five minutes; a pause of a second or two is not worth a line."""
    hub.faults = [
        Fault(status=429, headers={"RateLimit": '"resolvers";r=0;t=55', "Retry-After": "7"}),
        Fault(status=503, headers={"RateLimit": '"resolvers";r=2900;t=200'}),
    ]
    pull(model("m", hub))
    assert pull.naps == [55.0, 2.0]
    assert pull.watch.waits == [(55.0, "it answered 429")]


def test_a_hub_that_asks_for_no_wait_is_not_asked_six_times_in_a_row(hub, pull):
    """In the last second of a window it says 0."""
    hub.faults = [Fault(status=429, headers={"Retry-After": "0"})] * 2
    pull(model("m", hub))
    assert pull.naps == [1.0, 2.0]


def test_a_hub_that_asks_for_too_long_a_wait_is_not_waited_for(hub, pull):
    hub.refusals = [Fault(status=429, headers={"Retry-After": "3600"})]
    with pytest.raises(FetchError, match="it answered 429"):
        pull(model("m", hub))
    assert pull.naps == []


def test_troubles_of_the_server_are_borne_for_a_while(hub, pull):
    hub.faults = [Fault(status=500)] * ATTEMPTS
    with pytest.raises(FetchError, match=r"it answered 500.*what has arrived is kept"):
        pull(model("m", hub))
    assert pull.naps == [1.0, 2.0, 4.0, 8.0, 16.0]


def test_an_answer_that_makes_no_sense_is_no_crash(hub, pull):
    hub.refusals = [Fault(status=200, body=b"<html>Log in to Caffe Nero</html>")] * ATTEMPTS
    with pytest.raises(FetchError, match="its answer was not understood"):
        pull(model("m", hub))


def test_who_is_offline_is_told_at_once(hub, tmp_path):
    wanted = model("m", hub)
    pull = Pull(FakeHub(address="http://127.0.0.1:9"), tmp_path)
    with pytest.raises(FetchError, match=r"m could not be fetched, no connection .*: check the connection"):
        pull(wanted)
    assert pull.naps == []


@pytest.mark.parametrize(
    ("proxy", "why"), [("socks5://127.0.0.1:9", "SOCKS is not known"), ("ftp://x", "scheme"), ("http://x:y", "port")]
)
def test_a_proxy_that_cannot_be_used_is_one_sentence(hub, pull, monkeypatch, proxy, why):
    """SOCKS is usual, and its error is that something is not installed."""
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(FetchError, match=rf"(?i){why}.*ALL_PROXY"):
        pull(model("m", hub))
    assert pull.naps == []


@pytest.mark.parametrize("address", ["http://x:y", "nonsense", "ftp://x"])
def test_a_hub_at_an_address_that_is_none_is_one_sentence(hub, tmp_path, address):
    """HF_ENDPOINT is anybody's to write."""
    pull = Pull(FakeHub(address=address), tmp_path)
    with pytest.raises(FetchError, match="HF_ENDPOINT"):
        pull(model("m", hub))
    assert pull.naps == []


def test_a_connection_that_is_lost_later_is_waited_for(hub, pull):
    """A router that restarts is not the end of 14 GB."""
    hub.faults = [Fault(cut_after=1000)]
    wanted = model("m", hub)
    pieces = pull.source.pieces

    def lost(*asked):
        if hub.ranges and not pull.naps[3:]:
            return Hub("http://127.0.0.1:9").pieces(*asked)
        return pieces(*asked)

    pull.source.pieces = lost
    pull(wanted)
    assert content(pull, wanted) == CONTENT
    assert pull.naps == [1.0, 2.0, 4.0, 8.0]


@pytest.mark.parametrize(
    ("status", "code", "sentence"),
    [
        (401, "RepoNotFound", r"does not give m to strangers.*HF_TOKEN"),
        (403, "", r"only to those who accepted its terms: do that at https://huggingface\.co/someone/something"),
        (401, "GatedRepo", r"only to those who accepted its terms"),
        (404, "RevisionNotFound", r"has no longer what is known of it of m at someone/something"),
        (418, "", r"refused m \(418\)"),
    ],
)
def test_a_refusal_says_what_to_do(hub, pull, status, code, sentence):
    hub.refusals = [Fault(status=status, headers={"X-Error-Code": code})]
    with pytest.raises(FetchError, match=sentence):
        pull(model("m", hub))
    assert pull.naps == []


def test_a_file_that_the_hub_no_longer_has_is_named(hub, pull):
    wanted = model("m", hub, files=[{"path": "x.gguf"}, {"path": "y.gguf"}])
    with pytest.raises(FetchError, match=r"has no longer y\.gguf of m"):
        pull(wanted)


def test_a_log_in_is_sent_to_the_hub_and_not_to_where_it_sends_us(hub, pull, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    with running(FakeHub({"x.gguf": CONTENT}, faults=[Fault(cut_after=1000)])) as other:
        hub.elsewhere = other.address
        wanted = model("m", hub)
        pull(wanted)
    assert {login for *_, login in hub.asked} == {"Bearer hf_secret"}
    assert [(part, login) for *_, part, login in other.asked] == [(None, None), ("bytes=1000-", None)]


@pytest.mark.parametrize("secret", ["hf_sécret", "hf_\x01secret", "hf secret"])
def test_a_log_in_that_can_be_none_is_called_so_and_not_shown(hub, pull, monkeypatch, secret):
    """Its error was thought to be the proxy's, and quoted it."""
    monkeypatch.setenv("HF_TOKEN", secret)
    with pytest.raises(FetchError, match="in HF_TOKEN holds signs") as refused:
        pull(model("m", hub))
    assert "cret" not in str(refused.value)
    assert hub.asked == []


def test_a_log_in_that_cannot_be_read_is_called_so(hub, pull, monkeypatch, tmp_path):
    """Of another person, or no text; the folder of models has nothing to do with it."""
    from huggingface_hub import constants

    file = tmp_path / "token"
    file.write_bytes(b"\xff\xfe")
    for place, why in ((file, "no text"), (tmp_path, "Is a directory")):
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(place))
        with pytest.raises(FetchError, match=rf"in the file {place} cannot be read \(.*{why}"):
            pull(model("m", hub))


def test_a_log_in_of_a_build_server_that_is_none_is_one_sentence(hub, pull, monkeypatch):
    monkeypatch.setenv("HF_OIDC_RESOURCE", "someone/something")
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    with pytest.raises(FetchError, match="HF_OIDC_RESOURCE"):
        pull(model("m", hub))


def test_certificates_that_are_not_there_are_not_the_fault_of_the_folder_of_models(hub, pull, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent")
    with pytest.raises(FetchError, match="SSL_CERT_FILE"):
        pull(model("m", hub))


def test_a_program_that_set_the_hub_library_offline_can_fetch_all_the_same(hub, pull, monkeypatch):
    """And nothing is asked but for the model."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    pull(model("m", hub))
    revision = "0" * 40
    assert [path for _, path, *_ in hub.asked] == [
        f"/api/models/someone/something/paths-info/{revision}",
        f"/someone/something/resolve/{revision}/x.gguf",
    ]


def test_the_hub_librarys_own_interface_reads_the_fake_as_we_do(hub, pull, monkeypatch):
    """So that the fake speaks as the hub does, as far as its own library knows."""
    from huggingface_hub import HfApi, constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", True)  # it would ask the real hub who we are
    hub.files["small.json"] = b"{}"
    hub.small.add("small.json")
    wanted = model("m", hub)
    theirs = HfApi(hub.address, token=False).get_paths_info(wanted.repository, [*hub.files], revision=wanted.revision)
    large, small = theirs
    with closing(pull.source):
        assert pull.source.stated(wanted) == {
            "x.gguf": Expected(large.lfs.size, sha256=large.lfs.sha256),
            "small.json": Expected(small.size, git_sha1=small.blob_id),
        }
