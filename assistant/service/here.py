"""This computer and the settings go in; the service manager that is here comes out."""

import os
import platform
import time
from dataclasses import replace
from pathlib import Path

from assistant.errors import ServiceError
from assistant.service.interpreter import carried, this
from assistant.service.launchd import Launchd
from assistant.service.manager import Manager
from assistant.service.places import places
from assistant.service.runner import run
from assistant.service.systemd import Systemd


def manager(logs: Path) -> Manager:
    """That of launchd or of systemd; *logs* is log.folder. Raises ServiceError on a system with neither."""
    where = replace(places(), log=logs)
    match platform.system():
        case "Darwin":
            return Launchd(where, this(), carried(os.environ), os.getuid(), run, time.sleep)
        case "Linux":
            return Systemd(where, this(), carried(os.environ), run)
        case system:
            raise ServiceError(f"There is no service for {system}: start `assistant serve` by other means.")
