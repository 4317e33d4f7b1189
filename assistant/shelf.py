"""Settings go in, loaded engines come out; those of which nothing has changed are the same as before."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from assistant import log, weights
from assistant.errors import ModelError, first_line
from assistant.guard import GuardedRecogniser, GuardedTurnModel, GuardedVoice, GuardedWriter, Place
from assistant.health import Health
from assistant.listen.mending import WAKE
from assistant.listen.turn_model import TurnModel
from assistant.listen.wake import WakeWords, listed
from assistant.listen.whisper import Whisper
from assistant.moves import Mode
from assistant.pace import PACES
from assistant.reply.llama import Llama
from assistant.reply.tools import Toolbox
from assistant.settings import Config
from assistant.speak.piper import Piper
from assistant.turn import Engines
from assistant.weights.remedy import remedy, strain, tells_of_memory

_logger = log.get(__name__)

E = TypeVar("E")

ENDS_WITHIN = 1.5
"""seconds that an engine has to end what it does and free its model when the program ends, which shall take two"""
FREES_WITHIN = 30.0
"""...and when another one takes its place, which needs its memory"""
RECOGNISER = "the recogniser"
MODEL = "the language model"
VOICE = "the voice"
TURN_MODEL = "the turn model"
NO_TURN_MODEL = "none"


@dataclass(frozen=True, slots=True)
class Recipe(Generic[E]):
    """All that one engine is made of: two that are equal make equal engines."""

    make: Callable[..., E]
    path: Path
    options: tuple[tuple[str, object], ...]
    changed: tuple[int, int]
    """bytes and modification time (ns) of what is at *path*: a model may be fetched anew to the same place"""

    def load(self) -> E:
        """Make it; blocks, perhaps for seconds. Raises ModelError, with what to do about it."""
        options: dict[str, Any] = dict(self.options)
        try:
            return self.make(self.path, **options)
        except MemoryError as error:
            why = f"{self.path} cannot be loaded: there is no memory left."
            raise ModelError(f"{why} {self._remedy(error)}") from error
        except ModelError as error:
            raise ModelError(f"{error} {self._remedy(error)}") from error

    def unusable(self, error: BaseException) -> BaseException:
        """What to say of *error*, with which what was loaded met its first use.

        Only there a Mac tells that its GPU has no memory left (llama_decode returned -3). That is a ModelError, as in
        loading, so that no service loads all of it again every ten seconds.
        """
        if not isinstance(error, Exception) or not tells_of_memory(error):
            return error
        why = f"{self.path} was loaded, but there is no memory left to use it ({first_line(error)})."
        made = ModelError(f"{why} {self._remedy(error)}")
        made.__cause__ = error
        return made

    @property
    def context(self) -> int:
        """Tokens that its cache shall hold; 0 where it has none."""
        context: Any = dict(self.options).get("context", 0)
        return int(context)

    def _remedy(self, error: BaseException) -> str:
        return remedy(self.path, self.context, starved=tells_of_memory(error))


class Shelf:
    """The engines that are loaded, each in a place where another one follows it when it stalls."""

    def __init__(self, health: Health) -> None:
        self._health = health
        self._places: dict[str, tuple[Recipe[Any], Place[Any]]] = {}
        self._given: dict[str, tuple[Recipe[Any], Place[Any]]] = {}
        self._fresh: set[str] = set()
        self._wake: tuple[Sequence[object], WakeWords | None] | None = None
        self._clean = True

    async def fill(self, config: Config) -> Sequence[str]:
        """Load side by side what *config* wants and is not there; what is not wanted is closed before. Their names.

        Raises AwayError, before anything is touched, where a model's disk is not here.
        Raises ModelError: before anything is touched where a file is missing; later, some engines may be missing.
        Raises UsageError for a wake word that is none.
        """
        wanted = recipes(config)
        words = _wake_words(config)
        if self._wake is None or self._wake[0] != words:
            self._wake = words, await asyncio.to_thread(load_wake, config)
            self._health.forget(WAKE)
        # Two large models at once would not fit the memory.
        changed = [part for part, (recipe, _) in self._places.items() if wanted.get(part) != recipe]
        await self._close(changed, FREES_WITHIN)
        missing = [part for part in wanted if part not in self._places]
        await asyncio.to_thread(self._foresee, wanted, missing)
        engines = await asyncio.gather(
            *(asyncio.to_thread(wanted[part].load) for part in missing), return_exceptions=True
        )
        for part, engine in zip(missing, engines, strict=True):
            if not isinstance(engine, BaseException):
                self._health.forget(part)
                self._places[part] = wanted[part], Place(part, engine, wanted[part].load, self._health)
                self._fresh.add(part)
        for engine in engines:
            if isinstance(engine, BaseException):
                raise engine
        return missing

    def holds(self, config: Config) -> bool:
        """Whether there is nothing to load for *config*. Raises ModelError or AwayError where a file is missing."""
        here = {part: recipe for part, (recipe, _) in self._places.items()}
        return here == recipes(config) and self._wake is not None and self._wake[0] == _wake_words(config)

    async def warm_up(self, messages: Sequence[Any], tools: Sequence[Any]) -> None:
        """Have what was just loaded run once, the language model on what its first prompt begins with.

        Raises EngineError, and ModelError where the memory ran out.
        """
        fresh, self._fresh = [part for part in self._places if part in self._fresh], set()
        jobs = []
        for part in fresh:
            engine: Any = self._places[part][1].present
            jobs.append(asyncio.to_thread(engine.warm_up, *((messages, tools) if part == MODEL else ())))
        for part, result in zip(fresh, await asyncio.gather(*jobs, return_exceptions=True), strict=True):
            if isinstance(result, BaseException):
                raise self._places[part][0].unusable(result)

    def engines(self, toolbox: Toolbox) -> Engines:
        """What turns are taken with; valid until it is filled anew."""
        self._given = dict(self._places)
        turn_model = self._places.get(TURN_MODEL)
        return Engines(
            GuardedRecogniser(self._places[RECOGNISER][1]),
            GuardedWriter(self._places[MODEL][1]),
            GuardedVoice(self._places[VOICE][1]),
            toolbox,
            GuardedTurnModel(turn_model[1]) if turn_model is not None else None,
        )

    @property
    def intact(self) -> bool:
        """Whether the engines that were given last are all still here, and no others."""
        return self._given == self._places

    @property
    def turn_model(self) -> str:
        """The name of the turn model that is loaded, of its file; NO_TURN_MODEL where there is none."""
        place = self._places.get(TURN_MODEL)
        return place[0].path.stem if place is not None else NO_TURN_MODEL

    @property
    def wake(self) -> WakeWords | None:
        """The wake words, where one is needed to be heard."""
        return self._wake[1] if self._wake is not None else None

    async def close(self) -> bool:
        """End all; whether no thread is left that hangs."""
        await self._close(list(self._places), ENDS_WITHIN)
        return self._clean

    def _foresee(self, wanted: Mapping[str, Recipe[Any]], missing: Sequence[str]) -> None:
        """Tell of what hardly fits the memory before it is loaded."""
        loaded = [recipe.path for part, recipe in wanted.items() if part not in missing]
        models = {recipe.path: recipe.context for recipe in wanted.values()}
        if missing and (why := strain(models, loaded)) is not None:
            _logger.warning("models.large", why=why)

    async def _close(self, parts: Sequence[str], within: float) -> None:
        places = [self._places.pop(part)[1] for part in parts]
        clean = await asyncio.gather(*(place.close(within) for place in places))
        self._clean = self._clean and all(clean)


def recipes(config: Config) -> Mapping[str, Recipe[Any]]:
    """What each engine is made of, by part. Raises ModelError or AwayError where a file is missing."""
    turn_model = turn_model_recipe(config)
    return {
        RECOGNISER: whisper_recipe(config),
        MODEL: llama_recipe(config),
        VOICE: piper_recipe(config),
        **({TURN_MODEL: turn_model} if turn_model is not None else {}),
    }


def whisper_recipe(config: Config) -> Recipe[Whisper]:
    """The recogniser alone. Raises ModelError, AwayError."""
    path = weights.whisper(config.listen.whisper, config.models.folder)
    return _recipe(
        Whisper.load,
        path,
        threads=config.engine.threads,
        language=config.listen.language,
        window_s=weights.window(path),
        pace=PACES[config.engine.pace],
    )


def llama_recipe(config: Config) -> Recipe[Llama]:
    """The language model alone. Raises ModelError, AwayError."""
    reply = config.reply
    return _recipe(
        Llama.load,
        weights.chat(reply.model, config.models.folder),
        context=reply.context,
        threads=config.engine.threads,
        gpu_layers=reply.gpu_layers,
        temperature=reply.temperature,
        max_tokens=reply.max_tokens,
        pace=PACES[config.engine.pace],
    )


def piper_recipe(config: Config) -> Recipe[Piper]:
    """The voice alone. Raises ModelError, AwayError."""
    return _recipe(Piper.load, weights.voice(config.speak.voice, config.models.folder), pace=PACES[config.engine.pace])


def turn_model_recipe(config: Config) -> Recipe[TurnModel] | None:
    """The model that hears whether a turn is over, if there is one. Raises ModelError, AwayError."""
    path = weights.turn_model(config.listen.turn_model, config.models.folder)
    return _recipe(TurnModel.load, path) if path else None


def load_wake(config: Config) -> WakeWords | None:
    """The wake words, where one is needed to be heard. Raises UsageError, as `WakeWords.load` does."""
    if config.listen.mode != Mode.WAKE.value:
        return None
    return WakeWords.load(listed(config.listen.wake_words), sensitivity=config.listen.wake_sensitivity)


def _wake_words(config: Config) -> Sequence[object]:
    listen = config.listen
    return [listen.mode == Mode.WAKE.value, listen.wake_words, listen.wake_sensitivity]


def _recipe(make: Callable[..., E], path: Path, **options: object) -> Recipe[E]:
    try:
        found = path.stat()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}.") from error
    return Recipe(make, path, tuple(options.items()), (found.st_size, found.st_mtime_ns))
