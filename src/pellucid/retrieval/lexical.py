"""Passages found by their words: an index of their fields in one folder, on tantivy.

Of tantivy, bm25s and SQLite FTS5, which benchmarks/retrieval.py measures side by side, tantivy
alone answers in about a millisecond, keeps its index on disk, and opens it at once.

References
----------
S. Robertson and H. Zaragoza, "The probabilistic relevance framework: BM25 and beyond", 2009.
H. Turtle and J. Flood, "Query evaluation: strategies and optimizations", 1995.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import tantivy
from tantivy import Occur, Query

from pellucid.errors import PackInvalidError
from pellucid.retrieval.condense import Asked
from pellucid.retrieval.store import Hit, weigh_terms
from pellucid.retrieval.words import Tokenize
from pellucid.values.passage import Passage

#: Fields of a passage and what a word in each weighs against one in its answer.
_BOOSTS = {"focus": 2.5, "synonyms": 1.5, "question": 1.5, "answer": 1.0}
#: Name of the analysis in the index: words as the language room folds them, stemmed.
_ANALYSIS = "folded"
_ANALYZER: Any = (
    tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace())
    .filter(tantivy.Filter.stemmer("english"))
    .build()
)
#: What a word can add to a score at most, times its weight and rarity: k1 + 1 of BM25.
_MOST = 2.2
#: Share of all that a passage could score which the first try leaves to common words.
_SHARE = 0.4
#: How much longer it takes to look a passage up among those of a word than to read the next of them.
_SEEK = 4
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


class _Term(NamedTuple):
    """A word in a field: the passages that have it there, what it adds to a score at most, its query."""

    passages: int
    bound: float
    query: Any


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
        """The passages that share the most telling words with what is asked, best first.

        A passage that has none but the commonest of the words cannot reach the score of the last one
        found (MaxScore): what is found is the same as if all were looked at, and
        ties stay in the order of the index.
        """
        terms = self._weigh(asked)
        telling, common = _split(terms, sum(term.bound for term in terms) * _SHARE)
        found = self._rank(telling, common, limit)
        least = found[-1][0] if len(found) == limit else 0.0
        if sum(term.bound for term in common) > least:  # one of only common words might be better
            found = self._rank(*_split(terms, least), limit)
        return [Hit(self._searcher.doc(address)["position"][0], score) for score, address in found]

    def _weigh(self, asked: Asked) -> list[_Term]:
        """Each word in each field that has it, the rarest first."""
        schema, total = self._index.schema, len(self)
        terms = []
        for key, weight in weigh_terms(asked).items():
            for stem in _ANALYZER.analyze(key):
                for field, boost in _BOOSTS.items():
                    if count := self._searcher.doc_freq(field, stem):
                        query = Query.term_query(schema, field, stem, "freq")
                        rarity = math.log1p((total - count + 0.5) / (count + 0.5))
                        bound = boost * weight * rarity * _MOST
                        terms.append(_Term(count, bound, Query.boost_query(query, boost * weight)))
        return sorted(terms, key=lambda term: term.passages)

    def _rank(self, telling: Sequence[_Term], common: Sequence[_Term], limit: int) -> list[Any]:
        """The best passages that have one of the telling terms; the common ones only add to scores."""
        query = Query.boolean_query([(Occur.Should, term.query) for term in telling])
        for term in common:  # one by one: of each, only the places of such passages are read
            query = Query.boolean_query([(Occur.Must, query), (Occur.Should, term.query)])
        return list(self._searcher.search(query, limit, count=False).hits)


def _split(terms: Sequence[_Term], bound: float) -> tuple[Sequence[_Term], Sequence[_Term]]:
    """The telling terms, and the commonest, which together add no more than a bound.

    None is common where looking up is more work than reading all.
    """
    last = len(terms)
    while last and (bound := bound - terms[last - 1].bound) >= 0:
        last -= 1
    telling, common = terms[:last], terms[last:]
    work = _SEEK * len(common) * sum(term.passages for term in telling)
    return (telling, common) if work < sum(term.passages for term in common) else (terms, ())


def _make_schema() -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("position", stored=True)
    for name in _BOOSTS:
        builder.add_text_field(name, tokenizer_name=_ANALYSIS, index_option="freq")
    return builder.build()


def _register(index: Any) -> None:
    index.register_tokenizer(_ANALYSIS, _ANALYZER)
