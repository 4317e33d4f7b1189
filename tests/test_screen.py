import asyncio
import io
from contextlib import aclosing

import pytest
from rich.console import Console

from assistant.floor import Floor, Theirs
from assistant.flow import SAMPLE_RATE, Clause, Transcript
from assistant.glance import Glance, State, glance
from assistant.latency.marks import Marks
from assistant.listen.ear import Ear
from assistant.listen.endpoint import Patience
from assistant.listen.noise import Room
from assistant.screen import Screen, line
from assistant.speak.playback import Progress
from tests.fakes import OnesAreSpeech, ScriptedSource
from tests.virtual_time import run

LISTENING = Glance(level=-60.0, noise=-64.0, probability=0.0, state=State.LISTENING, patience_left=None)


def screen(**options):
    console = Console(file=io.StringIO(), width=80, highlight=False, soft_wrap=True, **options)
    return Screen(console, live=True), console.file


def clause(text):
    return Clause(text, text)


def told(on):
    """One turn, as the conversation tells it."""
    on.show(Transcript("what time is it"))
    on.show(clause("It is"))
    on.show(clause("half past ten."))
    on.show(Marks(lambda: 0.0))


def test_the_line_shows_level_noise_probability_state_and_patience():
    seen = Glance(level=-40.0, noise=-64.0, probability=0.93, state=State.MAY_BE_OVER, patience_left=420)
    assert line(seen).plain == "████│██████··········   -40 dBFS  speech  93%  may be over   420 ms of patience"


@pytest.mark.parametrize("dbfs", [-200.0, -100.0, 0.0, 3.0])
def test_the_bar_ends_where_it_ends_however_loud_it_is(dbfs):
    bar = line(Glance(dbfs, -90.0, 1.0, State.MAY_BE_OVER, 5000)).plain
    assert bar.index("dBFS") == 28
    assert len(bar) <= 80


def test_the_live_line_is_drawn_ten_times_a_second_and_gone_in_the_end():
    on, out = screen(force_terminal=True)
    looks = []

    async def watch():
        async with aclosing(on.watch(lambda: looks.append(0) or LISTENING)) as drawing:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(drawing), 0.95)

    run(watch())
    assert len(looks) == 10
    assert "listening" in out.getvalue()
    assert out.getvalue().endswith("\x1b[2K\x1b[?25h") or out.getvalue().rstrip("\r").endswith("\x1b[2K")


def test_what_is_said_stands_above_the_live_line_and_stays():
    """The answer grows with the line, and is printed once, as a whole, when it is finished."""
    on, out = screen(force_terminal=True)
    with on._drawing() as drawn:
        drawn.update(line(LISTENING), refresh=True)
        told(on)
    written = out.getvalue()
    assert written.count("you        what time is it") == 1
    assert written.count("assistant  It is half past ten.") == 1


def test_an_answer_that_is_cut_short_by_the_end_is_printed_as_far_as_it_came():
    on, out = screen(force_terminal=True)
    with on._drawing():
        on.show(clause("It is"))
    assert "assistant  It is\n" in out.getvalue()


def test_without_a_terminal_there_is_no_live_line_and_the_others_are_as_ever():
    on, out = screen()
    assert not on.live
    told(on)
    assert out.getvalue() == "you        what time is it\nassistant  It is half past ten.\n"


class Silent:
    """A sink that plays *queued* samples, of which *sounded* are in the air."""

    def __init__(self, queued=0, sounded=0):
        self.queued, self.sounded = queued, sounded

    def progress(self):
        return Progress(self.queued, self.sounded, None)


class Detector(OnesAreSpeech):
    def __init__(self):
        super().__init__()
        self.room, self.probability = Room(), 0.5


def states(floor, sink=None, *, asleep=False, speech=()):
    """What is seen at the end of each second, three of them."""
    detector = Detector()
    ear = Ear(detector, Patience())
    ear.asleep = asleep
    seen = []

    async def listen():
        async for frame in ScriptedSource(3.0, speech).frames():
            list(ear._push(frame))
            if (frame.position + 320) % SAMPLE_RATE == 0:
                seen.append(glance(detector, ear, floor, sink or Silent()))

    run(listen())
    return [(one.state, one.patience_left) for one in seen]


def test_who_speaks_is_seen_and_how_much_patience_is_left():
    """Speech from 0.5 to 1.7 s, patience 740 ms, of which 300 have passed at 2 s."""
    expected = [(State.THEY_SPEAK, None), (State.MAY_BE_OVER, 440), (State.LISTENING, None)]
    assert states(Floor(), speech=[(0.5, 1.7)]) == expected


@pytest.mark.parametrize(
    ("floor", "sink", "state"),
    [
        (Floor(answering="a timer"), Silent(), State.THINKING),
        (Floor(answering="a timer"), Silent(100, 50), State.SPEAKING),
        (Floor(answering="a timer"), Silent(100, 100), State.THINKING),
        (Floor(answering="a timer", theirs=Theirs.HOLDING), Silent(100, 50), State.HOLDING),
    ],
)
def test_what_we_do_is_seen(floor, sink, state):
    assert states(floor, sink)[-1] == (state, None)


def test_that_we_are_asleep_is_seen():
    assert states(Floor(), asleep=True, speech=[(0.5, 1.7)])[-1] == (State.ASLEEP, None)
