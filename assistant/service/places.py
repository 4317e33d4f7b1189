"""The platform's folders for one person's programs go in; where each thing of ours lives comes out."""

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

NAME = "assistant"


@dataclass(frozen=True, slots=True)
class Places:
    """Where the program keeps what; on a Mac several of these are one folder."""

    home: Path
    config: Path
    data: Path
    """models that were fetched, the shopping list, learned pauses"""
    state: Path
    """what can be lost: the control socket, whether it is muted, what the microphone gave"""
    log: Path
    cache: Path

    @property
    def bundle(self) -> Path:
        """The app on a Mac, where people's own apps are; without a blank, which has broken tools (facts A)."""
        return self.home / "Applications" / "Assistant.app"

    @property
    def agents(self) -> Path:
        """Where launchd looks for what is started at login."""
        return self.home / "Library" / "LaunchAgents"

    @property
    def units(self) -> Path:
        """Where systemd looks for a person's own units; it goes by XDG_CONFIG_HOME as well."""
        return self.config.parent / "systemd" / "user"

    @property
    def outputs(self) -> Path:
        """Where launchd writes what the service prints.

        Not log.folder: that may change behind the agent's back, and where launchd may open no file, as on an external
        disk or in Documents, it starts nothing (hermes-agent#78129).
        """
        return self.state

    @property
    def bundle_stamp(self) -> Path:
        """What the app was made of, to leave it alone as long as that is the same."""
        return self.state / "bundle.sha256"

    @property
    def permission(self) -> Path:
        """What the running service was told about the microphone's permission."""
        return self.state / "microphone.json"


def places() -> Places:
    """Return where everything is for whoever runs this; touches nothing."""
    return Places(
        home=Path(os.path.expanduser("~")),  # noqa: PTH111 - pathlib's raises where there is no such user
        config=platformdirs.user_config_path(NAME),
        data=platformdirs.user_data_path(NAME),
        state=platformdirs.user_state_path(NAME),
        log=platformdirs.user_log_path(NAME),
        cache=platformdirs.user_cache_path(NAME),
    )
