import asyncio
import json
import shutil
import subprocess

import numpy as np
import pytest

from assistant.errors import DeviceError
from assistant.flow import FRAME_SAMPLES, Frame
from assistant.service.permission import Hearing, Permission, advice, asked, authorization, hear, keep, kept
from tests.virtual_time import run

OBJC = """
#include <string.h>
long answer = ANSWER;
void *AVMediaTypeAudio = "soun";
static const char device[] = "AVCaptureDevice";
void *objc_getClass(const char *name) { return strcmp(name, device) ? 0 : (void *)device; }
void *sel_registerName(const char *name) { return (void *)name; }
long objc_msgSend(void *self, void *selector, void *type) {
    if (self != device || strcmp(selector, "authorizationStatusForMediaType:") || type != AVMediaTypeAudio) return 99;
    return answer;
}
"""
"""What libobjc and AVFoundation have of what is called. Left out: everything else, and macOS's answer."""


@pytest.mark.parametrize(
    ("answer", "permission"),
    [
        (0, Permission.NOT_ASKED),
        (1, Permission.RESTRICTED),
        (2, Permission.DENIED),
        (3, Permission.GRANTED),
        (4, Permission.UNKNOWN),
        (-1, Permission.UNKNOWN),
    ],
)
def test_macos_is_asked_with_the_right_class_selector_and_media_type(tmp_path, answer, permission):
    """By AVAuthorizationStatus's numbers; a new one is unknown."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler, which makes the library that stands in for macOS's")
    source, library = tmp_path / "objc.c", tmp_path / "objc.so"
    source.write_text(OBJC.replace("ANSWER", str(answer)))
    subprocess.run([compiler, "-shared", "-fPIC", "-w", "-o", str(library), str(source)], check=True)
    assert authorization(str(library), str(library)) is permission


def test_what_cannot_be_asked_is_unknown(tmp_path):
    """A library that is not there, or has other functions."""
    assert authorization(str(tmp_path / "none"), str(tmp_path / "none")) is Permission.UNKNOWN
    assert authorization("libm.so.6", "libm.so.6") is Permission.UNKNOWN


def test_without_macos_no_permission_is_needed():
    """Linux has none."""
    assert asked() is Permission.NOT_NEEDED


class Scripted:
    """A microphone that gives a second of one value, or an error."""

    def __init__(self, value):
        self.value = value

    async def frames(self):
        if isinstance(self.value, str):
            raise DeviceError(self.value)
        for index in range(100):
            yield Frame(np.full(FRAME_SAMPLES, self.value, np.int16), index * FRAME_SAMPLES, index * 0.02)


def test_sound_is_enough_whatever_macos_says():
    """One loud frame ends it."""
    heard = run(hear(lambda: Scripted(-32768), lambda: Permission.UNKNOWN))
    assert heard == Hearing(Permission.UNKNOWN, 32768)
    assert heard.works


def test_zeros_are_no_sound_even_where_macos_says_it_is_allowed():
    """As has been seen (facts A)."""
    heard = run(hear(lambda: Scripted(0), lambda: Permission.GRANTED))
    assert not heard.works
    assert "tccutil reset" in advice(heard)


def test_a_microphone_that_takes_long_to_open_is_listened_to_as_long_as_any():
    """AirPods take 2 s, and give zeros first."""

    class Bluetooth:
        async def frames(self):
            await asyncio.sleep(2)
            for index in range(100):
                sound = np.full(FRAME_SAMPLES, 0 if index < 10 else 300, np.int16)
                yield Frame(sound, index * FRAME_SAMPLES, 2 + index * 0.02)

    assert run(hear(Bluetooth, lambda: Permission.GRANTED)) == Hearing(Permission.GRANTED, 300)


def test_it_waits_for_the_persons_answer_and_opens_the_microphone_again():
    """A question that is open gives zeros, as a refusal does."""
    answers = iter([Permission.NOT_ASKED, Permission.NOT_ASKED, Permission.GRANTED])
    sounds = iter([0, 0, 500])
    heard = run(hear(lambda: Scripted(next(sounds)), lambda: next(answers)))
    assert heard == Hearing(Permission.GRANTED, 500)


def test_it_does_not_wait_for_ever():
    """The person may be away."""
    heard = run(hear(lambda: Scripted(0), lambda: Permission.NOT_ASKED, patience=30))
    assert heard.permission is Permission.NOT_ASKED
    assert not heard.works


def test_a_microphone_that_is_not_there_is_told_in_its_own_words():
    """Then it is no matter of permission."""
    heard = run(hear(lambda: Scripted("There is no microphone."), lambda: Permission.NOT_NEEDED))
    assert advice(heard) == "There is no microphone."


def test_without_a_microphone_macos_has_asked_nobody_and_nobody_is_told_to_answer():
    """A Mac mini, its headset off."""
    heard = run(hear(lambda: Scripted("There is no microphone."), lambda: Permission.NOT_ASKED, patience=3))
    assert advice(heard) == "There is no microphone. macOS asks for its permission as soon as there is one"


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("peak", [0, 100, None])
def test_there_is_advice_for_every_case(permission, peak):
    """And a refused microphone never passes for one that is heard."""
    heard = Hearing(permission, peak)
    assert advice(heard)
    assert heard.works == ("the microphone is" in advice(heard))


def test_who_may_hear_but_has_no_microphone_is_not_sent_to_reset_the_permission():
    """It is a good one."""
    assert advice(Hearing(Permission.GRANTED, 0, "There is no microphone.")) == "There is no microphone."


@pytest.mark.parametrize("heard", [Hearing(Permission.DENIED, 0, "why"), Hearing(Permission.GRANTED, None)])
def test_what_was_heard_is_kept_for_the_terminal(tmp_path, heard):
    """Which cannot ask for itself."""
    keep(heard, tmp_path / "state" / "microphone.json")
    assert kept(tmp_path / "state" / "microphone.json") == heard


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"permission": "perhaps", "peak": 1, "trouble": ""}', "\0"])
def test_what_makes_no_sense_was_never_heard(tmp_path, text):
    """A torn file is no reason to fail."""
    (tmp_path / "microphone.json").write_text(text)
    assert kept(tmp_path / "microphone.json") is None
    assert kept(tmp_path / "nothing.json") is None
    (tmp_path / "odd.json").write_text(json.dumps({"permission": "denied", "peak": "loud", "trouble": ""}))
    assert kept(tmp_path / "odd.json") is None
