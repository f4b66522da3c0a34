"""Which of some known questions ask what is asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache

from pellucid.app.asking import open_asking
from pellucid.retrieval.condense import condense
from pellucid.retrieval.entail import compare
from pellucid.retrieval.learned import load_learned


class QuestionRanker:
    """Compares a question with known ones, by words; safe to share between threads.

    Build one with :func:`get_question_ranker`. What the last 20,000 known questions ask is kept in
    memory.
    """

    def __init__(self) -> None:
        self._tables = open_asking()
        self._learned = load_learned("entailment", dense=False)
        self._condense = lru_cache(20_000)(lambda text: condense(text, self._tables))

    def find_telling_words(self, question: str) -> list[str]:
        """The words of a question that say what it is about, the rarest first, as written."""
        asked = condense(question, self._tables)
        words = dict.fromkeys(re.findall(r"\w+", question))
        weights = {
            word: max(
                (asked.focus.get(key, 0.0) for key in self._tables.tokenize(word)), default=0.0
            )
            for word in words
        }
        return sorted(filter(weights.__getitem__, words), key=lambda word: -weights[word])

    def rank(self, question: str, known: Sequence[str]) -> list[tuple[int, float]]:
        """Positions of the known questions, the likeliest first, with their probability (0 to 1)."""
        asked = condense(question, self._tables)
        scores = [self._learned.score(compare(asked, self._condense(text))) for text in known]
        return sorted(enumerate(scores), key=lambda pair: -pair[1])


@cache
def get_question_ranker() -> QuestionRanker:
    """The one ranker of a process."""
    return QuestionRanker()
