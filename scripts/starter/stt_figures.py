"""A CTranslate2 Whisper -> how many words it gets right, in whom, in what; how often it keeps silent (2 to 5 minutes).

python stt_figures.py models/starter/whisper            # with --misses: what it heard instead
"""

import argparse
import asyncio
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import stt_clips
from edits import distance
from faster_whisper import WhisperModel
from stt_clips import Clip

ROOT = Path(__file__).parents[2]
COUNT = 100
Hear = Callable[[np.ndarray], str]
Row = tuple[str, float, float]
misses: list[str] = []
"""What was said and what was heard instead, by everything measured so far."""


def main() -> None:
    """Print every figure beside its floor."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--misses", action="store_true")
    arguments = parser.parse_args()
    for what, figure, floor in figures(arguments.folder, arguments.count):
        print(f"{what:62s} {figure:6.1f} % {floor:6.1f} %  {'ok' if figure >= floor else 'BELOW'}")
    if arguments.misses:
        print("\n".join(misses))


def figures(folder: Path, count: int = COUNT) -> list[Row]:
    """(what, percent right, floor): with faster-whisper's own 30 s window, and with the program's shorter one."""
    model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=2, local_files_only=True)
    whole, short = _through_faster_whisper(model), _through_the_program(folder)
    rows = []
    for what, (voices, floor) in stt_clips.VOICES.items():
        clips = list(stt_clips.spoken(voices, count))
        rows.append(words_right(what, whole, clips, floor))
        rows.append(words_right(f"{what}, short window", short, clips, floor))
    clips = list(stt_clips.two_sentences(count // 2))
    rows.append(words_right("two sentences in a clip", whole, clips, 90.0))
    rows.append(words_right("two sentences in a clip, short window", short, clips, 90.0))
    return rows + _short_ones(short, count) + _disturbed(short, count // 2) + _silences(model, short)


def words_right(what: str, hear: Hear, clips: Iterable[Clip], floor: float) -> Row:
    """100 % less the word error rate."""
    errors = words = 0
    for text, audio in clips:
        heard = hear(audio)
        errors += distance(text.split(), heard.split())
        words += len(text.split())
        if heard != text:
            misses.append(f"{what}: {text} | {heard}")
    return f"words right, {what}", 100 * (1 - errors / words), floor


def _short_ones(hear: Hear, count: int) -> list[Row]:
    """What the program's tests and its quickest answers stand on, and speech that is not yet over."""
    cut = list(stt_clips.prefixes(count))
    longer = sum(len(hear(audio).split()) > len(text.split()) for text, audio in cut)
    return [
        words_right("tests/recordings", hear, stt_clips.recorded(), 100.0),
        words_right("one-word requests", hear, stt_clips.one_word(), 95.0),
        words_right("broken off between words", hear, cut, 90.0),
        ("nothing added where broken off between words", 100 * (1 - longer / len(cut)), 95.0),
    ]


def _disturbed(hear: Hear, count: int) -> list[Row]:
    """Training voices under worse conditions, and the voice that the program itself speaks with."""
    conditions = {
        "peaks at -30 dBFS": stt_clips.faint,
        "peaks at full scale": stt_clips.loud,
        "noise 15 dB below": stt_clips.noisy,
        "light reverberation": stt_clips.in_a_room,
    }
    rows = [words_right(what, hear, stt_clips.disturbed(how, count), 90.0) for what, how in conditions.items()]
    return [*rows, words_right("the starter voice", hear, stt_clips.piper(count), 90.0)]


def _silences(model: WhisperModel, short: Hear) -> list[Row]:
    """Without the voice filter, with it, and without it in the program's window."""
    ways = {
        "without VAD": (_through_faster_whisper(model), 90.0),
        "with VAD": (_through_faster_whisper(model, vad=True), 100.0),
        "without VAD, short window": (short, 90.0),
    }
    rows = []
    for what, (hear, floor) in ways.items():
        heard = [hear(audio) for audio in stt_clips.not_speech()]
        misses.extend(f"noises, {what}: | {text}" for text in heard if text)
        rows.append((f"nothing heard in noises, {what}", 100 * heard.count("") / len(heard), floor))
    return rows


def _through_faster_whisper(model: WhisperModel, *, vad: bool = False) -> Hear:
    """As anybody would use it: beam 1, no timestamps, padded to 30 s."""

    def hear(audio: np.ndarray) -> str:
        segments, _ = model.transcribe(
            audio, language="en", beam_size=1, temperature=0, without_timestamps=True, vad_filter=vad
        )
        return " ".join(segment.text.strip() for segment in segments)

    return hear


def _through_the_program(folder: Path) -> Hear:
    """As the program does: 16 bits, and no more of the window than it thinks needed."""
    sys.path.insert(0, str(ROOT))
    from assistant.audio import to_int16
    from assistant.listen.whisper import Whisper

    whisper = Whisper.load(folder)
    return lambda audio: asyncio.run(whisper.transcribe(to_int16(audio))).text


if __name__ == "__main__":
    main()
