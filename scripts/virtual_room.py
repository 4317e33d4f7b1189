"""A virtual room to try the program in: somebody speaks, the program answers, one recording holds both on one clock.

Shared by tests/room, `room_talk.py` and `bench_turns.py`; needs PulseAudio, and espeak-ng where somebody speaks.
"""

import io
import os
import shlex
import subprocess
import sys
import tempfile
import threading
import time
import wave
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
RECORDINGS = ROOT / "tests" / "recordings"
RATE = 48_000
"""Hz of the room, and of what is recorded in it"""
FRAME = RATE // 100
LOUD_DBFS = -50.0
"""a hundredth of a second from which the loudspeaker counts as heard"""

UNDERRUNS = 20
"""holes in the loudspeaker's sound beyond which a run tells nothing: on a quiet computer there are none or a few"""

Samples = np.ndarray[Any, np.dtype[np.int16]]


@contextmanager
def room(echo_db: str = "") -> Iterator[dict[str, str]]:
    """The environment of programs in a room; *echo_db* ("-10"): how much of the loudspeaker the microphone hears."""
    # Not just anywhere: the path of a socket may have 107 characters at most.
    with tempfile.TemporaryDirectory(prefix="room-") as folder:
        command = [str(ROOT / "scripts/room"), "start", folder, *([echo_db] if echo_db else [])]
        exports = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout
        try:
            yield os.environ | dict(pair.split("=", 1) for pair in shlex.split(exports) if "=" in pair)
        finally:
            subprocess.run([command[0], "stop", folder], check=True, timeout=30)


class Program:
    """A program in the room; its lines, each with the moment it came."""

    def __init__(self, child: "subprocess.Popen[str]", complaints: Path) -> None:
        self.child = child
        self._complaints = complaints
        self.lines: list[tuple[float, str]] = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def complaints(self) -> str:
        """What it has written to standard error."""
        return self._complaints.read_text()

    @property
    def starved(self) -> bool:
        """Whether the computer was too busy for sound in real time, so that nothing can be said of the program."""
        lines = self.complaints.splitlines()
        return sum("underrun" in line for line in lines) > UNDERRUNS or any("microphone.lost" in line for line in lines)

    def said(self, start: str, since: float = 0.0, holding: str = "") -> list[str]:
        """The lines since that moment (time.monotonic) that begin with *start* and hold a text."""
        return [line for at, line in self.lines if line.startswith(start) and holding in line and at >= since]

    def wait_for(self, start: str, seconds: float, since: float = 0.0, holding: str = "") -> str | None:
        """The first such line; None when none comes in so many *seconds*."""
        with self._changed:
            self._changed.wait_for(lambda: self.said(start, since, holding) or self.child.poll() is not None, seconds)
        return next(iter(self.said(start, since, holding)), None)

    def close(self) -> None:
        """Read to the end of what it printed; it has been killed."""
        self._reader.join(10)

    def _read(self) -> None:
        assert self.child.stdout is not None
        for line in self.child.stdout:
            with self._changed:
                self.lines.append((time.monotonic(), line.rstrip("\n")))
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()


@contextmanager
def running(environment: Mapping[str, str], *command: object) -> Iterator[Program]:
    """`python *command*` in the room, killed at the end."""
    arguments = [sys.executable, "-u", *map(str, command)]
    # Wide, so that no line of its is wrapped.
    wide = {**environment, "COLUMNS": "1000"}
    with tempfile.TemporaryDirectory(prefix="program-") as folder:
        complaints = Path(folder) / "complaints"
        with (
            complaints.open("w") as file,
            subprocess.Popen(arguments, env=wide, stdout=subprocess.PIPE, stderr=file, text=True, cwd=ROOT) as child,
        ):
            program = Program(child, complaints)
            try:
                yield program
            finally:
                child.kill()
                program.close()


class Tape:
    """What is recorded in the room, as far as it has come: int16 at 48 kHz."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def now(self) -> float:
        """Seconds recorded so far."""
        return self._path.stat().st_size // 4 / RATE

    def mouth(self) -> Samples:
        """What the microphone hears: the person, and the echo where there is one."""
        return self._both()[:, 0]

    def loudspeaker(self) -> Samples:
        """What the loudspeaker plays."""
        return self._both()[:, 1]

    def sounds(self, start: float = 0.0, end: float = float("inf"), hole: float = 0.0) -> list[tuple[float, float]]:
        """From when to when (seconds) something came from the loudspeaker; holes as long as *hole* do not count."""
        first = max(0, round(start * RATE)) // FRAME
        found: list[tuple[float, float]] = []
        for frame in np.flatnonzero(loud(self._both(first * FRAME)[:, 1])) + first:
            at = float(frame) * FRAME / RATE
            if at >= end:
                break
            if found and at - found[-1][1] <= hole + 1e-6:
                found[-1] = found[-1][0], at + FRAME / RATE
            else:
                found.append((at, at + FRAME / RATE))
        return found

    def wait_for_sound(self, seconds: float, since: float) -> bool:
        """Whether the loudspeaker is heard within so many *seconds*."""
        return self._wait(lambda: bool(self.sounds(since)), seconds)

    def wait_for_silence(self, seconds: float, lasting: float = 0.5) -> bool:
        """Whether the loudspeaker falls silent for *lasting* seconds within *seconds*."""
        return self._wait(lambda: not self.sounds(self.now - lasting), seconds + lasting)

    def wav(self, path: Path) -> None:
        """All of it as a sound file: left what the microphone heard, right what the loudspeaker played."""
        with wave.open(str(path), "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(self._both().tobytes())

    def _wait(self, true: Any, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if true():
                return True
            time.sleep(0.05)  # real devices, real time
        return bool(true())

    def _both(self, first: int = 0) -> Samples:
        """Both channels from sample *first* on."""
        whole = self._path.stat().st_size // 4 - first
        return np.fromfile(self._path, np.int16, count=2 * max(0, whole), offset=4 * first).reshape(-1, 2)


@contextmanager
def recorded(environment: Mapping[str, str]) -> Iterator[Tape]:
    """Record mouth and loudspeaker for as long as the block lasts."""
    command = ["parec", "--device=room.monitor", "--format=s16le", f"--rate={RATE}", "--channels=2"]
    with tempfile.TemporaryDirectory(prefix="tape-") as folder:
        path = Path(folder) / "tape"
        with (
            path.open("wb") as file,
            subprocess.Popen([*command, "--latency-msec=100"], env=environment, stdout=file) as parec,
        ):
            try:
                while not path.stat().st_size:
                    if parec.poll() is not None:
                        raise RuntimeError("parec ended: is the room there?")
                    time.sleep(0.01)  # a real device starts in real time
                yield Tape(path)
            finally:
                parec.terminate()


def play(environment: Mapping[str, str], sound: Path | Samples) -> None:
    """Let a sound file, or int16 (n,) at 16 kHz, come out of the mouth; returns when it is over."""
    if isinstance(sound, Path):
        subprocess.run(["paplay", "--device=mouth", str(sound)], env=environment, check=True, timeout=60)
        return
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        _write(file.name, sound)
        play(environment, Path(file.name))


def speak(text: str, voice: str = "en-us+m3", rate: int = 155, peak_dbfs: float = -12.0) -> Samples:
    """*text* as espeak-ng says it, int16 (n,) at 16 kHz, without the silence around it."""
    command = ["espeak-ng", "-v", voice, "-s", str(rate), "-p", "45", "--stdout", text]
    spoken = subprocess.run(command, check=True, capture_output=True, timeout=30).stdout
    with wave.open(io.BytesIO(spoken)) as file:
        given, engine_rate = np.frombuffer(spoken[44:], np.int16), file.getframerate()
    places = np.arange(0, given.size, engine_rate / 16_000)
    sound = np.interp(places, np.arange(given.size), given)
    audible = np.flatnonzero(np.abs(sound) > 100)
    sound = sound[audible[0] : audible[-1] + 1]
    return (sound * 10 ** (peak_dbfs / 20) * 32767 / np.abs(sound).max()).astype(np.int16)


def silence(seconds: float) -> Samples:
    """Nothing, int16 at 16 kHz."""
    return np.zeros(round(seconds * 16_000), np.int16)


def cough(seed: int = 0, peak_dbfs: float = -12.0) -> Samples:
    """Two bursts of breath without a voice in them, 0.35 s, int16 at 16 kHz."""
    random = np.random.default_rng(seed)
    bursts = [random.standard_normal(2400) * np.exp(-np.arange(2400) / 500) * loudness for loudness in (1.0, 0.6)]
    sound = np.convolve(np.concatenate([bursts[0], np.zeros(800), bursts[1]]), np.ones(4) / 4, "same")
    return (sound * 10 ** (peak_dbfs / 20) * 32767 / np.abs(sound).max()).astype(np.int16)


def place(sound: Samples, tape: Samples, start: float, end: float) -> float:
    """Where in *tape* (48 kHz), between two times in seconds, *sound* (int16 at 16 kHz) begins: seconds."""
    first = max(0, round(start * RATE))
    heard = tape[first : round(end * RATE)].astype(float)[::3]
    size = 1 << (heard.size + sound.size).bit_length()
    correlation = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(sound.astype(float), size)), size)
    return first / RATE + float(np.argmax(correlation[: heard.size])) / 16_000


def loud(samples: Samples, dbfs: float = LOUD_DBFS) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """For each hundredth of a second of int16 at 48 kHz: is there sound?"""
    frames = samples[: samples.size // FRAME * FRAME].reshape(-1, FRAME).astype(float)
    found: np.ndarray[Any, np.dtype[np.bool_]] = np.square(frames).mean(axis=1) > (32768 * 10 ** (dbfs / 20)) ** 2
    return found


def _write(path: str, samples: Samples) -> None:
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(samples.tobytes())
