"""Is an asked question answered by the answer of a known question?

The measures compare what two questions are about, what they ask for, and what they deny; a
logistic regression (:mod:`pellucid.retrieval.learned`) weighs them.

References
----------
A. Ben Abacha and D. Demner-Fushman, "Recognizing question entailment for medical question
answering", AMIA 2016: A entails B if each answer to B answers A, wholly or in part.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pellucid.retrieval.condense import Asked

if TYPE_CHECKING:
    from pellucid.retrieval.dense import Encoder, Vectors

#: Word pieces of a question that are encoded.
_LIMIT = 128

#: The type that a question has which asks for nothing in particular.
_ANY = frozenset(("meaning",))


def compare(asked: Asked, known: Asked) -> dict[str, float]:
    """Measure how far a known question asks what is asked; each measure is between 0 and 1.

    Returns
    -------
    dict
        ``covered``, ``covered_short``: the share of what the known question is about that the
        asked one names, in all its text and in the sentences that ask; ``recalled``: the share of
        what is asked about that the known one names; ``all_covered``: 1 if nothing is missing;
        ``type_same``, ``type_other``, ``type_general``: they ask for the same, for different
        things, or the known one for the meaning alone; ``type_open``, ``type_open_given``: the
        asked one does not say, and the known one does; ``type_share``, ``type_whole``: the share
        of the types of the known one, and of the asked one, that are the other's too;
        ``type_covered``: ``covered``, if ``type_same``; ``turned``: one denies and
        the other does not; ``numbers``: the known question has a number that the asked one lacks;
        ``same``: the words are the same; ``long``: how long the asked one is.
    """
    wanted, given = asked.types - _ANY, known.types - _ANY
    both = wanted & given
    covered = get_share(known.focus, asked.words)
    about = get_share(known.focus, asked.focus)
    return {
        "covered": covered,
        "covered_short": about,
        "recalled": get_share(asked.focus, known.words),
        "all_covered": float(covered > 0.99),
        "type_same": float(bool(both)),
        "type_other": float(bool(wanted and given) and not both),
        "type_general": float(bool(wanted) and not given),
        "type_open": float(not wanted),
        "type_open_given": float(not wanted and bool(given)),
        "type_share": len(both) / len(given) if given else 0.0,
        "type_whole": len(both) / len(wanted) if wanted else 0.0,
        "type_covered": covered * bool(both),
        "turned": float(asked.turned != known.turned),
        "numbers": float(any(k[0].isdigit() for k in known.keys - asked.keys)),
        "same": float(asked.keys == known.keys),
        "long": min(math.log1p(len(asked.keys)) / 6, 1.0),
    }


def encode_asked(asked: Asked, encoder: Encoder) -> Vectors:
    """Vectors of a question: all of it, its short form, its subject, then each asking sentence.

    Returns
    -------
    Vectors
        Shape (3 + sentences, width).
    """
    texts = [asked.text, asked.short, asked.subject or asked.short, *asked.sentences]
    once = list(dict.fromkeys(texts))
    return encoder.encode(once, _LIMIT)[[once.index(text) for text in texts]]


def compare_meaning(asked: Vectors, known: Vectors) -> dict[str, float]:
    """Cosines of a known question, shape (width,), with what :func:`encode_asked` gives.

    Returns
    -------
    dict
        ``cosine`` with the whole, ``cosine_short``, ``cosine_subject``, ``cosine_best``: with the
        nearest sentence.
    """
    whole, short, subject, *parts = (asked @ known).tolist()
    return {
        "cosine": whole,
        "cosine_short": short,
        "cosine_subject": subject,
        "cosine_best": max(parts),
    }


def get_share(words: Mapping[str, float], among: Mapping[str, float]) -> float:
    """The share of the weight of some words that is found among others; 0 without words."""
    total = sum(words.values())
    return sum(w for k, w in words.items() if k in among) / total if total else 0.0
