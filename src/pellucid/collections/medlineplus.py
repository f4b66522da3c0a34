"""MedlinePlus health topics: the XML that the National Library of Medicine publishes daily.

Format: https://medlineplus.gov/xmldescription.html. Only the library's own summaries are read; the
descriptions of other sites (``<site>``), which it quotes, are not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pellucid.collections.intake import Intake, unique
from pellucid.collections.markup import Block, parse_html, split_sections
from pellucid.collections.source import Source
from pellucid.collections.xml import get_text, walk
from pellucid.errors import CollectionError
from pellucid.values.passage import Passage

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_CREDIT = 120


def read(source: Source, intake: Intake) -> Iterator[Passage]:
    """A passage for each headed part of each English topic's summary.

    Raises
    ------
    CollectionError
        If the file is damaged or is not of this format.
    """
    for file in source.find(".xml"):
        with file.open() as opened:
            for topic in walk(opened, file.name, "health-topics", ("health-topic",)):
                intake.read += 1
                if topic.get("language", "English") != "English":
                    intake.left_out["not in English"] += 1
                    continue
                yield from _read_topic(topic, file.name, intake)


def _read_topic(topic: Element, name: str, intake: Intake) -> Iterator[Passage]:
    title, identifier = topic.get("title", "").strip(), topic.get("id", "").strip()
    if not title or not identifier:
        raise CollectionError(f"{name} has a health topic without a title or id")
    intake.version = max(intake.version or "", _get_date(topic)) or None
    blocks = list(parse_html(get_text(topic.find("full-summary"))).blocks)
    publisher = intake.terms["publisher"]
    if len(blocks) > 1 and _is_credit(blocks[-1]):
        publisher = f"{publisher}; {blocks.pop().text}"
    sections = [section for section in split_sections(blocks) if section.text]
    if not sections:
        intake.left_out["no summary"] += 1
    names = [get_text(e) for tag in ("also-called", "see-reference") for e in topic.findall(tag)]
    mesh = [d.get("id", "") for d in topic.iterfind("mesh-heading/descriptor")]
    for number, section in enumerate(sections, 1):
        yield intake.make_passage(
            id=f"{identifier}-{number}",
            focus=title,
            synonyms=unique(*names),
            question=section.heading or title,
            answer=section.text,
            title=title,
            url=topic.get("url", ""),
            publisher=publisher,
            codes={"mesh": codes} if (codes := unique(*mesh)) else {},
        )


def _is_credit(block: Block) -> bool:
    """Whether a last paragraph is no sentence but the name of who wrote the summary."""
    return block.kind == "text" and len(block.text) < _CREDIT and block.text[-1] not in ".?!:"


def _get_date(topic: Element) -> str:
    """The date of a topic, ``MM/DD/YYYY``, as ``YYYY-MM-DD``."""
    month, _, rest = topic.get("date-created", "").partition("/")
    day, _, year = rest.partition("/")
    return f"{year}-{month}-{day}" if year and day else ""
