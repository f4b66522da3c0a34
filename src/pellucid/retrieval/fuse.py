"""Several rankings of the same passages -> one.

References
----------
G. Cormack, C. Clarke and S. Buettcher, "Reciprocal rank fusion outperforms Condorcet and individual
rank learning methods", SIGIR 2009; 60 is their constant.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

_CONSTANT = 60

Item = TypeVar("Item", bound=Hashable)


def fuse(rankings: Iterable[Sequence[Item]], limit: int) -> list[tuple[Item, float]]:
    """The best items of some rankings with their fused scores, best first.

    Each ranking names an item once, best first; ties stay in the order in which they were met.
    """
    scores: dict[Item, float] = {}
    for ranking in rankings:
        for place, item in enumerate(ranking, 1):
            scores[item] = scores.get(item, 0.0) + 1 / (_CONSTANT + place)
    return sorted(scores.items(), key=lambda pair: -pair[1])[:limit]
