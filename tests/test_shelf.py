import asyncio
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from assistant import log, shelf
from assistant.errors import AssistantError, AwayError, EngineError, ModelError, StalledError
from assistant.health import Health
from assistant.reply.llama import Llama, Sampling
from assistant.reply.tools import Toolbox
from assistant.settings import Config
from assistant.shelf import MODEL, RECOGNISER, VOICE, Recipe, Shelf, recipes
from assistant.weights import remedy as remedies
from tests.virtual_time import run
from tests.weights.gguf_made import own_model

LOG = []


class Made:
    """An engine that says what becomes of it."""

    context = 4096

    def __init__(self, path, **options):
        if options.get("broken"):
            raise ModelError(f"{path} is no model.")
        self.path = path
        LOG.append(f"load {path}")

    def warm_up(self, *what):
        LOG.append(f"warm up {self.path} {what or ''}".strip())

    def close(self):
        LOG.append(f"close {self.path}")


def wants(monkeypatch, **paths):
    """What the settings want: a path for each part, or one with "!" that will not load."""
    parts = {"ear": RECOGNISER, "llm": MODEL, "mouth": VOICE}
    made = {
        parts[name]: Recipe(Made, Path(path.strip("!")), (("broken", True),) if "!" in path else (), (0, 0))
        for name, path in paths.items()
    }
    monkeypatch.setattr(shelf, "recipes", lambda _: made)


@pytest.fixture(autouse=True)
def fresh_log():
    LOG.clear()


def test_only_what_has_changed_is_loaded_again_and_the_old_one_is_closed_before(monkeypatch):
    """Two large models at once would not fit the memory."""

    async def main():
        held = Shelf(Health())
        wants(monkeypatch, ear="a", llm="b", mouth="c")
        assert set(await held.fill(Config())) == {RECOGNISER, MODEL, VOICE}
        await held.warm_up(["system"], [])
        before = {part: held._places[part][1].present for part in (RECOGNISER, VOICE)}
        LOG.clear()
        wants(monkeypatch, ear="a", llm="B", mouth="c")
        assert await held.fill(Config()) == [MODEL]
        await held.warm_up(["system"], [])
        assert LOG == ["close b", "load B", "warm up B (['system'], [])"]
        assert {part: held._places[part][1].present for part in before} == before
        assert await held.close()

    run(main())
    assert sorted(LOG[-3:]) == ["close B", "close a", "close c"]


def _gone(_):
    raise ModelError("d cannot be read: No such file or directory.")


def test_what_was_given_is_intact_until_another_engine_takes_a_place_of_it(monkeypatch):
    """A reload that is refused before anything was closed leaves what goes on without the disk."""

    async def main():
        held, toolbox = Shelf(Health()), Toolbox([])
        wants(monkeypatch, ear="a", llm="b", mouth="c")
        await held.fill(Config())
        held.engines(toolbox)
        monkeypatch.setattr(shelf, "recipes", _gone)
        with pytest.raises(ModelError):
            await held.fill(Config())
        assert held.intact
        wants(monkeypatch, ear="a", llm="B!", mouth="c")
        with pytest.raises(ModelError):
            await held.fill(Config())
        assert not held.intact
        wants(monkeypatch, ear="a", llm="b", mouth="c")
        await held.fill(Config())
        assert not held.intact
        held.engines(toolbox)
        assert held.intact
        await held.close()

    run(main())


def test_models_that_hardly_fit_the_memory_are_told_of_before_they_are_loaded(monkeypatch, capsys):
    """At a reload what stays has its memory already; where nothing is loaded there is nothing to tell."""

    async def main():
        log.set_up("warning")
        monkeypatch.setattr(shelf, "strain", lambda models, loaded: f"{len(models) - len(loaded)} need too much.")
        held = Shelf(Health())
        wants(monkeypatch, ear="a", llm="b", mouth="c")
        await held.fill(Config())
        wants(monkeypatch, ear="a", llm="B", mouth="c")
        await held.fill(Config())
        await held.fill(Config())
        await held.close()

    run(main())
    told = capsys.readouterr().err
    assert told.count("need too much") == 2
    assert told.index("3 need too much") < told.index("1 need too much")


def test_what_loads_beside_a_broken_one_is_kept_for_the_next_try(monkeypatch):
    async def main():
        held = Shelf(Health())
        wants(monkeypatch, ear="a", llm="b!", mouth="c")
        with pytest.raises(ModelError, match="b is no model"):
            await held.fill(Config())
        wants(monkeypatch, ear="a", llm="b", mouth="c")
        assert await held.fill(Config()) == [MODEL]
        await held.close()

    run(main())
    assert LOG.count("load a") == LOG.count("close a") == 1


def test_a_missing_file_is_said_before_anything_is_closed(monkeypatch):
    def missing(_):
        raise ModelError("chat.gguf does not exist.")

    async def main():
        held = Shelf(Health())
        wants(monkeypatch, ear="a", llm="b", mouth="c")
        await held.fill(Config())
        monkeypatch.setattr(shelf, "recipes", missing)
        with pytest.raises(ModelError, match="does not exist"):
            await held.fill(Config())
        assert held.engines(Toolbox([])).writer.context == 4096
        assert not any(line.startswith("close") for line in LOG)
        await held.close()

    run(main())


def test_a_disk_that_is_away_is_told_before_anything_is_loaded(monkeypatch, tmp_path):
    """So that a start every ten seconds costs nothing, and comes right when it is plugged in."""
    config = Config.model_validate({"reply": {"model": str(tmp_path / "disk/models/own.gguf")}})

    def loads(*_path, **_options):
        raise AssertionError

    monkeypatch.setattr(Recipe, "load", loads)
    monkeypatch.setattr(shelf, "load_wake", loads)

    async def main():
        with pytest.raises(AwayError, match="plug it in"):
            await Shelf(Health()).fill(config)

    run(main())


def test_a_new_engine_is_trusted_though_the_last_one_had_to_rest(monkeypatch):
    async def main():
        health = Health()
        held = Shelf(health)
        wants(monkeypatch, ear="a", llm="b", mouth="c")
        await held.fill(Config())
        place = held._places[MODEL][1]
        for _ in range(3):
            with pytest.raises(EngineError), place.watched(place.present):
                raise StalledError("It hangs.")
        assert health.rests(MODEL, 0.0)
        wants(monkeypatch, ear="a", llm="B", mouth="c")
        await held.fill(Config())
        assert not health.rests(MODEL, 0.0)
        await held.close()

    run(main())


def test_an_engine_that_hangs_keeps_nobody_from_ending(monkeypatch):
    """In real time, since a thread hangs: it is left behind, and that is said."""
    release = threading.Event()
    monkeypatch.setattr(shelf, "ENDS_WITHIN", 0.01)

    class Hangs(Made):
        def close(self):
            release.wait(10)

    async def main():
        held = Shelf(Health())
        monkeypatch.setattr(shelf, "recipes", lambda _: {MODEL: Recipe(Hangs, Path("a"), (), (0, 0))})
        await held.fill(Config())
        assert not await held.close()
        release.set()

    asyncio.run(main())


class Starved:
    """What llama_cpp has for a model whose GPU has no memory left: it is loaded, and its first pass fails."""

    input_ids = np.zeros(0, dtype=np.intc)
    n_tokens = passes = 0
    rewinds = True

    def __init__(self, code):
        self.code = code

    def eval(self, _):
        raise RuntimeError(f"llama_decode returned {self.code}")

    def reset(self):
        pass

    def close(self):
        pass


def first_use(monkeypatch, tmp_path, code):
    """What comes of a language model whose first pass returns *code*, on a computer of 16 GB."""
    own = own_model(tmp_path / "own.gguf", 14 * 10**9)
    prompt = SimpleNamespace(beginning=lambda *_: [1, 2, 3])

    def loaded(_path, context):
        return Llama(Starved(code), prompt, SimpleNamespace(context=context), Sampling())

    async def main():
        held = Shelf(Health())
        monkeypatch.setattr(shelf, "recipes", lambda _: {MODEL: Recipe(loaded, own, (("context", 4096),), (0, 0))})
        await held.fill(Config())
        try:
            await held.warm_up([], [])
        finally:
            await held.close()

    monkeypatch.setattr(remedies, "memory", lambda: 16 * 2**30)
    with pytest.raises(AssistantError) as caught:
        run(main())
    return caught.value


@pytest.mark.parametrize("code", [-2, -3])
def test_memory_that_runs_out_at_the_first_use_is_told_as_in_loading(monkeypatch, tmp_path, code):
    """As a Mac's GPU has it; with exit code 2, or a service would load 14 GB again every ten seconds."""
    error = first_use(monkeypatch, tmp_path, code)
    assert isinstance(error, ModelError)
    assert error.exit_code == 2
    assert f"no memory left to use it (The language model failed: llama_decode returned {code})" in str(error)
    assert "It needs 14.7 GB of memory, and of this computer's 17.2 GB two thirds are for models" in str(error)
    assert "the profile light fits it" in str(error)


def test_what_else_fails_at_the_first_use_is_told_as_it_is(monkeypatch, tmp_path):
    """A new start may help."""
    error = first_use(monkeypatch, tmp_path, -1)
    assert str(error) == "The language model failed: llama_decode returned -1."
    assert error.exit_code == 1


def test_a_recipe_differs_where_its_engine_would_and_nowhere_else(tmp_path):
    """On the starter models; also when a file has been fetched anew to the same place."""
    config = Config()

    def changed(section, **settings):
        part = getattr(config, section).model_copy(update=settings)
        new, old = recipes(config.model_copy(update={section: part})), recipes(config)
        return {part for part in {**new, **old} if new.get(part) != old.get(part)}

    assert changed("reply", temperature=0.5) == {MODEL}
    assert changed("listen", language="de") == {RECOGNISER}
    assert changed("engine", pace="m2-max") == {MODEL, RECOGNISER, VOICE}
    assert changed("listen", patience_ms=800, follow_up_s=1.0) == set()
    assert changed("reply", system="You are terse.", tools=False) == set()
    model = tmp_path / "chat.gguf"
    model.write_bytes(b"one")
    at = config.model_copy(update={"reply": config.reply.model_copy(update={"model": str(model)})})
    before = recipes(at)
    assert recipes(at) == before
    model.write_bytes(b"another")
    assert recipes(at)[MODEL] != before[MODEL]
