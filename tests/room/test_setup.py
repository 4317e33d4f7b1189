"""`assistant setup` on a virtual sound card: a person at the terminal, who speaks and hears."""

import subprocess
import sys
import wave
from contextlib import contextmanager

import numpy as np
import pytest

from assistant.audio import read_blocks
from assistant.flow import SAMPLE_RATE
from tests.room.test_program import RECORDINGS, ask
from tests.room.test_room import recording
from tests.setup.typist import CTRL_C, sitting

pytestmark = [pytest.mark.room, pytest.mark.slow]


SPOKEN = 1.6
"""seconds that speech lasts in question.wav; silence follows"""

IMPATIENT = """
from assistant.__main__ import main
from assistant.setup import live

live.wake_word.__defaults__ = (5.0,)  # s in which it waits for the word, in place of 15
main()
"""


@contextmanager
def somebody_speaks(room, file):
    """On and on, until this is over; *file* is where what they say is kept."""
    question = np.concatenate(list(read_blocks(RECORDINGS / "question.wav")))
    with wave.open(str(file), "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(SAMPLE_RATE)
        made.writeframes(np.tile(question[: round(SPOKEN * SAMPLE_RATE)], 20).tobytes())
    with subprocess.Popen(["paplay", "--device=mouth", file], env=room) as talking:
        try:
            yield
        finally:
            talking.kill()


@pytest.fixture
def environ(room, tmp_path):
    folders = {f"XDG_{name}_HOME": str(tmp_path / name.lower()) for name in ("STATE", "DATA")}
    return room | folders | {"ASSISTANT_CONFIG": str(tmp_path / "config.toml")}


def test_devices_are_tried_by_voice_and_ear_and_a_sentence_is_understood(environ, tmp_path):
    """Silence is no microphone; a voice is; the loudspeaker sounds in the room; what is chosen is in the settings."""
    (tmp_path / "config.toml").touch()
    with sitting(environ) as ann:
        ann.is_asked("Which language", "en")
        ann.is_asked("Which profile", "starter")
        ann.is_asked("Its number?", "")
        ann.sees("nothing but zeros")
        with somebody_speaks(environ, tmp_path / "speech.wav"):
            ann.is_asked("Its number?", "1")
            ann.sees("I heard your voice")
        ann.is_asked("Take this one?", "")
        with recording(environ, "ear", tmp_path / "ear"):
            ann.is_asked("Its number?", "")
            ann.is_asked("Did you hear that?", "yes")
        ann.is_asked("Its number?", "2")
        ann.is_asked("Write it?", "yes")
        ann.is_asked("Ready to say a sentence", "")
        ann.sees("I listen ...")
        ann.sees("dBFS")
        ask(environ, "question")
        ann.sees("I understood: what is the capital of france")
        ann.is_asked("Was it that?", "yes")
        ann.is_asked("Measure how long", "skip")
        assert ann.ends() == 0
        assert "not done: rehearsal" in ann.seen
        assert "Traceback" not in ann.seen
    heard = np.abs(np.fromfile(tmp_path / "ear", np.int16).astype(int))
    assert heard.max() > 1000
    settings = (tmp_path / "config.toml").read_text()
    assert "microphone = " in settings
    assert 'mode = "push"' in settings


def test_a_wake_word_is_tried_by_saying_it_and_ctrl_c_ends_the_listening(environ, tmp_path):
    """A word nobody knows is refused; one that is not said, not heard; then it is said by the starter voice."""
    pytest.importorskip("pyopen_wakeword")
    (tmp_path / "config.toml").touch()
    word = tmp_path / "word.wav"
    say = [sys.executable, "-m", "assistant", "say", "Hey Jarvis.", "--output", str(word)]
    subprocess.run(say, env=environ, check=True, capture_output=True, timeout=60)
    with sitting(environ, program=("-c", IMPATIENT)) as ann:
        for question in ("Which language", "Its number?", "Its number?"):
            ann.is_asked(question, "skip")
        ann.is_asked("Its number?", "1")
        ann.is_asked("Which wake word?", "hey ann")
        ann.sees("There is no wake word")
        ann.is_asked("Which wake word?", "")
        ann.sees("I did not hear it.")
        ann.is_asked("Keep it", "again")
        ann.is_asked("Which wake word?", "")
        ann.sees("dBFS")
        subprocess.run(["paplay", "--device=mouth", word], env=environ, check=True, timeout=30)
        ann.sees("I heard hey jarvis.")
        ann.is_asked("Keep it", "")
        ann.sees('+mode = "wake"')
        ann.is_asked("Write it?", "no")
        ann.is_asked("Ready to say a sentence", "")
        ann.sees("dBFS")
        ann.presses(CTRL_C)
        assert ann.ends() == 130
        assert "Traceback" not in ann.seen
    assert (tmp_path / "config.toml").read_text() == ""
