import io

import pytest
from rich.console import Console

from assistant.screen import Screen
from assistant.setup.guide import Guide
from tests.setup.people import Scripted


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A person's folders, with nothing in them."""
    for name in ("CONFIG", "STATE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    return tmp_path


@pytest.fixture
def guided(home):
    """Makes guides of answers; settings are read from and written to config.toml in the home."""

    def make(*answers, present=True, again=False, **environ):
        environ = {"ASSISTANT_CONFIG": str(home / "config.toml"), **environ}
        (home / "config.toml").touch()
        screen = Screen(Console(file=io.StringIO()), names=False)
        return Guide(Scripted(*answers, present=present), screen, environ, home / "setup.json", again=again)

    return make
