import pytest

from assistant.weights.sizes import available, fits, memory, on_disk, size

GIB = 2**30


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (4885, "5 kB"), (63201294, "63 MB"), (14333908672, "14.3 GB")],
)
def test_a_size_is_worded_as_the_hub_does(count, text):
    assert size(count) == text


def test_mistral_small_fits_32_gb_but_not_16():
    """Two thirds of the memory are for models."""
    need = 14333908672 + 4096 * 163840 + 486_000_000 + 600_000_000
    assert fits(need, 32 * GIB)
    assert not fits(need, 16 * GIB)


def test_this_computer_has_memory():
    assert 2**28 < memory() < 2**46


def test_linux_tells_what_is_free_of_it_and_others_do_not(tmp_path):
    told = tmp_path / "meminfo"
    told.write_text("MemTotal:        8133444 kB\nMemFree:          210000 kB\nMemAvailable:    5120000 kB\n")
    assert available(told) == 5_120_000 * 1024
    told.write_text("MemTotal:        8133444 kB\n")
    assert available(told) is None
    assert available(tmp_path / "none") is None


def test_what_is_on_the_disk_is_counted_whole_be_it_a_file_a_folder_or_nothing(tmp_path):
    (tmp_path / "model" / "below").mkdir(parents=True)
    (tmp_path / "model" / "a").write_bytes(bytes(10))
    (tmp_path / "model" / "below" / "b").write_bytes(bytes(5))
    assert on_disk(tmp_path / "model" / "a") == 10
    assert on_disk(tmp_path / "model") == 15
    assert on_disk(tmp_path / "none") == 0
