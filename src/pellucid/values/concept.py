"""What a pack says: concepts, sources, statements."""

from typing import NamedTuple


class Source(NamedTuple):
    """Where a statement comes from.

    A passage of an installed pack (``kind`` collection) has an ``attribution``, which its terms ask
    to be named, and may have no ``url``.
    """

    key: str
    title: str
    publisher: str
    url: str
    kind: str
    year: int | None = None
    edition: str | None = None
    licence: str | None = None
    attribution: str | None = None


class _StatementFields(NamedTuple):
    text: str
    citations: tuple[str, ...]
    concept: str


class Statement(_StatementFields):
    """One sentence or two of an answer. It cannot be built without a citation.

    Parameters
    ----------
    text
        The words shown, plain text.
    citations
        Source keys, at least one.
    concept
        Id of the concept whose page says it.

    Raises
    ------
    ValueError
        If there is no text or no citation.
    """

    __slots__ = ()

    def __new__(cls, text: str, citations: tuple[str, ...], concept: str) -> "Statement":
        """Build a statement that has words and a citation."""
        if not text.strip() or not citations:
            raise ValueError(f"a statement needs words and a citation: {text!r}")
        return super().__new__(cls, text, citations, concept)


class Section(NamedTuple):
    """A titled run of statements. ``key`` may have a part: ``found.ct``."""

    key: str
    title: str
    statements: tuple[Statement, ...]


class Range(NamedTuple):
    """One row of a score: a named value, or numbers from ``low`` to ``high`` (inclusive)."""

    label: str
    meaning: str
    citations: tuple[str, ...]
    value: str | None = None
    also: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    unit: str | None = None


class Concept(NamedTuple):
    """A coded idea in a pack, without its statements.

    ``head``, ``pattern`` and ``site`` are the parts of a put-together name:
    "popcorn calcification of the lung" has head ``calcification``, pattern ``popcorn``
    and site ``lung``.
    """

    id: str
    name: str
    kind: str
    depth: str
    parents: tuple[str, ...]
    head: str | None
    pattern: str | None
    site: str | None
    scale: str | None
    codes: dict[str, tuple[str, ...]]
    see_also: tuple[str, ...]


class Page(NamedTuple):
    """A concept with all that its file says about it, in the order of the file."""

    concept: Concept
    sections: tuple[Section, ...]
    ranges: tuple[Range, ...]


class Problem(NamedTuple):
    """Something wrong in a pack: where, what kind, and what to do about it."""

    path: str
    line: int
    code: str
    message: str
