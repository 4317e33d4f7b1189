"""What the facts say of Macs (A to E), held against what is told."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.doctor import computer
from assistant.doctor.computer import Clock, Computing, Disk, Need, Python, Wheels
from assistant.doctor.finding import State
from assistant.weights.footprint import Footprint

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
MAC = Python((3, 12, 4), "Darwin", "arm64", "Apple M2 Max", "15.1")
METAL = Computing(
    "Darwin", {"MTL0": 21_845_000_000, "BLAS": 0, "CPU": 34_000_000_000}, True, -1, "uv pip install --python python"
)
STANDARD = Need(17_000_000_000, 15_000_000_000, 34_000_000_000, "standard")


def changed(facts, **fields):
    return type(facts)(**{name: getattr(facts, name) for name in facts.__slots__} | fields)


def test_a_mac_with_the_right_python_is_right():
    """And what it is, is told."""
    found = computer.python(MAC)
    assert found.state is State.RIGHT
    assert "Apple M2 Max" in found.meaning


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"version": (3, 10, 1)}, "too old"),
        ({"machine": "x86_64"}, "macOS translates it"),
        ({"macos": "13.6"}, "older than the engines"),
    ],
)
def test_a_python_that_cannot_do_is_wrong_and_says_why(fields, told):
    """Too old, for Intel on Apple's processor, or on an old macOS."""
    found = computer.python(changed(MAC, **fields))
    assert (found.state, told in found.meaning, bool(found.remedy)) == (State.WRONG, True, True)


def test_nothing_is_claimed_of_a_mac_with_an_intel_processor():
    """Nobody has tried."""
    intel = changed(MAC, machine="x86_64", processor="Intel(R) Core(TM) i7")
    assert computer.python(intel).state is State.UNKNOWN


def test_a_library_that_cannot_be_loaded_is_named_with_what_to_type():
    """With the Python that is in use, not any other."""
    found = computer.wheels(Wheels({}, {"piper-tts": "no module"}, "/opt/venv/bin/python -m pip install", "darwin"))
    assert found.state is State.WRONG
    assert (found.meaning, found.detail) == ("Cannot be loaded: piper-tts.", "piper-tts: no module")
    assert found.remedy.startswith("/opt/venv/bin/python -m pip install --force-reinstall piper-tts ")


def test_without_portaudio_on_linux_the_system_has_to_bring_it():
    """The wheel carries none there (facts B); pip would help nobody."""
    found = computer.wheels(Wheels({}, {"sounddevice": "PortAudio library not found"}, "python", "linux"))
    assert "apt install libportaudio2" in found.remedy


def test_all_libraries_loaded_is_right():
    """How many, is told."""
    assert computer.wheels(Wheels({"soxr": "1.0"}, {}, "python", "linux")).state is State.RIGHT


@pytest.mark.parametrize("name", ["Metal", "MTL0"])
def test_metal_is_found_by_either_of_its_names(name):
    """llama.cpp has renamed it."""
    found = computer.computing(changed(METAL, devices={name: 21_845_000_000, "CPU": 1}))
    assert found.state is State.RIGHT
    assert f"all layers on {name} (21.8 GB)" in found.meaning


@pytest.mark.parametrize("fields", [{"offload": False}, {"devices": {"CPU": 1, "BLAS": 1}}])
def test_a_mac_whose_llama_cpp_does_without_metal_is_wrong_with_the_line_that_builds_it(fields):
    """Built without, or no GPU found; Accelerate (BLAS) is none."""
    found = computer.computing(changed(METAL, **fields))
    assert found.state is State.WRONG
    assert found.remedy.startswith('CMAKE_ARGS="-DGGML_METAL=on" uv pip install --python python --force-reinstall ')


def test_linux_without_a_gpu_is_as_it_should_be():
    """It is no Mac."""
    here = Computing("Linux", {"CPU": 8}, False, -1, "python")
    assert computer.computing(here).state is State.RIGHT


def test_a_setting_that_keeps_the_model_off_the_gpu_is_wrong():
    """Wherever there is a GPU."""
    assert computer.computing(changed(METAL, gpu_layers=0)).state is State.WRONG


def test_what_cannot_be_asked_is_unknown():
    """A crash of the library, which the check of libraries tells."""
    crashed = changed(METAL, devices={}, offload=False, trouble="It crashed (SIGILL).")
    assert computer.computing(crashed).state is State.UNKNOWN


def test_mistral_small_fits_what_macos_gives_the_gpu_of_a_32_gb_mac():
    """21,845 MB (facts D)."""
    found = computer.memory(STANDARD, METAL)
    assert found.state is State.RIGHT
    assert "the GPU may have 21.8 GB" in found.meaning


def test_mistral_small_does_not_fit_the_gpu_of_a_16_gb_mac():
    """10,923 MB (facts D); the profile that fits is named."""
    small = Need(15_600_000_000, 15_000_000_000, 17_179_869_184, "light")
    found = computer.memory(small, changed(METAL, devices={"MTL0": 10_923_000_000, "CPU": 1}))
    assert found.state is State.WRONG
    assert "kIOGPUCommandBufferCallbackErrorOutOfMemory" in found.meaning
    assert "assistant models pull light" in found.remedy


def test_where_it_is_the_cache_that_does_not_fit_a_context_that_does_is_told():
    """Of the GPU's share, or of all; not where the weights alone are too large."""
    mistral = Footprint(14_300_000_000, 163_840, 65_536)
    long = Need(mistral.total + 1_000_000_000, mistral.total, 34_000_000_000, "light", mistral)
    less = "or set reply.context, which is 65536, to"
    assert computer.memory(long, METAL).remedy.endswith(f"; {less} 45056")
    assert computer.memory(long, changed(METAL, devices={"CPU": 1})).remedy.endswith(f"; {less} 44032")
    small = changed(long, memory=16_000_000_000)
    assert "reply.context" not in computer.memory(small, changed(METAL, devices={"MTL0": 10_000_000_000})).remedy


def test_without_a_gpu_two_thirds_of_the_memory_are_the_limit():
    """The rest is for all else that runs."""
    here = Computing("Linux", {"CPU": 8}, False, -1, "python")
    assert computer.memory(changed(STANDARD, total=23_000_000_000), here).state is State.WRONG
    assert computer.memory(changed(STANDARD, total=22_000_000_000), here).state is State.RIGHT


def clock(**fields):
    right = Clock(NOW, 1.0, 1.0, NOW - timedelta(days=9), NOW - timedelta(hours=1))
    return computer.clock(changed(right, **fields))


def test_a_clock_that_may_be_right_is_right():
    """Also where no turn has ever been kept."""
    assert clock().state is State.RIGHT
    assert clock(last_turn=None).state is State.RIGHT


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"now": datetime(2001, 1, 1, tzinfo=UTC)}, "2001-01-01"),
        ({"wall_s": 1.5}, "+0.5 s"),
        ({"wall_s": -3599.0}, "-3600.0 s"),
        ({"last_turn": NOW + timedelta(hours=1)}, "set back"),
    ],
)
def test_a_clock_that_cannot_be_right_is_wrong(fields, told):
    """Before the program was written, set meanwhile, or behind what it has logged."""
    found = clock(**fields)
    assert (found.state, told in found.meaning) == (State.WRONG, True)


def disk(free=9_000_000_000, writable=True):
    return Disk("log", "log.folder", Path("/home/me/log"), free, writable)


def test_a_disk_with_room_is_right_and_a_full_or_a_closed_one_names_the_setting():
    """1 GB has to be free."""
    assert computer.disks([disk(), disk()]).state is State.RIGHT
    full, closed = computer.disks([disk(), disk(free=999_999_999)]), computer.disks([disk(), disk(writable=False)])
    assert (full.state, closed.state) == (State.WRONG, State.WRONG)
    assert "log.folder" in full.remedy
    assert "log.folder" in closed.remedy
