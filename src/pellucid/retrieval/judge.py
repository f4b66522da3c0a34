"""Passages that a search found -> how likely each answers what was asked, and which is best.

The search knows of each passage only the question that it is published under. Here its text has a
say too, beside the other passages found. The probability is fitted to lay questions with judged
passages, some of which nothing answers, so that 0.5 means an even chance: what lies below is better
not said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pellucid.retrieval.condense import Asked
from pellucid.retrieval.learned import Learned
from pellucid.retrieval.rank import Candidate, measure
from pellucid.retrieval.search import Found
from pellucid.retrieval.words import Asking

#: Passages of a search that are judged.
POOL = 20
#: The probability from which a passage is quoted, and from which its question is worth naming
#: where nothing is quoted: benchmarks/library.py has what other values would give.
LEAST, NEAR = 0.5, 0.25
#: Words of an answer that are looked at for capitals, and asking sentences that are counted.
_WORDS, _SENTENCES = 200, 4


def judge(
    asked: Asked, found: Sequence[Found], tables: Asking, learned: Mapping[str, Learned]
) -> list[Found]:
    """The passages again, likeliest first, each with the probability that it answers.

    Parameters
    ----------
    asked
        The question, condensed.
    found
        What :meth:`Searcher.search` gave for it.
    tables
        How people ask.
    learned
        The combination ``answering`` for each pack, with cosines or without, as it was searched.
    """
    rows = measure_found(asked, found, tables)
    judged = [
        Found(f.passage, learned[f.passage.pack].score(row))
        for f, row in zip(found, rows, strict=True)
    ]
    return sorted(judged, key=lambda f: -f.score)


def measure_found(asked: Asked, found: Sequence[Found], tables: Asking) -> list[dict[str, float]]:
    """Measure what a search found.

    Beside what :func:`pellucid.retrieval.rank.measure` says: ``score``, ``score_less``, of the
    search, and less the best; ``titled``, the share of words with a capital, as in a list of links;
    ``asks``, how much is asked at once.
    """
    candidates = [
        Candidate(place, f.passage.question or f.passage.focus or f.passage.title, f.passage.answer)
        for place, f in enumerate(found)
    ]
    rows = measure(asked, candidates, tables)
    best = max((f.score for f in found), default=0.0)
    for f, row in zip(found, rows, strict=True):
        words = f.passage.answer.split(None, _WORDS)[:_WORDS]
        row["score"], row["score_less"] = f.score, f.score - best
        row["titled"] = sum(word[0].isupper() for word in words) / max(len(words), 1)
        row["asks"] = min(len(asked.sentences), _SENTENCES) / _SENTENCES
    return rows
