"""Who has the floor: what is noticed goes in, what is to be done comes out. Pure; `conversation` does it.

There is one turn of ours at a time, and one of theirs. Whoever speaks while our turn is under way makes us hold our
breath (nothing is lost, the loudspeaker pauses at a sample); what they say decides whether we go on from there, fall
silent, or listen to them. Who goes on before we made a sound was not done: both halves become one utterance.
"""

from dataclasses import dataclass, field
from enum import Enum

from assistant.flow import Utterance
from assistant.listen.complete import Ending, ending
from assistant.listen.ear import MayBeOver, Noticed
from assistant.listen.endpoint import Resumed, SpeechStarted, Stilled, Stirring
from assistant.listen.interruption import DOUBTED_BELOW, Verdict, stops, verdict
from assistant.listen.own_words import similar
from assistant.listen.wake import Woken
from assistant.moves import (
    Announce,
    Answer,
    Command,
    Do,
    Event,
    Judge,
    Mode,
    Overheard,
    Prepare,
    Ring,
    Rules,
    Scene,
    TimeToDecide,
    TimeToSleep,
    TurnOver,
    Understood,
    Wish,
)
from assistant.speak.normalise import spoken


class Theirs(Enum):
    """What the other one is doing."""

    NOTHING = "nobody else speaks"
    ASKING = "they have an open turn"
    HOLDING = "they began while we had the floor, and it is not decided what that means"
    INTERRUPTING = "they took the floor from us"


@dataclass(slots=True)
class Floor:
    """The state of the conversation; feed it every event, and do at once and in order what it says."""

    rules: Rules = field(default_factory=Rules)
    answering: Utterance | str | None = None
    """what our turn, if one is under way, is about: an utterance, or an announcement's text"""
    theirs: Theirs = Theirs.NOTHING
    quietly: bool = False
    """while HOLDING: we speak on meanwhile, for what we hear is mostly ourselves"""
    echo: str = ""
    """what of ours was in the air when their turn began: perhaps it is our own voice; empty where it cannot be"""
    first_half: Utterance | None = None
    """what they said before they went on"""
    pausing: Utterance | None = None
    """what they said by the pause they are in"""
    known: bool = False
    """...and its words are known"""
    prepared: int = 0
    """how often in this turn of theirs an answer was begun"""
    whole: Utterance | None = None
    """all they said, if it came before its words, and these must be known"""
    rings: list[str] = field(default_factory=list)

    def push(self, event: Event, scene: Scene) -> list[Command]:
        """What to do about *event*."""
        match event:
            case Stirring() | Stilled():
                return self._stirred(event, scene)
            case SpeechStarted() | MayBeOver() | Resumed() | Utterance() | Woken():
                return self._noticed(event, scene)
            case Overheard():
                return self._overheard(self._judged(event, event.seconds, scene), scene)
            case Understood(utterance) if utterance is self.pausing:
                return self._understood(event.text, self._judged(event, utterance.seconds, scene), scene)
            case Ring(text):
                self.rings.append(text)
                return self._next() if self.free else []
        return self._over() if isinstance(event, TurnOver) else self._asked(event)

    @property
    def free(self) -> bool:
        """Nobody speaks or is about to."""
        return self.answering is None and self.theirs is Theirs.NOTHING

    @property
    def asking(self) -> bool:
        """They are speaking, and to us."""
        return self.theirs in {Theirs.ASKING, Theirs.INTERRUPTING} and self.pausing is None

    def _noticed(self, event: Noticed, scene: Scene) -> list[Command]:
        match event:
            case SpeechStarted():
                return self._began(scene)
            case MayBeOver(utterance):
                return self._paused(utterance)
            case Resumed():
                self.pausing = None
                return self._look_in()
            case Utterance():
                return self._ended(event)
        return self._woken()

    def _stirred(self, event: Stirring | Stilled, scene: Scene) -> list[Command]:
        """Perhaps somebody begins to speak into our speech: make room for them, but hold no breath yet."""
        if self.answering is None or self.theirs is not Theirs.NOTHING:
            return []
        if isinstance(event, Stilled):
            return [Do.GO_ON]
        surely_not_us = scene.full_duplex and scene.sure and self.rules.barge_in
        return [Do.DUCK] if scene.heard and surely_not_us else []

    def _asked(self, event: Event) -> list[Command]:
        if isinstance(event, Wish):
            return self._wished(event)
        if isinstance(event, TimeToDecide):
            return self._look_in()
        sleeps = isinstance(event, TimeToSleep) and self.free and self.rules.mode is not Mode.OPEN
        return [Do.SLEEP] if sleeps else []

    def _began(self, scene: Scene) -> list[Command]:
        self.pausing = None
        self.prepared = 0
        if self.whole is not None:
            # They go on before we knew what they had said.
            self.first_half, self.whole = self._joined(self.whole), None
            return []
        self.echo = scene.echo
        if self.answering is None:
            self.theirs = Theirs.ASKING
            return []
        self.theirs = Theirs.HOLDING
        self.quietly = scene.heard and not (scene.full_duplex and self.rules.barge_in)
        return [Do.DECIDE_LATER] if self.quietly else [Do.HOLD, Do.DECIDE_LATER]

    def _look_in(self) -> list[Command]:
        """Find out what they have said so far, if that matters and is not found out anyway at a pause."""
        return [Do.OVERHEAR] if self.theirs is Theirs.HOLDING and self.pausing is None else []

    def _paused(self, utterance: Utterance) -> list[Command]:
        self.pausing = self._joined(utterance)
        self.known = False
        return [Judge(self.pausing)]

    def _ended(self, utterance: Utterance) -> list[Command]:
        if self.theirs is Theirs.NOTHING:
            return []  # it was on its way when it was forgotten
        self.whole = utterance
        if self.theirs is Theirs.ASKING and not self.echo:
            return self._settled()
        if self.pausing is None:
            return self._paused(utterance)
        return self._settled() if self.known else []

    def _overheard(self, judged: Verdict, scene: Scene) -> list[Command]:
        if self.theirs is not Theirs.HOLDING:
            return []
        return [Do.DECIDE_LATER] if judged in {Verdict.WAIT, Verdict.GO_ON} else self._yield(scene)

    def _understood(self, text: str, judged: Verdict, scene: Scene) -> list[Command]:
        self.known = True
        if self._is_echo(text, scene) and self.theirs is not Theirs.HOLDING:
            return self._ignored([Do.FORGET]) if self.theirs is not Theirs.NOTHING else []
        done: list[Command] = []
        if self.theirs is Theirs.HOLDING:
            if judged is Verdict.GO_ON:
                return self._ignored([Do.FORGET] if self.quietly else [Do.FORGET, Do.GO_ON])
            done = self._yield(scene)
        if self.theirs is Theirs.INTERRUPTING and judged is Verdict.STOP:
            return self._ignored([*done, Do.FORGET])
        half = bool(done) and self.first_half is not None  # what was judged lacks what they had said before
        return done + (self._settled() or ([] if half else self._promising(text, scene)))

    def _promising(self, text: str, scene: Scene) -> list[Command]:
        """They may be done: begin the answer, if their words do not say that more must come."""
        worth = bool(text) and ending(text, self.rules.language) is not Ending.OPEN
        ours = self.theirs in {Theirs.ASKING, Theirs.INTERRUPTING}
        most = self.rules.speculations if scene.eager else min(1, self.rules.speculations)
        if self.pausing is None or not (ours and worth) or self.prepared >= most:
            return []
        self.prepared += 1
        return [Prepare(self.pausing)]

    def _settled(self) -> list[Command]:
        """What they said was meant for us: answer it, if it was all."""
        if self.whole is None:
            return []
        self.answering = self._joined(self.whole)
        self.theirs = Theirs.NOTHING
        self.first_half = self.whole = None
        return [Answer(self.answering)]

    def _judged(self, heard: Understood | Overheard, seconds: float, scene: Scene) -> Verdict:
        text, over = heard.text, isinstance(heard, Understood)
        undecided = Verdict.GO_ON if over else Verdict.WAIT
        if self.quietly and self.theirs is Theirs.INTERRUPTING:
            return Verdict.STOP  # which they said amidst our own words, and all else of it may be ours
        if self.quietly and self.theirs is Theirs.HOLDING:
            return Verdict.STOP if stops(text, scene.echo or self.echo, self.rules.language) else undecided
        if self._is_echo(text, scene):
            # Nor does "stop" need more than it needs of anybody who is hardly understood.
            heeded = heard.confidence >= DOUBTED_BELOW and stops(text, scene.echo or self.echo, self.rules.language)
            return Verdict.STOP if scene.ours and heeded else undecided
        sure, language = scene.sure, self.rules.language
        return verdict(text, seconds, over=over, sure=sure, confidence=heard.confidence, language=language)

    def _is_echo(self, text: str, scene: Scene) -> bool:
        # Behind our last word the air is silent by the time that theirs are known: what counts is when they began.
        said = spoken(text, self.rules.language)  # a recogniser may write digits
        return bool(self.echo) and (scene.ours or similar(said, self.echo) or similar(said, scene.echo))

    def _yield(self, scene: Scene) -> list[Command]:
        """They take the floor; before we made a sound they had only paused."""
        if isinstance(self.answering, Utterance) and not scene.heard:
            self.first_half = self.answering if self.first_half is None else self.answering.joined(self.first_half)
        self.answering = None
        self.theirs = Theirs.INTERRUPTING
        return [Do.CANCEL, Do.GO_ON]

    def _ignored(self, done: list[Command]) -> list[Command]:
        """What they said calls for no answer."""
        self.theirs = Theirs.NOTHING
        self.first_half = self.whole = self.pausing = None
        return done + (self._next() if self.free else [])

    def _woken(self) -> list[Command]:
        done: list[Command] = [Do.GO_ON] if self.theirs is Theirs.HOLDING else []
        if self.answering is not None:
            done = [Do.CANCEL, *done]
        self.answering = None
        self.theirs = Theirs.NOTHING
        self.first_half = self.whole = self.pausing = None
        return [*done, Do.AWAKE, Do.SLEEP_LATER]

    def _wished(self, wish: Wish) -> list[Command]:
        done: list[Command] = [Do.GO_ON] if self.theirs is Theirs.HOLDING else []
        if wish is Wish.DEAFNESS:
            return self._ignored([Do.FORGET, *done])
        self.rings.clear()
        if self.answering is not None:
            done = [Do.CANCEL, *done]
            self.answering = None
        done = self._ignored([*done, Do.FORGET])
        return [*done, Do.SLEEP] if wish is Wish.SLEEP else done

    def _over(self) -> list[Command]:
        self.answering = None
        if self.theirs is not Theirs.HOLDING:
            return self._next() if self.free else []
        if self.quietly:
            return self._ignored([Do.FORGET])
        # Our turn had nothing to say: theirs is a turn like any other.
        self.theirs = Theirs.ASKING
        return [Do.GO_ON, *self._settled()]

    def _next(self) -> list[Command]:
        """The floor is free."""
        if not self.rings:
            return [Do.SLEEP_LATER]
        self.answering = self.rings.pop(0)
        return [Announce(self.answering)]

    def _joined(self, utterance: Utterance) -> Utterance:
        return utterance if self.first_half is None else self.first_half.joined(utterance)
