"""What the daemon writes beside the times: from which ear and with which models, and nothing about their owner."""

import json

from assistant.daemon import kept
from assistant.flow import Transcript
from assistant.latency.journal import FILE
from assistant.latency.marks import Marks
from assistant.settings import Config


def config(folder, **more):
    return Config.model_validate({"latency": {"folder": folder}, "listen": {"whisper": "/home/ada/small.en"}, **more})


def lines(config, source):
    with kept(config, lambda notice: None, source) as tell:
        tell(Transcript("tell nobody"))
        tell(Marks(lambda: 0.0))
    return (config.latency.folder / FILE).read_text().splitlines()


def test_a_turn_is_told_with_its_source_and_models_but_not_their_folders(tmp_path):
    [line] = lines(config(tmp_path), "microphone")
    told = json.loads(line)
    assert (told["source"], told["models"]) == ("microphone", ["small.en", "starter", "starter"])
    assert "ada" not in line
    assert "nobody" not in line


def test_a_pace_that_is_not_the_machines_own_is_told(tmp_path):
    assert "pace" not in json.loads(lines(config(tmp_path / "own"), "recording")[0])
    slowed = config(tmp_path / "slowed", engine={"pace": "m2-max"})
    assert json.loads(lines(slowed, "recording")[0])["pace"] == "m2-max"


def test_who_wants_no_journal_has_none(tmp_path):
    off = Config.model_validate({"latency": {"folder": tmp_path / "log", "journal": False}})
    told = []
    with kept(off, told.append, "microphone") as tell:
        tell(Marks(lambda: 0.0))
    assert len(told) == 1
    assert not (tmp_path / "log").exists()
