"""Sentences of several passages -> which say the same, and which say something else of the same thing.

Two sentences speak of the same thing when they share most of the words that carry meaning. Then they
say the same, unless one denies what the other says, or their numbers differ. Nothing is decided
between sentences that differ: both are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

from pellucid.retrieval.words import Asking
from pellucid.values.passage import Likeness, Quote

#: The share of the weight of their words that two sentences have in common at least: to say the
#: same, and to speak of the same thing, where less is asked for as what differs is not shared.
_SAME, _ABOUT = 0.8, 0.6
#: Words that carry meaning, which a sentence has at least to be compared.
_LEAST = 3


class _Facts(NamedTuple):
    words: dict[str, float]
    numbers: frozenset[str]
    denies: bool


def find_likeness(quotes: Sequence[Quote], tables: Asking) -> list[Likeness]:
    """Compare each sentence of each quote with those of the others.

    Returns
    -------
    list of Likeness
        In the order of the sentences; what is alike enough to be compared, and no more.
    """
    facts = [[_find_facts(s, tables) for s in quote.sentences] for quote in quotes]
    found = []
    for (i, first), (j, second) in combinations(enumerate(facts), 2):
        for a, one in enumerate(first):
            for b, other in enumerate(second):
                if len(one.words) < _LEAST or len(other.words) < _LEAST:
                    continue
                share = _get_common(one.words, other.words)
                differ = one.denies != other.denies or bool(
                    one.numbers and other.numbers and one.numbers != other.numbers
                )
                if share >= (_ABOUT if differ else _SAME) and (
                    differ or one.numbers == other.numbers
                ):
                    found.append(Likeness((i, a), (j, b), differ))
    return found


def _find_facts(sentence: str, tables: Asking) -> _Facts:
    keys = tables.tokenize(sentence)
    numbers = frozenset(key for key in keys if key[0].isdigit())
    words = tables.weigh(key for key in keys if key not in numbers and key not in tables.turned)
    return _Facts(words, numbers, sum(key in tables.turned for key in keys) % 2 == 1)


def _get_common(one: dict[str, float], other: dict[str, float]) -> float:
    """The weight of the words in both as a share of the weight of the words in either."""
    either = one | other
    return sum(w for key, w in either.items() if key in one and key in other) / sum(either.values())
