"""What the system has of sound devices, then and now, goes in; which of them is meant, and what has to move, come out.

Pure. PortAudio lists the devices when it begins and never again, not even which is the default (facts B); the system is
asked in `sound_system.py`, and what follows from it is done in `moving.py`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

BLUETOOTH = frozenset({"blue", "blea"})
"""CoreAudio's transport types of it, with and without Low Energy (AudioHardwareBase.h)"""
BUILT_IN = "bltn"
"""...and of what is in the computer"""

_WIRELESS = re.compile(r"air ?pods|bluetooth|hands-?free|\bbuds\d*\b|\bbeats\b")
_OWN = re.compile(r"built-?in|internal|\b(mac ?book|imac)\b.*microphone")


@dataclass(frozen=True, slots=True)
class Plug:
    """A sound device as the system knows it."""

    id: int
    """the system's number for it; another one when it was away"""
    name: str
    inputs: bool
    """whether it records"""
    outputs: bool
    """whether it plays"""
    transport: str = ""
    """CoreAudio's four letters for how it is connected; "" where nobody says"""


@dataclass(frozen=True, slots=True)
class Plugged:
    """All of them at one moment."""

    devices: tuple[Plug, ...] = ()
    input: int = 0
    """id of the default microphone; 0 where there is none, or the system moves streams by itself"""
    output: int = 0
    """id of the default loudspeaker"""
    servers: frozenset[tuple[str, int]] = frozenset()
    """where sound servers can be reached, and when each began (ns, 0 where nobody can tell); none on a Mac"""


@dataclass(frozen=True, slots=True)
class Want:
    """What somebody of us records from or plays on, or would."""

    input: bool
    """a microphone; else a loudspeaker"""
    name: str
    """as in the settings: "" the default, else a part of a name, or PortAudio's number"""
    headset: bool = False
    """whether a Bluetooth headset's microphone may be the default"""
    running: bool = True
    """whether it has a stream that was not lost"""
    served: bool = True
    """False where there is a sound server, and PortAudio's list was made as if there were none"""


@dataclass(frozen=True, slots=True)
class Moves:
    """What has to be done."""

    streams: tuple[int, ...] = ()
    """places of the wants whose stream shall be closed, and opened again on another device"""
    relist: bool = False
    """PortAudio has to list the devices anew, for which all streams have to be closed"""


def meant(plugged: Plugged, want: Want) -> Plug | None:
    """The device that *want* means; None where it is not there, or only PortAudio knows."""
    if want.name.isdigit():
        return None
    able = _able(plugged, want)
    if want.name:
        alike = [plug for plug in able if plug.name.lower() == want.name.lower()]
        return next(iter(alike or [plug for plug in able if want.name.lower() in plug.name.lower()]), None)
    default = _by_id(able, plugged.input if want.input else plugged.output)
    if want.input and not want.headset and default is not None:
        return _spared(default, _by_id(plugged.devices, plugged.output), able)
    return default


def moves(then: Plugged, now: Plugged, wants: Sequence[Want], lately: Sequence[Plug | None]) -> Moves:
    """What *wants* need now.

    *then* is what there was when PortAudio made its list, *lately* the device that each of them was last opened for.
    A device that comes or goes and that nobody means moves nothing: each move is a hole in what is heard.
    """
    changed = tuple(
        place
        for place, (want, last) in enumerate(zip(wants, lately, strict=True))
        if want.running and _another(meant(now, want), last)
    )
    twin = any(not wants[place].name and _twin(now, wants[place]) for place in changed)
    if twin or not all(want.served for want in wants):
        return Moves(changed, relist=True)
    if now.devices == then.devices:
        return Moves(changed)
    concerned = [want for place, want in enumerate(wants) if place in changed or not want.running]
    return Moves(changed, relist=any(_unlisted(meant(now, want), want, then) for want in concerned))


def _able(plugged: Plugged, want: Want) -> list[Plug]:
    return [plug for plug in plugged.devices if (plug.inputs if want.input else plug.outputs)]


def _another(new: Plug | None, old: Plug | None) -> bool:
    """Whether somebody has to move to *new*. What else is told of a device may change while a headset switches over."""
    return new is not None and (old is None or (new.id, new.name) != (old.id, old.name))


def _twin(plugged: Plugged, want: Want) -> bool:
    """Whether another device is called as the one that *want* means: PortAudio tells them apart as it begins alone."""
    plug = meant(plugged, want)
    return plug is not None and sum(other.name == plug.name for other in _able(plugged, want)) > 1


def _unlisted(plug: Plug | None, want: Want, then: Plugged) -> bool:
    """Whether PortAudio may be missing the device; where only it knows which one is meant, that may be.

    A headset that is just coming is there before it can play or record.
    """
    if plug is None:
        return not want.name or want.name.isdigit()
    return all(_another(plug, listed) for listed in _able(then, want))


def _spared(default: Plug, output: Plug | None, able: Sequence[Plug]) -> Plug:
    """The built-in microphone where *default* is that of a Bluetooth headset we play on: else *default*.

    As soon as a headset's microphone is opened, it plays like a telephone, at 16 or 24 kHz (facts B).
    """
    if output is None or not (_wireless(default) and _wireless(output)):
        return default
    return next((plug for plug in able if _own(plug)), default)


def _wireless(plug: Plug) -> bool:
    return plug.transport in BLUETOOTH if plug.transport else bool(_WIRELESS.search(plug.name.lower()))


def _own(plug: Plug) -> bool:
    return plug.transport == BUILT_IN if plug.transport else bool(_OWN.search(plug.name.lower()))


def _by_id(plugs: Iterable[Plug], wanted: int) -> Plug | None:
    return next((plug for plug in plugs if plug.id == wanted), None)
