import pytest

from assistant import weights
from assistant.errors import ModelError
from assistant.shelf import Recipe
from assistant.weights import remedy as module
from assistant.weights.catalog import ENGINES_BYTES
from assistant.weights.remedy import remedy, strain, tells_of_memory
from tests.weights.gguf_made import own_model

GIB = 2**30


@pytest.fixture
def computer(monkeypatch):
    """One with so many GiB of memory, of which so many are free; None: nobody tells."""

    def with_memory(gib, free=None):
        monkeypatch.setattr(module, "memory", lambda: gib * GIB)
        monkeypatch.setattr(module, "available", lambda: None if free is None else free * GIB)

    return with_memory


def test_what_needs_more_than_there_is_says_how_much_and_which_profile_fits(computer, tmp_path):
    """Scenario 31: Mistral Small 24B on a Mac of 16 GB; its cache counts."""
    computer(16)
    said = remedy(
        tmp_path / "mistral-small-24b" / weights.our_catalog().models["mistral-small-24b"].files[0].name, 4096
    )
    need = weights.our_catalog().models["mistral-small-24b"].memory(4096)
    assert f"It needs {weights.size(need)} of memory" in said
    assert "the profile light fits it" in said


def test_a_file_of_ones_own_is_measured(computer, tmp_path):
    """Of 3 GB, most of them a hole."""
    computer(4)
    own = tmp_path / "own.gguf"
    with own.open("wb") as file:
        file.truncate(3 * 10**9)
    assert "It needs 3.0 GB of memory" in remedy(own)
    computer(8)
    assert remedy(own) == "`assistant models list` shows what can be fetched."


def test_what_was_fetched_is_fetched_again(computer, tmp_path):
    """Where the memory would do; a file of that name elsewhere is somebody's own."""
    computer(64)
    name = weights.our_catalog().models["mistral-small-24b"].files[0].name
    assert remedy(tmp_path / "mistral-small-24b" / name, 4096).startswith("`assistant models pull mistral-small-24b`")
    assert "models list" in remedy(tmp_path / "mistral-small-24b" / "another.gguf")


def test_the_starter_models_came_with_the_program(computer):
    computer(64)
    assert "install that again" in remedy(weights.chat("starter"))
    assert "install that again" in remedy(weights.voice("starter"))


def test_a_persons_own_model_beside_the_starter_did_not_come_with_the_program(computer):
    """What lies in `models/` and `voices/` of a checkout is found as well."""
    computer(64)
    for own in (weights.ROOT / "models/own.gguf", weights.ROOT.parent / "models/own.gguf"):
        assert remedy(own) == "`assistant models list` shows what can be fetched."


def test_where_others_hold_the_memory_it_says_how_much_is_needed_and_which_profile_needs_less(computer, tmp_path):
    """Scenario 31: the computer is large enough, and a game runs on it. llama.cpp does not say whether it was that."""
    model = weights.our_catalog().models["mistral-small-24b"]
    computer(32, free=6)
    said = remedy(tmp_path / model.name / model.files[0].name, 4096)
    assert f"It needs {weights.size(model.memory(4096))} of memory, and 6.4 GB are free" in said
    assert "the profile light, which needs less" in said
    assert said.endswith("If that is not why: `assistant models pull mistral-small-24b` fetches what is damaged.")
    assert remedy(tmp_path / model.name / model.files[0].name, 4096, starved=True) == said.partition(" If that")[0]


def test_where_nobody_tells_what_is_free_the_error_does(computer, tmp_path):
    """As on a Mac."""
    model = weights.our_catalog().models["whisper-small.en"]
    computer(32)
    said = remedy(tmp_path / model.name, starved=True)
    assert f"It needs {weights.size(model.memory(0))} of memory, and that much is not free" in said
    assert "the profile starter, which needs less" in said


def test_what_hardly_fits_is_said_before_it_is_loaded_since_a_system_that_ends_us_lets_us_say_nothing(
    computer, tmp_path
):
    """Scenario 31; all models and the engines count."""
    catalog = weights.our_catalog()
    chat, whisper = catalog.models["mistral-small-24b"], catalog.models["whisper-small.en"]
    wanted = {tmp_path / chat.name / chat.files[0].name: 4096, tmp_path / whisper.name: 0}
    need = weights.size(ENGINES_BYTES + chat.memory(4096) + whisper.memory(0))
    computer(16)
    assert f"The models need {need} of memory, and of this computer's 17.2 GB" in strain(wanted)
    assert "the profile light fits it (`assistant setup`" in strain(wanted)
    computer(32, free=6)
    assert f"The models need {need} of memory, and 6.4 GB are free" in strain(wanted)
    assert "end what else is large, or take the profile light" in strain(wanted)
    assert strain(wanted, loaded=[tmp_path / chat.name / chat.files[0].name]) is None
    computer(32, free=24)
    assert strain(wanted) is None
    computer(32)
    assert strain(wanted) is None


def test_the_cache_of_a_file_of_ones_own_counts_and_a_context_that_would_fit_is_told(computer, tmp_path):
    """Scenario 31: Llama 3.3 70B by its path on a Mac of 64 GB, which its weights alone fit."""
    own = own_model(tmp_path / "own.gguf", 40 * 10**9, layers=80)
    computer(64)
    said = remedy(own, 131072)
    assert said.startswith("It needs 82.9 GB of memory (42.9 GB of it for reply.context = 131072), and of this")
    assert "two thirds are for models: reply.context = 15360 at most would do, or the profile" in said
    assert "models list" in remedy(own, 15360)
    foreseen = strain({own: 131072})
    assert "The models need 83.5 GB of memory (42.9 GB of it for reply.context = 131072)" in foreseen
    assert "If so: reply.context = 15360 would do, or the profile" in foreseen
    assert strain({own: 15360}) is None
    assert "reply.context" in strain({own: 16384})


def test_a_context_that_would_do_leaves_room_for_the_other_models_or_is_called_the_most(computer, tmp_path):
    """Where one does not load, nobody knows the others: with them it may have to be less."""
    own = own_model(tmp_path / "own.gguf", 40 * 10**9, layers=80)
    whisper = tmp_path / "whisper-large-v3-turbo"
    computer(64)
    assert "reply.context = 15360 at most would do" in remedy(own, 131072)
    assert "reply.context = 10240 would do" in strain({own: 131072, whisper: 0})


def test_where_others_hold_the_memory_a_smaller_context_is_told_if_it_would_do(computer, tmp_path):
    own = own_model(tmp_path / "own.gguf", 5 * 10**9)
    computer(64, free=8)
    less = "end what else is large, set reply.context to 17408, or take the profile"
    assert less in remedy(own, 65536)
    assert less in strain({own: 65536})
    assert strain({own: 65536}, loaded=[own]) is None
    computer(64, free=4)
    assert "set reply.context" not in remedy(own, 65536)
    computer(64)
    assert "set reply.context to 32768" in remedy(own, 65536, starved=True)
    assert "reply.context" not in remedy(own, 4096, starved=True)


def test_no_profile_is_told_to_fit_that_does_not_with_so_much_context(computer, tmp_path):
    """The one meant for a Mac of 32 GB is the very model that does not."""
    model = weights.our_catalog().models["mistral-small-24b"]
    computer(32)
    said = remedy(tmp_path / model.name / model.files[0].name, 131072)
    assert "reply.context = 48128 at most would do, or the profile light fits it" in said


@pytest.mark.parametrize(
    "raised",
    [
        MemoryError(),
        ModelError("It cannot be loaded: std::bad_alloc."),
        ModelError("It cannot be loaded: Failed to allocate memory for requested buffer of size 123."),
    ],
)
def test_memory_that_runs_out_in_loading_is_said_as_that(computer, tmp_path, raised):
    """Python raises it; CTranslate2 and onnxruntime say it in words of their own."""
    computer(32)
    own = tmp_path / "own.gguf"
    own.write_bytes(bytes(3_000_000))

    def make(path):
        raise raised

    with pytest.raises(ModelError, match=r"It needs 3 MB of memory") as caught:
        Recipe(make, own, (), (0, 0)).load()
    assert str(caught.value).startswith(str(raised) or f"{own} cannot be loaded: there is no memory left.")


def test_whatever_else_does_not_load_is_said_with_its_remedy(computer, tmp_path):
    computer(32)

    def make(path):
        raise ModelError("It is damaged.") from ValueError("no magic")

    with pytest.raises(ModelError, match=r"^It is damaged\. `assistant models list` shows"):
        Recipe(make, tmp_path / "own.gguf", (), (0, 0)).load()


@pytest.mark.parametrize(
    ("said", "of_memory"),
    [
        ("llama_decode returned -2", True),
        ("llama_decode returned -3", True),
        ("Failed to create llama_context", True),
        ("llama_decode returned 1", False),
        ("llama_decode returned -1", False),
        ("llama_decode returned -30", False),
        ("Failed to load model from file: own.gguf", False),
    ],
)
def test_llama_cpps_numbers_are_known_for_what_they_are(said, of_memory):
    """1 is a full cache, -1 a wrong batch (llama.h)."""
    assert tells_of_memory(RuntimeError(said)) == of_memory
