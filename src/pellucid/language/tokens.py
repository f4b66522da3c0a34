"""Words of a text and the folded keys under which they are compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any

from pellucid.values.question import Token

# A number with its unit apart ("4mm" -> "4", "mm"); a decimal; a word, which may hold an apostrophe.
# "+ve" and "-ve" keep their sign: it is all that they say. "Non-calcified" is one word, however it is written.
# A "#" that counts nothing is a word too: how a fracture is written for short.
_TOKEN = re.compile(
    r"\d+(?:[.,]\d+)*(?=\s?(?:mm|cm|hu)\b)|\d+\.\d+|\d{1,3}(?:,\d{3})+\b"
    r"|(?:non(?:[-‐‑]|\s)(?=[^\W\d_]{3}))?[^\W_]+(?:['’][^\W_]+)*|(?<!\w)[+-]ve\b"
    r"|#(?:s\b)?(?!\s*[:\d]|\s+of\b)",
    re.IGNORECASE,
)

_new_tuple = tuple.__new__

_MAX_KNOWN = 50_000

#: Folds one word to its key.
WordKey = Callable[[str], str]


class _WordKeys(dict[str, str]):
    """Words and their keys: a known word costs one look at a dict, a new one is folded."""

    def __init__(self, folding: dict[str, Any]) -> None:
        self._british = [(str(a), str(b)) for a, b in folding.get("british", ())]
        self._irregular: dict[str, str] = folding.get("irregular", {})

    def __missing__(self, word: str) -> str:
        if len(self) > _MAX_KNOWN:
            self.clear()
        key = self[word] = self._fold(word)
        return key

    def _fold(self, word: str) -> str:
        word = word.lower()
        if not word.isascii():
            decomposed = unicodedata.normalize("NFKD", word.replace("’", "'").replace("ß", "ss"))
            word = "".join(c for c in decomposed if not unicodedata.combining(c))
        if "'" in word:
            word = word[:-2] if word.endswith("'s") else word.replace("'", "")
        if word.startswith("non") and not word.isalpha():
            word = "non" + word[4:]
        if word in self._irregular:
            return self._irregular[word]
        for old, new in self._british:
            if old in word:
                word = word.replace(old, new)
        return _strip_plural(word)


def make_word_key(folding: dict[str, Any]) -> WordKey:
    """Build the folding of words from a pack's ``folding`` table.

    A key has no capitals, accents, possessives or plural ending, and American spelling.
    """
    return _WordKeys(folding).__getitem__


def _strip_plural(word: str) -> str:
    if len(word) < 4 or word[-1] != "s" or word[-2] in "sui" or not word.isalpha():
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    return word[:-1]


def tokenize(text: str, word_key: WordKey) -> tuple[Token, ...]:
    """Split a text into its words and numbers, in order."""
    # tuple.__new__ makes a named tuple in two thirds of the time; this is the reader's hottest line.
    return tuple(
        [
            _new_tuple(Token, (word := m[0], m.start(), m.end(), word_key(word)))
            for m in _TOKEN.finditer(text)
        ]
    )


def get_phrase_key(text: str, word_key: WordKey) -> str:
    """Key of a name or phrase: the keys of its words, one space between."""
    return " ".join([word_key(word) for word in _TOKEN.findall(text)])


def join_keys(tokens: Iterable[Token]) -> str:
    """Key of a run of tokens."""
    return " ".join([token.key for token in tokens])
