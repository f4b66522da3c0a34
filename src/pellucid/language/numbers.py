"""Numbers of a question: sizes, and values of scores ("BI-RADS 4", "a calcium score of 212")."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from pellucid.values.question import Mention, Number, Token

_UNITS = {"mm": "mm", "millimeter": "mm", "millimetre": "mm", "cm": "cm", "centimeter": "cm"}
_WORDS = {"zero": "0"}
_NUMERIC = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_CATEGORY = re.compile(
    r"(?:tr|lr|r|t)?-?(?:\d{1,2}[a-fsx]?|[ivx]{1,3}[a-f]?|[a-fmsvx])", re.IGNORECASE
)
_BETWEEN = frozenset(
    [
        "of",
        "is",
        "was",
        "at",
        "equal",
        "category",
        "cat",
        "score",
        "grade",
        "class",
        "level",
        "number",
        "type",
        "result",
        "a",
        "the",
        "stage",
        "tr",
        "lr",
    ]
)


def find_sizes(tokens: Sequence[Token]) -> list[Number]:
    """Find lengths with a unit, in order; ``value`` is in mm."""
    sizes = []
    for number, unit in pairwise(tokens):
        kind = _UNITS.get(unit.key)
        if kind and _NUMERIC.fullmatch(number.text):
            value = float(number.text.replace(",", "")) * (10 if kind == "cm" else 1)
            sizes.append(Number("size", f"{number.text} {kind}", value, None, "mm", None))
    return sizes


def find_score_values(
    text: str, tokens: Sequence[Token], mentions: Sequence[Mention]
) -> list[Number]:
    """Find the value given with each mention of a score: after it, or just before it.

    ``label`` is the value as written ("4A", "212"), ``value`` its number or None.
    """
    values = []
    for mention in mentions:
        if mention.kind != "score":
            continue
        found = _find_after(text, tokens, mention.last) or _find_before(tokens, mention.first)
        if not found and mention.text[-1:].isdigit():
            found = mention.text  # the name is the value: "TR5", "LR-4"
        if found:
            numeric = _NUMERIC.fullmatch(found.lstrip("-"))
            value = float(found.replace(",", "")) if numeric else None
            values.append(Number("score", found, value, found.upper(), None, mention.concept))
    return values


def _find_after(text: str, tokens: Sequence[Token], place: int) -> str | None:
    for token in tokens[place : place + 4]:
        if token.key in _WORDS:
            return _WORDS[token.key]
        if _NUMERIC.fullmatch(token.text):
            negative = text[max(0, token.start - 1) : token.start] in ("-", "−", "–")
            before = text[max(0, token.start - 2) : token.start - 1]
            return ("-" if negative and before in ("", " ", ":", "=") else "") + token.text
        if _CATEGORY.fullmatch(token.text) and token.key not in _BETWEEN:
            letters = token.text.isalpha()
            # A lone small letter is an article or the start of a word, not a category.
            if not letters or token.text.isupper():
                return token.text
        if token.key not in _BETWEEN:
            return None
    return None


def _find_before(tokens: Sequence[Token], place: int) -> str | None:
    for token in reversed(tokens[max(0, place - 2) : place]):
        if _NUMERIC.fullmatch(token.text):
            return token.text
        if token.key not in ("a", "of", "on", "the"):
            return None
    return None
