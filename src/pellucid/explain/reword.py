"""May a model's plainer sentence stand for its source? Only if all that must not change is there.

The check is strict on purpose: it refuses many good sentences, as a bad one that it let pass would
be worse. What must be kept is compared as a row, in its order, so that nothing is swapped, dropped,
added or turned round: numbers, words outside everyday English (drugs, diseases, tests), names of
concepts, denials, doubts, and words of amount, side, time and worth. The rest must overlap.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

#: A word with its apostrophes, a number with its decimals, or a sign that changes one.
_TOKEN = re.compile(r"\d+(?:[.,:]\d+)*|\w+(?:['’]\w+)*|[<>≤≥±=%°×/]|(?<![\w)])[-−](?=\d)")
_MARKUP = re.compile(r"[\n\r<>{}|*`#\[\]\\_]|https?:|www\.", re.IGNORECASE)
_END = re.compile(r"[.!?…]+[)\"'”’]*(?=\s|$)")
#: Share of the telling words of each that the other must have; longest against the source; least cosine.
_OVERLAP, _LONGEST, _LEAST_COSINE = 0.5, 1.4, 0.85
#: Letters at the beginning of two words that make them look like one another.
_ALIKE = 4


class Guard(NamedTuple):
    """What the check knows of words; the first three are of a pack's table ``rewriting``.

    ``key`` folds a word; ``is_everyday`` tells a word of everyday English; ``ordinary`` are words that
    tell nothing; ``find_names`` gives the concepts that some keys name, in order; ``compare`` gives the
    cosine of two sentences, where there is a model for it. ``find_terms`` gives the names of installed
    packs in a sentence, in order.
    """

    denial: frozenset[str]
    doubt: frozenset[str]
    exact: frozenset[str]
    ordinary: frozenset[str]
    key: Callable[[str], str]
    is_everyday: Callable[[str], bool]
    find_names: Callable[[Sequence[str]], Sequence[Any]]
    find_terms: Callable[[str], Sequence[str]]
    compare: Callable[[str, str], float] | None = None


def make_guard(
    table: Mapping[str, Sequence[str]],
    ordinary: frozenset[str],
    key: Callable[[str], str],
    is_everyday: Callable[[str], bool],
    find_names: Callable[[Sequence[str]], Sequence[Any]],
    find_terms: Callable[[str], Sequence[str]],
    compare: Callable[[str, str], float] | None = None,
) -> Guard:
    """Make the check of a pack's table ``rewriting``."""
    denial, doubt, exact = (
        frozenset(key(w) for w in table[n]) for n in ("denial", "doubt", "exact")
    )
    return Guard(denial, doubt, exact, ordinary, key, is_everyday, find_names, find_terms, compare)


def is_faithful(source: str, rewritten: str, guard: Guard) -> bool:
    """Whether a rewritten sentence says what its source says, as far as can be told."""
    if _MARKUP.search(rewritten) or len(rewritten) > _LONGEST * len(source) + 20:
        return False
    if source.rstrip().endswith("?") != rewritten.rstrip().endswith("?"):
        return False
    if len(_END.findall(rewritten)) != len(_END.findall(source)):
        return False
    ours, theirs = _TOKEN.findall(source), _TOKEN.findall(rewritten)
    if list(_find_kept(ours, guard)) != list(_find_kept(theirs, guard)):
        return False
    keys = [[guard.key(token) for token in row] for row in (ours, theirs)]
    if list(guard.find_names(keys[0])) != list(guard.find_names(keys[1])):
        return False
    if list(guard.find_terms(source)) != list(guard.find_terms(rewritten)):
        return False
    before, after = (set(row) - guard.ordinary for row in keys)
    shared = len(before & after)
    if shared < _OVERLAP * len(before) or shared < _OVERLAP * len(after):
        return False
    if any(_look_alike(lost, new) for lost in before - after for new in after - before):
        return False
    return guard.compare is None or guard.compare(source, rewritten) >= _LEAST_COSINE


def _find_kept(tokens: Sequence[str], guard: Guard) -> Iterator[str]:
    """The row of what must not change."""
    for token in tokens:
        key, word = guard.key(token), token.lower().replace("’", "'")
        if not token.isalpha() and not word.endswith(("'t", "'s")) and "'" not in word:
            yield token.replace("−", "-")
        elif key in guard.denial or word.endswith("n't"):
            yield "denial"
        elif key in guard.doubt:
            yield "doubt"
        elif key in guard.exact or not (
            guard.is_everyday(word.removesuffix("'s")) or key in guard.ordinary
        ):
            yield key


def _look_alike(lost: str, new: str) -> bool:
    """Whether a word may be the opposite of another: "harmless" of "harmful", "usual" of "unusual"."""
    return lost[:_ALIKE] == new[:_ALIKE] or lost.endswith(new) or new.endswith(lost)
