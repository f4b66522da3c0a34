"""What ``ask`` gives back."""

from typing import NamedTuple

from pellucid.values.concept import Section, Source
from pellucid.values.question import Number

ANSWER_VERSION = "1.0"

STATUSES = ("answered", "partial", "unknown", "declined", "emergency")


class Focus(NamedTuple):
    """A concept that the answer is about."""

    concept: str
    name: str
    kind: str
    site: str | None
    pattern: str | None
    codes: dict[str, tuple[str, ...]]


class Related(NamedTuple):
    """A concept to look at next."""

    concept: str
    name: str


class Notice(NamedTuple):
    """Fixed text of the program, not a medical statement: education, emergency, limits."""

    kind: str
    text: str


class Answer(NamedTuple):
    """A structured answer to one question; see schemas/answer.schema.json.

    ``sections`` come in the order in which they should be read; the first ``lead`` of them
    are what was asked. ``sources`` holds each source that a statement cites, by its key, in
    order of first use.
    """

    status: str
    question: str
    question_types: tuple[str, ...]
    focus: tuple[Focus, ...]
    lead: int
    sections: tuple[Section, ...]
    sources: dict[str, Source]
    numbers: tuple[Number, ...]
    related: tuple[Related, ...]
    notices: tuple[Notice, ...]
    suggestions: tuple[str, ...]
    reading_grade: float | None
    version: str = ANSWER_VERSION
