"""Streams of sound devices go in as they are opened; they are closed in time, and told when they have to move.

A thread of its own looks once a second at what the system has plugged in, as long as anybody wants a device. What
follows from it is decided in `plugged.py`.
"""

import atexit
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from typing import Any

from assistant import devices, log
from assistant.errors import DeviceError
from assistant.plugged import Plug, Plugged, Want, meant, moves
from assistant.sound_system import look

_logger = log.get(__name__)

_LOOK_EVERY = 1.0
"""seconds between two looks: a headset takes two to be there at all, and a change of mind is rare"""
_RELIST_AT_MOST = 60.0
"""seconds between two lists that are made in vain, where a sound server is there and gives no device; each is 40 ms"""
_CLOSES_WITHIN = 1.0
"""seconds that a stream's closing is waited for; it goes on in its thread. Behind PulseAudio it takes 10 to 30 ms"""
_STUCK_AFTER = 30.0
"""seconds after which a stream that is still being closed always will be: with its device gone ten are usual"""


def called(want: Want) -> str | None:
    """What the system calls the device that *want* means now; None where it does not say. May block."""
    plug = meant(look() or Plugged(), want)
    return plug.name if plug is not None else None


class Stream:
    """A stream that runs. It is closed once, by a thread of its own: with its device gone that may last for ever."""

    def __init__(self, stream: Any, what: str) -> None:
        """*stream* is sounddevice's; *what*: "microphone" or "loudspeaker"."""
        self._closing = threading.Thread(target=stream.close, name=f"{what}-close", daemon=True)
        self._once = threading.Lock()
        self._begun = False

    def close(self, within: float | None = None) -> bool:
        """Whether it is closed, *within* so many seconds (1). From any thread, as often as you like."""
        with self._once:
            if not self._begun:
                try:
                    self._closing.start()
                except RuntimeError:
                    return False  # there is no thread left; whoever asks again tries again
                self._begun = True
        self._closing.join(_CLOSES_WITHIN if within is None else within)
        return not self._closing.is_alive()


class Place:
    """Where somebody keeps the one stream they have, or would have."""

    def __init__(self, want: Callable[[bool], Want], move: Callable[[], None], watch: "Watch") -> None:
        self._want = want
        self._watch = watch
        self.move = move
        self.over = False
        """whether nobody wants a stream here any more"""
        self.stream: Stream | None = None
        self.meant: Plug | None = None
        """the device meant when it was last prepared, or told to move; another one may be by the time it runs"""

    @property
    def want(self) -> Want:
        """What it is for, and whether it runs."""
        return self._want(self.stream is not None)

    def prepare(self) -> str | None:
        """Before it is opened: the name of the device meant, where the system says so. May block for a second."""
        self.meant = self._watch.prepared(self)
        return self.meant.name if self.meant is not None else None

    def start(self, stream: Any, name: str) -> None:
        """Have sounddevice's *stream* run on the device called *name*, and keep it. For inside of `devices.opening`.

        One that does not start raises what it does, and is closed: each that is left holds a sound server's connection.
        Raises DeviceError where it is for nobody by now.
        """
        self._watch.found(self, name)
        kept = Stream(stream, "microphone" if self.want.input else "loudspeaker")
        try:
            stream.start()
        except BaseException:
            self._watch.closing(kept)
            kept.close(0.0)
            raise
        self.stream = kept  # not before: whoever closes this place meanwhile would free the stream under its start
        if self.over:
            self.close(0.0)  # still within `opening`: behind it PortAudio may be ended, since nobody knows this place
            raise DeviceError("It was opened too late.")

    def close(self, within: float = _CLOSES_WITHIN) -> None:
        """Close what is open, if anything is; it is waited for so long."""
        stream = self.stream
        if stream is not None:
            self._watch.closing(stream)  # before it is out of here: PortAudio must not be ended while it is in neither
            if self.stream is stream:
                self.stream = None
            stream.close(within)


class Watch:
    """All places of this program, and what was plugged in when PortAudio made its list."""

    def __init__(
        self,
        look: Callable[[], Plugged | None] = look,
        relist: Callable[[], None] = devices.relist,
        clock: Callable[[], float] = time.monotonic,
        served: Callable[[devices.Direction, str], bool] = devices.served,
    ) -> None:
        self._look = look
        self._relist = relist
        self._served = served
        self._relist_from = float("-inf")
        self._relist_after = _LOOK_EVERY
        self._clock = clock
        self._places: list[Place] = []
        self._closing: list[Stream] = []
        self._noting = threading.Lock()
        self._then: Plugged | None = None
        self._missed: set[Plug] = set()
        self._lately = Plugged()
        self._looked_at = float("-inf")
        self._looking = threading.Lock()
        self._ended = threading.Event()
        self._refused_since: float | None = None
        self.stuck = False
        """whether a device does not let go, for good, so that another one, which is wanted, is not found"""

    @contextmanager
    def wanted(self, want: Callable[[bool], Want], move: Callable[[], None]) -> Iterator[Place]:
        """A place for a stream; *want* is given whether it runs.

        *move* is called, by another thread, when the stream shall be closed and opened again; it returns at once.
        """
        place = Place(want, move, self)
        place.meant = meant(self._lately, place.want)
        with self._noting:  # one ends as another begins, each in a thread of its own
            if not self._places:
                self._ended = threading.Event()
                threading.Thread(target=self._watch, args=[self._ended], name="devices-watch", daemon=True).start()
            self._places.append(place)
        try:
            yield place
        finally:
            place.over = True
            place.close()
            with self._noting:
                self._places.remove(place)
                if not self._places:
                    self._ended.set()

    def prepared(self, place: Place) -> Plug | None:
        """What *place* means now, where the system says so. May block for a second."""
        plug = meant(self._lately, place.want)
        if plug is None or self._clock() - self._looked_at >= _LOOK_EVERY:
            self.look()
        with devices.alone():
            # Who was told to move comes here while the list is made anew, and is to open what is meant behind that.
            return meant(self._lately, place.want)

    def found(self, place: Place, name: str) -> None:
        """For *place* PortAudio has the device called *name*: where another default is meant, its list is out of date.

        It was made before our first look, or in the middle of a headset's coming. So it is made anew at the next look;
        once for each device, since there may be one that it never lists.
        """
        plug = place.meant
        if plug is None or place.want.name:
            return
        if plug.name == name:
            self._missed.discard(plug)
        elif plug not in self._missed:
            self._missed.add(plug)
            self._then, place.meant = Plugged(), None

    def closing(self, stream: Stream) -> None:
        """*stream* is being closed."""
        # Microphone and loudspeaker close at once where the system's sound is restarted, each in a thread of its own.
        with self._noting:
            if not self._closing:
                # Behind sounddevice's import, so that it comes before what sounddevice does at the end.
                atexit.unregister(self.leave)
                atexit.register(self.leave)
            self._closing = [one for one in self._closing if not one.close(0)] + [stream]

    def leave(self) -> None:
        """At the end of the program: it ends without PortAudio where a stream cannot be closed."""
        if not all(stream.close() for stream in self._closing):
            devices.leave_to_system()

    def look(self) -> None:
        """Look at what is plugged in, and have move what has to. From any thread."""
        if not self._looking.acquire(timeout=_LOOK_EVERY):
            return  # the system does not answer whoever asked before
        try:
            now = self._look()
            self._looked_at = self._clock()
            if now is not None:
                self._act_on(now)
        finally:
            self._looking.release()

    def _act_on(self, now: Plugged) -> None:
        places = list(self._places)
        if self._then is None:
            self._then = self._lately = now
            for place in places:
                place.meant = meant(now, place.want)  # which they have been opened for, as far as anybody knows
        wants = self._looked_up(now, [place.want for place in places])
        needed = moves(self._then, now, wants, [place.meant for place in places])
        with devices.alone() if needed.relist else nullcontext():
            if needed.relist:
                if not self._renewed():
                    return  # looked at again in a second
                self._then = now
            self._lately = now
            for place, want in zip(places, wants, strict=True):
                if want.running:
                    place.meant = meant(now, want)
        if not needed.relist:
            self._refused_since, self.stuck = None, False
            for index in needed.streams:
                places[index].move()

    def _looked_up(self, now: Plugged, wants: list[Want]) -> list[Want]:
        """*wants*, with whether PortAudio's list has them, where a sound server is there that it may be without.

        Always behind one that has just begun. Later only where no stream is open, and ever more seldom: it answers
        before it has its devices, or begins anew behind a socket that stays (systemd's).
        """
        assert self._then is not None
        came, at = now.servers - self._then.servers, self._clock()
        running = any(want.running for want in wants)
        if came or running:
            self._relist_from, self._relist_after = at, _LOOK_EVERY
        if not came and (running or not now.servers or at < self._relist_from):
            return wants
        known = [replace(want, served=self._served("input" if want.input else "output", want.name)) for want in wants]
        if not all(want.served for want in known):
            self._relist_from, self._relist_after = (
                at + self._relist_after,
                min(2 * self._relist_after, _RELIST_AT_MOST),
            )
        elif known:
            self._then = replace(self._then, servers=now.servers)
        return known

    def _renewed(self) -> bool:
        """Whether PortAudio has listed the devices anew. All streams are closed for it; it may not be ended before."""
        if not self._let_go():
            return False
        with devices.alone():
            # Nobody opens a stream meanwhile: those who are told to move wait for this to be over.
            if not self._all_closed():
                return False
            try:
                self._relist()
            except DeviceError as error:
                _logger.warning("devices.unlisted", why=str(error))
                return False
        _logger.info("devices.listed")
        return True

    def _let_go(self) -> bool:
        """Whether no stream is being closed any more; of one that is for good it is told once."""
        if all(stream.close(0) for stream in self._closing):
            self._refused_since, self.stuck = None, False
            return True
        self._relist_from = float("-inf")  # at the next look again, or nobody would know how long it has been
        now = self._clock()
        self._refused_since = now if self._refused_since is None else self._refused_since
        if now - self._refused_since >= _STUCK_AFTER and not self.stuck:
            self.stuck = True
            _logger.error("devices.stuck", hint="one that is gone does not let go: only a new start finds the others")
        return False

    def _all_closed(self) -> bool:
        """Have all places closed, and say whether they are."""
        running = [(place, stream) for place in list(self._places) if (stream := place.stream) is not None]
        for place, _ in running:
            place.move()
        until = self._clock() + _CLOSES_WITHIN
        for _, stream in running:
            if not stream.close(max(0.0, until - self._clock())):
                _logger.warning("devices.stuck", hint="a device does not let go; the others are found when it does")
                self.closing(stream)
                return False
        # Whoever closed theirs meanwhile had said so before.
        return all(stream.close(0) for stream in self._closing)

    def _watch(self, ended: threading.Event) -> None:
        while not ended.wait(_LOOK_EVERY):
            with suppress(RuntimeError):  # where there is no thread left to move in: the next look comes all the same
                self.look()


watch = Watch()
"""PortAudio's list is one for the whole program"""
