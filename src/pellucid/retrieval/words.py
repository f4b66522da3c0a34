"""Words of a text, what each weighs, and the tables that say how people ask."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

#: Splits a text into the keys of its words, as the language room folds them.
Tokenize = Callable[[str], list[str]]

#: How telling a word is: 0 for the commonest, 1 for a word that ordinary English does not have.
WordWeight = Callable[[str], float]

# Not behind an initial ("J."), a title ("Dr.") or an abbreviation.
_SENTENCE_END = re.compile(
    r"(?<!\b[A-Za-z])(?<!\b[DM]r)(?<!\bMrs)(?<!\bvs)[.!?]+[)\"'”’]*(?=\s|$|[A-Z])"
    r"|\n\s*\n|\n(?=- )"
)


class Phrases:
    """Phrases of some words each, found in the keys of a text; the longest at a place wins."""

    def __init__(self, texts: Iterable[str], tokenize: Tokenize) -> None:
        self._by_first: dict[str, list[list[str]]] = {}
        for keys in sorted(map(tokenize, texts), key=len, reverse=True):
            if keys:
                self._by_first.setdefault(keys[0], []).append(keys)

    def find(self, keys: list[str]) -> list[tuple[int, int]]:
        """Places (first, behind the last) of the phrases, in order, none in another."""
        found: list[tuple[int, int]] = []
        if self._by_first.keys().isdisjoint(keys):
            return found
        place = 0
        while place < len(keys):
            for phrase in self._by_first.get(keys[place], ()):
                if keys[place : place + len(phrase)] == phrase:
                    found.append((place, place + len(phrase)))
                    place += len(phrase)
                    break
            else:
                place += 1
        return found


class Asking(NamedTuple):
    """The table ``asking`` of a pack, ready to use: see its comments for what each part means."""

    tokenize: Tokenize
    weight: WordWeight
    opening: Phrases
    asking: Phrases
    courtesy: Phrases
    background: Phrases
    ordinary: frozenset[str]
    turned: frozenset[str]
    leaning: frozenset[str]
    types: dict[str, Phrases]

    def find_types(self, keys: list[str]) -> dict[str, list[tuple[int, int]]]:
        """What some words ask for, or answer: types, and the places of the phrases that say so."""
        found = {name: phrases.find(keys) for name, phrases in self.types.items()}
        return {name: places for name, places in found.items() if places}

    def weigh(self, keys: Iterable[str]) -> dict[str, float]:
        """What the words are about: each telling word with its weight, in order."""
        return {
            key: self.weight(key)
            for key in keys
            if key not in self.ordinary and (len(key) > 1 or key.isdigit())
        }


def build_asking(table: Mapping[str, Any], tokenize: Tokenize, weight: WordWeight) -> Asking:
    """Build the tables from a pack's ``asking``; what it lacks is empty."""

    def phrases(name: str) -> Phrases:
        return Phrases(table.get(name) or (), tokenize)

    def words(name: str) -> frozenset[str]:
        return frozenset(key for text in table.get(name) or () for key in tokenize(text))

    types = {name: Phrases(texts, tokenize) for name, texts in (table.get("types") or {}).items()}
    return Asking(
        tokenize,
        weight,
        phrases("opening"),
        phrases("asking"),
        phrases("courtesy"),
        phrases("background"),
        words("ordinary"),
        words("turned"),
        words("leaning"),
        types,
    )


def make_word_weight(count: Callable[[str], int], total: int) -> WordWeight:
    """Weigh words by how rare they are, given how often each occurs in some text of ``total`` words.

    The weight is the surprise of the word, as a share of that of a word seen once.
    """
    whole = math.log(max(total, 2))

    def weight(word: str) -> float:
        return 1 - math.log(count(word) + 1) / whole

    return weight


def split_sentences(text: str) -> list[str]:
    """Sentences and items of lists, in order, without the space around them."""
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    parts = [text[a:b].strip() for a, b in zip([0, *ends], [*ends, len(text)], strict=True)]
    return [part for part in parts if part]
