"""A fetcher that pulls from a hub on this computer into a folder of its own, and what may be found there before."""

import hashlib
from pathlib import Path

from assistant.weights.fetch import Fetcher
from assistant.weights.hub import Hub
from assistant.weights.store import Store

CONTENT = bytes(range(256)) * 40
OTHER = b"{}"


class Watch:
    """Keeps what is told."""

    def __init__(self):
        self.begun = []
        self.done = 0
        self.waits = []

    def begin(self, what, total, done=0):
        self.begun.append((what, total, done))
        self.done = done

    def advance(self, more):
        self.done += more

    def wait(self, seconds, why):
        self.waits.append((seconds, why))


class Pull:
    """A fetcher into a folder of its own, and its naps."""

    def __init__(self, hub, folder):
        self.naps = []
        self.watch = Watch()
        self.source = Hub(hub.address)
        self.store = Store(Path(folder) / "models", ())
        self.fetcher = Fetcher(self.source, self.store, self.watch, self.naps.append)

    def __call__(self, wanted):
        try:
            return self.fetcher.pull(wanted)
        finally:
            self.source.close()


def content(pull, wanted):
    """What an engine would open; None if there is none."""
    place = pull.store.main(wanted)
    return place.read_bytes() if place else None


def part_of(pull, wanted, there):
    """The beginning of a file, as an interrupted pull leaves it."""
    folder = pull.store.unfinished(wanted)
    folder.mkdir(parents=True)
    whole = hashlib.sha256(CONTENT).hexdigest()
    return put(folder, f"x.gguf.{whole[:12]}.part", there)


def put(folder, name, there):
    (folder / name).write_bytes(there)
    return folder / name
