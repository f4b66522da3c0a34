"""Phrase tables: find the longest known phrases in a run of tokens."""

from collections.abc import Iterable
from typing import Any, NamedTuple


class PhraseTable(NamedTuple):
    """Phrases by key, and for each first word the most words that a phrase with it has."""

    values: dict[str, Any]
    longest: dict[str, int]


class Hit(NamedTuple):
    """A phrase found at the half-open token positions ``first`` to ``last``."""

    first: int
    last: int
    key: str
    value: Any


def build_table(rows: Iterable[tuple[str, Any]]) -> PhraseTable:
    """Build a table from (phrase key, value); the first row with a key wins."""
    values: dict[str, Any] = {}
    longest: dict[str, int] = {}
    for key, value in rows:
        if key:
            values.setdefault(key, value)
            words = key.split(" ")
            longest[words[0]] = max(longest.get(words[0], 0), len(words))
    return PhraseTable(values, longest)


def find_phrases(
    keys: list[str], table: PhraseTable, first: int = 0, last: int | None = None
) -> list[Hit]:
    """Find phrases left to right, at each place the longest; they do not overlap."""
    values, longest = table
    end = len(keys) if last is None else last
    hits: list[Hit] = []
    for place in [i for i in range(first, end) if keys[i] in longest]:
        if place < first:
            continue
        most = longest[keys[place]]
        for size in range(min(most, end - place), 0, -1):
            key = keys[place] if size == 1 else " ".join(keys[place : place + size])
            if key in values:
                hits.append(Hit(place, place + size, key, values[key]))
                first = place + size
                break
    return hits
