"""Text -> the word pieces of a BERT vocabulary.

References
----------
J. Devlin and others, "BERT: Pre-training of Deep Bidirectional Transformers", 2019, section 3; the
greedy longest-match-first pieces are those of Y. Wu and others, arXiv:1609.08144, section 4.1.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping


class _Marks(dict[int, str | None]):
    """What becomes of each character: marks and Chinese characters stand alone, accents go."""

    def __missing__(self, code: int) -> str | None:
        char = chr(code)
        category = unicodedata.category(char)
        kept: str | None = char
        if category[0] == "P" or (category[0] == "S" and code < 128) or _is_chinese(code):
            kept = f" {char} "
        elif category in ("Mn", "Cf") or (category == "Cc" and not char.isspace()):
            kept = None
        self[code] = kept
        return kept


def _is_chinese(code: int) -> bool:
    return 0x3400 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or 0x20000 <= code <= 0x2FA1F


_MARKS = _Marks()

#: A word of more characters is unknown, as it is to the model's own tokenizer.
_LONGEST = 100


class WordPieces:
    """Splits texts with one vocabulary of lower-case pieces.

    Parameters
    ----------
    vocabulary
        Piece -> its number. A piece that goes on inside a word begins with ``##``.
    """

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        self._vocabulary = vocabulary
        self._begin, self._end = vocabulary["[CLS]"], vocabulary["[SEP]"]
        self._unknown = vocabulary["[UNK]"]
        self._cache: dict[str, list[int]] = {}

    def encode(self, text: str, limit: int) -> list[int]:
        """Numbers of the pieces of a text, at most ``limit``, its begin and end marks included."""
        numbers = [self._begin]
        # Five characters a piece is usual; what is far beyond the limit is not looked at.
        for word in _split_words(text[: limit * 40]):
            numbers += self._split(word)
            if len(numbers) >= limit:
                break
        return [*numbers[: limit - 1], self._end]

    def _split(self, word: str) -> list[int]:
        pieces = self._cache.get(word)
        if pieces is None:
            if len(self._cache) > 50_000:
                self._cache.clear()
            pieces = self._cache[word] = self._find_pieces(word)
        return pieces

    def _find_pieces(self, word: str) -> list[int]:
        if len(word) > _LONGEST:
            return [self._unknown]
        pieces, start = [], 0
        while start < len(word):
            for end in range(len(word), start, -1):
                piece = word[start:end] if start == 0 else "##" + word[start:end]
                if piece in self._vocabulary:
                    pieces.append(self._vocabulary[piece])
                    start = end
                    break
            else:
                return [self._unknown]
        return pieces


def _split_words(text: str) -> list[str]:
    """Words in lower case without accents, and marks, each by itself."""
    text = text.lower()
    if not text.isascii():
        text = unicodedata.normalize("NFD", text)
    return text.translate(_MARKS).split()
