"""Words of a post -> whether it reads as an emergency, or as thoughts of ending one's life.

A logistic regression over words and pairs of words, fitted to posts that we wrote (benchmarks/fit_urgency.py;
docs/decisions/0016-urgency.md says why no list of phrases does). Its weights are the pack's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

#: Kind of urgency -> where its scale begins, and by their first letters lines of what each word or pair of words
#: adds. Above zero it is urgent. Text, and not numbers: a command that asks once would read them all for a few.
Urgency = dict[str, tuple[float, dict[str, str]]]
_FIRST = 2


def build_urgency(table: Mapping[str, Any]) -> Urgency:
    """Build the plain form of the pack's ``urgency`` table."""
    urgency: Urgency = {}
    for kind, rows in table.items():
        lines: dict[str, str] = {}
        for feature, weight in rows["weights"].items():
            first = feature[:_FIRST]
            lines[first] = f"{lines.get(first, chr(10))}{feature}\t{weight}\n"
        urgency[kind] = (float(rows["bias"]), lines)
    return urgency


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
        for kind, (bias, lines) in urgency.items()
        if bias + sum(_get_weight(feature, lines) for feature in features) > 0
    ]


def _get_weight(feature: str, lines: Mapping[str, str]) -> float:
    near = lines.get(feature[:_FIRST], "")
    place = near.find(f"\n{feature}\t")
    if place < 0:
        return 0.0
    start = place + len(feature) + 2
    return float(near[start : near.index("\n", start)])
