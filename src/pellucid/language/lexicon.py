"""Everything that the language room knows about words, as plain tables.

They are made of dicts, tuples, strings and numbers only, so that they can be kept in the compiled
artefact as they are; :mod:`pellucid.language.build` makes them.
"""

from typing import Any, NamedTuple

#: First letters by which the counts of English words are kept apart in the artefact.
COUNTED = 2


class Lexicon(NamedTuple):
    """Tables for :mod:`pellucid.language`, each a plain value.

    names: phrase -> concept id; abbreviations: those of the phrases that are one; kinds: concept id ->
    kind; parts: phrase -> pattern;
    types, weak: phrase -> question type; words: every folded word of all of them -> weight; around: phrase -> (laterality, change, recommend or
    action, value); normal: phrase -> "normal", or (concept denied, whether it says so by itself);
    abbreviated, answers, unfinished: as :class:`pellucid.language.sentences.SentenceSplitter` takes them;
    urgency: as :mod:`pellucid.language.urgency` takes it;
    urgent: concepts that can need care at once;
    at_sites: concept, or loose word -> site -> what it is called there;
    beside: concepts that a short name tells when a subject stands near it, without taking in the subject.
    """

    folding: dict[str, Any]
    names: tuple[dict[str, Any], dict[str, int]]
    abbreviations: frozenset[str]
    kinds: dict[str, str]
    parts: tuple[dict[str, Any], dict[str, int]]
    types: tuple[dict[str, Any], dict[str, int]]
    weak: tuple[dict[str, Any], dict[str, int]]
    asking: tuple[dict[str, Any], dict[str, int]]
    reporting: tuple[dict[str, Any], dict[str, int]]
    opening: frozenset[str]
    ordinary: frozenset[str]
    cues: tuple[dict[str, Any], dict[str, int]]
    urgency: dict[str, tuple[float, dict[str, str]]]
    clauses: tuple[frozenset[str], ...]
    dose: tuple[Any, ...]
    urgent: frozenset[str]
    diagnosis: tuple[dict[str, Any], dict[str, int]]
    roots: tuple[tuple[str, str, str], ...]
    words: dict[str, int]
    around: tuple[dict[str, Any], dict[str, int]]
    normal: tuple[dict[str, Any], dict[str, int]]
    subjects: tuple[dict[str, Any], dict[str, int]]
    says: tuple[dict[str, Any], dict[str, int]]
    loose: tuple[dict[str, Any], dict[str, int]]
    at_sites: dict[str, dict[str, str]]
    beside: frozenset[str]
    tissues: frozenset[str]
    organ_parts: frozenset[tuple[str, str]]
    by_title: frozenset[str]
    seats: dict[str, str]
    variants: tuple[str, ...]
    wholes: frozenset[str]
    definite: tuple[str, ...]
    time_units: frozenset[str]
    measured: frozenset[str]
    shared: frozenset[str]
    prior_size: frozenset[str]
    prior_after: frozenset[str]
    numbered: frozenset[str]
    distance: frozenset[str]
    side_after: frozenset[str]
    places: frozenset[str]
    abbreviated: tuple[str, ...]
    answers: tuple[str, ...]
    unfinished: tuple[str, ...]
    titles: dict[str, str]
    organs: dict[str, str]
    background: tuple[str, ...]


class English(NamedTuple):
    """English words in order, each between line breaks: the everyday ones, and all."""

    common: str
    valid: str
