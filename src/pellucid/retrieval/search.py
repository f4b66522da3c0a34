"""The walk of a search: a condensed question, over several packs, to the passages that answer it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from pellucid.retrieval.condense import Asked, condense
from pellucid.retrieval.entail import compare, compare_meaning, encode_asked
from pellucid.retrieval.fuse import fuse
from pellucid.retrieval.learned import Learned, load_learned
from pellucid.retrieval.store import PassageIndex
from pellucid.retrieval.words import Asking
from pellucid.values.passage import Passage

if TYPE_CHECKING:
    from pellucid.retrieval.dense import Encoder, Vectors

#: Passages of each pack and ranking that are looked at closely.
_POOL = 20


class Found(NamedTuple):
    """A passage, and the probability (0 to 1) that it answers what was asked."""

    passage: Passage
    score: float


class Searcher:
    """Searches packs with one set of tables; safe to share between threads.

    Parameters
    ----------
    packs
        Those to search; where two answer equally well, the first wins.
    tables
        How people ask.
    encoder
        Adds ranking by meaning, in the packs that have vectors.
    """

    def __init__(
        self, packs: Sequence[PassageIndex], tables: Asking, encoder: Encoder | None = None
    ) -> None:
        self._packs = packs
        self._tables = tables
        self._encoder = encoder
        self._condense = lru_cache(20_000)(lambda text: condense(text, tables))
        self._lexical = load_learned("entailment", dense=False)
        self._dense = load_learned("entailment", dense=True) if encoder else self._lexical

    def search(self, text: str, limit: int = 5) -> list[Found]:
        """The passages that answer a question best, likeliest first; empty if none is near."""
        asked = condense(text, self._tables)
        vectors = encode_asked(asked, self._encoder) if self._encoder else None
        found = [f for pack in self._packs for f in self._search_pack(pack, asked, vectors)]
        found.sort(key=lambda f: -f.score)
        return found[:limit]

    def _search_pack(
        self, pack: PassageIndex, asked: Asked, vectors: Vectors | None
    ) -> list[Found]:
        rankings = [[hit.position for hit in pack.find_by_words(asked, _POOL)]]
        if vectors is not None:
            near = pack.find_by_meaning(vectors[1], _POOL)
            rankings.append([hit.position for hit in near])
        positions = [position for position, _ in fuse(rankings, _POOL)]
        if not positions:
            return []
        known = pack.get_vectors(positions) if vectors is not None else None
        learned: Learned = self._lexical if known is None else self._dense
        found = []
        for i, passage in enumerate(pack.get_many(positions)):
            measures = compare(asked, self._condense(_ask_by_name(passage, asked, self._tables)))
            if known is not None and vectors is not None:
                measures |= compare_meaning(vectors, known[i])
            found.append(Found(passage, learned.score(measures)))
        return found


def _ask_by_name(passage: Passage, asked: Asked, tables: Asking) -> str:
    """The known question, with the name that the asked one uses in place of its own."""
    known = passage.question or passage.focus or passage.title
    if passage.focus and not asked.keys.issuperset(tables.tokenize(passage.focus)):
        for name in passage.synonyms:
            if (keys := tables.tokenize(name)) and asked.keys.issuperset(keys):
                return known.replace(passage.focus, name) if passage.focus in known else name
    return known
