import pytest

from assistant.doctor import stock
from assistant.doctor.finding import State
from assistant.doctor.models import model
from assistant.settings import Config, Models
from assistant.weights.catalog import File, our_catalog
from assistant.weights.digest import digest
from tests.weights.gguf_made import own_model

STARTERS = ("reply.model", "listen.whisper", "speak.voice")


@pytest.mark.parametrize("setting", STARTERS)
def test_the_starter_models_are_read_whole_and_are_what_the_manifest_says(setting):
    """The real files."""
    found = stock.model(Config(), setting, thorough=False)
    assert (found.hashed, found.name, found.damaged, found.trouble) == (True, "starter", (), "")
    assert found.bytes > 10**6


def copied_starter(tmp_path, monkeypatch):
    """The starter chat model in another checkout, with its manifest."""
    root, chat = tmp_path / "root", "models/starter/chat.gguf"
    for name in (chat, stock.MANIFEST):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes((stock.weights.ROOT / name).read_bytes())
    monkeypatch.setattr(stock.weights, "ROOT", root)
    return root / chat


def test_one_changed_byte_is_damage(tmp_path, monkeypatch):
    """Of the same size."""
    place = copied_starter(tmp_path, monkeypatch)
    assert stock.model(Config(), "reply.model", thorough=False).damaged == ()
    with place.open("r+b") as file:
        file.seek(1000)
        byte = file.read(1)
        file.seek(1000)
        file.write(bytes([byte[0] ^ 1]))
    assert stock.model(Config(), "reply.model", thorough=False).damaged == ("chat.gguf",)


@pytest.fixture
def fetched(tmp_path, monkeypatch):
    """A voice of the catalog that was fetched, though a small one."""
    known = our_catalog().models["en_US-ljspeech-medium"]
    home = tmp_path / known.name
    home.mkdir()
    files = []
    for number, file in enumerate(known.files):
        place = home / file.name
        place.write_bytes(b"x" * (100 + number))
        found = digest(place)
        files.append(File(path=file.path, bytes=found.bytes, sha256=found.sha256))
    small = known.model_copy(update={"files": tuple(files)})
    catalog = our_catalog().model_copy(update={"models": {**our_catalog().models, known.name: small}})
    for module in ("assistant.weights", "assistant.doctor.stock"):
        monkeypatch.setattr(f"{module}.our_catalog", lambda: catalog)
    config = Config(models=Models(folder=tmp_path)).model_copy(
        update={"speak": Config().speak.model_copy(update={"voice": known.name})}
    )
    return config, home / files[0].name


def test_a_fetched_model_is_held_against_the_catalog(fetched):
    """Every byte, where there are few."""
    config, place = fetched
    assert stock.model(config, "speak.voice", thorough=False).hashed
    place.write_bytes(b"y" * 100)
    found = stock.model(config, "speak.voice", thorough=False)
    assert (found.name, found.fetched, found.damaged) == (config.speak.voice, True, (place.name,))


def test_a_large_one_is_read_only_where_that_is_asked_for(fetched, monkeypatch):
    """Its size is looked at all the same."""
    config, place = fetched
    monkeypatch.setattr(stock, "QUICK", 10)
    place.write_bytes(b"y" * 100)
    assert stock.model(config, "speak.voice", thorough=False).damaged == ()
    assert stock.model(config, "speak.voice", thorough=True).damaged == (place.name,)


def test_one_of_the_wrong_size_is_not_here_and_says_what_to_type(fetched):
    """So the look-up has it."""
    config, place = fetched
    place.write_bytes(b"x")
    finding = model(stock.model(config, "speak.voice", thorough=False))
    assert finding.state is State.WRONG
    assert finding.remedy == "assistant models pull en_US-ljspeech-medium"


def test_a_path_that_does_not_exist_is_told_and_weighs_nothing():
    """By the setting that names it."""
    config = Config.model_validate({"reply": {"model": "/nowhere/chat.gguf"}})
    found = stock.model(config, "reply.model", thorough=False)
    assert "/nowhere/chat.gguf" in found.trouble
    assert stock.need(config).chat == 0


def test_a_model_of_another_kind_is_none_that_could_be_fetched_for_the_setting():
    """It is corrected in the settings."""
    config = Config.model_validate({"speak": {"voice": "mistral-small-24b"}})
    assert model(stock.model(config, "speak.voice", thorough=False)).remedy.startswith("Correct speak.voice")


def test_a_file_of_ones_own_is_not_known(tmp_path):
    """But weighed."""
    own = tmp_path / "own.gguf"
    own.write_bytes(b"GGUF" + bytes(96))
    config = Config.model_validate({"reply": {"model": str(own)}})
    found = stock.model(config, "reply.model", thorough=False)
    assert (found.name, found.bytes) == ("", 100)
    assert stock.need(config).chat == 100


def test_the_need_of_a_model_of_the_catalog_counts_its_cache_though_it_is_not_here():
    """160 KiB a token (facts D)."""
    config = Config.model_validate({"reply": {"model": "mistral-small-24b", "context": 8192}})
    assert stock.need(config).chat == 14_333_908_672 + 8192 * 160 * 1024


def test_the_need_of_a_file_of_ones_own_counts_the_cache_that_its_header_tells_of(tmp_path):
    """Beside the file itself; a smaller one that fits can be told from it."""
    own = own_model(tmp_path / "own.gguf", 5 * 10**9)
    config = Config.model_validate({"reply": {"model": str(own), "context": 8192}})
    found = stock.need(config)
    assert found.chat == 5 * 10**9 + 8192 * 160 * 1024
    assert found.language.context_within(found.chat - 1) == 7168


def test_a_model_whose_disk_is_not_here_is_to_be_plugged_in(tmp_path):
    """Named, or by its path; what the catalog knows counts all the same."""
    folder = tmp_path / "disk/models"
    named = Config.model_validate({"reply": {"model": "mistral-small-24b"}, "models": {"folder": str(folder)}})
    by_path = Config.model_validate({"reply": {"model": str(folder / "own.gguf")}})
    for config in (named, by_path):
        found = stock.model(config, "reply.model", thorough=False)
        assert found.away
        assert model(found).remedy.startswith("Plug it in")
    assert stock.need(named).chat > 14 * 10**9
    assert stock.need(by_path).chat == 0
