"""Phrase tables: find the longest known phrases in a run of tokens."""

from collections.abc import Iterable, Mapping, Sequence
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


# Makes a named tuple in two thirds of the time; find_merged is one of the reader's hottest places.
_new_tuple = tuple.__new__

#: Phrase -> its (number of the table, value) in each table that has it, and whether a longer one
#: begins with it; beginnings of phrases are keys too.
MergedTables = dict[str, tuple[tuple[tuple[int, Any], ...], bool]]


def merge_tables(tables: Sequence[Mapping[str, Any]]) -> MergedTables:
    """Merge tables, to be searched in one pass."""
    merged: MergedTables = {}
    for number, table in enumerate(tables):
        for key, value in table.items():
            rows, longer = merged.get(key, ((), False))
            merged[key] = ((*rows, (number, value)), longer)
            place = key.find(" ")
            while place > 0:
                rows, longer = merged.get(key[:place], ((), False))
                if not longer:
                    merged[key[:place]] = (rows, True)
                place = key.find(" ", place + 1)
    return merged


def find_merged(keys: Sequence[str], tables: MergedTables, count: int) -> list[list[Hit]]:
    """Find the phrases of each of ``count`` merged tables, as :func:`find_phrases` does for one."""
    hits: list[list[Hit]] = [[] for _ in range(count)]
    free = [0] * count
    total = len(keys)
    get = tables.get
    for place, key in enumerate(keys):
        entry = get(key)
        last = place + 1
        while entry:
            rows, longer = entry
            for number, value in rows:
                if free[number] <= place:
                    hits[number].append(_new_tuple(Hit, (place, last, key, value)))
                    free[number] = last
                elif (found := hits[number])[-1].first == place:
                    found[-1] = _new_tuple(Hit, (place, last, key, value))
                    free[number] = last
            if not longer or last == total:
                break
            key = f"{key} {keys[last]}"
            entry = get(key)
            last += 1
    return hits
