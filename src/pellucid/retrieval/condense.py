"""A long question with its greeting and its story -> what it asks.

References
----------
A. Ben Abacha and D. Demner-Fushman, "On the role of question summarization and information source
restriction in consumer health question answering", AMIA 2019: ranking by the question's summary
in place of its whole text is worth more than any other step.
"""

from __future__ import annotations

from typing import NamedTuple

from pellucid.retrieval.words import Asking, split_sentences

#: Words that a subject line has at most, and words of the question that are kept at most.
_SUBJECT, _LONGEST = 8, 60


class Asked(NamedTuple):
    """What a question asks.

    ``text`` is the question as it came, ``short`` the sentences that ask, behind the subject line;
    ``subject`` is the subject line, or empty; ``types`` is what is asked for. ``words`` are all
    telling words of the text; ``focus`` are those of ``short`` that do not say a type, each with its
    weight (0 to 1); a word of the subject that comes again weighs double in ``focus``.
    ``asking`` are the words
    that say the types, ``keys`` all words; ``turned`` is whether the asking sentences deny something.
    """

    text: str
    short: str
    subject: str
    sentences: tuple[str, ...]
    types: frozenset[str]
    words: dict[str, float]
    focus: dict[str, float]
    asking: tuple[str, ...]
    keys: frozenset[str]
    turned: bool


def condense(text: str, tables: Asking) -> Asked:
    """Cut a question to what it asks; any text is accepted, a short question stays as it is."""
    text = " ".join(text.split())
    sentences = split_sentences(text) or [text]
    keys = [tables.tokenize(sentence) for sentence in sentences]
    asks = [_asks(s, k, tables) for s, k in zip(sentences, keys, strict=True)]
    first = 0
    while first < len(keys) - 1 and _is_courtesy(keys[first], tables):
        first += 1
    subject = ""
    if len(sentences) > first + 1 and len(keys[first]) <= _SUBJECT:
        subject = sentences[first].rstrip(".!? ")
    kept = [i for i in range(len(sentences)) if asks[i]] or _find_statements(keys, tables, first)
    if subject and first not in kept:
        kept.insert(0, first)
    short: list[str] = []
    size = 0
    for i in kept:
        size += len(keys[i])
        if short and size > _LONGEST:
            break
        short.append(sentences[i])
    kept = kept[: len(short)]
    chosen = [key for i in kept for key in keys[i]]
    asking = [key for i in kept if i != first or not subject for key in keys[i]]
    if not (types := tables.find_types(asking)):
        asking, types = chosen, tables.find_types(chosen)
    places = {i for found in types.values() for a, b in found for i in range(a, b)}
    said = {asking[i] for i in places}
    focus = tables.weigh(chosen)
    focus = {key: focus[key] for key in focus if key not in said} or focus
    if subject:
        again = {key for i, row in enumerate(keys) if i != first for key in row}
        for key in tables.weigh(keys[first]).keys() & again & focus.keys():
            focus[key] *= 2
    return Asked(
        text=text,
        short=" ".join(short),
        subject=subject,
        sentences=tuple(short),
        types=frozenset(types),
        words=tables.weigh(key for row in keys for key in row),
        focus=focus,
        asking=tuple(
            dict.fromkeys(asking[i] for i in sorted(places) if asking[i] not in tables.ordinary)
        ),
        keys=frozenset(key for row in keys for key in row),
        turned=not tables.turned.isdisjoint(asking),
    )


def _asks(sentence: str, keys: list[str], tables: Asking) -> bool:
    if not keys or _is_courtesy(keys, tables):
        return False
    opened = tables.opening.find(keys[:3])
    return (
        sentence.rstrip(")\"'”’ ").endswith("?")
        or (bool(opened) and opened[0][0] == 0)
        or bool(tables.asking.find(keys))
    )


def _is_courtesy(keys: list[str], tables: Asking) -> bool:
    """Whether a sentence holds a courtesy and nothing that a question could be about."""
    polite = tables.courtesy.find(keys)
    if not polite:
        return not keys
    taken = {i for a, b in polite for i in range(a, b)}
    rest = tables.weigh(key for i, key in enumerate(keys) if i not in taken)
    return sum(rest.values()) < 1


def _find_statements(keys: list[list[str]], tables: Asking, first: int) -> list[int]:
    """The sentences to keep when none asks: those that are no courtesy and tell no story."""
    told = [i for i in range(first, len(keys)) if not _is_courtesy(keys[i], tables)]
    plain = [i for i in told if not tables.background.find(keys[i])]
    return plain or told or list(range(len(keys)))
