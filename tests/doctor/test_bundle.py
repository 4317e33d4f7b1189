"""The zip for a bug report, from a folder full of what must not be in it."""

import json
import stat
import threading
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.config import load
from assistant.devices import Device
from assistant.doctor import bundle, examine, look, models, running, sound, stock
from assistant.doctor import computer as judge
from assistant.doctor.computer import Computing, Disk, Wheels
from assistant.doctor.finding import right, wrong
from assistant.doctor.models import Model
from assistant.doctor.running import Log, Running, Service, Sockets
from assistant.doctor.sound import Ears, Sound, Voice
from assistant.errors import UsageError
from assistant.service.manager import Status
from assistant.service.permission import Hearing, Permission

SAID = ("nine", "safe", "combination", "grandmother")
"""words that somebody said while log.words was on"""
NAMES = ("Anna", "Zebulon", "zebulon", "zebs-mac")
DEVICE = Device(0, "Anna's AirPods", 1, 2, 48_000, "microphone and loudspeaker")


class User:
    pw_name = "zebulon"
    pw_gecos = "Zebulon Quist,,,"


@pytest.fixture
def computer(tmp_path, monkeypatch):
    """Somebody's, with a log in which words are, a journal, a running assistant, and names everywhere."""
    home = tmp_path / "zebulon"
    logs, file = home / "log", home / "config.toml"
    logs.mkdir(parents=True)
    now = datetime.now(UTC).isoformat()
    said = "the combination of my safe is nine grandmother"
    trace = f'Traceback:\n  File "{home}/assistant/turn.py", line 3, in answer\n    x\nValueError: {said}'
    lines = [
        {"event": "words.understood", "text": said, "level": "info"},
        {"event": "words.said", "text": said, "level": "info"},
        {"event": "turn.failed", "level": "error", "exception": trace, "why": said, "module": "assistant.turn"},
        {"event": "turn.over", "level": "info", "gap_ms": 312, "transcript": {"text": said, "parts": [said]}},
        {"event": said, "level": "info"},
    ]
    (logs / "assistant.log").write_text("".join(json.dumps({**line, "when": now}) + "\n" for line in lines))
    turn = {"when": now, "gap": 0.3, "at": {"heard": 2.0}, "models": ["starter", "grandmother.gguf"], "text": said}
    (logs / "turns.jsonl").write_text(json.dumps({**turn, "source": "microphone", "version": 1}) + "\n")
    file.write_text(
        f'[log]\nwords = true\nfolder = "{logs}"\n[latency]\nfolder = "{logs}"\n'
        f'[reply]\nsystem = "Call me Anna, my safe is nine."\nmodel = "{home}/grandmother/zebulon.gguf"\n'
        f'[listen]\nmicrophone = "Anna"\n'
    )
    status = {
        "version": "1",
        "state": "listening",
        "models": {"reply.model": f"{home}/x.gguf"},
        "devices": {"microphone": "Anna's AirPods", "heard_s_ago": 0.1},
        "degraded": [{"part": "the voice", "why": f"It failed: {said}"}],
    }
    monkeypatch.setattr(bundle.Path, "home", lambda: home)
    monkeypatch.setattr(bundle.pwd, "getpwuid", lambda _: User)
    monkeypatch.setattr(bundle.platform, "node", lambda: "zebs-mac.local")
    monkeypatch.setattr(look, "sound_devices", lambda *_: ([DEVICE], Sound(DEVICE, DEVICE)))
    monkeypatch.setattr(look, "the_running", lambda _: Running(status, "1"))
    return load({}, {}, file)


def findings(loaded):
    return [
        right("sound devices", f"Microphone: {DEVICE.name}. Log: {loaded.config.log.folder}, on zebs-mac"),
        wrong("running assistant", "Amiss: the voice.", "assistant service logs", "It failed: my safe is nine"),
    ]


def opened(path):
    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None
        return {name: file.read(name).decode() for name in file.namelist()}


def test_nothing_that_was_said_is_in_it_although_words_are_logged(computer, tmp_path):
    """Not in the log, in errors, in turns, in settings, in what the running one says, nor in the findings."""
    made = tmp_path / "report.zip"
    bundle.write(made, computer, findings(computer))
    for name, text in opened(made).items():
        assert [word for word in SAID if word in text.replace("a word that was said", "")] == [], name


def test_no_name_of_a_person_a_computer_or_a_device_is_in_it(computer, tmp_path):
    """The home folder reads ~."""
    made = tmp_path / "report.zip"
    bundle.write(made, computer, findings(computer))
    texts = opened(made)
    for name, text in texts.items():
        assert [one for one in (*NAMES, str(tmp_path)) if one in text] == [], name
    assert "(device)" in texts["checks.json"]
    assert "~/log" in texts["checks.json"]


def test_of_what_the_checks_find_no_path_and_no_device_is_in_it_though_the_devices_are_gone(computer, monkeypatch):
    """AirPods go into their case: at a second look nobody knows what they were called."""
    own = Path(computer.config.reply.model)
    own.parent.mkdir()
    own.write_bytes(b"GGUF")
    looks = iter([([DEVICE], Sound(DEVICE, DEVICE)), ([], Sound(None, None))])
    monkeypatch.setattr(look, "sound_devices", lambda *_: next(looks))
    found = [
        models.model(stock.model(computer.config, "reply.model", thorough=False)),
        sound.devices(look.sound_devices(computer.config, 1.0)[1]),
    ]
    made = own.with_name("report.zip")
    bundle.write(made, computer, found)
    for name, text in opened(made).items():
        assert [one for one in ("grandmother/", "AirPods") if one in text] == [], name


def test_no_check_puts_a_text_of_somebody_elses_into_what_a_bug_report_has(computer):
    """Of libraries, devices, settings, service managers and logs: that is for the screen."""
    theirs, heard = "Anna's own", Hearing(Permission.UNKNOWN, 0, "Anna's own")
    device, none = Device(0, theirs, 1, 2, 24_000, ""), Service(None)
    found = [
        judge.wheels(Wheels({}, {"soxr": theirs}, theirs, "linux")),
        judge.wheels(Wheels({}, {}, theirs, "linux", theirs)),
        judge.computing(Computing("Linux", {}, False, -1, theirs, theirs)),
        judge.disks([Disk("models", "models.folder", Path(theirs), 0, writable=True)]),
        judge.disks([Disk("models", "models.folder", Path(theirs), 0, writable=False)]),
        models.model(Model("reply.model", Path(theirs))),
        models.model(Model("reply.model", trouble=theirs)),
        models.model(Model("reply.model", Path(theirs), name="x", damaged=("x.gguf",))),
        *(
            sound.permission(Ears("Darwin", running=False, muted=False, told=replace(heard, permission=each)))
            for each in Permission
        ),
        sound.capture(heard, muted=False),
        sound.devices(Sound(device, device)),
        sound.devices(Sound(None, None, theirs)),
        sound.voice(Voice("darwin", Path(theirs), False, 0.0)),
        sound.voice(Voice("darwin", Path(theirs), True, 0.0, theirs)),
        running.service(Service(None, trouble=theirs)),
        running.service(Service(Status("systemd", installed=True, complaints=(theirs,)))),
        *running.assistant(Running(None, "1", theirs), none),
        *running.assistant(Running({"version": "1", "degraded": [{"part": "x", "why": theirs}]}, "1"), none),
        running.offline(Sockets("Linux", 7, [theirs])),
        running.offline(Sockets("Linux", 7, trouble=theirs)),
        running.log(Log([("error", theirs)])),
        running.log(Log([], trouble=theirs)),
        examine.unusable_settings(theirs),
        examine.usable_settings(replace(computer, path=Path(theirs))),
    ]
    assert [one.meaning for one in found if "Anna" in one.name + one.meaning] == []


def test_what_helps_to_find_a_bug_is_in_it(computer, tmp_path):
    """Versions, findings, settings, times, events, and where it happened."""
    made = tmp_path / "report.zip"
    held = bundle.write(made, computer, findings(computer))
    texts = opened(made)
    assert list(texts) == held
    assert json.loads(texts["about.json"])["packages"]["numpy"]
    assert [one["state"] for one in json.loads(texts["checks.json"])] == ["right", "wrong"]
    assert json.loads(texts["settings.json"])["log.words"] == {"value": True, "from": "settings file"}
    assert json.loads(texts["status.json"])["degraded"] == [{"part": "the voice"}]
    assert json.loads(texts["turns.jsonl"])["at"] == {"heard": 2.0}
    events = [json.loads(line) for line in texts["log.jsonl"].splitlines()]
    assert [event["event"] for event in events] == ["turn.failed", "turn.over", "(left out)"]
    assert events[0]["exception"] == ["assistant/turn.py:3 answer", "ValueError"]
    assert events[1]["gap_ms"] == 312


def test_it_is_its_owners_alone_and_nothing_else_is_left(computer, tmp_path):
    """Whole, or not there; one of the same name is replaced."""
    made = tmp_path / "new" / "report.zip"
    made.parent.mkdir()
    made.write_text("an older one")
    bundle.write(made, computer, [])
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert [one.name for one in made.parent.iterdir()] == ["report.zip"]


def test_a_name_that_cannot_be_is_said_before_anything_is_checked(tmp_path):
    """No zip, no folder to put it in, a folder in its place."""
    (tmp_path / "x.zip").mkdir()
    for path in (tmp_path / "report.tar", tmp_path / "none/report.zip", tmp_path / "x.zip"):
        with pytest.raises(UsageError, match=path.name):
            bundle.check_name(path)
    bundle.check_name(tmp_path / "report.zip")


def test_one_that_is_broken_off_leaves_no_half(computer, tmp_path, monkeypatch):
    """Nor does it touch an older one: Ctrl-C in the midst of it."""
    made = tmp_path / "new" / "report.zip"
    made.parent.mkdir()
    made.write_text("an older one")

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("zipfile.ZipFile.writestr", interrupted)
    with pytest.raises(KeyboardInterrupt):
        bundle.write(made, computer, [])
    assert {one.name: one.read_text() for one in made.parent.iterdir()} == {"report.zip": "an older one"}


def test_a_user_without_a_name_has_a_bug_report_too(computer, tmp_path, monkeypatch):
    """As in a container that was given a number."""

    def nobody(_uid):
        raise KeyError

    monkeypatch.setattr(bundle.pwd, "getpwuid", nobody)
    assert "log.jsonl" in bundle.write(tmp_path / "report.zip", computer, [])


def test_a_disk_that_does_not_answer_costs_its_file_alone(computer, tmp_path, monkeypatch):
    """The check of the log has told of it."""
    answered = threading.Event()
    monkeypatch.setattr(bundle, "_DISK_S", 0.0)
    monkeypatch.setattr(bundle.logged, "lines", lambda _: answered.wait() and ())
    held = bundle.write(tmp_path / "report.zip", computer, [])
    answered.set()
    assert "log.jsonl" not in held
    assert "settings.json" in held


@pytest.mark.parametrize(
    ("broken", "name"),
    [
        ("machine", "about.json"),
        ("explain", "settings.json"),
        ("look.the_running", "status.json"),
        ("journal.read", "turns.jsonl"),
        ("logged.lines", "log.jsonl"),
    ],
)
def test_a_fault_of_ours_costs_its_file_alone_and_is_told_there(computer, tmp_path, monkeypatch, broken, name):
    """Where, and what kind; not its message, in which words may be."""

    def fails(*_, **__):
        raise LookupError("my safe is nine")

    monkeypatch.setattr(f"assistant.doctor.bundle.{broken}", fails)
    made = tmp_path / "report.zip"
    whole = {"README.txt", "about.json", "checks.json", "settings.json", "status.json", "turns.jsonl", "log.jsonl"}
    assert set(bundle.write(made, computer, findings(computer))) == whole
    text = opened(made)[name]
    assert json.loads(text)["failed"][-1] == "LookupError"
    assert "assistant/doctor/bundle.py" in text
    assert "nine" not in text


def test_what_cannot_be_written_is_one_sentence(computer, tmp_path):
    """And half a zip is not left behind."""
    with pytest.raises(UsageError, match="cannot be written"):
        bundle.write(tmp_path / "gone" / "report.zip", computer, [])
