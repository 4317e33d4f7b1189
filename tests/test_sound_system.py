from assistant.plugged import Plug, Plugged, Want, meant
from assistant.sound_system import from_kernel

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
