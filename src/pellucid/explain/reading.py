"""Findings of a report -> a reading: each explained, with sources, words and contradictions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache

from pellucid.values.answer import Notice
from pellucid.values.concept import Page, Source, Statement
from pellucid.values.mention import ReportMentions
from pellucid.values.report import Contradiction, Finding, Reading, Report, Word

_WORD_KINDS = (
    "descriptor",
    "phrase",
    "modality",
    "procedure",
    "substance",
    "score",
    "site",
    "normal",
)
#: Words that may stand before a thing that is denied as such.
_PLAIN = ("and", "or", "nor", "the", "any", "a", "an", "left", "right", "bilateral")
_LONGEST_WORD = 60
#: Statements that explain a finding, and a word.
_FINDING_STATEMENTS = 2
_WORD_STATEMENTS = 1
_CARE_STATEMENTS = 2
_THERE = ("present", "possible")
_SETTLED = ("stable", "smaller", "resolved")


def compose_reading(
    report: Report,
    read: ReportMentions,
    findings: Sequence[Finding],
    get_page: Callable[[str], Page],
    get_sources: Callable[[Iterable[str]], dict[str, Source]],
    texts: Mapping[str, str],
    urgent: frozenset[str],
) -> Reading:
    """Compose a reading; what stands in the indication or the history is no finding of it."""
    get_page = cache(get_page)

    def take(concept: str, key: str, count: int) -> tuple[Statement, ...]:
        """The first statements of a section."""
        sections = get_page(concept).sections
        return next((s.statements[:count] for s in sections if s.key == key), ())

    def explain(finding: Finding) -> tuple[Statement, ...]:
        """The meaning; of what is or may be there, when to get care: nobody should have to look for it."""
        meaning = take(finding.concept, "meaning", _FINDING_STATEMENTS)
        if finding.assertion.status not in _THERE:
            return meaning
        return meaning + take(finding.concept, "care", _CARE_STATEMENTS)

    found = tuple(
        [
            finding._replace(explanation=explain(finding))
            for finding in findings
            if finding.section not in read.background
        ]
    )
    spans = {(f.start, f.end) for f in findings}
    words = tuple(
        Word(
            concept,
            get_page(concept).concept.name,
            start,
            end,
            report.text[start:end],
            take(concept, "meaning", _WORD_STATEMENTS),
        )
        for concept, (start, end) in _find_words(report.text, read).items()
        if (start, end) not in spans
    )
    explanations = [f.explanation for f in found] + [w.explanation for w in words]
    cited = [k for statements in explanations for s in statements for k in s.citations]
    return Reading(
        report=report,
        sections=read.sections,
        findings=found,
        words=words,
        recommendations=read.recommendations,
        contradictions=tuple(_find_contradictions(report.text, found)),
        sources=get_sources(dict.fromkeys(cited)),
        notices=tuple(_compose_notices(found, texts, urgent)),
        summary=_summarise(found, len(read.recommendations)),
    )


def _compose_notices(
    findings: Sequence[Finding], texts: Mapping[str, str], urgent: frozenset[str]
) -> list[Notice]:
    """What can need care at once comes first, if it is there or may be, now, and did not stay the same."""
    names = dict.fromkeys(
        f.name
        for f in findings
        if f.concept in urgent
        and f.assertion.status in _THERE
        and f.assertion.temporality == "current"
        and f.assertion.experiencer == "patient"
        and f.change not in _SETTLED
    )
    notices = [Notice("education", texts["education"])]
    if names:
        named = ", ".join(_lower_first(name) for name in names)
        notices.insert(0, Notice("emergency", texts["urgent"].format(names=named)))
    return notices


def _summarise(findings: Sequence[Finding], recommended: int) -> str:
    """The report in short. What is certain and of the patient, then what is possible, then the rest by number."""
    mine = [f for f in findings if f.assertion.experiencer == "patient"]
    by_status = {
        status: list(
            dict.fromkeys(_in_running_text(f) for f in mine if f.assertion.status == status)
        )
        for status in ("present", "possible", "absent")
    }
    present = by_status["present"]
    possible = [name for name in by_status["possible"] if name not in present]
    parts = []
    if present:
        parts.append(f"The report describes: {', '.join(present)}.")
    if possible:
        parts.append(f"Possible, but not certain: {', '.join(possible)}.")
    if count := len(by_status["absent"]):
        parts.append(f"{_count(count, 'thing was', 'things were')} looked for and not found.")
    if recommended:
        parts.append(f"It makes {_count(recommended, 'recommendation', 'recommendations')}.")
    return " ".join(parts)


def _in_running_text(finding: Finding) -> str:
    name = finding.name
    if finding.kind == "score":
        return f"{name} category {finding.category}"
    name = _lower_first(name)
    side = f" on the {finding.laterality}" if finding.laterality in ("left", "right") else ""
    past = " (in the past)" if finding.assertion.temporality == "historical" else ""
    return name + side + past


def _lower_first(name: str) -> str:
    return name[0].lower() + name[1:] if name[1:2].islower() else name


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _find_words(text: str, read: ReportMentions) -> dict[str, tuple[int, int]]:
    """Where each concept that is a word, or a body part in a heading, stands first."""
    places = [
        (start + item.mention.start, start + item.mention.end, item.mention.concept)
        for start, _, mentions in read.sentences
        for item in mentions
        if item.mention.kind in _WORD_KINDS
    ]
    for section in read.sections:
        if section.organ:
            start = text.rfind(section.title, 0, section.start)
            places.append((start, start + len(section.title), section.organ))
    first: dict[str, tuple[int, int]] = {}
    for start, end, concept in sorted(places):
        first.setdefault(concept, (start, end))
    return first


def _is_plain(text: str, absent: Finding) -> bool:
    """Whether a denial is of the thing itself, not of a kind of it: "no suspicious calcification"."""
    before = text[max(0, absent.start - _LONGEST_WORD) : absent.start].split()[-1:]
    return not before or before[0].lower().strip(":,") in (
        *_PLAIN,
        *(absent.assertion.cue or "").split()[-1:],
    )


def _find_contradictions(text: str, findings: Sequence[Finding]) -> list[Contradiction]:
    """Concepts that one section calls present and another absent, with the same side."""
    absent_of: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.assertion.status == "absent" and _is_plain(text, finding):
            absent_of[finding.concept].append(finding)
    pairs = [
        Contradiction(
            present.concept,
            present.name,
            (present.start, present.end),
            (absent.start, absent.end),
        )
        for present in findings
        if present.assertion.status == "present" and present.change != "resolved"
        for absent in absent_of[present.concept]
        if present.section != absent.section
        and (present.laterality is None or absent.laterality in (None, present.laterality))
    ]
    return list(dict.fromkeys(pairs))
