"""A report as read, and what was understood of it."""

from typing import NamedTuple

from pellucid.values.answer import Notice
from pellucid.values.concept import Source, Statement
from pellucid.values.question import Assertion

READING_VERSION = "1.0"


class Report(NamedTuple):
    """The text of a report, out of whatever it came in.

    ``text`` has line feeds only; every offset of a :class:`Reading` points into it.
    ``skipped`` says in one line each what of the file could not be used.
    """

    text: str
    format: str
    modality: str | None = None
    body_part: str | None = None
    skipped: tuple[str, ...] = ()


class ReportSection(NamedTuple):
    """A part of the report's text, half-open; ``start`` is behind the heading.

    key: indication, technique, comparison, history, findings, impression, recommendation, other;
    ``organ`` is the site that a heading such as "LUNGS:" names, ``side`` the side that it names.
    """

    key: str
    title: str
    start: int
    end: int
    organ: str | None = None
    side: str | None = None


class Measurement(NamedTuple):
    """A size. ``dims`` are the lengths in mm as written, the largest is ``value_mm``."""

    value_mm: float
    dims: tuple[float, ...]
    text: str
    start: int
    end: int


class Finding(NamedTuple):
    """A concept that the report speaks of, and what it says of it.

    laterality: left, right, bilateral or None; change: new, stable, larger, smaller, resolved or
    None. ``start`` and ``end`` are half-open code points of the report's text.
    """

    concept: str
    name: str
    kind: str
    assertion: Assertion
    site: str | None
    laterality: str | None
    measurements: tuple[Measurement, ...]
    change: str | None
    category: str | None
    codes: dict[str, tuple[str, ...]]
    start: int
    end: int
    text: str
    section: str
    explanation: tuple[Statement, ...] = ()


class Word(NamedTuple):
    """A hard word of the report that is explained but is no finding."""

    concept: str
    name: str
    start: int
    end: int
    text: str
    explanation: tuple[Statement, ...] = ()


class Recommendation(NamedTuple):
    """What the report recommends, as stated: the sentence, what to do, and when."""

    text: str
    start: int
    end: int
    action: str | None
    interval: str | None


class Contradiction(NamedTuple):
    """A concept that one place of the report calls present and another absent."""

    concept: str
    name: str
    present: tuple[int, int]
    absent: tuple[int, int]


class Reading(NamedTuple):
    """Everything that was understood of a report; see schemas/reading.schema.json.

    ``summary`` is the report in short: names of findings by status, and nothing else.
    """

    report: Report
    sections: tuple[ReportSection, ...]
    findings: tuple[Finding, ...]
    words: tuple[Word, ...]
    recommendations: tuple[Recommendation, ...]
    contradictions: tuple[Contradiction, ...]
    sources: dict[str, Source]
    notices: tuple[Notice, ...]
    summary: str = ""
    version: str = READING_VERSION
