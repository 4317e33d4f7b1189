"""Steps "microphone" and "loudspeaker": devices and a person's choice go in; one that is heard comes out, for each."""

import sys
from collections.abc import Callable, Sequence
from functools import partial

from assistant import sessions
from assistant.daemon import activity
from assistant.devices import Device, present
from assistant.errors import AssistantError, DeviceError
from assistant.listen.ear import Source
from assistant.listen.microphone import Microphone, only_zeros
from assistant.service.permission import Hearing, Permission, asked, hear
from assistant.setup import live
from assistant.setup.guide import Guide
from assistant.setup.person import UnfinishedError, number, yes_or_no

HELLO = "Hello. This is how I sound. Can you hear me well?"

_NO_VOICE = (
    "I heard no voice: is it the right microphone, and near enough? One that you plug in now is found by the next"
    " `assistant setup`."
)

_DEFAULT = "the system's default"


def microphone(guide: Guide) -> str:
    """Have a microphone chosen and spoken into, for which a Mac asks permission.

    Raises UnfinishedError, DeviceError.
    """
    devices = [one for one in present() if one.inputs]
    if not devices:
        raise UnfinishedError("There is no microphone on this computer; sound files work (`assistant run --input`).")
    setting = guide.config().listen.microphone
    if not guide.person.present:
        return f"{label(devices, setting)}: {_heard_by_nobody(guide, setting)}"
    guide.person.tell("Which microphone shall I listen to?")
    kept = setting
    while True:
        setting = _choice(guide, devices, setting, kept)
        if (came := _tried(guide, setting)) and guide.person.ask("Take this one? [yes]", yes_or_no):
            break
    guide.choose({"listen.microphone": setting})
    return f"{label(devices, setting)}, {came}"


def loudspeaker(guide: Guide) -> str:
    """Have a loudspeaker chosen, and a sentence heard from it. Raises UnfinishedError, DeviceError."""
    devices = [one for one in present() if one.outputs]
    if not devices:
        raise UnfinishedError("There is no loudspeaker on this computer; sound files work (`assistant say --output`).")
    if not guide.person.present:
        raise UnfinishedError("Whether it is heard, only a person can say.")
    setting = guide.config().speak.loudspeaker
    guide.person.tell("Which loudspeaker shall I speak from?")
    kept = setting
    while True:
        setting = _choice(guide, devices, setting, kept)
        if _spoken(guide, setting) and guide.person.ask("Did you hear that? [yes]", yes_or_no):
            break
    guide.choose({"speak.loudspeaker": setting})
    return label(devices, setting)


def named(device: Device, others: Sequence[Device]) -> str:
    """What the settings call *device* among *others*: its name, which stays, or its number where two have one name."""
    alike = [one for one in others if one.name.lower() == device.name.lower()]
    return device.name if len(alike) == 1 else str(device.index)


def label(devices: Sequence[Device], setting: str) -> str:
    """What a person calls the device that *setting* means."""
    if not setting:
        return _DEFAULT
    return next((one.name for one in devices if setting in {named(one, devices), str(one.index)}), setting)


def foreground(heard: Hearing, platform: str) -> str | None:
    """What is wrong with a microphone that *heard* so, in a sentence; None: it works. *platform* as sys.platform.

    Here it is the terminal that macOS gives the microphone to; the service's app has a permission of its own.
    """
    if heard.works:
        return None
    if heard.trouble:
        return heard.trouble
    zeros = only_zeros(platform)
    return zeros or "The microphone gives nothing but zeros: is it muted, or the wrong one?"


def _choice(guide: Guide, devices: Sequence[Device], setting: str, kept: str) -> str:
    """The setting of the device that the person takes; *setting* is offered first, *kept* was so at the beginning."""
    settings = ["", *(named(one, devices) for one in devices)]
    lines = [label(devices, known) for known in settings]
    if kept not in settings:
        # A part of a name, a number, or a device that is away: theirs to keep.
        settings.append(kept)
        lines.append(f"{label(devices, kept)} (as it is set)")
    for place, line in enumerate(lines):
        guide.person.tell(f"  {place}  {line}")
    default = settings.index(setting)
    return settings[guide.person.ask(f"Its number? [{default}]", partial(number, count=len(settings), default=default))]


def _tried(guide: Guide, setting: str) -> str:
    """How a voice is heard, in words; "" where it cannot be, which the person has been told."""
    guide.person.tell(f"I listen for {live.LISTENS_S:.0f} s: please say something.")
    try:
        with guide.person.level() as show:
            trouble = foreground(guide.live(hear(_opening(guide, setting))), sys.platform)
            above = (
                None if trouble else guide.live(live.voice(_microphone(guide, setting), activity(guide.config()), show))
            )
    except DeviceError as error:
        trouble, above = str(error), None
    if trouble or above is None:
        guide.person.tell(trouble or _NO_VOICE)
        return ""
    came = f"your voice {above:.0f} dB above the room's noise"
    guide.person.tell(f"I heard {came}.")
    return came


def _heard_by_nobody(guide: Guide, setting: str) -> str:
    """What can be found out with nobody to speak, or to answer macOS, whose question would wait for ever."""
    if asked() is Permission.NOT_ASKED:
        raise UnfinishedError("macOS asks for the microphone when it is first opened, and somebody has to answer.")
    if trouble := foreground(guide.live(hear(_opening(guide, setting), patience=0.0)), sys.platform):
        raise UnfinishedError(trouble)
    return "gives sound"


def _opening(guide: Guide, setting: str) -> Callable[[], Source]:
    return lambda: _microphone(guide, setting)


def _microphone(guide: Guide, setting: str) -> Microphone:
    return Microphone(setting, headset=guide.config().listen.headset_microphone)


def _spoken(guide: Guide, setting: str) -> bool:
    """Whether a sentence could be spoken; the person has been told why not."""
    config = guide.config()
    speak = config.speak.model_copy(update={"loudspeaker": setting})
    try:
        guide.live(sessions.speak(config.model_copy(update={"speak": speak}), HELLO, None, guide.screen))
    except AssistantError as error:
        guide.person.tell(str(error))
        return False
    return True
