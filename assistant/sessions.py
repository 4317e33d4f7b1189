"""What each talking command does: a configuration and files go in; talk, text on the screen and files come out."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, aclosing, contextmanager, nullcontext
from pathlib import Path

import numpy as np

from assistant.audio import check_readable
from assistant.daemon import Assistant, activity, home, kept, load_piper, load_whisper, loaded, patience
from assistant.devices import has, require
from assistant.errors import UsageError
from assistant.flow import FRAME_SAMPLES, SAMPLE_RATE, Frame, Samples, Utterance
from assistant.latency.marks import Marks
from assistant.listen.ear import Ear, Source
from assistant.listen.microphone import Microphone, following
from assistant.listen.recording import Recording
from assistant.listen.tuning import Thresholds, advise, measure
from assistant.reply.chat import Chat
from assistant.reply.tools.timers import Timers
from assistant.screen import Screen
from assistant.serving import listen
from assistant.settings import Config
from assistant.speak.playback import Sink
from assistant.speak.speaker import Speaker, open_speaker
from assistant.speak.wav import PACED_RATE, PacedSink, WavFile
from assistant.turn import Memory, Stage, answer, pieces, say
from assistant.weights import STARTER

_TUNE_SECONDS = 10
"""of a room that are judged: nobody wants to be silent for longer"""

_NOTHING: Mapping[str, object] = {"whisper": STARTER, "turn_model": "", "language": "en", "mode": "open"}
"""settings of `listen` for who hears nothing: what is small, always here, and cannot be wrong"""

_UNHEARD = {
    "open": "nothing was said that I understood",
    "wake": "no wake word was said before anything that I understood; --set listen.mode=open hears it all",
    "push": "nobody pressed Enter, so I did not listen; --set listen.mode=open hears it all",
}
"""why a recording got no answer, by listen.mode"""


async def converse(
    read: Callable[[], Config], recording: Path | None, output: Path | None, screen: Screen, *, then_listen: bool
) -> None:
    """Answer what a recording says, then (if asked, or without a recording) listen to the microphone until cancelled.

    *read* gives the settings, anew whenever it is asked. Raises SoundFileError, DeviceError, ModelError or
    AwayError, and UsageError where another one listens already; what can be checked is checked before the models load.
    """
    if recording is not None:
        check_readable(recording)
    file = WavFile(output) if output is not None else None
    if recording is None:
        async with home() as made:
            await listen(made, read, lambda config: _sink(config, file), screen)
        return
    config = read()
    with _sink(config, file) as sink:
        screen.note("loading the models ...")
        async with home() as made:
            assistant = await made.assistant(config)
            if file is not None:
                file.begin()
            await _hear(assistant, recording, sink, screen)
            if output is not None:
                screen.note(f"written    {output}")
            if then_listen and not has("input", config.listen.microphone):
                screen.note("There is no microphone here, so this is all; with one I would go on listening.")
            elif then_listen:
                there = isinstance(sink, Speaker)  # or one may come, and is looked for at each beginning
                await listen(
                    made,
                    read,
                    lambda now: nullcontext(sink) if now.speak == config.speak and there else _sink(now, file),
                    screen,
                )


async def serve(read: Callable[[], Config]) -> None:
    """Listen and answer until cancelled, as a service does: nothing is shown, commands say what to do.

    Raises as `converse` does.
    """
    async with home() as made:
        await listen(made, read, _sink, None)


async def ask(config: Config, question: str, output: Path | None, screen: Screen) -> None:
    """Answer a typed question in text; with *output*, spoken into that file as well, as fast as can be."""
    file = WavFile(output) if output else None
    async with loaded(config.model_copy(update={"listen": config.listen.model_copy(update=_NOTHING)})) as assistant:
        clock = asyncio.get_running_loop().time
        if file is not None:
            file.begin()
        sink = PacedSink(PACED_RATE, clock, file=file, real_time=False)
        assistant.memory.chat = assistant.memory.chat.asked(question)
        marks = Marks(clock)
        await answer(assistant.memory, assistant.engines, Stage(sink, screen.show, config.listen.language), marks)
        screen.show(marks)
        if assistant.timers.timer_left() != Timers(clock).timer_left():
            screen.note(
                "(A timer lives as long as the program, and this command ends here: set it with the one that listens.)"
            )


async def speak(config: Config, text: str, output: Path | None, screen: Screen) -> None:
    """Say *text* aloud, or into *output*. Raises UsageError where nothing of it can be spoken."""
    clock = asyncio.get_running_loop().time
    with ExitStack() as stack:
        sink: Sink
        if output is not None:
            sink = PacedSink(PACED_RATE, clock, file=WavFile(output), real_time=False)
        else:
            sink = stack.enter_context(open_speaker(config.speak.loudspeaker))
        voice = await asyncio.to_thread(load_piper, config)
        stack.callback(voice.close)
        marks = Marks(clock)
        await say(pieces(text), Memory(Chat("")), voice, Stage(sink, screen.show, config.listen.language), marks)
        screen.show(marks)
        if "first_audio" not in marks.at:
            raise UsageError("There is nothing in this text that can be spoken: it has neither words nor numbers.")


async def transcribe(config: Config, files: Sequence[Path], screen: Screen) -> None:
    """Print what is said in each of *files*, a line for each utterance, as fast as can be."""
    for path in files:
        check_readable(path)
    whisper = await asyncio.to_thread(load_whisper, config)
    try:
        for path in files:
            if len(files) > 1:
                screen.note(f"{path}:")
            frames = Recording(path, real_time=False).frames()
            lines = 0
            async with aclosing(Ear(activity(config), patience(config)).hear(frames)) as events:
                async for event in events:
                    if isinstance(event, Utterance) and (text := (await whisper.transcribe(event.samples)).text):
                        screen.note(text)
                        lines += 1
            if not lines:
                screen.note("(nothing was said that I understood)")
    finally:
        whisper.close()


async def tune(config: Config, recording: Path | None, screen: Screen) -> None:
    """Listen to ten seconds of a room, or of *recording*, and say which thresholds fit it, and why.

    Raises DeviceError or SoundFileError, and UsageError where there is too little to listen to.
    """
    listen = config.listen
    source: Source
    if recording is not None:
        check_readable(recording)
        source = Recording(recording, real_time=False, silence_after=0.0)
    else:
        require("input", listen.microphone)
        screen.note(f"listening to your room for {_TUNE_SECONDS} s: please say nothing ...")
        source = Microphone(listen.microphone, headset=listen.headset_microphone)
    samples = await _first(_TUNE_SECONDS, source)
    now = Thresholds(listen.vad_mode, listen.speech_threshold, listen.above_noise_db)
    measured = await asyncio.to_thread(measure, samples, now)
    screen.advise(advise(measured, now), now)


async def _first(seconds: int, source: Source) -> Samples:
    """The first *seconds* of *source*, or less where it ends; of another device, where it moves, as many again."""
    heard: list[Samples] = []

    def anew() -> AsyncGenerator[Frame, None]:
        heard.clear()
        return source.frames()

    async with aclosing(following(anew)) as frames:
        async for frame in frames:
            heard.append(frame.samples)
            if len(heard) * FRAME_SAMPLES >= seconds * SAMPLE_RATE:
                break
    if len(heard) * FRAME_SAMPLES < SAMPLE_RATE:
        raise UsageError("That is less than a second of sound: too little to judge a room by.")
    return np.concatenate(heard)


async def _hear(assistant: Assistant, recording: Path, sink: Sink, screen: Screen) -> None:
    screen.note(f"hearing    {recording}")
    # The silence behind the file must outlast the patience, or its end would end the turn.
    listen = assistant.config.listen
    silence = max(listen.patience_ms, listen.patience_open_ms) / 1000 + 0.5
    turns = screen.turns
    watchers = [screen.watch] if screen.live else []
    with kept(assistant.config, screen.show, "recording") as tell:
        await assistant.talk(Recording(recording, silence_after=silence), sink, tell, watchers=watchers)
    if screen.turns == turns:
        screen.note(f"({_UNHEARD[listen.mode]})")


def _sink(config: Config, file: WavFile | None = None) -> AbstractContextManager[Sink]:
    """The loudspeaker; where there is none, nothing that takes as long. Both keep the answers in *file*.

    It may be opened and closed by any thread.
    """
    return _opened(config.speak.loudspeaker, file, asyncio.get_running_loop().time)


@contextmanager
def _opened(name: str, file: WavFile | None, clock: Callable[[], float]) -> Iterator[Sink]:
    if name or has("output", name):
        with open_speaker(name, file) as speaker:
            yield speaker
    else:
        yield PacedSink(PACED_RATE, clock, file=file)
