"""Sentences and noises -> small 16 kHz WAV files in tests/recordings/ (seconds).

    python recordings.py --model ../../models/starter/whisper     # writes them, then says what the recognizer hears

The questions are spoken by espeak-ng, some in voices held out of training, one by flite; the files without speech are
those a recognizer should say nothing to.
"""

import argparse
import wave
from pathlib import Path

import espeak
import numpy as np
import sounds
import stt_voices

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "recordings"
MODEL = ROOT / "models" / "starter" / "whisper"
SENTENCES = {
    "question": "what is the capital of france",
    "timer": "set a timer for twelve minutes",
    "story": "tell me a story",
    "sum": "what is forty seven plus thirty eight",
    "shopping": "add milk and bread to the shopping list",
}
MORE = {
    "yes": (["yes"], "en-us+m3"),
    "stop": (["stop"], "en-us+m3"),
    "hello": (["hello"], "en-us+m3"),
    "help": (["help"], "en-us+m3"),
    "variant": (["read me my grocery list"], "en-us+f3"),
    "two": (["cancel the pizza timer", "what is the capital of peru"], "en-us+m5"),
    "another_voice": (["tell me the capital of france"], "flite slt"),
}
"""What the recognizer must hear besides: the shortest requests, sentences and voices that no training set holds."""
VOICE, WORDS_A_MINUTE, PITCH = "en-us+m3", 165, 45
BEFORE_S, AFTER_S, BETWEEN_S = 0.5, 1.2, 0.5
PEAK_DBFS, NOISE_DBFS = -12.0, -60.0


def main() -> None:
    """Write every file and, with --model, print what the recognizer makes of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, help="folder of a CTranslate2 Whisper to check the files with")
    parser.add_argument("--voice", default=VOICE)
    parser.add_argument("--out", type=Path, default=FOLDER)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    files = {name: question(text, arguments.voice) for name, text in SENTENCES.items()}
    files |= {name: _short(sentences, voice) for name, (sentences, voice) in MORE.items()} | noises()
    for name, audio in files.items():
        write(arguments.out / f"{name}.wav", audio)
    if arguments.model:
        check(arguments.model, files)


def question(text: str, voice: str = VOICE) -> np.ndarray:
    """The sentence at a natural level with silence around it and faint noise everywhere."""
    return _in_a_room([sounds.silence(BEFORE_S), _speech(text, voice), sounds.silence(AFTER_S)])


def _short(sentences: list[str], voice: str) -> np.ndarray:
    """Like a question, with less silence: these are many, and files in a repository."""
    pause = sounds.silence(BETWEEN_S)
    return _in_a_room([pause, *(part for text in sentences for part in (_speech(text, voice), pause))])


def _speech(text: str, voice: str) -> np.ndarray:
    if voice.startswith("flite "):
        audio = stt_voices.flite(text, voice.removeprefix("flite ")).audio
    else:
        audio = espeak.at_16k(espeak.speak(text, voice, rate=WORDS_A_MINUTE, pitch=PITCH).audio)
    return sounds.level(audio, PEAK_DBFS)


def _in_a_room(parts: list[np.ndarray]) -> np.ndarray:
    """One after the other, under the faint noise that every room and microphone have."""
    audio = np.concatenate(parts)
    return audio + sounds.white(len(audio) / sounds.RATE, np.random.default_rng(0)) * 10 ** (NOISE_DBFS / 20)


def noises() -> dict[str, np.ndarray]:
    """Two seconds each of what is not speech."""
    random = np.random.default_rng(0)
    return {
        "silence": sounds.silence(2.0),
        "noise": sounds.white(2.0, random) * 10 ** (-40 / 20),
        "hum": sounds.level(sounds.hum(2.0, random, 50.0), -26),
        "clicks": sounds.level(sounds.clicks(2.0, random), -20),
    }


def write(path: Path, audio: np.ndarray) -> None:
    """Mono, 16 bit, 16 kHz."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sounds.RATE)
        file.writeframes((np.clip(audio, -1, 1) * 32767).astype("<i2").tobytes())


def wanted_text(name: str) -> str:
    """What is said in a file; nothing in the noises."""
    return SENTENCES.get(name) or " ".join(MORE.get(name, ([], ""))[0])


def check(model_path: Path, files: dict[str, np.ndarray]) -> None:
    """Print what faster-whisper hears in each file."""
    from faster_whisper import WhisperModel

    model = WhisperModel(str(model_path), device="cpu", compute_type="int8", local_files_only=True)
    for name, audio in files.items():
        heard = [
            " ".join(
                segment.text.strip()
                for segment in model.transcribe(
                    audio, language="en", beam_size=1, without_timestamps=True, vad_filter=vad
                )[0]
            )
            for vad in (False, True)
        ]
        wanted = wanted_text(name)
        print(
            f"{name:9s} {'ok  ' if heard == [wanted, wanted] else 'MISS'} wanted {wanted!r}, "
            f"heard {heard[0]!r}, with VAD {heard[1]!r}"
        )


if __name__ == "__main__":
    main()
