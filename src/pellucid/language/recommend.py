"""A sentence -> what it recommends: the words, what is to be done, and when."""

from __future__ import annotations

from collections.abc import Sequence

from pellucid.language.phrases import Hit
from pellucid.values.question import Token
from pellucid.values.report import Recommendation

_NUMBERS = frozenset(
    [
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "twelve",
        "eighteen",
    ]
)
_BETWEEN = frozenset(("to", "or", "x"))


def find_recommendation(
    text: str,
    tokens: Sequence[Token],
    around: Sequence[Hit],
    units: frozenset[str],
) -> Recommendation | None:
    """The recommendation that a sentence makes, or None.

    ``around``: the sentence's hits in the lexicon's table of that name; ``units``: words for times.
    """
    if not any(h.value == ("recommend", "") for h in around):
        return None
    action = next((h for h in around if h.value == ("action", "")), None)
    if action is None:
        return None
    start, end = tokens[0].start, tokens[-1].end
    done = text[tokens[action.first].start : tokens[action.last - 1].end]
    interval = _find_interval(text, tokens, units)
    return Recommendation(text[start:end], start, end, done, interval)


def _find_interval(text: str, tokens: Sequence[Token], units: frozenset[str]) -> str | None:
    for place in range(1, len(tokens)):
        if tokens[place].key not in units:
            continue
        begin = place - 1
        while begin > 0 and (_is_number(tokens[begin - 1]) or tokens[begin - 1].key in _BETWEEN):
            begin -= 1
        if any(_is_number(token) for token in tokens[begin:place]):
            return text[tokens[begin].start : tokens[place].end]
    return None


def _is_number(token: Token) -> bool:
    return token.key.isdigit() or token.key in _NUMBERS
