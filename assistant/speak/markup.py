"""Text as a model writes it goes in piece by piece, plain text comes out: no markup, links, code or pictures.

It works on whole words: what a word means for the voice is only known when it is complete, and a clause cannot be
cut inside one either, so holding the last word back costs nothing.
"""

import html
import re
import unicodedata
from collections.abc import AsyncGenerator
from contextlib import aclosing

CODE = "There is some code here."
LINK = "a link"

_BULLETS = ("-", "*", "+", "•", "–", "‣", "◦")
_TAGS = (
    "a|abbr|b|blockquote|br|code|dd|div|dl|dt|em|h[1-6]|hr|i|img|kbd|li|ol|p|pre|s|span|strong|sub|sup|"
    "table|tbody|td|th|thead|tr|u|ul"
)
_TAG = re.compile(rf"</?(?:{_TAGS})(?:/|\s[^>]*)?>", re.IGNORECASE)
_OPEN_TAG = re.compile(rf"<(?:{_TAGS})$", re.IGNORECASE)
_TARGET = re.compile(r"\]\([^)]*\)|\]\[[^\]]*\]")
_URL = re.compile(r"(?:https?://|www\.)[^\s)>\]]*[^\s)>\].,;:!?]")
_RULE = re.compile(r"^[-*_=|:]{3,}$|^\|$")
_JOINERS = {0x200D, 0xFE0F, 0xFE0E, 0x20E3}
_FLAGS_AND_TONES = range(0x1F1E6, 0x1F400)
_KEPT_SIGNS = "°©®"
_FULL_WIDTH_STOPS = "。！？，、；："
"""Chinese and Japanese put no blanks between words: without these a whole paragraph would be one word."""


class Markup:
    """Feed it pieces; it gives plain text, whole words at a time, the same however the pieces were cut."""

    def __init__(self) -> None:
        self._word = ""
        self._line_start = True
        self._in_code = False
        self._in_tag = False
        self._last = ""

    def push(self, piece: str) -> str:
        """The words that are complete by now, each with one blank or line break behind it."""
        return "".join(self._letter(letter) for letter in piece)

    def end(self) -> str:
        """The last word."""
        return self._end_word()

    def _letter(self, letter: str) -> str:
        if not letter.isspace():
            self._word += letter
            return self._end_word() if letter in _FULL_WIDTH_STOPS else ""
        # The blank goes out with the word: what follows may be cut off here, a token earlier.
        word = self._end_word()
        blank = ""
        if letter == "\n":
            blank = "" if self._last in ("", "\n") else "\n"
            self._line_start = True
        elif not self._last.isspace():
            blank = " " if self._last else ""
        self._last = blank or self._last
        return word + blank

    def _end_word(self) -> str:
        word, self._word = self._word, ""
        plain = self._plain(word) if word else ""
        if word:
            self._line_start = self._line_start and not plain and not self._in_code
        self._last = plain[-1:] or self._last
        return plain

    def _plain(self, word: str) -> str:
        if self._in_code or "```" in word:
            return self._code(word)
        if self._in_tag:
            self._in_tag = ">" not in word
            return self._plain(word.partition(">")[2]) if ">" in word else ""
        if self._line_start and (word in _BULLETS or set(word) <= {"#"} or set(word) <= {">"}):
            return ""
        if _RULE.match(word):
            return ""
        return self._inline(word)

    def _code(self, word: str) -> str:
        before, fence, after = word.partition("```")
        if not fence:
            return ""
        self._in_code = not self._in_code
        if self._in_code:
            # The language behind the fence is code as well; a fence that closes in the same word ends it.
            self._in_code = "```" not in after
            return f"{before} {CODE}".strip()
        return after

    def _inline(self, word: str) -> str:
        word = _TAG.sub("", word)
        if _OPEN_TAG.search(word):
            self._in_tag = True
            word = _OPEN_TAG.sub("", word)
        word = html.unescape(word) if "&" in word and ";" in word else word
        word = _TARGET.sub("", word)
        word = _URL.sub(LINK, word)
        word = re.sub(r"^([(\"']*)!?\[(?=.)", r"\1", word).replace("]", "") if "[" in word or "]" in word else word
        word = word.replace("`", "").replace("~~", "").replace("|", "")
        if word != "*":
            # Between digits a star is a sum: 2*3, 2**10.
            word = re.sub(r"(?<![\d*])\*+|\*+(?![\d*])|\*{3,}", "", word)
        word = re.sub(r"(?<![^\W_])_+|_+(?![^\W_])", "", word)
        return "".join(letter for letter in word if not _is_picture(letter))


async def plain(pieces: AsyncGenerator[str, None]) -> AsyncGenerator[str, None]:
    """*pieces* of text, their markup taken off."""
    markup = Markup()
    async with aclosing(pieces):
        async for piece in pieces:
            if text := markup.push(piece):
                yield text
    if text := markup.end():
        yield text


def _is_picture(letter: str) -> bool:
    """Emoji, dingbats and what joins them; a degree sign is not a picture."""
    code = ord(letter)
    if code in _JOINERS or (code in _FLAGS_AND_TONES and unicodedata.category(letter) in ("So", "Sk")):
        return True
    return letter not in _KEPT_SIGNS and unicodedata.category(letter) in ("So", "Cn", "Co", "Cs", "Cc", "Cf")
