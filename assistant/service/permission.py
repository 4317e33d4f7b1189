"""What macOS says and what the microphone gives go in; whether we may hear, and what to do, come out.

Both are needed: a refused microphone gives zeros without any error, and so, sometimes, does one that is allowed (facts
A). The part that asks macOS has not been run on a Mac; the tests hold its calls against a library that takes the same.
"""

import asyncio
import ctypes
import json
import platform
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np

from assistant.errors import DeviceError
from assistant.flow import SAMPLE_RATE
from assistant.listen.ear import Source
from assistant.listen.microphone import following
from assistant.service.bundle import IDENTIFIER, NAME

OBJC = "/usr/lib/libobjc.A.dylib"
AV_FOUNDATION = "/System/Library/Frameworks/AVFoundation.framework/AVFoundation"

_LISTEN_S = 1.0
"""s of a microphone in which some sample of a real room is not zero"""
_ANSWER_S = 90.0
"""s that a person has to answer macOS's question"""
_AGAIN_S = 1.0
"""s until a microphone that gave nothing is opened again"""

_SETTINGS = f"System Settings > Privacy & Security > Microphone > {NAME}"


class Permission(Enum):
    """What the system says of us and the microphone."""

    NOT_NEEDED = "not needed"
    UNKNOWN = "unknown"
    NOT_ASKED = "not asked"
    RESTRICTED = "restricted"
    DENIED = "denied"
    GRANTED = "granted"


_STATUS = (Permission.NOT_ASKED, Permission.RESTRICTED, Permission.DENIED, Permission.GRANTED)
"""by AVAuthorizationStatus, AVCaptureDevice.h"""

_REFUSED = frozenset({Permission.NOT_ASKED, Permission.RESTRICTED, Permission.DENIED})


@dataclass(frozen=True, slots=True)
class Hearing:
    """What came of listening for a moment."""

    permission: Permission
    peak: int | None
    """the largest sample, 0 to 32768; 0: nothing but zeros, or no microphone at all; None: nobody listened"""
    trouble: str = ""
    """why there was none, in a sentence"""

    @property
    def works(self) -> bool:
        """Whether sound came, whatever the system says; where nobody listened, what the system says."""
        return self.peak > 0 if self.peak is not None else self.permission not in _REFUSED


def advice(heard: Hearing) -> str:
    """What it means, and what to do, in a sentence for a person."""
    if heard.works:
        return "the microphone is heard" if heard.peak else "the microphone is allowed"
    match heard.permission:
        case Permission.DENIED:
            return f"macOS refuses it the microphone: allow it in {_SETTINGS}, then type assistant service start"
        case Permission.RESTRICTED:
            return "macOS lets nobody here use the microphone: a profile or Screen Time forbids it"
        case Permission.NOT_ASKED:
            unanswered = "macOS has not been answered yet: allow the microphone, then type assistant service install"
            nothing = f"{heard.trouble} macOS asks for its permission as soon as there is one"
            return nothing if heard.trouble else unanswered
        case Permission.GRANTED if not heard.trouble:
            return (
                "macOS allows the microphone and yet gives only silence: is it muted, or the lid closed (then"
                " listen.headset_microphone = true hears by a headset)? If not, type"
                f" tccutil reset Microphone {IDENTIFIER} and then assistant service install"
            )
        case _:
            return heard.trouble or "the microphone gives only silence: is it muted?"


def asked() -> Permission:
    """What macOS says of the program that runs; elsewhere no permission is needed. Never asks the person."""
    if platform.system() != "Darwin":
        return Permission.NOT_NEEDED
    return authorization(OBJC, AV_FOUNDATION)


def authorization(objc: str, av_foundation: str) -> Permission:
    """`[AVCaptureDevice authorizationStatusForMediaType:AVMediaTypeAudio]`, by the runtime library in *objc*.

    UNKNOWN where that cannot be asked, or answers with something new.
    """
    try:
        runtime = ctypes.CDLL(objc)
        media_type = ctypes.c_void_p.in_dll(ctypes.CDLL(av_foundation), "AVMediaTypeAudio")
        get_class = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_char_p)(("objc_getClass", runtime))
        get_selector = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_char_p)(("sel_registerName", runtime))
        # On Apple Silicon a message must be sent by a function of exactly its own type.
        send = ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)(
            ("objc_msgSend", runtime)
        )
    except (OSError, AttributeError, ValueError):
        return Permission.UNKNOWN
    device, selector = get_class(b"AVCaptureDevice"), get_selector(b"authorizationStatusForMediaType:")
    status = send(device, selector, media_type) if device else -1
    return _STATUS[status] if 0 <= status < len(_STATUS) else Permission.UNKNOWN


async def hear(
    open_microphone: Callable[[], Source], permission: Callable[[], Permission] = asked, patience: float = _ANSWER_S
) -> Hearing:
    """Listen for a moment, which makes macOS ask for the microphone, and up to *patience* seconds for the answer.

    *open_microphone* gives a new one each time; raises nothing but what is unexpected.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + patience
    while True:
        peak, trouble = await _peak(open_microphone())
        heard = Hearing(permission(), peak, trouble)
        if heard.works or heard.permission is not Permission.NOT_ASKED or loop.time() >= until:
            return heard
        await asyncio.sleep(_AGAIN_S)


def keep(heard: Hearing, file: Path) -> None:
    """Write what was heard, for the terminal that cannot ask for itself: macOS would answer for the terminal."""
    file.parent.mkdir(parents=True, exist_ok=True)
    kept = {"permission": heard.permission.value, "peak": heard.peak, "trouble": heard.trouble}
    file.write_text(json.dumps(kept), encoding="utf-8")


def kept(file: Path) -> Hearing | None:
    """What `keep` wrote; None where nothing has been, or nothing that makes sense."""
    try:
        read = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(read["peak"], int | None):
            return None
        return Hearing(Permission(read["permission"]), read["peak"], str(read["trouble"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


async def _peak(microphone: Source) -> tuple[int, str]:
    """The largest sample of a moment, and why there is none."""
    peak = samples = 0
    try:
        async with aclosing(following(microphone.frames)) as frames:
            async for frame in frames:
                peak = max(peak, int(np.abs(frame.samples.astype(np.int32)).max()))
                samples += frame.samples.size  # by their own count: opening AirPods may take 2 s
                if peak or samples >= _LISTEN_S * SAMPLE_RATE:
                    break
    except DeviceError as error:
        return 0, str(error)
    return peak, ""
