"""The order in which every renderer shows an answer's statements."""

from typing import NamedTuple

from pellucid.values.answer import Answer
from pellucid.values.concept import Section, Source, Statement
from pellucid.values.report import Reading

#: Kinds of notices that stand at the end.
CLOSING = ("original", "education")


class Entry(NamedTuple):
    """A statement under a heading; ``label`` is the scan or test that it is about, if any."""

    label: str
    statement: Statement


class Heading(NamedTuple):
    """A heading with its statements: sections such as ``found`` and ``found.ct`` are one."""

    key: str
    title: str
    lead: bool
    entries: tuple[Entry, ...]


def outline(answer: Answer) -> list[Heading]:
    """Group the sections of an answer under headings."""
    headings: list[Heading] = []
    for place, section in enumerate(answer.sections):
        key, _, part = section.key.partition(".")
        title, label = _split_title(section) if part else (section.title, "")
        entries = tuple(Entry(label, s) for s in section.statements)
        if part and headings and (headings[-1].key, headings[-1].title) == (key, title):
            headings[-1] = headings[-1]._replace(entries=headings[-1].entries + entries)
        else:
            headings.append(Heading(key, title, place < answer.lead, entries))
    return headings


def _split_title(section: Section) -> tuple[str, str]:
    """Take the part off a title: "How it is found: CT" -> ("How it is found", "CT")."""
    title, _, label = section.title.rpartition(": ")
    return title, label


def number_sources(answer: Answer | Reading) -> dict[str, int]:
    """Number the sources of an answer or reading from 1, in order of first use."""
    return {key: number for number, key in enumerate(answer.sources, 1)}


def describe_source(source: Source) -> str:
    """One line: title, publisher, edition and year; of a collection, its attribution and licence."""
    title = source.title if source.title[-1:] in ".?!" else source.title + "."
    said = ", ".join(str(d) for d in (source.publisher, source.edition, source.year) if d)
    if source.attribution:
        said = f"{said}. From: {source.attribution}. Licence: {source.licence}"
    return f"{title} {said}."
