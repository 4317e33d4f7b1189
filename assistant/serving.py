"""Settings go in; an assistant that listens, answers and can be spoken to by commands runs until it is cancelled."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass

from assistant import log
from assistant.config import changed
from assistant.daemon import Assistant, Home, kept
from assistant.devices import require
from assistant.errors import (
    AssistantError,
    AwayError,
    DeviceError,
    DeviceMovedError,
    EngineError,
    ServiceError,
    UsageError,
)
from assistant.glance import Glance
from assistant.listen.keys import enter_pressed
from assistant.listen.microphone import Microphone
from assistant.loudspeaker import Opener, echo_control, following
from assistant.moves import Mode
from assistant.moving import watch
from assistant.screen import Screen
from assistant.service.control import serving
from assistant.service.desk import QUIET, Desk
from assistant.service.lock import only_one, socket_in
from assistant.service.mute import Gate
from assistant.service.notify import Notifier
from assistant.service.stuck import ended_where_stuck
from assistant.service.talk import LOUDSPEAKER, MICROPHONE, talk_of
from assistant.settings import Config
from assistant.speak.playback import Sink
from assistant.turn import Notice

_logger = log.get(__name__)

Sinks = Callable[[Config], AbstractContextManager[Sink]]
"""Opens the loudspeaker that a configuration names. Raises DeviceError."""

_LISTENING = {
    "open": "listening  (Ctrl-C ends)",
    "wake": "asleep     (say {words}; Ctrl-C ends)",
    "push": "asleep     (press Enter to talk; Ctrl-C ends)",
}
_TRY_EVERY = 0.5
"""seconds between two tries to open a loudspeaker that is away"""
_LOOKS_WITHIN = 5.0
"""seconds in which what is plugged in is listed; a system that hangs in that shall be told of, not waited for"""
_HEARS_EVERY = 0.1
"""seconds between two looks at whether the microphone is heard yet, or is known to be away"""
_ENDS_EVERY = 0.1
"""seconds between two looks at whether the request and its answer are over behind which a reload shall begin..."""
_ENDS_LOOKS = 600
"""...a minute at most: hardly any answer takes longer, a television talks for ever, and somebody waits for it"""
_SENT_TO_SLEEP = "asleep     (`assistant listen` wakes it; Ctrl-C ends)"
_MUTED = "muted      (`assistant unmute` opens the microphone; Ctrl-C ends)"


async def listen(made: Home, read: Callable[[], Config], sinks: Sinks, screen: Screen | None) -> None:
    """Listen to the microphone and answer, and do what commands ask for, until cancelled.

    *read* gives the settings as they are now, changes nothing, and is asked again at each reload. Without *screen*
    nobody is there to be told, so a device that is away is waited for from the beginning. Raises UsageError when an
    assistant runs already, that, DeviceError or EngineError when it cannot begin; later nothing but a lost permission
    ends it.
    """
    config = read()
    with only_one(config.service.folder):
        life = _Life(made, config, read, sinks, screen)
        # Before PortAudio makes its list: what comes behind it is seen to be new. In a system that hangs it goes on.
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.to_thread(watch.look), _LOOKS_WITHIN)
        if screen is not None and not life.desk.muted:
            # In a thread: it begins PortAudio, which may hang, and the program shall be ended by a signal then.
            await asyncio.to_thread(require, "input", config.listen.microphone)
        async with serving(socket_in(config.service.folder), life.desk.answer) as control:
            life.desk.control = control
            notifier = Notifier()
            with (
                notifier.beating(),
                ended_where_stuck() if screen is None and notifier.every is None else nullcontext(),
                # Of a terminal that is closed a program in it learns in the same way, and shall end.
                nullcontext() if any(map(os.isatty, range(3))) else _on_hangup(life.hung_up),
            ):
                try:
                    await life.live(notifier)
                finally:
                    control.tell("stopping")
                    notifier.tell(STOPPING="1")


@dataclass(frozen=True, slots=True)
class _Reload:
    """The settings that are wanted (None: the same ones), and who waits until they are in force."""

    config: Config | None
    done: asyncio.Future[Mapping[str, object]]


class _Life:
    """One conversation after another, each with the settings of its time."""

    def __init__(
        self, made: Home, config: Config, read: Callable[[], Config], sinks: Sinks, screen: Screen | None
    ) -> None:
        self.desk = Desk(config, made.health, self._reloaded)
        self._home = made
        self._config = config
        self._read = read
        self._sinks = sinks
        self._screen = screen
        self._wanted: _Reload | None = None
        self._opener = Opener(self._waits, lambda: self._wanted is not None)
        self._ending = asyncio.Event()
        self._worked = False
        self._notifier = Notifier({})
        self._ready = False

    async def live(self, notifier: Notifier) -> None:
        """Until cancelled. *notifier* is told when it serves: see `_serves`."""
        self._notifier = notifier
        self._note("loading the models ...")
        assistant = await self._home.assistant(self._config)
        while True:
            await self._talk(assistant)
            self.desk.began(None)
            self._ready = False
            notifier.tell(RELOADING="1", STATUS="loading the models")
            assistant = await self._changed(assistant)

    def hung_up(self) -> None:
        """SIGHUP: reload, and log what comes of it."""
        try:
            done = self._ask_to_reload()
        except AssistantError as error:
            _logger.error("reload.refused", why=str(error))  # noqa: TRY400 - the sentence says all
        else:
            done.add_done_callback(_log)

    async def _talk(self, assistant: Assistant) -> None:
        """Until the settings change."""
        config = assistant.config
        self._ending.clear()
        async with AsyncExitStack() as stack:
            sink = await self._loudspeaker(config, stack)
            if sink is None or self._wanted is not None:
                return
            tell = stack.enter_context(kept(config, self._told, "microphone"))
            microphone = Microphone(config.listen.microphone, headset=config.listen.headset_microphone)
            gate = Gate(microphone, muted=self.desk.muted, patient=self._patient, lost=self._lost)
            echo = echo_control(config, sink)
            self.desk.began(talk_of(assistant, gate, microphone, echo, sink))
            self._note(_MUTED if self.desk.muted else _SENT_TO_SLEEP if self.desk.asleep else _listening(assistant))
            keys = [enter_pressed()] if self._screen is not None and config.listen.mode == Mode.PUSH.value else []
            live = [self._screen.watch] if self._screen is not None and self._screen.live else []
            follow = following(sink, config.listen.echo_control, self.desk.named, self._again)
            await assistant.talk(
                gate,
                sink,
                tell,
                echo=echo,
                asleep=self.desk.asleep,
                wishes=[self.desk.wishes(), *keys],
                watchers=[self.desk.watch, self._heard, self._ended, *live, *follow],
            )
        self._worked = True

    async def _loudspeaker(self, config: Config, stack: AsyncExitStack) -> Sink | None:
        """Open it; None where other settings are wanted before it is there. Raises DeviceError where nobody waits."""
        told = False
        while self._wanted is None:
            try:
                return await self._opener.open(self._sinks(config), stack)
            except DeviceError as error:
                if not self._patient:
                    raise
                if not told:
                    _logger.warning("loudspeaker.missing", why=str(error))
                told = True
                self._waits(str(error))
            await asyncio.sleep(_TRY_EVERY)
        return None

    @property
    def _patient(self) -> bool:
        """Whether a device that is away is waited for: a headset that switches over is for seconds.

        At the very beginning only by a service: it would end, and load its models again every ten seconds, for as long
        as nothing is plugged in, or a Mac's lid is closed. Whoever types `assistant run` learns it at once.
        """
        return self._worked or self._screen is None

    def _waits(self, why: str) -> None:
        self.desk.waits(why)
        self._serves()

    async def _heard(self, _look: Callable[[], Glance]) -> AsyncGenerator[None, None]:
        """Tell that it serves once the microphone has been heard, or is known to be away, or shall not be heard."""
        now = asyncio.get_running_loop().time
        # Time alone may tell: no frame for a while.
        while not self.desk.muted and self.desk.talk and self.desk.talk.hears(now()) is None:  # noqa: ASYNC110 - so
            await asyncio.sleep(_HEARS_EVERY)
        self._serves()
        await asyncio.Event().wait()  # what it gave would be an event of the conversation
        yield

    def _serves(self) -> None:
        """Tell, once, that the models are loaded, and the devices heard, or known to be away and waited for."""
        if not self._ready:
            self._ready = True
            self._notifier.tell(READY="1", STATUS="running")
            _logger.info("assistant.ready", mode=self._config.listen.mode, muted=self.desk.muted)

    async def _ended(self, look: Callable[[], Glance]) -> AsyncGenerator[None, None]:
        """End a conversation that shall begin anew behind a turn; until then its microphone hears the rest of it."""
        await self._ending.wait()
        for _ in range(_ENDS_LOOKS):
            if look().state in QUIET:
                break
            await asyncio.sleep(_ENDS_EVERY)
        if self.desk.talk is not None:
            self.desk.talk.gate.close()
        yield

    def _again(self) -> None:
        """A new conversation with the same settings and memory; nothing is to be done where one is on its way."""
        if self._wanted is None and self.desk.talk is not None:
            done: asyncio.Future[Mapping[str, object]] = asyncio.get_running_loop().create_future()
            done.add_done_callback(_log)
            self._wanted = _Reload(None, done)
            self.desk.talk.gate.close()

    async def _reloaded(self) -> Mapping[str, object]:
        # Shielded: who asked may hang up.
        return await asyncio.shield(self._ask_to_reload())

    def _ask_to_reload(self) -> asyncio.Future[Mapping[str, object]]:
        """What is under way is finished first.

        Raises UsageError where the settings, or a model, cannot be used, and AwayError where its disk is not here.
        """
        if self._wanted is not None:
            raise ServiceError("It is reloading already.")
        config = self._read()
        if config.service != self._config.service:
            raise UsageError("service.folder cannot be changed while it runs: start it again.")
        done: asyncio.Future[Mapping[str, object]] = asyncio.get_running_loop().create_future()
        if self._home.shelf.holds(config) and config == self._config:
            done.set_result({"changed": [], "loaded": []})
            return done
        self._wanted = _Reload(config, done)
        if self.desk.busy:
            self._ending.set()
        elif self.desk.talk is not None:
            self.desk.talk.gate.close()
        return done

    async def _changed(self, last: Assistant) -> Assistant:
        """The assistant with the settings that were asked for; the *last* one again, where their models do not load."""
        assert self._wanted is not None, "only a reload closes the gate"
        wanted, self._wanted = self._wanted, None
        before, self._config = self._config, wanted.config or self._config
        try:
            assistant = await (self._home.assistant(wanted.config) if wanted.config else self._home.again(last))
        except (UsageError, AwayError, EngineError) as error:  # of a model that is none, or a wake word
            self._config = before
            if not wanted.done.done():
                wanted.done.set_exception(ServiceError(f"{error} The settings stay as they were."))
            return await self._home.again(last)
        # Not before: what is refused changes nothing, and the lines that say why go where they always went.
        log.set_anew(self._config.log.level, self._config.log.folder)
        self._forget_devices(before)
        if not wanted.done.done():
            loaded = list(self._home.loaded) if wanted.config else []
            found = {"changed": changed(before, self._config), "loaded": loaded}
            wanted.done.set_result(found | ({"hangs": LOUDSPEAKER} if self._opener.hangs else {}))
        self._note("reloaded")
        return assistant

    def _forget_devices(self, before: Config) -> None:
        """That they were lost too often does not hold of what is chosen in their place."""
        if self._config.listen.microphone != before.listen.microphone:
            self._home.health.forget(MICROPHONE)
        if self._config.speak.loudspeaker != before.speak.loudspeaker:
            self._home.health.forget(LOUDSPEAKER)

    def _told(self, notice: Notice) -> None:
        if self._screen is not None:
            self._screen.show(notice)
        self.desk.told(notice)

    def _lost(self, error: DeviceError) -> None:
        if isinstance(error, DeviceMovedError):  # no failure: three in ten minutes are somebody's good right
            self._home.health.forget(MICROPHONE)
        else:
            self._home.health.failed(MICROPHONE, str(error), asyncio.get_running_loop().time())

    def _note(self, text: str) -> None:
        if self._screen is not None:
            self._screen.note(text)


def _listening(assistant: Assistant) -> str:
    words: Sequence[str] = assistant.wake.words if assistant.wake is not None else ()
    return _LISTENING[assistant.config.listen.mode].format(words=" or ".join(words))


def _log(done: "asyncio.Future[Mapping[str, object]]") -> None:
    if done.cancelled():
        return
    if (error := done.exception()) is not None:
        _logger.error("reload.failed", why=str(error))
    else:
        _logger.info("reload.done", **done.result())


@contextmanager
def _on_hangup(do: Callable[[], None]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, do)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
