"""Real processes that answer, hang, crash and chatter, as libraries do."""

import sys

from assistant.doctor.ask import Answer, answered, ask

LIMIT = 60.0


def said(program):
    return answered([sys.executable, "-c", program], LIMIT)


def test_the_last_line_is_the_answer_whatever_a_library_prints():
    """On standard output and standard error."""
    program = """
import sys
print("ALSA lib conf.c:5180"); print('{"trying": "x"}'); print("[1]"); print('{"seconds": 2}')
print("noise", file=sys.stderr)
"""
    assert said(program) == Answer({"seconds": 2})


def test_a_sentence_that_was_said_is_the_trouble():
    """As an error of ours is handed over."""
    assert said("""print('{"trouble": "It is gone."}')""").trouble == "It is gone."


def test_a_crash_names_what_was_under_way():
    """A wheel with instructions that this processor does not know ends the process (SIGILL)."""
    program = """
import os, signal
print('{"trying": "soxr"}', flush=True)
os.kill(os.getpid(), signal.SIGILL)
"""
    found = said(program)
    assert (found.trying, "SIGILL" in found.trouble) == ("soxr", True)


def test_what_hangs_is_ended_and_what_was_under_way_is_named():
    """PortAudio does, on a Mac (facts B)."""
    # A shell, since a busy computer may take longer than that to start a Python.
    found = answered(["/bin/sh", "-c", """echo '{"trying": "soxr"}'; exec sleep 600"""], 1.0)
    assert (found.trying, found.trouble) == ("soxr", "It hangs: it did not end within 1 s.")


def test_an_exit_code_silence_and_a_missing_program_are_troubles():
    """None of them is an answer."""
    assert "exit code 3" in said("raise SystemExit(3)").trouble
    assert said("").trouble == "It said nothing."
    assert "cannot be started" in answered(["/nonexistent/python"], LIMIT).trouble


def test_libraries_are_imported_by_a_process_of_their_own():
    """The real probe: a good one, and a name without a package."""
    answer = ask("wheels", "soxr", "numpy", limit=LIMIT)
    assert answer.trouble == ""
    assert sorted(answer.said["versions"]) == ["numpy", "soxr"]
    assert answer.said["broken"] == {}
