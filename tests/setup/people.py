"""A person of few words: answers in the order they were written down, and everything they were shown.

Left out: the terminal (tests/setup/typing.py has one), and what a person sees of bars, levels and pictures.
"""

from contextlib import contextmanager

from assistant.setup.person import SKIP, UnfinishedError, WrongAnswerError


class Scripted:
    """Gives one of *answers* after another; without any, nobody is there."""

    def __init__(self, *answers, present=True):
        self.present = present
        self.answers = list(answers)
        self.told = []
        self.questions = []
        self.levels = []

    @property
    def saw(self):
        return "\n".join(self.told)

    def tell(self, text):
        self.told.append(text)

    def table(self, head, rows):
        self.told += [" | ".join(row) for row in (head, *rows)]

    def draw(self, picture):
        self.told.append(picture.verdict)

    def ask(self, question, read):
        while True:
            self.questions.append(question)
            answer = self.answers.pop(0)
            if answer in SKIP:
                raise UnfinishedError("left out for now")
            try:
                return read(answer)
            except WrongAnswerError as wrong:
                self.tell(str(wrong))

    @contextmanager
    def level(self):
        yield self.levels.append

    @contextmanager
    def bars(self):
        yield self

    def begin(self, what, total, done=0):
        self.told.append(f"{what}: {total}")

    def advance(self, more):
        """Nobody counts along."""
