"""An answer as its templates show it: headings, numbered citations, notices by weight."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.utils.safestring import SafeString, mark_safe

from pellucid import Answer, Notice, Source
from pellucid.app.render import outline_answer

_CODE_SYSTEMS = {
    "icd10cm": "ICD-10-CM",
    "mesh": "MeSH",
    "radlex": "RadLex",
    "hpo": "HPO",
    "oifm": "OIFM",
}
# What would end a <script> block, or begin another, inside a text.
_ESCAPES = {ord(c): f"\\u{ord(c):04X}" for c in "<>&\u2028\u2029"}


class Entry(NamedTuple):
    """A statement; ``label`` is the scan or test that it is about; ``numbers`` are its sources'."""

    label: str
    text: str
    numbers: tuple[int, ...]


class Heading(NamedTuple):
    """A heading with its statements: sections such as ``found`` and ``found.ct`` are one."""

    key: str
    title: str
    entries: tuple[Entry, ...]


class AnswerView(NamedTuple):
    """An answer in the order of the page: urgent notices, others, what was asked, more, sources."""

    status: str
    names: str
    urgent: tuple[Notice, ...]
    notices: tuple[Notice, ...]
    lead: tuple[Heading, ...]
    more: tuple[Heading, ...]
    sources: tuple[Source, ...]
    education: tuple[Notice, ...]
    answer: Answer


def view_answer(answer: Answer) -> AnswerView:
    """Arrange an answer for a page."""
    numbers = {key: number for number, key in enumerate(answer.sources, 1)}
    headings = []
    for key, title, lead, entries in outline_answer(answer):
        shown = tuple(
            Entry(label, statement.text, tuple(numbers[k] for k in statement.citations))
            for label, statement in entries
        )
        headings.append((lead, Heading(key, title, shown)))
    return AnswerView(
        answer.status,
        ", ".join(f.name for f in answer.focus),
        tuple(n for n in answer.notices if n.kind == "emergency"),
        tuple(n for n in answer.notices if n.kind not in ("emergency", "education")),
        tuple(h for lead, h in headings if lead),
        tuple(h for lead, h in headings if not lead),
        tuple(answer.sources.values()),
        tuple(n for n in answer.notices if n.kind == "education"),
        answer,
    )


def describe_page(
    answer: Answer, names: Iterable[str], address: str, site_name: str
) -> dict[str, Any]:
    """A concept's page in the words of schema.org."""
    focus = answer.focus[0]
    return {
        "@context": "https://schema.org",
        "@type": "MedicalWebPage",
        "name": focus.name,
        "url": address,
        "description": get_description(answer),
        "inLanguage": "en",
        "isAccessibleForFree": True,
        "audience": {"@type": "MedicalAudience", "audienceType": "Patient"},
        "publisher": {"@type": "Organization", "name": site_name},
        "about": {
            "@type": "MedicalEntity",
            "name": focus.name,
            "alternateName": list(names),
            "code": [
                {"@type": "MedicalCode", "codeValue": code, "codingSystem": name}
                for system, name in _CODE_SYSTEMS.items()
                for code in focus.codes.get(system, ())
            ],
        },
        "citation": [
            {"@type": "CreativeWork", "name": source.title, "url": source.url}
            for source in answer.sources.values()
        ],
    }


def get_description(answer: Answer) -> str:
    """The first statement of an answer, for lists of results."""
    return next((s.text for section in answer.sections for s in section.statements), "")


def write_data_block(data: Mapping[str, Any]) -> SafeString:
    """JSON for a ``<script type="application/ld+json">``: no text in it can end the block.

    A browser never runs a data block, so the content security policy, which allows no inline
    script, has nothing to say about it and no nonce is needed.
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return mark_safe(text.translate(_ESCAPES))
