"""What is known of devices, permission, echo and voice goes in; whether we hear and are heard comes out. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.devices import Device
from assistant.doctor.computer import MAC
from assistant.doctor.finding import Finding, right, unknown, wrong
from assistant.listen.headphones import headphones
from assistant.service.permission import Hearing, Permission, advice
from assistant.speak.piper import needs_short_path

_SILENT_S = 3.0
"""s without a frame after which a microphone that is open gives nothing: it is opened again within three (status)"""
_TELEPHONE = 24_000
"""Hz at most that a Bluetooth headset plays with while its microphone is open (facts B)"""


@dataclass(frozen=True, slots=True)
class Sound:
    """The devices, and which of them the settings mean."""

    microphone: Device | None
    loudspeaker: Device | None
    trouble: str = ""
    """why one of them is None"""


@dataclass(frozen=True, slots=True)
class Ears:
    """Who may hear: what is known of the permission from inside the service, and from here."""

    system: str
    running: bool
    """whether an assistant runs and answered"""
    muted: bool
    inside: Permission | None = None
    """what macOS says to the one that runs; None where it was not asked"""
    heard_s_ago: float | None = None
    """s since its microphone gave a frame; None where it is not open"""
    lost: bool = False
    """whether it says itself that its microphone gives nothing"""
    told: Hearing | None = None
    """what the service wrote down when it was last asked"""
    here: Permission = Permission.NOT_NEEDED
    """what macOS says to this program, and so of the terminal"""


@dataclass(frozen=True, slots=True)
class Echo:
    """What the running assistant's canceller leaves of its voice."""

    running: bool
    used: bool = False
    """whether there is a canceller: none is needed with headphones"""
    controlled: bool = True
    erle_db: float | None = None
    residual_db: float | None = None
    """None until it has spoken for half a second"""


@dataclass(frozen=True, slots=True)
class Voice:
    """The self-test of the voice: a sentence was spoken into nothing."""

    platform: str
    """as sys.platform says"""
    data: Path | None
    """espeak-ng's data folder, if piper is installed"""
    present: bool
    """whether its phontab is in it"""
    seconds: float
    """of sound that came out"""
    trouble: str = ""


def permission(facts: Ears) -> Finding:
    """Whether the assistant may hear, as told from inside it, where one runs."""
    name = "microphone permission"
    if facts.running:
        return _permission_inside(name, facts)
    if facts.system != MAC:
        return right(name, "This system asks nobody's permission; the assistant does not run.")
    if facts.told is not None:
        whose = "The service does not run; when it was last asked: "
        if facts.told.works:
            return right(name, f"{whose}{advice(facts.told)}.")
        return wrong(name, f"{whose}{_refused(facts.told)}.", _ask_again(facts), facts.told.trouble)
    if facts.here in {Permission.DENIED, Permission.RESTRICTED}:
        return wrong(
            name,
            f"macOS refuses this terminal the microphone ({facts.here.value}); of a service nothing is known.",
            "Allow it for the terminal in System Settings > Privacy & Security > Microphone.",
        )
    return unknown(
        name,
        f"macOS says {facts.here.value} to this terminal, which is nothing about the service: that does not run.",
        "assistant service install",
    )


def capture(heard: Hearing | None, *, muted: bool) -> Finding:
    """Whether a second of the microphone, opened from here, holds anything but zeros."""
    name = "microphone"
    if muted:
        return unknown(name, "It is muted, so it was not opened.", "assistant unmute")
    if heard is None:
        return unknown(name, "There is none to listen to.")
    if heard.works:
        return right(name, "It gives sound (opened from here, for a second at most).")
    if heard.trouble:
        return wrong(name, "It cannot be heard, opened from here.", "assistant devices", heard.trouble)
    refused = heard.permission in {Permission.NOT_ASKED, Permission.RESTRICTED, Permission.DENIED}
    why = f" macOS says {heard.permission.value} to this terminal." if refused else ""
    return wrong(
        name,
        f"It gave nothing but zeros for a second, opened from here.{why}",
        "Is it muted, or has this terminal no permission to use it? assistant devices lists others.",
    )


def devices(facts: Sound) -> Finding:
    """What is used, and at what rates."""
    name, microphone, loudspeaker = "sound devices", facts.microphone, facts.loudspeaker
    if microphone is None or loudspeaker is None:
        return wrong(name, "One that is meant is not here, or cannot be asked.", "assistant devices", facts.trouble)
    told = f"The microphone has {microphone.rate} Hz, the loudspeaker {loudspeaker.rate} Hz."
    names = f"Microphone: {microphone.name}. Loudspeaker: {loudspeaker.name}."
    one_headset = headphones(microphone.name) and headphones(loudspeaker.name)
    if one_headset and min(microphone.rate, loudspeaker.rate) <= _TELEPHONE:
        return right(
            name,
            f"{told} A headset whose microphone is open plays in the quality of a telephone.",
            "Name the built-in microphone with listen.microphone: assistant devices lists it.",
            names,
        )
    return right(name, f"{told} Both are converted as needed.", detail=names)


def echo(facts: Echo) -> Finding:
    """Whether it hears itself."""
    name, measure = "echo", "assistant rehearse --devices --loopback  (plays chirps and talks to itself)"
    if not facts.running:
        return unknown(name, "Not measured: the assistant does not run.", measure)
    if not facts.used:
        return right(name, "Nothing has to be taken out: headphones, no loudspeaker, or listen.echo_control = false.")
    if facts.residual_db is None or facts.erle_db is None:
        return unknown(name, "Not measured: it has not spoken yet since it began.", "assistant say hello")
    told = f"{facts.erle_db:.0f} dB of its own voice are taken out, {facts.residual_db:.0f} dBFS are left"
    if facts.controlled:
        return right(name, f"{told}.")
    return wrong(
        name,
        f"{told}: too much, so while it speaks only stop and the wake word interrupt it.",
        "Turn the loudspeaker down, move it away from the microphone, or wear headphones.",
    )


def voice(facts: Voice) -> Finding:
    """Whether the voice speaks; where it does not, why: most often espeak-ng does not find its data."""
    name = "voice"
    if facts.data is None or not facts.present:
        return wrong(
            name,
            "espeak-ng's data is missing: nothing can be spoken.",
            "Install the program again: piper-tts, which brings it, is not whole.",
            "" if facts.data is None else f"It should be in {facts.data}.",
        )
    deep = needs_short_path(facts.data, facts.platform)
    if facts.trouble or not facts.seconds:
        why = "It cannot speak." if facts.trouble else "It spoke without a sound."
        if deep:
            why += " The path of espeak-ng's data is longer than it can use; the link that should help does not."
        remedy = "Install the program in a folder with a shorter path, or name another speak.voice."
        return wrong(name, why, remedy, facts.trouble)
    linked = " espeak-ng's data is reached by a link, since its path is too long for it." if deep else ""
    return right(name, f"It spoke a test sentence of {facts.seconds:.1f} s, unheard.{linked}")


def chosen(found: Sequence[Device], microphone: int | None, loudspeaker: int | None, trouble: str) -> Sound:
    """The devices with these numbers."""
    by_index = {device.index: device for device in found}

    def of(index: int | None) -> Device | None:
        return None if index is None else by_index.get(index)

    return Sound(of(microphone), of(loudspeaker), trouble)


def _permission_inside(name: str, facts: Ears) -> Finding:
    who = "The assistant that runs"
    # Who was not allowed yet when it first asked may be answered so for ever (souffle#216): what it heard counts more.
    allowed_since = facts.inside is Permission.NOT_ASKED and _heard_since(facts)
    if facts.inside in {Permission.NOT_ASKED, Permission.RESTRICTED, Permission.DENIED} and not allowed_since:
        told = advice(Hearing(facts.inside, None))
        return wrong(name, f"{who} may not hear: {told}.", _ask_again(facts))
    if facts.muted:
        return right(name, f"{who} is muted; macOS does not refuse it." if facts.system == MAC else f"{who} is muted.")
    if facts.lost or (facts.heard_s_ago or 0.0) > _SILENT_S:
        remedy = "assistant devices  (is it plugged in? does another program hold it?)"
        return wrong(name, f"{who} gets no sound from its microphone.", remedy)
    if facts.heard_s_ago is None:
        return unknown(name, f"{who} has only just opened its microphone.", "Type assistant doctor again.")
    return right(name, f"{who} hears: its last sound came {facts.heard_s_ago:.1f} s ago.")


def _heard_since(facts: Ears) -> bool:
    """Whether something was heard when it began; where no microphone was there then, whether one gives sound now."""
    if facts.told is None:
        return False
    hears = not facts.lost and facts.heard_s_ago is not None and facts.heard_s_ago <= _SILENT_S
    return facts.told.works or (bool(facts.told.trouble) and hears)


def _refused(heard: Hearing) -> str:
    """What `advice` says, but for what only the microphone says: its name may be in that."""
    told = advice(heard)
    return "the microphone could not be used" if heard.trouble and heard.trouble in told else told


def _ask_again(facts: Ears) -> str:
    if facts.inside is Permission.DENIED or (facts.told and facts.told.permission is Permission.DENIED):
        return "Allow it in System Settings > Privacy & Security > Microphone, then: assistant service restart"
    return "assistant service install  (asks again)"
