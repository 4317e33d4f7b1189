"""Rehearsals on the real engines, in real time."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.daemon import load_piper, load_whisper
from assistant.flow import SAMPLE_RATE
from assistant.latency.rehearse import QUESTIONS, said_by
from assistant.latency.script import Asked
from assistant.settings import Config
from tests.test_cli import assistant

pytestmark = pytest.mark.slow

RECORDINGS = Path(__file__).parents[1] / "recordings"


def earlier(path, gap):
    path.write_text(json.dumps({"version": 1, "about": {}, "turns": [{"gap": gap}]}))
    return path


def test_the_starter_recogniser_understands_every_built_in_question():
    """To the word, from the starter voice."""

    async def main():
        voice, whisper = load_piper(Config()), load_whisper(Config())
        try:
            questions = await said_by(voice, QUESTIONS, SAMPLE_RATE)
            return [
                (one.words, Asked(one, understood=[(await whisper.transcribe(one.samples)).text])) for one in questions
            ]
        finally:
            voice.close()
            whisper.close()

    results = asyncio.run(main())
    assert len(results) == len(QUESTIONS)
    assert [words for words, asked in results if not asked.as_said] == []


def test_the_built_in_questions_are_answered_measured_drawn_and_kept(tmp_path):
    """And an earlier run that cannot be matched is exit code 1, with both numbers."""
    new, picture = tmp_path / "new.json", tmp_path / "new.svg"
    old = earlier(tmp_path / "old.json", 0.01)
    code, out, err = assistant("rehearse", "-n", 2, "--json", new, "--plot", picture, "--compare", old)
    assert code == 1
    assert "was 10 ms in" in " ".join(err.split())
    assert "understood to the word: 2 of 2" in out
    made = json.loads(new.read_text())
    assert made["complete"]
    assert [turn["question"] for turn in made["turns"]] == list(QUESTIONS[:2])
    assert all(0.1 < turn["gap"] < 10 for turn in made["turns"])
    assert made["summary"]["gap_ms"]["n"] == 2
    assert "<svg" in picture.read_text()[:1000]


def test_recordings_of_ones_own_are_asked_by_their_names(tmp_path):
    """A recording nobody speaks in is counted with its reason; an earlier run that was slower is no failure."""
    new, old = tmp_path / "new.json", earlier(tmp_path / "old.json", 60)
    files = [RECORDINGS / "silence.wav", RECORDINGS / "question.wav"]
    code, out, err = assistant("rehearse", *files, "-n", 2, "--json", new, "--compare", old)
    assert code == 0, err
    assert "not measured: 1 turn: the question was not heard" in out
    assert [(turn["question"], turn["gap"] is None) for turn in json.loads(new.read_text())["turns"]] == [
        ("silence.wav", True),
        ("question.wav", False),
    ]


def test_where_nothing_can_be_measured_that_is_an_error(tmp_path):
    """Exit code 1, the reasons above it."""
    code, out, err = assistant("rehearse", RECORDINGS / "silence.wav", "-n", 1, "--json", tmp_path / "new.json")
    assert code == 1
    assert "None of 1 questions could be measured" in err
    assert "the question was not heard" in out


def test_nothing_that_people_have_is_touched(tmp_path):
    """A shopping list that is added to by a recording stays as it was; no turn goes into the journal."""
    shopping, journal = tmp_path / "list.txt", tmp_path / "journal"
    shopping.write_text("tea\n")
    settings = ("--set", f"reply.shopping_list={shopping}", "--set", f"latency.folder={journal}")
    code, _, err = assistant("rehearse", RECORDINGS / "shopping.wav", "-n", 1, *settings)
    assert code == 0, err
    assert shopping.read_text() == "tea\n"
    assert not journal.exists()


def test_ctrl_c_shows_and_keeps_what_there_is(tmp_path):
    """Exit code 130, as shells have it."""
    new = tmp_path / "new.json"
    command = [sys.executable, "-u", "-m", "assistant", "rehearse", "--json", str(new)]
    environ = {key: value for key, value in os.environ.items() if not key.startswith("ASSISTANT_")}
    with subprocess.Popen(
        command, env={**environ, "XDG_CONFIG_HOME": "/nonexistent", "COLUMNS": "100"}, stdout=subprocess.PIPE, text=True
    ) as child:
        for line in child.stdout:
            if "1 of 20" in line:
                break
        child.send_signal(signal.SIGINT)
        rest = child.stdout.read()
    assert child.returncode == 130
    assert "gap" in rest
    made = json.loads(new.read_text())
    assert not made["complete"]
    assert len(made["turns"]) >= 1
    assert made["turns"][0]["gap"] is not None
