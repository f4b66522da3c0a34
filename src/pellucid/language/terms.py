"""Hard words of a text that others' collections may explain."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from pellucid.language.lexicon import English
from pellucid.language.spelling import is_english
from pellucid.values.question import Token

#: Words of the longest name, and letters of the shortest hard word.
_LONGEST, _SHORTEST = 6, 4


def find_candidates(
    text: str,
    tokens: Sequence[Token],
    taken: Iterable[tuple[int, int]],
    is_known: Callable[[str], bool],
    english: English | None,
) -> dict[str, tuple[int, int]]:
    """Runs of words that may be a name, where each stands first; of a place, the longest first.

    A run has a word that is no everyday English, and touches nothing that is explained already.

    Parameters
    ----------
    text, tokens
        The text and its words.
    taken
        Places that are explained, as half-open code points.
    is_known
        Whether a folded phrase is explained wherever it stands.
    english
        Words that need no explanation; None takes runs of everyday words too.
    """
    covered = {place for start, end in taken for place in range(start, end)}
    hard = [_is_hard(token, english) for token in tokens]
    found: dict[str, tuple[int, int]] = {}
    for first, token in enumerate(tokens):
        for last in range(min(len(tokens), first + _LONGEST), first, -1):
            end = tokens[last - 1].end
            if not any(hard[first:last]) or not _is_joined(text, tokens[first:last]):
                continue
            key = " ".join(t.key for t in tokens[first:last])
            if is_known(key) or not covered.isdisjoint(range(token.start, end)):
                continue
            found.setdefault(" ".join(text[token.start : end].split()), (token.start, end))
            found.setdefault(key, (token.start, end))
    return found


def _is_hard(token: Token, english: English | None) -> bool:
    word = token.text
    if len(word) < _SHORTEST or not word.isalpha():
        return False
    return english is None or not is_english(word, english.common)


def _is_joined(text: str, tokens: Sequence[Token]) -> bool:
    """Whether only spaces and hyphens part the words of a run."""
    return all(
        not text[a.end : b.start].strip(" -\t\n") and "\n\n" not in text[a.end : b.start]
        for a, b in pairwise(tokens)
    )
