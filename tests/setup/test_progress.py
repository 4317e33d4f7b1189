import pytest

from assistant.errors import UsageError
from assistant.setup.progress import Progress, read, replaced, write

SOME = (
    Progress()
    .finished("models", "light")
    .choosing({"listen.mode": "wake", "reply.temperature": 0.15})
    .all_written()
    .choosing({"listen.mode": "open"})
)


def test_what_is_kept_comes_back(tmp_path):
    write(tmp_path / "new" / "setup.json", SOME)
    assert read(tmp_path / "new" / "setup.json") == SOME


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"version": 1, "done": []}',
        '{"version": 2, "done": {"models": "x"}, "chosen": {}, "written": {}}',
        "\ufffd",
    ],
)
def test_a_file_that_makes_no_sense_is_a_beginning(tmp_path, text):
    (tmp_path / "setup.json").write_text(text)
    assert read(tmp_path / "setup.json") == Progress()


def test_no_file_is_a_beginning(tmp_path):
    assert read(tmp_path / "setup.json") == Progress()


def test_what_has_been_written_is_pending_again_only_when_it_is_chosen_anew():
    assert SOME.pending == {"listen.mode": "open"}
    assert SOME.all_written().pending == {}
    assert SOME.all_written().choosing({"listen.mode": "open"}).pending == {"listen.mode": "open"}


def test_steps_can_be_opened_again():
    assert SOME.finished("rehearsal", "gap 1 ms").without("rehearsal", "listening").done == {"models": "light"}


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot be written"):
        replaced(tmp_path / "file" / "setup.json", "")
