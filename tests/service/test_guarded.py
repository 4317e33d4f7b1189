from pathlib import Path

import pytest

from assistant.service.guarded import guarded, kept_from, sentence

HOME = Path("/Users/ada")


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("/Users/ada/Downloads/mistral.gguf", "/Users/ada/Downloads"),
        ("/Users/ada/documents/voices/ann.onnx", "/Users/ada/Documents"),
        ("/Users/ada/Library/Mobile Documents/models/mistral.gguf", "/Users/ada/Library/Mobile Documents"),
        ("/Volumes/Stick/models/mistral.gguf", "/Volumes/Stick"),
        ("/Volumes", None),
        ("/Users/ada/Downloads2/mistral.gguf", None),
        ("/Users/ada/Library/Application Support/assistant/models/mistral.gguf", None),
        ("/Users/bob/Downloads/mistral.gguf", None),
        ("/opt/models/mistral.gguf", None),
    ],
)
def test_a_folder_that_macos_guards_is_known_by_its_place(path, folder):
    """Other disks, and folders whose name is written in another way, among them."""
    assert guarded(HOME, Path(path)) == (folder and Path(folder))


def test_what_may_be_kept_from_the_service_is_one_sentence_with_what_to_type():
    """A setting for each file, a folder once; and nothing where nothing is."""
    named = [
        ("reply.model", HOME / "Downloads/mistral.gguf"),
        ("speak.voice", HOME / "Downloads/ann.onnx"),
        ("listen.whisper", HOME / "models/whisper"),
        ("models.folder", Path("/Volumes/Stick")),
    ]
    told = sentence(kept_from(HOME, named))
    where = "/Users/ada/Downloads and /Volumes/Stick (reply.model, speak.voice, models.folder)"
    assert told.startswith(f"macOS may keep the service out of {where}: ")
    assert "type assistant service restart" in told
    assert sentence(kept_from(HOME, named[2:3])) == ""


def test_a_program_that_is_guarded_is_put_elsewhere_by_installing_it_and_no_setting_is_to_be_corrected():
    """As a checkout in Documents; where files lie there as well, both is told."""
    program, file = ("the program", HOME / "Documents/assistant"), ("log.folder", HOME / "Documents/log")
    alone, both = sentence(kept_from(HOME, [program])), sentence(kept_from(HOME, [program, file]))
    assert "uv tool install ." in alone
    assert "correct their settings" not in alone
    assert ("uv tool install ." in both, "correct their settings" in both) == (True, True)
    assert "uv tool install" not in sentence(kept_from(HOME, [file]))
