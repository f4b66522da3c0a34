"""Passages found by their words: an index of their fields in one folder, on tantivy.

Of tantivy, bm25s and SQLite FTS5, which benchmarks/retrieval.py measures side by side, tantivy
alone answers in about a millisecond, keeps its index on disk, and opens it at once.

References
----------
S. Robertson and H. Zaragoza, "The probabilistic relevance framework: BM25 and beyond", 2009.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import tantivy

from pellucid.errors import PackInvalidError
from pellucid.retrieval.condense import Asked
from pellucid.retrieval.store import Hit, weigh_terms
from pellucid.retrieval.words import Tokenize
from pellucid.values.passage import Passage

#: Fields of a passage and what a word in each weighs against one in its answer.
_BOOSTS = {"focus": 2.5, "synonyms": 1.5, "question": 1.5, "answer": 1.0}
#: Name of the analysis in the index: words as the language room folds them, stemmed.
_ANALYSIS = "folded"
#: Bytes that the writer may fill before it writes a part of the index.
_HEAP = 50_000_000


def build_lexical(passages: Iterable[Passage], folder: str, tokenize: Tokenize) -> int:
    """Write the index of passages, numbered from 0 in their order, into a folder; returns how many."""
    os.makedirs(folder, exist_ok=True)
    index = tantivy.Index(_make_schema(), folder)
    _register(index)
    writer = index.writer(_HEAP, 1)
    count = 0
    for passage in passages:
        fields = {
            "focus": passage.focus,
            "synonyms": " ".join(passage.synonyms),
            "question": passage.question or passage.title,
            "answer": passage.answer,
        }
        document = tantivy.Document(
            **{name: [" ".join(tokenize(text))] for name, text in fields.items()}
        )
        document.add_unsigned("position", count)
        writer.add_document(document)
        count += 1
    writer.commit()
    writer.wait_merging_threads()
    return count


class LexicalIndex:
    """An index in a folder, opened for searching; safe to share between threads.

    Raises
    ------
    PackInvalidError
        If the folder holds no index that can be read.
    """

    def __init__(self, folder: str) -> None:
        try:
            self._index = tantivy.Index.open(folder)
            _register(self._index)
            self._searcher = self._index.searcher()
        except (ValueError, OSError) as error:
            raise PackInvalidError(
                f"{folder}: the index of the pack is damaged: remove the pack and add it again"
            ) from error

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def search(self, asked: Asked, limit: int = 20) -> list[Hit]:
        """The passages that share the most telling words with what is asked, best first."""
        query = self._make_query(asked)
        if query is None:
            return []
        found = self._searcher.search(query, limit, count=False).hits
        return [Hit(self._searcher.doc(address)["position"][0], score) for score, address in found]

    def _make_query(self, asked: Asked) -> Any:
        terms = [f'"{key}"^{weight:.2f}' for key, weight in weigh_terms(asked).items()]
        if not terms:
            return None
        return self._index.parse_query(" ".join(terms), list(_BOOSTS), _BOOSTS)


def _make_schema() -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("position", stored=True)
    for name in _BOOSTS:
        builder.add_text_field(name, tokenizer_name=_ANALYSIS, index_option="freq")
    return builder.build()


def _register(index: Any) -> None:
    analyzer = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace())
    index.register_tokenizer(_ANALYSIS, analyzer.filter(tantivy.Filter.stemmer("english")).build())
