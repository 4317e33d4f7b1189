import os

from assistant.devices import Device
from assistant.setup.machine import Machine, lines, look

STUDIO = Machine(
    "Apple M2 Max",
    12,
    34_359_738_368,
    210_000_000_000,
    "macOS 15.1",
    "Metal",
    (
        Device(0, "Built-in Microphone", 1, 0, 48_000, "microphone"),
        Device(1, "Built-in Output", 0, 2, 48_000, "loudspeaker"),
        Device(2, "Headset", 1, 2, 48_000, ""),
    ),
)


def test_what_a_computer_has_is_told_in_three_lines():
    assert list(lines(STUDIO)) == [
        "Apple M2 Max, 12 cores, 34.4 GB of memory, 210.0 GB of disk free, macOS 15.1",
        "language models run on Metal",
        "microphones: Built-in Microphone, Headset; loudspeakers: Built-in Output, Headset",
    ]


def test_a_system_that_is_too_old_is_said():
    old = Machine("Apple M1", 8, 8 * 2**30, 1, "macOS 13.6.1", "Metal", ())
    assert any("macOS 13.6.1 is too old" in line for line in lines(old))
    assert "macOS 14" in " ".join(lines(old))


def test_linux_is_never_too_old():
    assert not any("old" in line for line in lines(Machine("AMD", 2, 1, 1, "Linux 6.1", "", ())))


def test_why_the_devices_cannot_be_listed_is_said_instead_of_none():
    silent = Machine("AMD", 2, 1, 1, "Linux 6.1", "", (), "The sound library PortAudio is missing.")
    assert "The sound library PortAudio is missing." in lines(silent)


def test_this_computer_is_looked_at_although_the_folder_for_models_is_not_there_yet(tmp_path):
    found = look(tmp_path / "not" / "yet")
    assert found.cores == os.cpu_count()
    assert found.memory == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert found.free > 0
    assert found.system.split()[0] in {"Linux", "macOS"}
