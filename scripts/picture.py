"""A conversation with the real program, in a terminal, in real time -> docs/conversation.svg, which plays it again.

    .venv/bin/python scripts/picture.py

What is asked are the recordings of tests/recordings, one after the other, with silence between them; the last one
interrupts the answer before it. Each letter appears in the picture when the program printed it. Renderers that do not
move pictures show how it ended. Takes half a minute, and wants an idle computer.
"""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME as THEME
from rich.text import Text

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from assistant.audio import SAMPLE_RATE, read_blocks, write_wav  # noqa: E402 - from this checkout

PICTURE = ROOT / "docs/conversation.svg"
SPOKEN = (("question", 3.0), ("timer", 2.6), ("story", 3.4), ("stop", 1.0))
"""recordings, and the seconds of silence behind each: long enough for the answer, but not for the story"""
COMMAND = "assistant run --input talk.wav --output answer.wav"
COLUMNS, ROWS = 80, 60
CELL_W, CELL_H, EDGE = 8.4, 18.0, 14.0
"""pixels: a cell of a 14-pixel monospaced font; the empty edge around all"""
UNSEEN = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")
"""what a terminal does not show: colours, and going back to the beginning of a line"""
Cell = tuple[float, str, str]
"""a letter: when it was printed (s), which, and the attributes it is drawn with"""
NO_BREAK = "\N{NO-BREAK SPACE}"
"""renderers make one of several blanks"""
REST_S = 6.0
"""how long it shows its end before it begins anew"""


def main() -> None:
    """Make the recording, hold the conversation, draw it."""
    with tempfile.TemporaryDirectory() as folder:
        record(Path(folder) / "talk.wav")
        began = time.monotonic()
        pieces = [(at - began, text) for at, text in printed(COMMAND.split(), Path(folder))]
    PICTURE.write_text(drawn([(0.0, f"$ {COMMAND}\r\n"), *pieces]), encoding="utf-8")
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size / 1024:.0f} KiB, {pieces[-1][0]:.1f} s")


def record(path: Path) -> None:
    """Write what is asked to *path*."""
    parts: list[np.ndarray] = []
    for name, silence_s in SPOKEN:
        parts += [*read_blocks(ROOT / f"tests/recordings/{name}.wav"), np.zeros(int(silence_s * SAMPLE_RATE), np.int16)]
    write_wav(path, np.concatenate(parts), SAMPLE_RATE)


def printed(command: list[str], folder: Path) -> Iterator[tuple[float, str]]:
    """Run *command* of this checkout in *folder* on a terminal of its own; what it prints, and when."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    environ = {
        "PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}",
        "HOME": str(folder),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "XDG_RUNTIME_DIR": str(folder),
    }
    with subprocess.Popen(command, cwd=folder, env=environ, stdin=theirs, stdout=theirs, stderr=theirs) as child:
        os.close(theirs)
        try:
            while read := os.read(ours, 65_536):
                yield time.monotonic(), read.decode()
        except OSError:  # how Linux tells that the other end is closed
            pass
    if child.returncode:
        sys.exit(f"{' '.join(command)} ended with {child.returncode}")


def drawn(pieces: list[tuple[float, str]]) -> str:
    """The picture of what was printed, each of *pieces* at its time (s)."""
    rows = wrapped(cells(pieces))
    moments = sorted({at for row in rows for at, _, _ in row})
    lasts = moments[-1] + REST_S
    frames = "".join(
        f"@keyframes k{number}{{0%{{opacity:0}}{100 * at / lasts:.2f}%{{opacity:1}}}}"
        f".k{number}{{animation:k{number} {lasts:.1f}s step-end infinite}}"
        for number, at in enumerate(moments)
        if at
    )
    lines = "\n".join(span for number, row in enumerate(rows) for span in spans(number, row, moments))
    width, height = COLUMNS * CELL_W + 2 * EDGE, len(rows) * CELL_H + 2 * EDGE
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}">\n'
        "<title>A conversation, as the terminal showed it</title>\n"
        f"<style>text{{font:14px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace}}{frames}"
        "@media (prefers-reduced-motion:reduce){text{animation:none!important}}</style>\n"
        f'<rect width="100%" height="100%" rx="8" fill="{THEME.background_color.hex}"/>\n{lines}\n</svg>\n'
    )


def spans(number: int, row: list[Cell], moments: list[float]) -> Iterator[str]:
    """The elements of one line of the picture: for what came at one moment and looks alike, one."""
    column = 0
    for (at, style), group in groupby(row, key=lambda cell: (cell[0], cell[2])):
        text = "".join(letter for _, letter, _ in group)
        x, y = EDGE + column * CELL_W, EDGE + (number + 0.75) * CELL_H
        column += len(text)
        if text.strip():
            yield (
                f'<text class="k{moments.index(at)}" x="{x:.1f}" y="{y:.1f}" textLength="{len(text) * CELL_W:.1f}"'
                f' lengthAdjust="spacingAndGlyphs" {style}>{escape(text.replace(" ", NO_BREAK))}</text>'
            )


def cells(pieces: list[tuple[float, str]]) -> Iterator[Cell]:
    """Each letter that was printed: when, which, and the attributes it is drawn with."""
    printed = "".join(text for _, text in pieces)
    when = [at for at, text in pieces for _ in text]
    hidden = {place for found in UNSEEN.finditer(printed) for place in range(*found.span())}
    times = (at for place, at in enumerate(when) if place not in hidden)
    console = Console(width=COLUMNS, color_system="truecolor")
    for segment in Text.from_ansi(printed.replace("\r", "")).render(console):
        style = segment.style
        colour = style.color.get_truecolor(THEME).hex if style and style.color else THEME.foreground_color.hex
        bold = ' font-weight="bold"' if style and style.bold else ""
        for letter in segment.text:
            yield next(times), letter, f'fill="{colour}"{bold}'


def wrapped(letters: Iterable[Cell]) -> list[list[Cell]]:
    """The lines of a terminal, which breaks those that are too long for it wherever they are."""
    rows: list[list[Cell]] = [[]]
    for cell in letters:
        if cell[1] == "\n" or len(rows[-1]) == COLUMNS:
            rows.append([])
        if cell[1] != "\n":
            rows[-1].append(cell)
    return rows if rows[-1] else rows[:-1]


if __name__ == "__main__":
    main()
