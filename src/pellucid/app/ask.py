"""The walk of a question: understand, resolve, compose, verify."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pellucid.explain.compose import (
    collect_citations,
    collect_page_citations,
    compose_answer,
    compose_page,
)
from pellucid.explain.notices import compose_notices, get_status
from pellucid.explain.verify import verify_citations
from pellucid.knowledge.library import Library
from pellucid.knowledge.resolve import find_narrower, resolve
from pellucid.language.lexicon import Lexicon
from pellucid.language.question import QuestionReader
from pellucid.language.spelling import split_roots
from pellucid.values.answer import Answer, Notice, Related
from pellucid.values.resolution import Resolution

_MAX_RELATED = 6


def answer_question(
    text: str, reader: QuestionReader, library: Library, lexicon: Lexicon, texts: Mapping[str, str]
) -> Answer:
    """Answer one cleaned question."""
    question = reader.understand(text)
    resolution = resolve(question, library)
    pages = [page for target in resolution.targets for page in target.pages]
    question = question._replace(
        unknown=tuple([w for w in question.unknown if not library.speaks_of(pages, w)])
    )
    status = get_status(question, resolution)
    suggestions: list[str] = []
    if status == "declined":
        suggestions = [
            page.concept.name for target in resolution.targets for page in target.pages[:1]
        ]
        resolution = Resolution((), ())
    elif status == "unknown" and question.unknown:
        suggestions = library.find_nearest_names(" ".join(question.unknown[:4]))
    elif status == "partial" and resolution.targets and resolution.targets[0].missing:
        narrower = find_narrower(resolution.targets[0], question, library)
        suggestions = [related.name for related in get_related(narrower, library)]
    notices = compose_notices(
        question, resolution, status, texts, lambda word: split_roots(word, lexicon.roots)
    )
    related = _collect_related(resolution, library)
    sources = library.get_sources(collect_citations(resolution))
    answer = compose_answer(question, resolution, sources, related, suggestions, notices, status)
    return verify_citations(_with_grade(answer, library))


def show_concept(concept_id: str, library: Library, texts: Mapping[str, str]) -> Answer:
    """The whole page of a concept as an answer."""
    page = library.get_page(concept_id)
    sources = library.get_sources(collect_page_citations(page))
    related = get_related(
        [*page.concept.see_also, *page.concept.parents, *library.find_children(concept_id)], library
    )
    answer = compose_page(page, sources, related, [Notice("education", texts["education"])])
    return verify_citations(_with_grade(answer, library))


def get_related(ids: Iterable[str], library: Library, limit: int = _MAX_RELATED) -> list[Related]:
    """Name the concepts that exist among ids, each once."""
    found = [library.find_concept(i) for i in dict.fromkeys(ids)]
    return [Related(c.id, c.name) for c in found if c][:limit]


def _collect_related(resolution: Resolution, library: Library) -> list[Related]:
    shown = {page.concept.id for target in resolution.targets for page in target.pages}
    ids = []
    for target in resolution.targets:
        concept = target.pages[0].concept
        ids += [*concept.see_also, *concept.parents, *library.find_children(concept.id)]
    return get_related([i for i in ids if i not in shown], library)


def _with_grade(answer: Answer, library: Library) -> Answer:
    statements = [s for section in answer.sections for s in section.statements]
    return answer._replace(reading_grade=library.get_reading_grade(statements))
