"""ICD-10-CM: the tabular list in XML that the US National Center for Health Statistics publishes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pellucid.collections.intake import Intake, unique
from pellucid.collections.limits import MAX_DEPTH
from pellucid.collections.source import Source
from pellucid.collections.xml import get_text, walk
from pellucid.errors import CollectionError
from pellucid.values.passage import Passage

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def read(source: Source, intake: Intake) -> Iterator[Passage]:
    """A passage for each code.

    Codes with a seventh character, such as S52.501A, are not listed one by one: the passage of
    S52.501 says what each character means.

    Raises
    ------
    CollectionError
        If the file is damaged or is not of this format.
    """
    for file in source.find(".xml"):
        with file.open() as opened:
            events = walk(opened, file.name, "ICD10CM.tabular", ("version", "chapter"))
            for element in events:
                if element.tag == "version":
                    intake.version = get_text(element) or None
                    continue
                chapter = get_text(element.find("desc"))
                for section in element.iterfind("section"):
                    above = [chapter, get_text(section.find("desc"))]
                    for code in section.iterfind("diag"):
                        yield from _read_code(code, above, {}, file.name, intake)


def _read_code(
    code: Element, above: list[str], sevenths: Mapping[str, str], name: str, intake: Intake
) -> Iterator[Passage]:
    intake.read += 1
    symbol, words = get_text(code.find("name")), get_text(code.find("desc"))
    if not symbol or not words or len(above) > MAX_DEPTH:
        raise CollectionError(f"{name} is damaged: the code '{symbol[:20]}' has no meaning")
    sevenths = {
        e.get("char", ""): get_text(e) for e in code.iterfind("sevenChrDef/extension")
    } or sevenths
    terms = unique(*(get_text(note) for note in code.iterfind("inclusionTerm/note")))
    children = code.findall("diag")
    yield intake.make_passage(
        id=symbol,
        focus=words,
        synonyms=terms,
        question_type="information",
        question=f"What does {symbol} mean?",
        answer=_make_answer(f"{symbol}: {words}.", terms, above, {} if children else sevenths),
        title=f"{symbol} {words}",
        codes={"icd10cm": (symbol,)},
    )
    for child in children:
        yield from _read_code(child, [*above, f"{symbol} {words}"], sevenths, name, intake)


def _make_answer(
    meaning: str, terms: tuple[str, ...], above: list[str], sevenths: Mapping[str, str]
) -> str:
    parts = [meaning]
    if terms:
        parts.append("\n".join(["It takes in:", *(f"- {term}" for term in terms)]))
    if sevenths:
        lines = [f"- {character}: {words}" for character, words in sevenths.items()]
        parts.append("\n".join(["A seventh character says more:", *lines]))
    parts.append(f"It belongs to: {'; '.join(reversed(above))}.")
    return "\n\n".join(parts)
