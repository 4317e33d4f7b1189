"""A person at a terminal of their own, who reads `assistant setup` and types; made of the standard library's pty."""

import errno
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from contextlib import contextmanager, suppress
from pathlib import Path

PATIENT = 90
"""seconds after which what has not been shown will not be shown"""
CTRL_C = "\x03"

# It takes the terminal for its own, so that Ctrl-C reaches it, and becomes the program.
_ON_A_TERMINAL = "import os, sys; os.login_tty(0); os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
_SKIPPED = r"\x1b\[[0-9;?]*[a-zA-Z]|\r"
"""colours and movements of the cursor"""
_ROOT = Path(__file__).parents[2]


class Typist:
    """One sitting at a terminal; `seen` is all that was shown."""

    def __init__(self, child, terminal):
        self.seen = ""
        self._child = child
        self._terminal = terminal
        self._read = 0

    def sees(self, *texts):
        """Wait until one of *texts* is shown, behind what was waited for before; which one it was."""
        deadline = time.monotonic() + PATIENT
        while True:
            found = [(at, text) for text in texts if (at := self.seen.find(text, self._read)) >= 0]
            if found:
                at, text = min(found)
                self._read = at + len(text)
                return text
            left = deadline - time.monotonic()
            assert left > 0, f"{texts} not shown within {PATIENT} s: {self.seen}"
            assert self._more(left), f"ended before {texts}: {self.seen}"

    def types(self, text):
        """Type *text* and Enter."""
        self.presses(text + "\n")

    def presses(self, keys):
        """Type *keys* alone."""
        os.write(self._terminal, keys.encode())

    def is_asked(self, question, answer):
        """Wait for *question*, and answer it."""
        self.sees(question)
        self.sees("] ")
        self.types(answer)

    def ends(self):
        """The exit code, once it has ended."""
        while self._more(PATIENT):
            pass
        return self._child.wait(PATIENT)

    def _more(self, seconds):
        """Whether something more came, and not the end."""
        if not select.select([self._terminal], [], [], seconds)[0]:
            return False
        try:
            read = os.read(self._terminal, 65_536)
        except OSError as error:
            if error.errno != errno.EIO:  # how Linux says that nobody has the other end any more
                raise
            return False
        self.seen += re.sub(_SKIPPED, "", read.decode(errors="replace"))
        return bool(read)


@contextmanager
def sitting(environ, *arguments, program=("-m", "assistant")):
    """`assistant setup` on a terminal of 100 columns, with *arguments*; *program*: what Python runs of it."""
    terminal, theirs = pty.openpty()
    termios.tcsetwinsize(terminal, (50, 100))
    command = [sys.executable, "-c", _ON_A_TERMINAL, *program, "setup", *arguments]
    child = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env={**environ, "TERM": "xterm"}, cwd=_ROOT
    )
    os.close(theirs)
    try:
        yield Typist(child, terminal)
    finally:
        with suppress(ProcessLookupError):
            child.send_signal(signal.SIGKILL)
        child.wait(PATIENT)
        os.close(terminal)
