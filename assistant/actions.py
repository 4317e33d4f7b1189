"""What the conversation decides goes in; the engines, the ear and the loudspeaker do it."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Protocol

from assistant import log
from assistant.conversation import Words
from assistant.errors import EngineError
from assistant.flow import SAMPLE_RATE, Clause, Samples, Transcript, Utterance
from assistant.latency.economy import SAVED, Economy, Saving
from assistant.latency.marks import Marks
from assistant.listen.agreement import agreed
from assistant.listen.complete import Stages
from assistant.listen.complete import patience as patience_for
from assistant.listen.ear import Ear
from assistant.listen.habits import Habits, learned
from assistant.listen.sound_end import held_on
from assistant.moves import Do, Overheard, Ring, Scene
from assistant.speak import earcon
from assistant.speak.playback import Progress, Sink
from assistant.turn import Engines, Memory, Notice, Stage, announce, forget, take_turn

_logger = log.get(__name__)

ECHO_TAIL = 0.5
"""seconds after our own voice in which what begins may still be it: the room echoes, and devices have buffers"""
OVERHEARD = 4.0
"""seconds at the end of what is being said that are looked at while it goes on: half-duplex it may be us, and long"""
READ_EVERY = 0.5
"""seconds between two looks at what somebody is saying: one or two words, and a recogniser's pass takes up to half"""
READ_SHARE = 0.1
"""...and this share of what they have said so far, where that is longer: a pass over it takes longer, too"""


class Ourselves(Protocol):
    """Says how much of our own voice is in what is heard: an echo canceller does, or headphones that are on or off."""

    @property
    def heard_at(self) -> float:
        """Seconds, loop's clock: when the last sample of the last frame was in the air."""
        ...

    @property
    def controlled(self) -> bool:
        """False where so much of it is left that we would take it for a person."""
        ...

    @property
    def converged(self) -> bool:
        """Whether what is heard while we speak is certainly not ourselves."""
        ...

    @property
    def leaks(self) -> bool:
        """Whether what was heard in the last second was ourselves."""
        ...


@dataclass(frozen=True, slots=True)
class Manner:
    """How the person wants it done."""

    stages: Stages = field(default_factory=Stages)
    """how much silence ends their turns"""
    language: str = "en"
    earcons: bool = True
    read_ahead: bool = True
    """the model reads along while they speak, and what was said when all are silent"""
    habits: Habits | None = None
    """where their pauses are learned from, if they want that"""
    economy: Economy | None = None
    """what is done without where answers come too late; None: nothing is"""


class Doing:
    """The actions of one conversation."""

    def __init__(
        self,
        engines: Engines,
        memory: Memory,
        ear: Ear,
        sink: Sink,
        tell: Callable[[Notice], None],
        manner: Manner,
        echo: Ourselves | None = None,
    ) -> None:
        self._engines = engines
        self._memory = memory
        self._ear = ear
        self._sink = sink
        self._stage = Stage(sink, self._told, manner.language)
        self._tell = tell
        self._manner = manner
        self._echo = echo
        self._stages = manner.stages
        self._pauses: list[float] = []
        self._learn()
        self._clock = asyncio.get_running_loop().time
        self._saying: list[str] = []
        self._said_before: tuple[str, float] = "", float("-inf")
        self._spent: Counter[str] = Counter()
        self._paused_at: float | None = None
        self._held = False
        self._sounded_at = float("-inf")

    def scene(self) -> Scene:
        """How things stand now."""
        progress = self._sink.progress()
        self._listen_to_ourselves(progress)
        heard = bool(self._saying) and progress.first_sound_at is not None
        eager = not self._saves(Saving.SPECULATION)
        if self._echo is None:
            return Scene(heard, eager=eager)
        # By the time of what was heard: under load the microphone's frames come late, and our voice with them.
        in_the_air = self._echo.heard_at - self._sounded_at < ECHO_TAIL
        before, ended_at = self._said_before
        tail = [before] if self._echo.heard_at - ended_at < ECHO_TAIL else []
        return Scene(
            heard,
            echo=" ".join([*tail, *self._saying]) if in_the_air else "",
            full_duplex=self._echo.controlled,
            sure=self._echo.converged or not in_the_air,
            ours=self._echo.leaks,
            eager=eager,
        )

    async def understand(self, utterance: Utterance) -> Transcript:
        """Transcribe *utterance*. Raises EngineError."""
        self._paused_at = utterance.turn_ended_at
        return await self._engines.recogniser.transcribe(utterance.samples, self._saves(Saving.WINDOW))

    async def be_patient(self, utterance: Utterance, words: Words) -> None:
        """Have as much patience behind *utterance* as it sounds complete: its melody, and its *words* once known."""
        # Meanwhile no end: without its words no answer could begin, and they may show that it goes on.
        self._ear.wait(utterance.speech_ended_at, max(self._stages.open, self._stages.unsure))
        probability = await self._completeness(utterance.samples)
        try:
            transcript = await asyncio.shield(words)
        except EngineError:
            return  # whoever waits for the words tells; there is nothing to go by but the time
        wait = patience_for(transcript.text, probability, self._stages, self._manner.language, transcript.confidence)
        # The silence began with the last sound, not when the detector let go of the voice.
        self._ear.wait(utterance.speech_ended_at, wait - round(held_on(utterance) * SAMPLE_RATE))

    async def overhear(self) -> Overheard:
        """Transcribe what is being said, as far as it has come. Raises EngineError."""
        samples = self._ear.so_far()
        transcript = await self._engines.recogniser.transcribe(samples[-round(OVERHEARD * SAMPLE_RATE) :])
        return Overheard(transcript.text, samples.size / SAMPLE_RATE, transcript.confidence)

    async def take_turn(self, words: Words, floor: asyncio.Future[Utterance]) -> None:
        """Answer *words* aloud, unnoticed until *floor* gives what was said in the end."""
        marks = Marks(self._clock)
        if floor.done():
            self._say_something_else()
        else:
            self._spent["speculations"] += 1
            marks.count("speculation_won", 1)  # told only if it gets the floor
        try:
            await take_turn(words, floor, self._memory, self._engines, self._stage, marks)
        finally:
            if not floor.done():
                self._spent["tokens_wasted"] += marks.counts.get("tokens_generated", 0)
        pauses, self._pauses = self._pauses, []
        if self._manner.habits is not None and pauses:
            await asyncio.to_thread(self._manner.habits.add, pauses)
            self._learn()

    async def announce(self, text: str) -> None:
        """Say *text* of our own accord."""
        self._say_something_else()
        await announce(text, self._memory, self._engines, self._stage)

    async def catch_up(self) -> None:
        """Have the model read what was said, as far as it was heard, before anybody asks more."""
        if self._manner.read_ahead:
            if not self._memory.chat.unanswered:
                forget(self._memory, self._engines, ahead=True)
            await self._read("")

    async def read_along(self) -> None:
        """Have the model read what they have surely said so far, again and again, until this is cancelled.

        Surely is what two transcripts in a row agree on (LocalAgreement-2, Liu et al. 2020).
        """
        if not self._manner.read_ahead:
            return
        await self._read("")
        last, wait = "", READ_EVERY
        while not self._saves(Saving.DRAFTS):
            await asyncio.sleep(wait)
            samples = self._ear.so_far()
            text = (await self._engines.recogniser.draft(samples)).text
            self._spent["partials"] += 1
            if said := agreed(last, text):
                self._spent["tokens_ahead"] += await self._read(said)
            last, wait = text, max(READ_EVERY, READ_SHARE * samples.size / SAMPLE_RATE)

    def resumed(self, silence: int) -> None:
        """They have gone on after *silence* samples."""
        self._pauses.append(silence / SAMPLE_RATE)

    def do(self, what: Do) -> None:
        """Hold, go on, fall silent, forget, sleep, awake."""
        match what:
            case Do.HOLD:
                self._held = True
                self._sink.pause()
            case Do.DUCK:
                self._sink.duck()
            case Do.GO_ON:
                self._held = False
                self._sink.resume()
            case Do.CANCEL:
                self._listen_to_ourselves(self._sink.progress())
                # At once: the turn that was cancelled does so, too, but first waits for its engines to stop.
                self._sink.flush()
            case Do.FORGET:
                self._ear.forget()
            case Do.SLEEP:
                if not self._ear.asleep:
                    self._chime(earcon.sleeping)
                self._ear.asleep = True
            case Do.AWAKE:
                self._ear.asleep = False
                self._chime(earcon.waking)

    def _listen_to_ourselves(self, progress: Progress) -> None:
        if progress.queued > progress.sounded:
            self._sounded_at = self._clock()

    def _say_something_else(self) -> None:
        """From now on it is another answer that may be in the air; of the last one the room still echoes."""
        if self._saying:
            self._said_before, self._saying = (" ".join(self._saying), self._sounded_at), []

    def _learn(self) -> None:
        if self._manner.habits is not None:
            self._stages = learned(self._manner.habits.pauses, self._manner.stages)

    async def _completeness(self, samples: Samples) -> float | None:
        if self._engines.turn_model is None:
            return None
        try:
            return await self._engines.turn_model.completeness(samples)
        except EngineError:
            _logger.exception("turn_model.failed")
            return None

    async def _read(self, said: str) -> int:
        chat = self._memory.chat
        if chat.unanswered:
            return 0  # the turn that was cancelled has not ended yet
        return await self._engines.writer.read(chat.messages, self._engines.toolbox.schemas(), said)

    def _chime(self, sound: Callable[[int], Samples]) -> None:
        if self._manner.earcons:
            self._sink.chime(sound(self._sink.rate))

    def _told(self, notice: Notice) -> None:
        if isinstance(notice, Transcript):
            self._say_something_else()
        elif isinstance(notice, Clause):
            self._saying.append(notice.spoken)
            if self._held:
                # The answer has begun after we began to hold our breath, and a beginning ends every pause.
                self._sink.pause()
        elif isinstance(notice, Marks):
            self._over(notice)
        self._tell(notice)

    def _over(self, marks: Marks) -> None:
        if "heard" in marks.at:
            # Nothing need have happened while we spoke, so that nobody has looked.
            self._sounded_at = marks.at["heard"]
        if "turn_ended" in marks.at:
            if self._paused_at is not None:
                marks.stamp("pause", self._paused_at)
            for name, number in self._spent.items():
                marks.count(name, number)
            self._spent.clear()
            if self._manner.economy is not None and self._manner.economy.savings:
                marks.count(SAVED, len(self._manner.economy.savings))
        if marks.gap is not None and self._manner.economy is not None:
            self._economise(marks.gap, self._manner.economy)

    def _economise(self, gap: float, economy: Economy) -> None:
        if (changed := economy.push(gap)) is None:
            return
        savings = [saving.value for saving in economy.savings]
        _logger.info("latency.step", saving=changed.value, on=changed in economy.savings, all=savings)
        brief = Saving.ANSWER in economy.savings
        if brief is not self._memory.chat.brief:
            self._memory.chat = replace(self._memory.chat, brief=brief)

    def _saves(self, saving: Saving) -> bool:
        return self._manner.economy is not None and saving in self._manner.economy.savings


async def as_rings(timers: AsyncGenerator[str, None]) -> AsyncGenerator[Ring, None]:
    """What timers say, as events of the conversation."""
    async with aclosing(timers):
        async for text in timers:
            yield Ring(text)
