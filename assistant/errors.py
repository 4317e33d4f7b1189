"""The failures we expect, each with a sentence for a person; libraries' own errors are translated at the edges."""


class AssistantError(Exception):
    """An expected failure: its text is one plain sentence that says what happened, to what, and what to do."""

    exit_code = 1


class UsageError(AssistantError):
    """The person asked for something that cannot be: a wrong setting, file or device."""

    exit_code = 2


class RunningError(UsageError):
    """An assistant runs already, and there is one at a time."""


class ModelError(UsageError):
    """A model file is missing, truncated or not a model."""


class AwayError(AssistantError):
    """A model is on a disk that is not here. No UsageError: at a login it may come any second, so it is tried again."""


class SoundFileError(UsageError):
    """A sound file cannot be read or written."""


class DeviceError(AssistantError):
    """A microphone or loudspeaker is missing, refused or gone."""

    exit_code = 3


class DeviceLostError(DeviceError):
    """A device that worked has stopped: it was unplugged, or the system's sound has been restarted."""


class DeviceMovedError(DeviceLostError):
    """A device was given up for another one, since the system's default has changed: nothing is wrong."""


class EngineError(AssistantError):
    """An engine failed in the middle of a turn: it costs that turn, not the program."""


class StalledError(EngineError):
    """An engine does not come back: it is left to itself, and another one has to take its place."""


class ServiceError(AssistantError):
    """The assistant that runs, or the system's service manager, refused what it was asked for, or does not answer."""


class NotRunningError(ServiceError):
    """No assistant runs that could be asked."""

    exit_code = 4


class FetchError(AssistantError):
    """A model could not be fetched: no network, a refusal, a full disk, wrong bytes. What has arrived is kept."""

    exit_code = 5


def first_line(error: Exception) -> str:
    """What a library's *error* says first, without a full stop, for a sentence of ours; its kind if it says nothing."""
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
