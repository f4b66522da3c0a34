"""The order in which each form shows a reading: facts by status, each once, and the text marked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pellucid.explain.outline import number_sources
from pellucid.values.answer import Notice
from pellucid.values.concept import Source, Statement
from pellucid.values.report import Finding, Reading

#: How each status is called and signed, in the order shown; colour is never the only sign.
STATUSES = {
    "present": ("Found", "●"),
    "possible": ("Possible, not certain", "◐"),
    "absent": ("Looked for and not found", "○"),
    "conditional": ("Named, but not as found", "◇"),
    "historical": ("From the past", "◁"),
    "other": ("In someone else", "△"),
}
#: A terminal obeys control characters, HTML has none, half a surrogate pair cannot be sent; a report may hold any.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0d-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# How far from a finding its cue may stand, and how much of a quotation is shown at each end.
_REACH = 300
_SHOWN = 80
# Where one sentence or point of a list is over.
_STOP = re.compile(r"[.;]\s|\n\s*[\n*•-]")


class Cited(NamedTuple):
    """A statement's words and the numbers of its sources."""

    text: str
    numbers: tuple[int, ...]


class Fact(NamedTuple):
    """What a report says of a concept, shown once: its details, the report's words, what it means."""

    number: int
    concept: str
    name: str
    details: tuple[str, ...]
    quote: str
    explanation: tuple[Cited, ...]

    @property
    def title(self) -> str:
        """The name with the details."""
        return _write_title(self.name, self.details)


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


class HardWord(NamedTuple):
    """A hard word of the report, explained; ``concept`` is empty where an installed pack explains it."""

    text: str
    concept: str
    explanation: Cited


class Arrangement(NamedTuple):
    """A reading in the order shown; ``marked`` has the numbers of facts that stand in the text.

    Nothing in it has a character that cannot be shown; ``sources`` are numbered from 1.
    """

    summary: str
    groups: tuple[Group, ...]
    spans: tuple[Span, ...]
    marked: frozenset[int]
    recommendations: tuple[str, ...]
    contradictions: tuple[str, ...]
    words: tuple[HardWord, ...]
    sources: tuple[Source, ...]
    urgent: tuple[Notice, ...]
    notices: tuple[Notice, ...]
    education: tuple[Notice, ...]
    skipped: tuple[str, ...]
    text: str


def arrange_reading(reading: Reading) -> Arrangement:
    """Arrange a reading; what is said again, or less of it, is one fact."""
    text = clean_text(reading.report.text)
    cited = number_sources(reading)
    facts: dict[str, list[Fact]] = {key: [] for key in STATUSES}
    numbers: list[int] = []
    for finding in reading.findings:
        group = facts[get_status(finding)]
        details = _list_details(finding)
        alike = (f for f in group if f.concept == finding.concept)
        fact = next((f for f in alike if set(details) <= set(f.details)), None)
        if fact is None:
            number = sum(map(len, facts.values())) + 1
            quote = quote_finding(text, finding)
            said = _cite(finding.explanation, cited)
            fact = Fact(number, finding.concept, finding.name, details, quote, said)
            group.append(fact)
        numbers.append(fact.number)
    spans = mark_text(text, reading.findings, numbers)
    return Arrangement(
        reading.summary,
        tuple(Group(key, *STATUSES[key], tuple(found)) for key, found in facts.items() if found),
        tuple(spans),
        frozenset(span.number for span in spans),
        tuple(_join(r.text) for r in reading.recommendations),
        tuple(dict.fromkeys(c.name for c in reading.contradictions)),
        tuple(
            HardWord(_join(word.text), "" if ":" in word.concept else word.concept, said)
            for word in reading.words
            for said in _cite(word.explanation[:1], cited)
        ),
        tuple(reading.sources.values()),
        tuple(n for n in reading.notices if n.kind == "emergency"),
        tuple(n for n in reading.notices if n.kind not in ("emergency", "education")),
        tuple(n for n in reading.notices if n.kind == "education"),
        tuple(_join(note) for note in reading.report.skipped),
        text,
    )


def get_status(finding: Finding) -> str:
    """The status that a finding is shown under."""
    assertion = finding.assertion
    if assertion.experiencer == "other":
        return "other"
    if assertion.status != "absent" and assertion.temporality == "historical":
        return "historical"
    return assertion.status


def describe_finding(finding: Finding) -> str:
    """A finding in one line: its name, and the report's own facts (side, sizes, change, category)."""
    return _write_title(finding.name, _list_details(finding))


def quote_finding(text: str, finding: Finding) -> str:
    """The report's words for a finding, from or to the words that decide its status.

    "No suspicious nodules" is not "nodules": a denial is quoted with all that it denies. Of a long
    quotation the middle is left out, never an end.
    """
    start, end = finding.start, finding.end
    if cue := finding.assertion.cue:
        # A cue is kept in the singular and without signs: "s p" is "s/p", "isnt any" is "isn't any".
        words = r"s?[^\w.;]+".join("['’]?".join(map(re.escape, word)) for word in cue.split())
        found = re.compile(rf"(?<!\w){words}s?(?!\w)", re.IGNORECASE).finditer(
            text, max(0, start - _REACH), end + _REACH
        )
        spans = [(min(m.start(), start), max(m.end(), end)) for m in found]
        # The nearest in the sentence, one in the same line first.
        start, end = min(
            (span for span in spans if not _STOP.search(text[slice(*span)])),
            key=lambda span: ("\n" in text[slice(*span)], span[1] - span[0]),
            default=(start, end),
        )
    quote = " ".join(text[start:end].split())
    if len(quote) > 2 * _SHOWN:
        quote = f"{quote[:_SHOWN].rpartition(' ')[0]} … {quote[-_SHOWN:].partition(' ')[2]}"
    return quote


def mark_text(text: str, findings: Sequence[Finding], numbers: Sequence[int]) -> list[Span]:
    """The report's whole text in runs; where findings overlap, the first is marked."""
    spans: list[Span] = []
    marked: set[int] = set()
    last = 0
    pairs = zip(findings, numbers, strict=True)
    for finding, number in sorted(pairs, key=lambda pair: pair[0].start):
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


def clean_text(text: str) -> str:
    """A text of the same length, each character that cannot be shown replaced by a sign."""
    return CONTROL.sub("\ufffd", text)


def _list_details(finding: Finding) -> tuple[str, ...]:
    sizes = [" × ".join(f"{d:g}" for d in m.dims) + " mm" for m in finding.measurements]
    category = f"category {_join(finding.category)}" if finding.category else None
    shown = (finding.laterality, *sizes, finding.change, category)
    return tuple(detail for detail in shown if detail)


def _write_title(name: str, details: Sequence[str]) -> str:
    return f"{name} ({', '.join(details)})" if details else name


def _cite(statements: Iterable[Statement], numbers: Mapping[str, int]) -> tuple[Cited, ...]:
    return tuple(Cited(s.text, tuple(numbers[key] for key in s.citations)) for s in statements)


def _join(text: str) -> str:
    """Words of the report in one line."""
    return clean_text(" ".join(text.split()))
