"""What was understood of a question."""

from typing import NamedTuple


class Token(NamedTuple):
    """A word or number; ``key`` is its folded form (case, accents, plural, spelling)."""

    text: str
    start: int
    end: int
    key: str


class Assertion(NamedTuple):
    """What a text says about a mention.

    status: present, absent, possible, conditional; temporality: current, historical, resolved;
    experiencer: patient, other; cue: the words that say so, or None.
    """

    status: str = "present"
    temporality: str = "current"
    experiencer: str = "patient"
    cue: str | None = None


class Mention(NamedTuple):
    """A span of the text that names a concept (or, for ``kind`` part, a pattern word).

    ``start`` and ``end`` are half-open code points of the text; ``first`` and ``last`` are the
    half-open token positions. ``weak`` marks a word that asks rather than names (the "cancer" of
    "is it cancer?") and, in a report, a finding that a sentence says without its name.
    """

    concept: str
    kind: str
    text: str
    start: int
    end: int
    first: int
    last: int
    assertion: Assertion = Assertion()
    weak: bool = False


class Number(NamedTuple):
    """A number that was read: the value of a score, or a size."""

    kind: str
    text: str
    value: float | None
    label: str | None
    unit: str | None
    concept: str | None


class Clause(NamedTuple):
    """A sentence of the question. ``asks`` tells a question from background."""

    start: int
    end: int
    first: int
    last: int
    asks: bool


class Question(NamedTuple):
    """A question as understood, ready to be answered."""

    text: str
    tokens: tuple[Token, ...]
    clauses: tuple[Clause, ...]
    types: tuple[str, ...]
    mentions: tuple[Mention, ...]
    numbers: tuple[Number, ...]
    boundaries: tuple[str, ...]
    corrections: tuple[tuple[str, str], ...]
    unknown: tuple[str, ...]
