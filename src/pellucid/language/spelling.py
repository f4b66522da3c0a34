"""Unknown words: the known word that was meant, or what the word's parts mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pellucid.language.lexicon import English
from pellucid.values.question import Token

#: Letters of the shortest word of a text that is corrected: shorter ones mean too much else.
_SHORTEST = 5


def is_english(word: str, list_: str) -> bool:
    """Whether a word, or its form without a plural or verb ending, is in a list of :class:`English`."""
    word = word.lower().replace("’", "'")
    stem, apostrophe, ending = word.partition("'")
    if apostrophe:
        word = stem if ending == "s" else stem + ending
    forms = [word]
    for tail, stand_in in (
        ("s", ""),
        ("es", ""),
        ("ies", "y"),
        ("ed", ""),
        ("ed", "e"),
        ("ing", ""),
        ("ing", "e"),
        ("ly", ""),
    ):
        if word.endswith(tail) and len(word) - len(tail) >= 3:
            forms.append(word[: -len(tail)] + stand_in)
    return any(_has_line(list_, form) for form in forms)


def _has_line(lines: str, word: str) -> bool:
    """Whether a word is one of many lines in the order of their letters: by halves, without splitting them."""
    low, high = 0, len(lines) - 1
    while low < high:
        start = lines.rindex("\n", low, (low + high) // 2 + 1)
        end = lines.index("\n", start + 1)
        line = lines[start + 1 : end]
        if line == word:
            return True
        low, high = (end, high) if line < word else (low, start)
    return False


def find_correction(word: str, words: dict[str, int], english: English) -> str | None:
    """Find the known word that a misspelt one was meant to be, or None.

    The distance is optimal string alignment (one swap of neighbours counts once): at most 1 for
    words of 4 and 5 letters, 2 up to 9, 3 beyond. An English word is never taken for a mistake.
    Ties go to the word that begins alike, then to an English one, then to the one in more names.
    """
    if len(word) < 4 or not word.isalpha() or is_english(word, english.valid):
        return None
    from rapidfuzz.distance import OSA  # imported only for a word that nobody knows
    from rapidfuzz.process import extract

    word = word.lower()
    most = 1 if len(word) < 6 else 2 if len(word) < 10 else 3
    found = extract(word, words.keys(), scorer=OSA.distance, score_cutoff=most, limit=12)
    near = [(w, d) for w, d, _ in found if len(w) >= 4 and (w[0] == word[0] or d == 1)]
    if not near:
        return None
    nearest = min((d, w[0] != word[0]) for w, d in near)
    equal = [w for w, d in near if (d, w[0] != word[0]) == nearest]
    if len(equal) > 1:
        equal = [w for w in equal if is_english(w, english.valid)] or equal
    best: str = min(equal, key=lambda w: (-words[w], w))
    return best


def find_corrections(
    tokens: Iterable[Token], get_words: Callable[[], dict[str, int]], english: English
) -> list[tuple[Token, str]]:
    """The misspelt words of a text, each with the known word that it was meant to be.

    ``get_words`` gives the known words; it is called only where a word is no English one. What is
    written in capitals is an abbreviation, and stays.
    """
    found = []
    for token in tokens:
        word = token.text
        if len(word) < _SHORTEST or word.isupper() or is_english(word, english.valid):
            continue
        words = get_words()
        better = None if word.lower() in words else find_correction(word, words, english)
        if better:
            found.append((token, better))
    return found


def is_nearer(word: str, one: str, other: str) -> bool:
    """Whether a word looks more like one than like another."""
    from rapidfuzz.distance import OSA  # imported only for a word that nobody knows

    word = word.lower()
    return bool(OSA.distance(word, one) < OSA.distance(word, other))


def split_roots(word: str, roots: Iterable[tuple[str, str, str]]) -> list[tuple[str, str]]:
    """Find Greek and Latin parts in a word, longest first: (part, meaning) in the word's order.

    An empty list unless at least two parts, or one that covers half of the word, are found.
    """
    word = word.lower()
    found: list[tuple[int, str, str]] = []
    taken = [False] * len(word)
    for part, at, means in sorted(roots, key=lambda r: -len(r[0])):
        place = word.find(part) if at != "end" else len(word) - len(part)
        if place < 0 or not word.startswith(part, place) or (at == "start" and place):
            continue
        if not any(taken[place : place + len(part)]):
            taken[place : place + len(part)] = [True] * len(part)
            found.append((place, part, means))
    covered = sum(taken)
    if len(found) < 2 and covered * 2 < len(word):
        return []
    return [(part, means) for _, part, means in sorted(found)]
