"""Puts an answer together: what was asked first and in full, the rest shorter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pellucid.values.answer import Answer, Focus, Notice, Related
from pellucid.values.concept import Page, Section, Source, Statement
from pellucid.values.question import Mention, Question
from pellucid.values.resolution import Resolution, Row, Target

#: Sections that answer each question type, in order.
LEADS = {
    "meaning": ("meaning",),
    "serious": ("serious", "meaning"),
    "causes": ("causes",),
    "symptoms": ("symptoms",),
    "found": ("found",),
    "next": ("next", "care"),
    "resolve": ("resolve", "next"),
    "treatment": ("treatment", "next"),
    "types": ("types",),
    "difference": ("meaning", "types"),
    "care": ("care", "serious"),
    "questions": ("questions",),
}
#: What is said anyway when the asked section has nothing.
_FALLBACK_LEAD = ("meaning", "serious")
#: Statements of a section that was not asked about.
_SHORT = 2
_NUMBER_SECTION = ("number", "What the number means")


def compose_answer(
    question: Question,
    resolution: Resolution,
    sources: Mapping[str, Source],
    related: Sequence[Related],
    suggestions: Sequence[str],
    notices: Sequence[Notice],
    status: str,
) -> Answer:
    """Compose an answer from what was resolved.

    ``sources`` must hold each source that the pages cite; those that the answer uses are kept.
    """
    types = question.types
    if resolution.rows and "number" not in types:
        types = ("number", *types)
    lead, rest = [], []
    if resolution.rows:
        lead += _compose_rows(resolution.rows)
    lead_keys = list(dict.fromkeys(key for kind in types for key in LEADS.get(kind, ())))
    for target in resolution.targets:
        first, other = _compose_target(
            target, lead_keys, len(resolution.targets) > 1 or len(target.pages) > 1
        )
        lead += first
        rest += other
    sections = tuple(s for s in (*lead, *rest) if s.statements)
    used = dict.fromkeys(
        key for section in sections for s in section.statements for key in s.citations
    )
    return Answer(
        status=status,
        question=question.text,
        question_types=types,
        focus=tuple(_describe_focus(t.pages[0]) for t in resolution.targets),
        lead=len([s for s in lead if s.statements]),
        sections=sections,
        sources={key: sources[key] for key in used},
        numbers=question.numbers,
        related=tuple(related),
        notices=tuple(notices),
        suggestions=tuple(suggestions),
        reading_grade=None,
    )


def compose_page(
    page: Page, sources: Mapping[str, Source], related: Sequence[Related], notices: Sequence[Notice]
) -> Answer:
    """Compose the whole page of one concept, in the order of the page."""
    rows = [
        Statement(f"{row.label}: {row.meaning}", row.citations, page.concept.id)
        for row in page.ranges
    ]
    sections = [_name_section(section, page, False) for section in page.sections]
    if rows:
        sections.insert(1, Section("ranges", "The scale", tuple(rows)))
    used = dict.fromkeys(
        key for section in sections for s in section.statements for key in s.citations
    )
    return Answer(
        status="answered",
        question=page.concept.name,
        question_types=("meaning",),
        focus=(_describe_focus(page),),
        lead=len(sections),
        sections=tuple(sections),
        sources={key: sources[key] for key in used},
        numbers=(),
        related=tuple(related),
        notices=tuple(notices),
        suggestions=(),
        reading_grade=None,
    )


def _describe_focus(page: Page) -> Focus:
    concept = page.concept
    return Focus(
        concept.id, concept.name, concept.kind, concept.site, concept.pattern, concept.codes
    )


def _compose_rows(rows: Iterable[Row]) -> list[Section]:
    key, title = _NUMBER_SECTION
    return [
        Section(
            key,
            f"{title}: {row.page.concept.name} {row.number.text}",
            (
                Statement(
                    f"{row.range.label}: {row.range.meaning}",
                    row.range.citations,
                    row.page.concept.id,
                ),
            ),
        )
        for row in rows
        if row.range
    ]


def _compose_target(
    target: Target, lead_keys: Sequence[str], titled: bool
) -> tuple[list[Section], list[Section]]:
    """Sections of one thing asked: those asked for, whole; then the others, short.

    When it had to fall back on several pages, the second adds its meaning and the asked sections.
    """
    lead: list[Section] = []
    rest: list[Section] = []
    for place, page in enumerate(target.pages):
        keys = [k for k in lead_keys if _has(page, k)] or [
            k for k in _FALLBACK_LEAD if _has(page, k)
        ]
        for key in keys:
            lead += [
                _name_section(s, page, titled)
                for s in page.sections
                if s.key.partition(".")[0] == key
            ]
        if place == 0:
            rest += [
                _name_section(s._replace(statements=s.statements[:_SHORT]), page, titled)
                for s in page.sections
                if s.key.partition(".")[0] not in keys
            ]
    return lead, rest


def _has(page: Page, key: str) -> bool:
    return any(s.key.partition(".")[0] == key for s in page.sections)


def _name_section(section: Section, page: Page, titled: bool) -> Section:
    title = (
        f"How it is found: {section.title}" if section.key.startswith("found.") else section.title
    )
    return section._replace(title=f"{page.concept.name}: {title}" if titled else title)


def collect_citations(resolution: Resolution) -> list[str]:
    """Every source key that the pages and rows of a resolution cite, in order."""
    keys: dict[str, None] = {}
    for target in resolution.targets:
        for page in target.pages:
            keys.update(
                dict.fromkeys(k for s in page.sections for st in s.statements for k in st.citations)
            )
    for row in resolution.rows:
        if row.range:
            keys.update(dict.fromkeys(row.range.citations))
    return list(keys)


def collect_page_citations(page: Page) -> list[str]:
    """Every source key that one page cites, in order."""
    keys = dict.fromkeys(k for s in page.sections for st in s.statements for k in st.citations)
    keys.update(dict.fromkeys(k for row in page.ranges for k in row.citations))
    return list(keys)


def get_assertion_notice(mention: Mention) -> str | None:
    """Name of the notice that a mention's assertion calls for, or None."""
    assertion = mention.assertion
    if assertion.experiencer == "other":
        return "other"
    if assertion.status != "present":
        return assertion.status
    return "historical" if assertion.temporality == "historical" else None
