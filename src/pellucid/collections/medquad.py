"""MedQuAD: XML documents of question-answer pairs (Ben Abacha and Demner-Fushman 2019).

Two schemas: ``<Document>`` with ``<QAPair>``, and in four files of NINDS the older ``<doc>`` with
``<pair>``. The answers of three of its twelve sites are empty by their publishers' wish.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import basename, splitext
from typing import TYPE_CHECKING, NamedTuple

from pellucid.collections.intake import Intake, unique
from pellucid.collections.source import Source
from pellucid.collections.xml import get_text, parse
from pellucid.errors import CollectionError
from pellucid.values.passage import Passage

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


class _Schema(NamedTuple):
    source: str
    focus: str
    pair: str
    question: str
    answer: str


_SCHEMAS = {
    "Document": _Schema("source", "Focus", "QAPair", "Question", "Answer"),
    "DiseaseFile": _Schema("source", "Focus", "QAPair", "Question", "Answer"),
    "doc": _Schema("corpus", "doctitle-focus", "pair", "question", "answer"),
}
_ITEM = re.compile(r"(?:^|\n\s*|\s{2,})-\s+|\s-\s{2,}")
_BREAK = re.compile(r"\s*\n\s*|\s{2,}")


def read(source: Source, intake: Intake) -> Iterator[Passage]:
    """The pairs that have an answer.

    Raises
    ------
    CollectionError
        If a document is damaged or is none of MedQuAD.
    """
    for file in source.find(".xml"):
        with intake.skipping():
            yield from list(_read_document(file.name, file.read(), intake))


def _read_document(name: str, data: bytes, intake: Intake) -> Iterator[Passage]:
    root = parse(data, name)
    schema = _SCHEMAS.get(root.tag)
    if schema is None:
        raise CollectionError(f"{name} is no MedQuAD document: its root is <{root.tag}>")
    site = root.get(schema.source, "")
    publisher = intake.terms["publishers"].get(site, site or intake.terms["publisher"])
    focus = next((t for e in root.iter(schema.focus) if (t := get_text(e))), "")
    synonyms = unique(*(get_text(element) for element in root.iter("Synonym")))
    codes = unique(*(get_text(e) for tag in ("CUI", "cui") for e in root.iter(tag)))
    # Documents share ids where the collection split a page: the names of files are unique.
    stem = splitext(basename(name))[0]
    for pair in root.iter(schema.pair):
        intake.read += 1
        answer = tidy_answer(_get_raw(pair.find(schema.answer)))
        if not answer:
            intake.left_out["no answer"] += 1
            continue
        question = pair.find(schema.question)
        yield intake.make_passage(
            id=f"{site}/{stem}-{pair.get('pid', '')}",
            focus=focus,
            synonyms=tuple(s for s in synonyms if s.casefold() != focus.casefold()),
            question_type=(question is not None and question.get("qtype")) or None,
            question=re.sub(r"\s*\?[\s?]*$", "?", get_text(question)),
            answer=answer,
            title=focus or intake.terms["title"],
            url=root.get("url", ""),
            publisher=publisher,
            codes={"umls": codes} if codes else {},
        )


def _get_raw(element: Element | None) -> str:
    return "" if element is None else "".join(element.itertext())


def tidy_answer(text: str) -> str:
    r"""Paragraphs and items of an answer, which the collection parts by runs of white space.

    >>> tidy_answer("Signs are:    - pain   - fever  They come late.")
    'Signs are:\n- pain\n- fever\n\nThey come late.'
    """
    blocks: list[str] = []
    for piece in _BREAK.split(_ITEM.sub("\n\x00", text.strip())):
        item = piece.startswith("\x00")
        clean = " ".join(piece.strip("\x00 ").split())
        if not clean:
            continue
        if blocks and clean[0].islower() and not item:
            blocks[-1] += f" {clean}"  # a line that was broken inside a sentence
        else:
            blocks.append(f"- {clean}" if item else f"\n{clean}")
    return "\n".join(blocks).strip()
