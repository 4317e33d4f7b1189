"""What all steps of the setup share goes in once; settings with what was chosen so far, and what is kept, come out."""

import asyncio
import os
from collections.abc import Coroutine, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

from assistant import weights
from assistant.config import FILE_VARIABLE, Loaded, load
from assistant.errors import UsageError
from assistant.screen import Screen
from assistant.settings import Config
from assistant.setup import languages, progress
from assistant.setup.person import Person, UnfinishedError, yes_or_no
from assistant.setup.progress import Progress
from assistant.weights.catalog import ENGLISH, Catalog, Model, our_catalog
from assistant.weights.fetch import Fetcher
from assistant.weights.hub import Hub
from assistant.weights.store import Store

T = TypeVar("T")


class Guide:
    """One setup: who is asked, what the settings are, and what has been chosen and finished."""

    def __init__(self, person: Person, screen: Screen, environ: Mapping[str, str], kept: Path, *, again: bool) -> None:
        """*kept* is the file in which progress is kept; *again*: forget what is in it.

        It is forgotten as well where it holds what can be set no more.
        """
        self.person = person
        self.screen = screen
        self.known: Catalog = our_catalog()
        self._environ = environ
        self._kept = kept
        self.progress = Progress() if again else _usable(progress.read(kept))

    def agreed(self, question: str) -> None:
        """Go on where the person says yes to *question*, or nobody is there. Raises UnfinishedError."""
        if self.person.present and not self.person.ask(question, yes_or_no):
            raise UnfinishedError("left out for now")

    def config(self) -> Config:
        """The settings as they would be with all that is chosen. Raises UsageError."""
        return load(self._environ, self.progress.pending).config

    def loaded(self) -> Loaded:
        """The settings as they are, and which file they are from. Raises UsageError."""
        return load(self._environ, {})

    def in_file(self) -> Config:
        """The settings as defaults and file alone have them: what the file has to say differs from that."""
        named = {key: value for key, value in self._environ.items() if key == FILE_VARIABLE}
        return load(named, {}).config

    def language(self) -> str:
        """What somebody speaks, as far as it is known: what is set or was chosen, else the system's language.

        Raises UsageError.
        """
        loaded = load(self._environ, self.progress.pending)
        if loaded.origin["listen.language"] != "default" or "listen.language" in self.progress.chosen:
            return loaded.config.listen.language
        return languages.of_locale(self._environ) or ENGLISH

    def choose(self, values: Mapping[str, object]) -> None:
        """Keep *values*, by key, until they are written to the settings file. Raises UsageError."""
        self._keep(self.progress.choosing(values))

    def finish(self, step: str, note: str) -> None:
        """*step* is finished: *note* says how. Raises UsageError."""
        self._keep(self.progress.finished(step, note))

    def reopen(self, *steps: str) -> None:
        """*steps*, finished or not, are to be done again. Raises UsageError."""
        self._keep(self.progress.without(*steps))

    def all_written(self) -> None:
        """What is chosen is in the settings file now. Raises UsageError."""
        self._keep(self.progress.all_written())

    def store(self) -> Store:
        """Where models are."""
        return weights.store(self.config().models.folder)

    def fetch(self, model: Model) -> None:
        """Make *model* be here, whole, and show how that goes on. Raises FetchError; what has arrived is kept."""
        with self.person.bars() as bars, closing(Hub()) as hub:
            Fetcher(hub, self.store(), bars).pull(model)

    def live(self, doing: Coroutine[Any, Any, T]) -> T:
        """What comes of *doing* something with sound; Ctrl-C ends it, and raises KeyboardInterrupt."""
        return asyncio.run(doing)

    def check_kept(self) -> None:
        """Keep once more what is kept, so that it is known before anything is asked. Raises UsageError."""
        progress.write(self._kept, progress.read(self._kept))

    def _keep(self, now: Progress) -> None:
        progress.write(self._kept, now)
        self.progress = now


def _usable(kept: Progress) -> Progress:
    """What was *kept*; a beginning where this version does not know, or allow, all that was chosen in an older one."""
    try:
        load({}, kept.chosen, Path(os.devnull))
    except UsageError:
        return Progress()
    return kept
