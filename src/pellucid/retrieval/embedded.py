"""The index of a pack in its own folder: words by tantivy, meaning by usearch.

All files are mapped: nothing is loaded when they are opened, and the system keeps in memory what
is used of them. The graph of usearch (HNSW) finds the nearest vectors among a million without
looking at all of them; it holds them as bytes, so what it gives is ranked again by the vectors
themselves (benchmarks/growth.py measures both).

References
----------
Y. Malkov and D. Yashunin, "Efficient and robust approximate nearest neighbor search using
hierarchical navigable small world graphs", 2016, arXiv:1603.09320.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol

from pellucid.errors import MissingExtraError, PackInvalidError, PackStoreError
from pellucid.retrieval.condense import Asked
from pellucid.retrieval.lexical import LexicalIndex, build_lexical
from pellucid.retrieval.store import Hit, get_known_text
from pellucid.retrieval.words import Asking
from pellucid.values.passage import Passage

if TYPE_CHECKING:
    from pellucid.retrieval.dense import Encoder, Vectors

_LEXICAL, _VECTORS, _GRAPH = "lexical", "vectors.f16", "vectors.usearch"
#: Word pieces of a known text that are encoded, and texts in one step.
_PIECES, _STEP = 64, 256
#: Vectors taken from the graph for each that is asked for.
_MORE = 3
#: Neighbours of a vector in the graph, and those looked at when it is put in and when one is sought.
_CONNECTIVITY, _EXPANSION = 16, 96


class Passages(Protocol):
    """Where the passages of a pack are kept, numbered from 0."""

    def get_many(self, positions: Sequence[int]) -> list[Passage]:
        """Passages by their numbers, in the order asked."""


def build_index(
    passages: Iterable[Passage], folder: str, tables: Asking, encoder: Encoder | None = None
) -> int:
    """Write all that a search needs beside the passages into a folder; returns how many there are.

    With an encoder, ``vectors.f16`` holds a row of little-endian float16 for each passage, in their
    order, and ``vectors.usearch`` the graph of them. Passages are read once, in a stream.

    Raises
    ------
    PackStoreError
        If the disk is full.
    MissingExtraError
        If there is an encoder, and no usearch.
    """
    place = os.path.join(folder, _LEXICAL)
    try:
        if encoder is None:
            return build_lexical(passages, place, tables.tokenize)
        if find_spec("usearch") is None:
            raise MissingExtraError(
                "an index of meaning needs usearch: pip install 'pellucid[dense]'"
            )
        os.makedirs(folder, exist_ok=True)
        graph = _make_graph(encoder.width)
        with open(os.path.join(folder, _VECTORS), "wb") as file:
            watched = _encode(passages, encoder, graph, file)
            count = build_lexical(watched, place, tables.tokenize)
        graph.save(os.path.join(folder, _GRAPH))
        return count
    except (OSError, ValueError, RuntimeError) as error:  # what both libraries raise on a full disk
        raise PackStoreError(f"cannot write the index: {error}; nothing was changed") from error


def _encode(
    passages: Iterable[Passage], encoder: Encoder, graph: Any, file: Any
) -> Iterator[Passage]:
    """Pass passages on, and write their vectors on the way."""
    import numpy as np

    texts: list[str] = []

    def write() -> None:
        vectors = encoder.encode(texts, _PIECES)
        graph.add(np.arange(len(graph), len(graph) + len(texts)), vectors, threads=1)
        file.write(vectors.astype("<f2").tobytes())
        texts.clear()

    for passage in passages:
        texts.append(get_known_text(passage))
        if len(texts) == _STEP:
            write()
        yield passage
    if texts:
        write()


def _make_graph(width: int) -> Any:
    from usearch.index import Index

    return Index(
        ndim=width,
        metric="cos",
        dtype="i8",
        connectivity=_CONNECTIVITY,
        expansion_add=_EXPANSION,
        expansion_search=_EXPANSION,
        enable_key_lookups=False,
    )


class EmbeddedIndex:
    """A :class:`~pellucid.retrieval.store.PassageIndex` in a folder; see :func:`open_index`."""

    def __init__(
        self, passages: Passages, lexical: LexicalIndex, vectors: Any = None, graph: Any = None
    ) -> None:
        self._passages = passages
        self._lexical = lexical
        self._vectors = vectors
        self._graph = graph

    @property
    def has_vectors(self) -> bool:
        """Whether it was indexed with an encoder, and can be searched by meaning."""
        return self._vectors is not None

    def __len__(self) -> int:
        return len(self._lexical)

    def get_many(self, positions: Sequence[int]) -> list[Passage]:
        """Passages by their numbers, in the order asked."""
        return self._passages.get_many(positions)

    def find_by_words(self, asked: Asked, limit: int) -> list[Hit]:
        """The passages that share the most telling words with what is asked, best first."""
        return self._lexical.search(asked, limit)

    def find_by_meaning(self, vector: Vectors, limit: int) -> list[Hit]:
        """The nearest passages to a vector of length 1, best first; empty without vectors."""
        if self._graph is None:
            return []
        from pellucid.retrieval.dense import rank_by_cosine

        rows = sorted(self._graph.search(vector, limit * _MORE, threads=1).keys.tolist())
        near = rank_by_cosine(vector, self._get(rows), limit)
        return [Hit(rows[i], cosine) for i, cosine in near]

    def get_vectors(self, positions: Sequence[int]) -> Vectors | None:
        """Shape (positions, width), float32; ``None`` in a pack indexed without an encoder."""
        return None if self._vectors is None else self._get(positions)

    def _get(self, positions: Sequence[int]) -> Vectors:
        return self._vectors[list(positions)].astype("f4")  # type: ignore[no-any-return]


def open_index(folder: str, passages: Passages) -> EmbeddedIndex:
    """Open what :func:`build_index` wrote.

    Raises
    ------
    PackInvalidError
        If it cannot be read.
    """
    lexical = LexicalIndex(os.path.join(folder, _LEXICAL))
    path = os.path.join(folder, _VECTORS)
    if not os.path.exists(path):
        return EmbeddedIndex(passages, lexical)
    if find_spec("numpy") is None or find_spec("usearch") is None:
        return EmbeddedIndex(passages, lexical)  # the extra was removed again: by words only
    import numpy as np
    from usearch.index import Index

    try:
        graph = os.path.join(folder, _GRAPH)
        width = int((Index.metadata(graph) or {})["dimensions"])
        near = _make_graph(width)
        near.view(graph)
        vectors = np.memmap(path, "<f2", "r").reshape(-1, width) if len(lexical) else None
    except (OSError, ValueError, RuntimeError, LookupError, TypeError) as error:
        raise PackInvalidError(f"{path}: damaged: remove the pack and add it again") from error
    if not len(lexical) == len(near) == len(vectors if vectors is not None else ()):
        raise PackInvalidError(f"{path}: of another pack: remove the pack and add it again")
    return EmbeddedIndex(passages, lexical, vectors, near)
