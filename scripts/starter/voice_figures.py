"""A Piper voice -> how much of it other ears understand, against espeak-ng's own sound (3 minutes of one core).

    python voice_figures.py ../../voices/starter/starter.onnx --count 60

The sentences are ones that training never saw. pocketsphinx, whose models know neither voice, hears them twice: as one
of 200 sentences, and as any English at all. To both voices faint noise is added, for it fails on digital silence. The
program's own recognizer hears requests, since it knows no other words. espeak-ng is the ceiling: it was the teacher.
"""

import argparse
import random
import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import espeak
import grammar
import numpy as np
import pocketsphinx
import voice_texts
from edits import distance
from faster_whisper import WhisperModel
from piper import PiperVoice, SynthesisConfig
from voice_analysis import SPEAKING

RECOGNIZER = Path(__file__).parents[2] / "models" / "starter" / "whisper"
FLOOR = 90.0  # percent of the words right in espeak-ng's sound
CHOICES = 200
LEVEL, HISS = 0.1, 0.001  # root mean square of the speech and of the noise added to it
MARGIN = 0.25  # s of quiet before and behind
AUDIBLE = 0.003  # of full scale, at LEVEL

Speaker = Callable[[str], np.ndarray]
Listener = Callable[[np.ndarray], str]


def main() -> None:
    """Print the figures against their floors, and what else tells a good voice from a bad one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("voice", type=Path)
    parser.add_argument("--count", type=int, default=60)
    arguments = parser.parse_args()
    for what, percent, floor in figures(arguments.voice, arguments.count, show=True):
        print(f"{what:64s} {percent:5.1f} % (floor {floor:.0f} %) {'ok' if percent >= floor else 'BELOW'}", flush=True)
    describe(arguments.voice, arguments.count)


def figures(path: Path, count: int = 60, *, show: bool = False) -> list[tuple[str, float, float]]:
    """(what, percent, floor): words right in the voice per 100 words right in espeak-ng's own sound."""
    speaker = piper_speaker(path)
    answers, requests = spoken_sentences(CHOICES), held_requests(count)
    listeners = {
        "voice against espeak-ng, one of 200 sentences": (chooser(answers), answers[:count]),
        "voice against espeak-ng, any English": (open_ears(), answers[:count]),
        "voice against espeak-ng, our recognizer": (our_ears(), requests),
    }
    rows = []
    for what, (listener, sentences) in listeners.items():
        ours, theirs = (words_right(each, listener, sentences) for each in (speaker, espeak_speaker))
        rows.append((what, 100 * ours / theirs, FLOOR))
        if show:
            print(f"{what}: {len(sentences)} sentences, {ours:.1f} % of words right, espeak-ng {theirs:.1f} %")
    return rows


def words_right(speaker: Speaker, listener: Listener, sentences: list[str]) -> float:
    """100 % less the word error rate."""
    errors = words = 0
    for number, text in enumerate(sentences):
        wanted = plain(text)
        errors += distance(wanted, plain(listener(in_a_room(speaker(text), number))))
        words += len(wanted)
    return 100 * (1 - errors / words)


def plain(text: str) -> list[str]:
    """Its words in lower case."""
    return re.sub(r"[^a-z' ]", " ", text.lower()).split()


def in_a_room(sound: np.ndarray, seed: int) -> np.ndarray:
    """Speech at LEVEL between two margins, with HISS."""
    loud = sound[np.abs(sound) > np.abs(sound).max() / 100]
    sound = np.pad(sound * LEVEL / np.sqrt((loud**2).mean()), round(MARGIN * espeak.RATE))
    hiss = np.random.default_rng(seed).standard_normal(sound.size) * HISS
    return np.clip(sound + hiss, -1, 1).astype(np.float32)


def piper_speaker(path: Path) -> Speaker:
    """The voice as the program uses it: not normalised."""
    voice, settings = PiperVoice.load(path), SynthesisConfig(normalize_audio=False)
    return lambda text: np.concatenate([chunk.audio_float_array for chunk in voice.synthesize(text, settings)])


def espeak_speaker(text: str) -> np.ndarray:
    """The teacher, speaking as in training."""
    return espeak.at_16k(espeak.speak(text, voice_texts.VOICE, **SPEAKING).audio)


def chooser(sentences: list[str]) -> Listener:
    """Hears which of these it is (pocketsphinx)."""
    decoder = pocketsphinx.Decoder(lm=None, loglevel="FATAL", samprate=espeak.RATE)
    choices = " | ".join(" ".join(plain(text)) for text in sentences)
    decoder.add_jsgf_string("choice", f"#JSGF V1.0; grammar choice; public <choice> = {choices};")
    decoder.activate_search("choice")
    return lambda sound: _heard(decoder, sound)


def open_ears() -> Listener:
    """Hears any words (pocketsphinx with the language model it brings)."""
    decoder = pocketsphinx.Decoder(loglevel="FATAL", samprate=espeak.RATE)
    return lambda sound: _heard(decoder, sound)


def our_ears() -> Listener:
    """Hears requests (the starter recognizer)."""
    model = WhisperModel(str(RECOGNIZER), device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True)

    def hear(sound: np.ndarray) -> str:
        segments, _ = model.transcribe(sound, language="en", beam_size=1, temperature=0, without_timestamps=True)
        return " ".join(segment.text for segment in segments)

    return hear


def spoken_sentences(count: int) -> list[str]:
    """Held-out sentences of the assistant, without digits, every word in pocketsphinx's dictionary."""
    known = pocketsphinx.Decoder(loglevel="FATAL", samprate=espeak.RATE).lookup_word
    texts = voice_texts.texts(2 * count, 5, held=True, kinds=["answer", "tool"])
    good = [text for text in texts if not re.search(r"\d", text) and all(known(word) for word in plain(text))]
    return good[:count]


def held_requests(count: int) -> list[str]:
    """Held-out requests: what our recognizer can understand."""
    r = random.Random(9)
    return [grammar.sample(r, held=True).said for _ in range(count)]


def describe(path: Path, count: int) -> None:
    """Print speed, length against espeak-ng, quiet at both ends, peaks, and how even the loudness is."""
    speaker, texts = piper_speaker(path), voice_texts.texts(count, 6, held=True)
    speaker("One moment, please.")
    started = time.monotonic()
    sounds = [speaker(text) for text in texts]
    spent, length = time.monotonic() - started, sum(map(len, sounds)) / espeak.RATE
    theirs = sum(len(espeak_speaker(text)) for text in texts) / espeak.RATE
    levels = [20 * np.log10(np.sqrt((sound[np.abs(sound) > AUDIBLE] ** 2).mean())) for sound in sounds]
    peaks = [20 * np.log10(np.abs(sound).max()) for sound in sounds]
    ends = [np.flatnonzero(np.abs(sound) > AUDIBLE)[[0, -1]] for sound in sounds]
    print(f"real-time factor {spent / length:.4f}; {length / count:.2f} s a sentence, espeak-ng {theirs / count:.2f} s")
    print(f"loudness {_spread(levels)} dBFS, highest sample {_spread(peaks)} dBFS")
    print(f"quiet before {_spread([1000 * first / espeak.RATE for first, _ in ends])} ms", end=", ")
    behind = [1000 * (len(sound) - last) / espeak.RATE for sound, (_, last) in zip(sounds, ends, strict=True)]
    print(f"behind {_spread(behind)} ms")


def _spread(values: Iterable[float]) -> str:
    low, middle, high = np.percentile(list(values), [0, 50, 100])
    return f"{low:.1f} / {middle:.1f} / {high:.1f} (least, middle, most)"


def _heard(decoder: pocketsphinx.Decoder, sound: np.ndarray) -> str:
    decoder.start_utt()
    decoder.process_raw((sound * 32767).astype(np.int16).tobytes(), full_utt=True)
    decoder.end_utt()
    return decoder.hyp().hypstr if decoder.hyp() else ""


if __name__ == "__main__":
    main()
