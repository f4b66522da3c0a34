"""The walk of a search: a condensed question, over several packs, to the passages that answer it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, Protocol

from pellucid.errors import PackInvalidError
from pellucid.retrieval.condense import Asked, condense
from pellucid.retrieval.entail import compare, compare_meaning, encode_asked
from pellucid.retrieval.fuse import fuse
from pellucid.retrieval.learned import Learned, load_learned
from pellucid.retrieval.lexical import LexicalIndex, build_lexical
from pellucid.retrieval.words import Asking
from pellucid.values.passage import Passage

if TYPE_CHECKING:
    from pellucid.retrieval.dense import Encoder, Vectors

#: Passages of each pack and ranking that are looked at closely.
_POOL = 20
_LEXICAL, _VECTORS = "lexical", "vectors.npy"
#: Words of an answer that stand for its question where it has none.
_START = 200


class Passages(Protocol):
    """Where the passages of a pack are kept, numbered from 0."""

    def get_many(self, positions: Sequence[int]) -> list[Passage]:
        """Passages by their numbers, in the order asked."""


class OpenPack(NamedTuple):
    """A pack opened for searching; ``vectors`` are absent in a pack indexed without an encoder."""

    passages: Passages
    lexical: LexicalIndex
    vectors: Vectors | None


class Found(NamedTuple):
    """A passage, and the probability (0 to 1) that it answers what was asked."""

    passage: Passage
    score: float


def build_index(
    passages: Iterable[Passage], folder: str, tables: Asking, encoder: Encoder | None = None
) -> int:
    """Write all that a search needs beside the passages into a folder; returns how many there are.

    With an encoder, ``vectors.npy`` holds one row for each passage, float32, in their order.
    """
    if encoder is None:
        return build_lexical(passages, os.path.join(folder, _LEXICAL), tables.tokenize)
    import numpy as np

    from pellucid.retrieval.dense import encode_many

    texts: list[str] = []

    def watch() -> Iterable[Passage]:
        for passage in passages:
            texts.append(get_known_text(passage))
            yield passage

    count = build_lexical(watch(), os.path.join(folder, _LEXICAL), tables.tokenize)
    np.save(os.path.join(folder, _VECTORS), encode_many(encoder, texts))
    return count


def open_index(folder: str, passages: Passages) -> OpenPack:
    """Open what :func:`build_index` wrote.

    Raises
    ------
    PackInvalidError
        If it cannot be read.
    """
    lexical = LexicalIndex(os.path.join(folder, _LEXICAL))
    vectors = None
    path = os.path.join(folder, _VECTORS)
    if os.path.exists(path):
        try:
            import numpy as np

            vectors = np.load(path, mmap_mode="r", allow_pickle=False)
        except ImportError:
            pass  # the extra was removed again: the search is lexical
        except (OSError, ValueError) as error:
            raise PackInvalidError(f"{path}: damaged: remove the pack and add it again") from error
    if vectors is not None and len(vectors) != len(lexical):
        raise PackInvalidError(f"{path}: of another pack: remove the pack and add it again")
    return OpenPack(passages, lexical, vectors)


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
        self, packs: Sequence[OpenPack], tables: Asking, encoder: Encoder | None = None
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

    def _search_pack(self, pack: OpenPack, asked: Asked, vectors: Vectors | None) -> list[Found]:
        rankings = [[hit.position for hit in pack.lexical.search(asked, _POOL)]]
        meant = pack.vectors if vectors is not None else None
        if meant is not None and vectors is not None:
            from pellucid.retrieval.dense import rank_by_cosine

            rankings.append([i for i, _ in rank_by_cosine(vectors[1], meant, _POOL)])
        positions = [position for position, _ in fuse(rankings, _POOL)]
        if not positions:
            return []
        found = []
        for position, passage in zip(positions, pack.passages.get_many(positions), strict=True):
            measures = compare(asked, self._condense(_ask_by_name(passage, asked, self._tables)))
            learned: Learned = self._lexical
            if meant is not None and vectors is not None:
                measures |= compare_meaning(vectors, meant[position])
                learned = self._dense
            found.append(Found(passage, learned.score(measures)))
        return found


def get_known_text(passage: Passage) -> str:
    """What a passage is the answer to: its question, else what it is about and how it begins."""
    return passage.question or f"{passage.focus or passage.title}. {passage.answer[:_START]}"


def _ask_by_name(passage: Passage, asked: Asked, tables: Asking) -> str:
    """The known question, with the name that the asked one uses in place of its own."""
    known = passage.question or passage.focus or passage.title
    if passage.focus and not asked.keys.issuperset(tables.tokenize(passage.focus)):
        for name in passage.synonyms:
            if (keys := tables.tokenize(name)) and asked.keys.issuperset(keys):
                return known.replace(passage.focus, name) if passage.focus in known else name
    return known
