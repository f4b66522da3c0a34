"""Findings of a report -> a reading: each explained, with sources, words and contradictions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from pellucid.values.answer import Notice
from pellucid.values.concept import Page, Source, Statement
from pellucid.values.mention import ReportMentions
from pellucid.values.question import Mention
from pellucid.values.report import Contradiction, Finding, Reading, Report, Word

_BACKGROUND = ("indication", "technique", "comparison", "other")
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
#: Statements that explain a finding, and a word.
_FINDING_STATEMENTS = 2
_WORD_STATEMENTS = 1


def compose_reading(
    report: Report,
    read: ReportMentions,
    findings: Sequence[Finding],
    get_page: Callable[[str], Page],
    get_sources: Callable[[Iterable[str]], dict[str, Source]],
    texts: Mapping[str, str],
) -> Reading:
    """Compose a reading; what stands in the indication or the history is no finding of it."""
    explained: dict[str, tuple[Statement, ...]] = {}

    def explain(concept: str, count: int) -> tuple[Statement, ...]:
        if concept not in explained:
            page = get_page(concept)
            meaning = next((s.statements for s in page.sections if s.key == "meaning"), ())
            explained[concept] = meaning
        return explained[concept][:count]

    found = tuple(
        [
            finding._replace(explanation=explain(finding.concept, _FINDING_STATEMENTS))
            for finding in findings
            if finding.section not in _BACKGROUND
        ]
    )
    spans = {(f.start, f.end) for f in findings}
    words = tuple(
        Word(
            m.concept,
            get_page(m.concept).concept.name,
            m.start,
            m.end,
            m.text,
            explain(m.concept, _WORD_STATEMENTS),
        )
        for m in _first_of_each([i.mention for i in read.mentions if i.mention.kind in _WORD_KINDS])
        if (m.start, m.end) not in spans
    )
    explanations = [f.explanation for f in found] + [w.explanation for w in words]
    cited = [k for statements in explanations for s in statements for k in s.citations]
    notices = [Notice("education", texts["education"])]
    return Reading(
        report=report,
        sections=read.sections,
        findings=found,
        words=words,
        recommendations=read.recommendations,
        contradictions=tuple(_find_contradictions(report.text, found)),
        sources=get_sources(dict.fromkeys(cited)),
        notices=tuple(notices),
    )


def _first_of_each(mentions: Iterable[Mention]) -> list[Mention]:
    """The first mention of each concept."""
    first: dict[str, Mention] = {}
    for mention in mentions:
        first.setdefault(mention.concept, mention)
    return list(first.values())


def _is_plain(text: str, absent: Finding) -> bool:
    """Whether a denial is of the thing itself, not of a kind of it: "no suspicious calcification"."""
    before = text[: absent.start].split()[-1:]
    return not before or before[0].lower().strip(":,") in (
        *_PLAIN,
        *(absent.assertion.cue or "").split()[-1:],
    )


def _find_contradictions(text: str, findings: Sequence[Finding]) -> list[Contradiction]:
    """Concepts that one section calls present and another absent, with the same side."""
    found = []
    for present in findings:
        for absent in findings:
            if (
                present.concept == absent.concept
                and present.assertion.status == "present"
                and absent.assertion.status == "absent"
                and present.section != absent.section
                and (present.laterality is None or absent.laterality in (None, present.laterality))
                and present.change != "resolved"
                and _is_plain(text, absent)
            ):
                found.append(
                    Contradiction(
                        present.concept,
                        present.name,
                        (present.start, present.end),
                        (absent.start, absent.end),
                    )
                )
    unique = {(c.concept, c.present, c.absent): c for c in found}
    return list(unique.values())
