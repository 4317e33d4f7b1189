"""Two transcripts of somebody who speaks on go in; the words that will surely stay come out. Pure."""

import re
from itertools import takewhile


def agreed(before: str, now: str) -> str:
    """What both transcripts begin with, in whole words: the second was made of more sound than the first.

    LocalAgreement-2: a recogniser changes its mind about the last words it has heard, seldom about what two passes in
    a row agree on (Liu, Spanakis, Niehues 2020, "Low-Latency Sequence-to-Sequence Speech Recognition and Translation
    by Partial Hypothesis Selection"; for Whisper: Macháček, Dabre, Bojar 2023). Punctuation behind the last word is
    left out: it depends on what follows.
    """
    pairs = zip(before.split(), now.split(), strict=False)
    words = [word for word, _ in takewhile(lambda pair: pair[0] == pair[1], pairs)]
    return re.sub(r"[^\w%€$)\]]+$", "", " ".join(words))
