"""A reading as its template shows it: findings by status, the report's own text marked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from pellucid import Finding, Notice, Reading, Source
from pellucid.web.pages.answers import cite, number_sources, split_notices

#: How each status is called and signed, in the order shown; colour is never the only sign.
STATUSES = {
    "present": ("Found", "●"),
    "possible": ("Possible, not certain", "◐"),
    "absent": ("Looked for and not found", "○"),
    "conditional": ("Named, but not as found", "◇"),
    "historical": ("From the past", "◁"),
    "other": ("In someone else", "△"),
}
# How far from a finding its cue may stand, in characters.
_REACH = 80
_MAX_QUOTE = 160
# Of these HTML has none, and half a surrogate pair cannot be sent; a file may hold any.
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)


class Fact(NamedTuple):
    """A finding as shown once: what it is, the report's words for it, what it means."""

    number: int
    name: str
    details: tuple[str, ...]
    quote: str
    explanation: tuple[tuple[str, tuple[int, ...]], ...]
    concept: str


class Group(NamedTuple):
    """The facts of one status."""

    key: str
    title: str
    sign: str
    facts: tuple[Fact, ...]


class Span(NamedTuple):
    """A run of the report's text; one with a ``number`` belongs to the fact of that number.

    ``first`` marks the first run of a fact.
    """

    text: str
    key: str = ""
    title: str = ""
    sign: str = ""
    number: int = 0
    first: bool = False


class WordView(NamedTuple):
    """A hard word of the report, explained."""

    text: str
    concept: str
    explanation: tuple[tuple[str, tuple[int, ...]], ...]


class ReadingView(NamedTuple):
    """A reading in the order of the page; ``marked`` has the numbers that stand in the text."""

    summary: str
    groups: tuple[Group, ...]
    spans: tuple[Span, ...]
    marked: frozenset[int]
    recommendations: tuple[str, ...]
    contradictions: tuple[str, ...]
    words: tuple[WordView, ...]
    sources: tuple[Source, ...]
    urgent: tuple[Notice, ...]
    notices: tuple[Notice, ...]
    education: tuple[Notice, ...]
    skipped: tuple[str, ...]
    text: str


def view_reading(reading: Reading) -> ReadingView:
    """Arrange a reading for a page."""
    text = clean_text(reading.report.text)
    cited = number_sources(reading.sources)
    facts: dict[str, list[Fact]] = {key: [] for key in STATUSES}
    numbers: list[int] = []
    for finding in reading.findings:
        group = facts[get_status(finding)]
        details = get_details(finding)
        # The same said again, or less of it, is one fact.
        number = next(
            (
                f.number
                for f in group
                if f.concept == finding.concept and set(details) <= set(f.details)
            ),
            0,
        )
        if not number:
            number = sum(map(len, facts.values())) + 1
            # Of what is not there, its meaning is enough.
            said = finding.explanation[: 1 if get_status(finding) == "absent" else None]
            explanation = tuple(cite(s, cited) for s in said)
            quote = quote_finding(text, finding)
            group.append(Fact(number, finding.name, details, quote, explanation, finding.concept))
        numbers.append(number)
    spans = tuple(mark_text(text, reading.findings, numbers))
    return ReadingView(
        reading.summary,
        tuple(Group(key, *STATUSES[key], tuple(found)) for key, found in facts.items() if found),
        spans,
        frozenset(span.number for span in spans),
        tuple(text[r.start : r.end] for r in reading.recommendations),
        tuple(dict.fromkeys(c.name for c in reading.contradictions)),
        tuple(
            WordView(
                text[w.start : w.end], w.concept, tuple(cite(s, cited) for s in w.explanation[:1])
            )
            for w in reading.words
        ),
        tuple(reading.sources.values()),
        *split_notices(reading.notices),
        tuple(n for n in reading.notices if n.kind == "education"),
        tuple(clean_text(note) for note in reading.report.skipped),
        text,
    )


def clean_text(text: str) -> str:
    """A text of the same length, each character that no page can show replaced by a sign."""
    return _CONTROL.sub("\ufffd", text)


def get_status(finding: Finding) -> str:
    """The status that a finding is shown under."""
    assertion = finding.assertion
    if assertion.experiencer == "other":
        return "other"
    if assertion.status != "absent" and assertion.temporality == "historical":
        return "historical"
    return assertion.status


def get_details(finding: Finding) -> tuple[str, ...]:
    """The report's own facts on a finding: side, sizes, change, category."""
    sizes = [" × ".join(f"{d:g}" for d in m.dims) + " mm" for m in finding.measurements]
    category = f"category {finding.category}" if finding.category else None
    shown = (finding.laterality, *sizes, finding.change, category)
    return tuple(detail for detail in shown if detail)


def quote_finding(text: str, finding: Finding) -> str:
    """The report's words for a finding, from or to the words that decide its status.

    "no suspicious nodules" is not "nodules": a denial is quoted with all that it denies.
    """
    start, end = finding.start, finding.end
    if cue := finding.assertion.cue:
        words = re.compile(r"\s+".join(map(re.escape, cue.split())), re.IGNORECASE)
        before = [m.start() for m in words.finditer(text, max(0, start - _REACH), start)]
        after = words.search(text, end, min(len(text), end + _REACH))
        if before and not re.search(r"[.;:]\s", text[before[-1] : start]):
            start = before[-1]
        elif after and not re.search(r"[.;:]\s", text[end : after.start()]):
            end = after.end()
    quote = " ".join(text[start:end].split())
    return quote if len(quote) <= _MAX_QUOTE else quote[: _MAX_QUOTE - 1] + "…"


def mark_text(text: str, findings: Sequence[Finding], numbers: Sequence[int]) -> list[Span]:
    """The report's whole text in runs; where findings overlap, the first is marked."""
    spans: list[Span] = []
    marked: set[int] = set()
    last = 0
    for finding, number in sorted(
        zip(findings, numbers, strict=True), key=lambda pair: pair[0].start
    ):
        if finding.start < last:
            continue
        if finding.start > last:
            spans.append(Span(text[last : finding.start]))
        key = get_status(finding)
        words = text[finding.start : finding.end]
        spans.append(Span(words, key, *STATUSES[key], number, number not in marked))
        marked.add(number)
        last = finding.end
    if last < len(text):
        spans.append(Span(text[last:]))
    return spans
