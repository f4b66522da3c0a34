"""A section -> its sentences, as the people who dictate reports write them."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

from pellucid.values.question import Token

_SENTENCE_END = re.compile(
    r"[.!?](?=\s|$|[A-Z])|;|\n\s*\n|\n(?=\s*(?:[-*•·]|\d{1,2}[.)])\s)|:\s*\n"
)
_ABBREVIATED = re.compile(
    r"(?:\b(?:dr|mr|mrs|ms|vs|approx|e\.g|i\.e|st|ca|cf|fig|inc)|\b[A-Za-z]|^\s*\d{1,2})$",
    re.IGNORECASE,
)


def split_sentences(
    text: str, start: int, end: int, tokens: Sequence[Token]
) -> list[tuple[int, int]]:
    """Token positions (half-open) of the sentences between two offsets; tokens cover them."""
    starts = [token.start for token in tokens]
    spans, first = [], 0
    for match in _SENTENCE_END.finditer(text, start, end):
        if match[0] == "." and _ABBREVIATED.search(
            text, max(start, match.start() - 8), match.start()
        ):
            continue
        last = bisect_left(starts, match.end())
        if last > first:
            spans.append((first, last))
            first = last
    if first < len(tokens):
        spans.append((first, len(tokens)))
    return spans
