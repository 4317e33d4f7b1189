"""Two lists of words go in; how many words have to be edited to make one the other comes out."""

from collections.abc import Sequence


def distance(wanted: Sequence[str], heard: Sequence[str]) -> int:
    """Words to insert, drop or replace."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(wanted, 1):
        before, row = row, [i]
        for j, other in enumerate(heard, 1):
            row.append(min(row[-1] + 1, before[j] + 1, before[j - 1] + (word != other)))
    return row[-1]
