import os
from pathlib import Path

import pytest

from assistant.plugged import Plug, Plugged, Want, meant
from assistant.sound_system import from_kernel, servers

CARDS = """\
 0 [PCH            ]: HDA-Intel - HDA Intel PCH
                      HDA Intel PCH at 0xf7f10000 irq 31
 1 [Headset        ]: USB-Audio - Jabra Headset
                      Jabra Headset at usb-0000:00:14.0-1, full speed
"""
PCM = """\
00-00: ALC255 Analog : ALC255 Analog : playback 1 : capture 1
00-03: HDMI 0 : HDMI 0 : playback 1
01-00: USB Audio : USB Audio : playback 1 : capture 1
"""


def test_linux_tells_its_devices_by_the_names_portaudio_gives_them(tmp_path):
    (tmp_path / "cards").write_text(CARDS)
    (tmp_path / "pcm").write_text(PCM)
    assert from_kernel(tmp_path).devices == (
        Plug(1, "HDA Intel PCH: ALC255 Analog (hw:0,0)", inputs=True, outputs=True),
        Plug(4, "HDA Intel PCH: HDMI 0 (hw:0,3)", inputs=False, outputs=True),
        Plug(1001, "Jabra Headset: USB Audio (hw:1,0)", inputs=True, outputs=True),
    )


def test_on_linux_the_sound_server_s_default_is_meant_not_the_first_card(tmp_path):
    """The card's own name would open it past the server, which moves streams and mixes."""
    (tmp_path / "cards").write_text(CARDS)
    (tmp_path / "pcm").write_text(PCM)
    assert [meant(from_kernel(tmp_path), Want(input=which, name="")) for which in (True, False)] == [None, None]


def test_a_computer_without_sound_cards_has_no_devices(tmp_path):
    """As a container has, whose sound server is elsewhere: nothing ever changes there."""
    assert from_kernel(tmp_path / "none") == Plugged()


@pytest.mark.parametrize(
    ("environ", "socket"),
    [
        ({"XDG_RUNTIME_DIR": "{folder}"}, "pulse/native"),
        ({"XDG_RUNTIME_DIR": "{folder}"}, "pipewire-0"),
        ({"XDG_RUNTIME_DIR": "/none", "PULSE_RUNTIME_PATH": "{folder}"}, "native"),
        ({"XDG_RUNTIME_DIR": "/none", "PIPEWIRE_RUNTIME_DIR": "{folder}", "PIPEWIRE_REMOTE": "mine"}, "mine"),
        ({"HOME": "{folder}"}, ".config/pulse/0123-runtime/native"),
        ({"PULSE_SERVER": "{{0123}}unix:{folder}/socket"}, "socket"),
    ],
)
def test_a_sound_server_is_known_by_its_socket_and_is_another_one_when_that_was_made_anew(tmp_path, environ, socket):
    """The kernel tells nothing of it, and it may begin long after us."""
    environ = {name: value.format(folder=tmp_path) for name, value in environ.items()}
    assert servers(environ) == frozenset()
    path = tmp_path / socket
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, ns=(1, 1))
    first = servers(environ)
    assert first == {(str(path), 1)}
    os.utime(path, ns=(2, 2))
    assert len(servers(environ) - first) == 1


def test_where_no_file_descriptor_is_left_no_sound_server_is_seen(monkeypatch, tmp_path):
    """Whoever looks each second looks again; an error would have ended that for good."""

    def refuse(*_):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(Path, "glob", refuse)
    assert servers({"HOME": str(tmp_path)}) == frozenset()


def test_a_sound_server_on_another_computer_is_taken_to_be_there():
    assert servers({"PULSE_SERVER": "tcp:kitchen"}) == {("tcp:kitchen", 0)}
