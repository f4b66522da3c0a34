"""Words of a post -> whether it reads as an emergency, or as thoughts of ending one's life.

A logistic regression over words and pairs of words, fitted to posts that we wrote (benchmarks/fit_urgency.py;
docs/decisions/0016-urgency.md says why no list of phrases does). Its weights are the pack's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

#: Kind of urgency -> where its scale begins, and what each word or pair of words adds. Above zero it is urgent.
Urgency = dict[str, tuple[float, dict[str, float]]]


def build_urgency(table: Mapping[str, Any]) -> Urgency:
    """Build the plain form of the pack's ``urgency`` table."""
    return {kind: (float(rows["bias"]), rows["weights"]) for kind, rows in table.items()}


def list_features(keys: Sequence[str]) -> Iterator[str]:
    """What is weighed of a text's word keys: each word and each pair of neighbours; numbers are alike."""
    words = ["0" if key[0].isdigit() else key for key in keys]
    yield from words
    for first, second in pairwise(words):
        yield f"{first} {second}"


def find_urgency(keys: Sequence[str], urgency: Urgency) -> list[str]:
    """The kinds of urgency that a text speaks of."""
    features = set(list_features(keys))
    return [
        kind
        for kind, (bias, weights) in urgency.items()
        if bias + sum(weights[f] for f in features if f in weights) > 0
    ]
